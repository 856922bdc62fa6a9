"""The logit lens: what the model would say if it had to speak after each attention and each MLP.

T positions, L layers, V tokens; the stations are the embedding and two a layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lessons.blocks.arithmetic import figure
from lessons.blocks.points import Notes
from lessons.inspect.config import LOGITS, NO_NORM
from lessons.inspect.explore.subject import TEXT, numbered, quiet, stops, subject
from lessons.inspect.model import Model, early_logits, stations
from zhtui.lab import Bars, Frame, Heatmap, Poke, Run, Spot, Table, Text, Words, knob, mistakes


@dataclass(frozen=True)
class Ask:
    text: str = knob(TEXT, "what is read")
    position: int = knob(8, "the position that is followed", low=0, high=255, points="lens.column")
    mistake: str = mistakes((LOGITS, NO_NORM))


def told(model: Model, x: Tensor, mistake: str) -> tuple[Tensor, Tensor]:
    """Logits, and what is compared, of streams (1 + 2L, T, C): (1 + 2L, T, V) each."""
    logits: Tensor = model.head(x) if mistake == NO_NORM.name else early_logits(model, x)
    return logits, logits if mistake == LOGITS.name else logits.log_softmax(-1)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    of = subject(run)
    ids = of.ids(poke("text", ask.text))
    notes, T = Notes(), len(ids)
    with quiet(of.model):
        of.model.look(ids[None], notes)
        x = torch.stack([notes[name][0] for name in stations(of.layers)])  # (1 + 2L, T, C)
        logits, compared = (part.float().cpu() for part in told(of.model, x, ask.mistake))
    names, rows, letters = stops(of.layers), len(x), of.names(ids)
    r = min(ask.position, T - 2)
    next_ids = ids.cpu()[1:]  # (T − 1,)
    came = compared[:, :-1].gather(-1, next_ids.expand(rows, -1)[..., None])[..., 0]
    best = compared.argmax(-1)  # (1 + 2L, T)
    guesses = [of.names(row) for row in best[:, :-1]]
    adds = came.diff(dim=0)  # (2L, T − 1)
    keep: dict[str, Any] = {
        "lens": came, "adds": adds, "names": names, "letters": numbered(letters), "raw": logits,
        "sizes": x.norm(dim=-1).cpu(), "guesses": guesses,
    }  # fmt: skip

    def still(spot: Spot) -> dict[str, Any]:
        # what is said at t is of the letters up to t; what came is the next one
        before = np.arange(T) < spot.column
        return {
            "stream": np.repeat(before[None], rows, 0),
            "lens": np.repeat(before[None, 1:], rows, 0),
            "adds": np.repeat(before[None, 1:], rows - 1, 0),
        }

    known: dict[str, Any] = {"keep": keep, "still": still}
    yield Frame(
        "text", {"text": Text("".join(of.symbols.texts(ids.cpu())))},
        f"{T} tokens, {of.layers} layers: {rows} stations where the stream can be read",
        "poke a letter: nothing before it may move, at any station", chapter="text", **known,
    )  # fmt: skip
    sizes = keep["sizes"]
    yield Frame(
        "stream", {"stream": Heatmap(sizes.numpy(), names, letters, low=0.0)},
        f"lengths go from {figure(sizes[0].mean())} to {figure(sizes[-1].mean())}",
        "each part adds to one stream, so the head can read it anywhere",
        predict=Spot("stream", 0, r), **known,
    )  # fmt: skip
    yield Frame(
        "lens", {"lens": Heatmap(came.numpy(), names, letters[:-1], texts=guesses)},
        f"the next letter after {numbered(letters)[r]} has log p {figure(came[0, r])} at first "
        f"and {figure(came[-1, r])} at last",
        "the letters are the likeliest ones, the colour is log p of what came: where does it turn"
        " bright?",
        predict=Spot("lens", rows - 1, r), chapter="lens", **known,
    )  # fmt: skip
    by = adds.mean(1)  # (2L,)
    top = int(by.argmax())
    yield Frame(
        "what each part adds", {
            "adds": Heatmap(adds.numpy(), names[1:], letters[:-1], signed=True),
        },
        f"{names[1 + top]} adds most: {figure(by[top])} nats a letter",
        "a part may make one letter likelier and another one less likely",
        predict=Spot("adds", top, r), **known,
    )  # fmt: skip
    yield Frame(
        "by station", {"mean": Bars(names, (-came.mean(1)).tolist(), note="nats a letter")},
        f"the loss by station: {figure(-came[0].mean())} … {figure(-came[-1].mean())}",
        "the last bar is the model's own loss on this text", predict=Spot("mean", rows - 1),
        chapter="mean", **known,
    )  # fmt: skip
    wanted = logits[:, r, int(next_ids[r])]
    table = [
        (name, f"{wanted[i]:.2f}", f"{logits[i, r].logsumexp(0):.2f}",
         f"{wanted[i] - logits[i, r].logsumexp(0):.2f}") for i, name in enumerate(names)
    ]  # fmt: skip
    yield Frame(
        "why log p", {"why": Table(("station", "logit", "log Σ exp", "log p"), table)},
        f"after {numbered(letters)[r]}: the logit alone goes from {figure(wanted[0])} to "
        f"{figure(wanted[-1])}",
        "1 added to every logit changes no guess; so log Σ exp is taken off before comparing",
        chapter="why", **known,
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, i, j = frame.keep, spot.row, spot.column
    if spot.view == "stream":
        return f"√Σ x² = {figure(keep['sizes'][i, j])}\n{keep['letters'][j]} at {keep['names'][i]}"
    if spot.view == "lens":
        value, guess = figure(keep["lens"][i, j]), keep["guesses"][i][j]
        what = f"'{guess}' is likeliest; {keep['letters'][j + 1]} came"
        return f"{keep['names'][i]}: {value} for what comes after {keep['letters'][j]}\n{what}"
    if spot.view == "adds":
        a, b = keep["lens"][i, j], keep["lens"][i + 1, j]
        return f"{figure(b)} − {figure(a)} = {figure(b - a)}: {keep['names'][i + 1]}"
    if spot.view == "mean":
        return f"{keep['names'][i]}: mean of {keep['lens'].size(1)} letters"
    return ""
