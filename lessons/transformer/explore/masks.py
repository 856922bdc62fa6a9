"""Three masks: the source's padding, the target's past, and the source's padding seen from across.

S positions of the source, T of the target, C channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from lessons.blocks.arithmetic import figure
from lessons.blocks.points import Notes
from lessons.transformer import task
from lessons.transformer.config import AXIS, NO_MASK
from lessons.transformer.explore.subject import letters, open_to, shares, source_of, subject
from lessons.transformer.model import longer
from zhtui.lab import (
    Bars,
    Frame,
    Heatmap,
    LabError,
    Poke,
    Run,
    Spot,
    Table,
    Text,
    Words,
    knob,
    mistakes,
)

ROUNDING = 1e-5  # what is below is no number, and not to be drawn as one


@dataclass(frozen=True)
class Ask:
    text: str = knob("cat", "what is read")
    beside: str = knob("horse", "a longer text in the same batch: it makes the padding")
    written: str = knob("chat", "what is written from the text")
    row: int = knob(1, "the row that is followed", low=0, high=23, points="source.row")
    mistake: str = mistakes((NO_MASK, AXIS))


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    net, text = subject(run, ask.mistake), poke("text", ask.text)
    for each in (text, ask.beside, ask.written):
        source_of(each)
    if len(ask.beside) <= len(text):
        raise LabError(f"beside={ask.beside} makes no padding; give more than {len(text)} letters")
    source = task.encode([text, ask.beside])  # (2, S)
    target = task.encode([ask.written, ask.written + "abc"], begin=True)[:, :-1]  # (2, T)
    S, T = source.size(1), target.size(1)
    reads, writes = letters(source[0]), letters(target[0])
    r = min(ask.row, S - 1)
    parts = net.parts
    first = parts.source_mask(source)[0, 0].expand(S, S)  # (S, S)
    own = parts.target_mask(target)[0, 0].expand(T, T)  # (T, T)
    across = parts.cross_mask(source, target)[0, 0]  # (T, S)
    past = torch.ones(T, T, dtype=torch.bool).tril()
    notes = Notes()
    net.encode(source, notes)
    scores, A = (notes[f"encoder.0.{name}"][0, 0] for name in ("scores", "weights"))  # (S, S)
    keep: dict[str, Any] = {
        "reads": reads, "writes": writes, "source": first, "past": past, "target": own,
        "across": across, "scores": scores, "weights": A,
    }  # fmt: skip
    rows = [(text, *reads), (ask.beside, *letters(source[1]))]
    yield Frame(
        "a batch", {
            "text": Text(text), "batch": Table(("text", *map(str, range(S))), rows),
        },
        f"two texts, one rectangle of {S} columns: {sum(c == '·' for c in reads)} tokens of padding"
        f" fill the shorter one", "$ ends a text; · is padding, a token that must not count",
        keep=keep, chapter="padding",
    )  # fmt: skip
    yield Frame(
        "source mask", {"source": open_to(first, reads, reads)},
        f"row {r} may look at {int(first[r].sum())} of {S}, on both sides",
        "padding should be a hidden column: no row looks at it; its own rows look, but nothing "
        "uses them",
        keep=keep, predict=Spot("source", r, S - 1), within=0.4,
    )  # fmt: skip
    hidden = scores.masked_fill(~first, -torch.inf)
    texts = [["−∞" if value == -torch.inf else "" for value in row] for row in hidden.tolist()]
    yield Frame(
        "scores and weights", {
            "scores": Heatmap(hidden.numpy(), reads, reads, signed=True, texts=texts),
            "weights": shares(A, reads, reads),
        },
        f"row {r} gives padding {figure(A[r, source[0] == 0].sum())} of its look, and sums to "
        f"{figure(A[r].sum())}", "exp(−∞) = 0: what is masked takes no share", keep=keep,
        predict=Spot("weights", r, S - 1), within=0.02,
    )  # fmt: skip
    moved = net.encode(longer(source))[0, :S] - net.encode(source)[0]  # (S, C)
    far = moved.norm(dim=-1)  # (S,)
    far = torch.where(far < ROUNDING, 0.0, far)
    keep |= {"reads_by": far}
    there = [t for t in range(S) if reads[t] != "·"]
    yield Frame(
        "one more padding", {
            "reads": Bars([f"'{reads[t]}' ({t})" for t in there], far[there].tolist()),
        },
        f"a batch one token wider: what was read moves by {figure(far[there].max())}",
        "it must be 0: what stands beside a text in a batch must not change it", keep=keep,
        predict=Spot("reads", 0), within=0.01,
    )  # fmt: skip
    yield Frame(
        "the past", {"past": open_to(past, writes, writes)},
        f"row t of the target guesses token t + 1, so {T * (T - 1) // 2} cells of {T * T} are shut",
        "^ stands first: every token is guessed from those before it", keep=keep, chapter="past",
        predict=Spot("past", 1, 2), within=0.4,
    )  # fmt: skip
    yield Frame(
        "target mask", {
            "past": open_to(past, writes, writes), "target": open_to(own, writes, writes),
        },
        f"the past, and no padding: {int(own.sum())} cells are open",
        "above the diagonal all is shut, else it reads what it has to guess", keep=keep,
        predict=Spot("target", 0, 1), within=0.4,
    )  # fmt: skip
    yield Frame(
        "cross mask", {"across": open_to(across, writes, reads)},
        f"{T} rows of the target look along {S} columns of the source: {int(across[0].sum())} each",
        "no triangle here: the source is read whole before a token is written", keep=keep,
        chapter="across", predict=Spot("across", 0, 2), within=0.4,
    )  # fmt: skip
    gap, n = len(text) // 2, len(text)
    sides = [(t, text[:t] + "_" + text[t + 1 :], n - 1, text[:t] + "_", t) for t in range(n)]
    yield Frame(
        "fill or continue", {
            "gaps": Table(
                ("gap", "source mask: fill", "seen", "target mask: continue", "seen"), sides, gap
            ),
        },
        f"a gap at {gap}: {n - 1} letters help the one that sees both sides, {gap} the other",
        "BERT learns to fill gaps and cannot write; GPT writes, and never looks ahead", keep=keep,
        chapter="fill",
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, i, j = frame.keep, spot.row, spot.column
    if spot.view in ("source", "past", "target", "across"):
        asks = keep["reads" if spot.view == "source" else "writes"][i]
        heard = keep["writes" if spot.view in ("past", "target") else "reads"][j]
        may = "may look at" if keep[spot.view][i, j] else "may not look at"
        why = "padding" if heard == "·" else "the future" if j > i and spot.view == "target" else ""
        return f"'{asks}' ({i}) {may} '{heard}' ({j})" + (f": {why}" if why else "")
    if spot.view in ("scores", "weights"):
        row = keep["scores"][i].masked_fill(~keep["source"][i], -torch.inf)
        made = (
            f"exp({figure(row[j])}) / {figure(row.exp().sum())} = {figure(keep['weights'][i, j])}"
        )
        return f"{made}\nhow much '{keep['reads'][i]}' listens to '{keep['reads'][j]}'"
    if spot.view == "reads":
        return f"{figure(keep['reads_by'][i])}: how far row {i} of the memory moved"
    return ""
