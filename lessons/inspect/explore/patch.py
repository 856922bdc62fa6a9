"""Activation patching: one place of a good run put into a bad one, layer by position.

T positions, L layers, V tokens; the stations are the embedding and two a layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from lessons.blocks.arithmetic import figure
from lessons.inspect.explore.subject import TEXT, numbered, quiet, stops, subject
from lessons.inspect.model import patched
from zhtui.lab import Bars, Frame, Heatmap, LabError, Poke, Run, Spot, Text, Words, knob


@dataclass(frozen=True)
class Ask:
    text: str = knob(TEXT[:9], "the good text; what the model says next is the answer")
    place: int = knob(3, "the place of the letter that is changed in the bad text", low=0, high=254)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    of = subject(run)
    clean = of.ids(poke("text", ask.text), TEXT[:9])  # (T,)
    T, V = len(clean), len(of.symbols)
    if ask.place >= T:
        raise LabError(f"the text has {T} tokens; choose place=0 … {T - 1}")
    broken = clean.clone()
    broken[ask.place] = (clean[ask.place] + 1) % V
    with quiet(of.model):
        both = of.model.look(torch.stack((clean, broken)), lambda name, x: x)[:, -1]  # (2, V)
        both = both.log_softmax(-1)
        answer = int(both[0].argmax())
        restored = patched(of.model, clean, broken, answer).float().cpu()  # (1 + 2L, T)
    good, bad = both[:, answer].tolist()
    gap = good - bad
    back = (restored - bad) / gap if abs(gap) > 1e-6 else torch.zeros_like(restored)
    letters, others, names = of.names(clean), of.names(broken), stops(of.layers)
    said = of.names(torch.tensor([answer]))[0]
    keep: dict[str, Any] = {
        "restored": restored, "back": back, "names": names, "letters": numbered(letters),
        "good": good, "bad": bad,
    }  # fmt: skip

    known: dict[str, Any] = {"keep": keep}
    yield Frame(
        "two texts", {
            "text": Text("".join(of.symbols.texts(clean.cpu()))),
            "other": Text("".join(of.symbols.texts(broken.cpu()))),
        },
        f"they differ at {ask.place}: '{letters[ask.place]}' and '{others[ask.place]}'",
        "what does the model remember of that letter, and where?", chapter="texts", **known,
    )  # fmt: skip
    yield Frame(
        "the answer", {"answer": Bars(["good text", "bad text"], [-good, -bad], note="nats")},
        f"after the good text '{said}' is likeliest, log p {figure(good)}; after the bad one it "
        f"has {figure(bad)}", "the patch has to bring this gap back", predict=Spot("answer", 1),
        **known,
    )  # fmt: skip
    yield Frame(
        "one cell taken over", {
            "patch": Heatmap(restored.numpy(), names, letters),
        },
        f"log p of '{said}' when one cell of the stream comes from the good text",
        "left of the changed letter a patch brings nothing back", chapter="patch",
        predict=Spot("patch", 0, ask.place), **known,
    )  # fmt: skip
    top = divmod(int(back[1:].argmax()), T)
    yield Frame(
        "what is brought back", {"back": Heatmap(back.numpy(), names, letters, signed=True)},
        f"1 is all of it: the embedding at {ask.place} gives {figure(back[0, ask.place])}, "
        f"{names[top[0] + 1]} at {top[1]} gives {figure(back[top[0] + 1, top[1]])}",
        "follow the bright cells: from the changed letter to the last one, up the layers",
        predict=Spot("back", len(names) - 1, T - 1), **known,
    )  # fmt: skip
    last = back[:, -1]
    arrives = next((i for i, value in enumerate(last.tolist()) if value > 0.5), len(names) - 1)
    where = np.array([float(back[:, t].max()) for t in range(T)])
    yield Frame(
        "where it arrives", {
            "last": Bars(names, last.tolist(), note="at the last position"),
            "places": Bars(numbered(letters), where.tolist(), note="best station at each place"),
        },
        f"half of it has reached the last position after {names[arrives]}",
        "before that it was at another position: some head has carried it", chapter="arrives",
        predict=Spot("last", 0), **known,
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, i, j = frame.keep, spot.row, spot.column
    if spot.view == "patch":
        value = figure(keep["restored"][i, j])
        return f"{value}: {keep['names'][i]} at {keep['letters'][j]} is from the good text"
    if spot.view == "back":
        got, good, bad = (figure(v) for v in (keep["restored"][i, j], keep["good"], keep["bad"]))
        return f"({got} − {bad}) / ({good} − {bad}) = {figure(keep['back'][i, j])}"
    if spot.view == "last":
        return f"{keep['names'][i]}: {figure(keep['back'][i, -1])} of the gap"
    if spot.view == "answer":
        return f"−log p = {figure(-keep['good'] if i == 0 else -keep['bad'])} nats"
    return ""
