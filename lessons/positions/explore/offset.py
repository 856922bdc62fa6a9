"""What a score knows of positions: q at one place, k at another, by how far apart they are.

P places, T letters, D channels of one head.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lessons.blocks.arithmetic import dot, figure
from lessons.blocks.text import embedding, seen
from lessons.positions.config import MIXED, NAMES, TWICE
from lessons.positions.mistakes import kind_of
from lessons.positions.model import Kind, price, sinusoid, slopes
from zhtui.lab import Curves, Frame, Heatmap, LabError, Poke, Run, Spot, Words, knob, mistakes

TAKES_RUN = False

D, PLACES, SEED = 8, 16, 7
STARTS = (0, 4, 8)  # where k stands


@dataclass(frozen=True)
class Ask:
    kind: str = knob("rope", "how a position enters", choices=NAMES)
    text: str = knob("the cat sat", "letters, one at each position")
    shift: int = knob(100, "added to every position in the last frame", low=0, high=100_000)
    mistake: str = mistakes((MIXED, TWICE))


def placed(kind: Kind, q: Tensor, k: Tensor, at: Tensor) -> tuple[Tensor, Tensor]:
    """q and k (T, D), told where they stand, at (T,): (T, D) each."""
    if kind.table:
        row = at.round().long().clamp(0)
        table = sinusoid(int(row.max()) + 1, D)
        if kind.table == "learned":
            table = torch.randn(table.shape, generator=torch.Generator().manual_seed(SEED)).double()
        return q + kind.times * table[row], k + kind.times * table[row]
    for _ in range(kind.times):
        q, k = kind.turn_q(q, at), kind.turn_k(k, at)
    return q, k


def scores(kind: Kind, q: Tensor, k: Tensor, at: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """q and k as they were told, and all products with a price where one is paid: (T, T)."""
    told_q, told_k = placed(kind, q, k, at)
    cost = slopes(1) * (at[:, None] - at).abs() if kind.bias is price else 0.0
    return told_q, told_k, told_q @ told_k.T - kind.times * cost


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    if not 2 <= len(ask.text) <= 32:
        raise LabError(f"the text has {len(ask.text)} characters; give 2 to 32")
    kind, T = kind_of(ask.kind, ask.mistake), len(ask.text)
    q, k = (poke(name, embedding(name, D).double()[None]) for name in ("q", "k"))  # (1, D)
    one = {"q": Heatmap(q.numpy(), ["q"], signed=True), "k": Heatmap(k.numpy(), ["k"], signed=True)}
    bare = float((q @ k.T).squeeze())
    keep = {"q": q, "k": k}
    yield Frame(
        "q and k", one, f"one query and one key of {D} numbers: q·k = {figure(bare)}, wherever "
        "they stand", "so far nothing depends on a position", keep=keep,
    )  # fmt: skip
    at = torch.arange(PLACES).double()
    told_q, told_k, dots = scores(kind, q.repeat(PLACES, 1), k.repeat(PLACES, 1), at)
    keep |= {"Q": told_q, "K": told_k, "dots": dots}
    places, teller = [str(p) for p in range(PLACES)], ask.kind.replace("none", "nothing")
    yield Frame(
        "at every place", {"Q": Heatmap(told_q.numpy(), places, signed=True),
                           "K": Heatmap(told_k.numpy(), places, signed=True)},
        f"the same q and k; {teller} tells them that they stand at 0 … {PLACES - 1}",
        "rope turns pairs of columns, the left ones fast; tables add to them", keep=keep,
        predict=Spot("Q", 0, 0),
    )  # fmt: skip
    apart = max(float(dots.diagonal(-o).max() - dots.diagonal(-o).min()) for o in range(PLACES - 4))
    yield Frame(
        "dots", {"dots": Heatmap(dots.numpy(), places, places, signed=True)},
        f"q at row, k at column; along a diagonal they differ by {apart:.1e} at most",
        "rope and alibi: each diagonal is one number, so a score knows the offset only",
        keep=keep, predict=Spot("dots", 5, 3),
    )  # fmt: skip
    span = PLACES - STARTS[-1]
    offsets = np.arange(span, dtype=float)
    lines = {f"k at {p}": (offsets, dots[p : p + span, p].numpy()) for p in STARTS}
    curves = Curves(lines, {"no position": bare}, x_name="q's offset from k")
    yield Frame(
        "by offset", {"by.offset": curves},
        f"3 places of k, {span} offsets of q: " + ("one line" if apart < 1e-9 else "lines apart"),
        "where the lines coincide, only the offset counts",
        keep=keep | {"lines": lines}, predict=Spot("by.offset", 1, 2),
    )  # fmt: skip
    X = torch.stack([embedding(letter, D) for letter in ask.text]).double()  # (T, D)
    own = poke("at", torch.arange(T).double())  # (T,)
    letters = list(seen(ask.text))
    told_q, told_k, S = scores(kind, X, X, own)
    keep = {"Q": told_q, "K": told_k, "S": S, "at": own}
    views = {"at": Heatmap(own[None].numpy(), ["at"], letters),
             "S": Heatmap(S.numpy(), letters, letters, signed=True)}  # fmt: skip
    yield Frame(
        "letters in a row", views, f"{T} letters, each its own query and key, at 0 … {T - 1}",
        "poke at: move one letter to another place; its row and its column move, nothing else",
        keep=keep, still=lambda spot: still(T, spot), predict=Spot("S", 2, 1),
    )  # fmt: skip
    moved = scores(kind, X, X, own + ask.shift)[2]
    yield Frame(
        "all moved", {"S": Heatmap(moved.numpy(), letters, letters, signed=True)},
        f"{ask.shift} added to every position: scores differ by {(moved - S).abs().max():.1e} at "
        "most", "rope and alibi do not notice; a table has other rows there",
        keep=keep | {"S": moved},
    )  # fmt: skip


def still(T: int, spot: Spot) -> Mapping[str, NDArray[np.bool_]]:
    """A letter's place is its row's and its column's business alone."""
    rest = np.arange(T) != spot.row + spot.column
    return {"S": rest[:, None] & rest[None, :]} if spot.view == "at" else {}


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, i, j = frame.keep, spot.row, spot.column
    if spot.view in ("dots", "S"):
        cost = " minus the price of distance" if ask.kind == "alibi" else ""
        spelled = dot(keep["Q"][i], keep["K"][j])
        value = figure(keep[spot.view][i, j])
        return f"q at {i}, k at {j}: {spelled}{cost}\n{value}, {i - j} apart"
    if spot.view in ("Q", "K", "q", "k"):
        whose = "query" if spot.view in "Qq" else "key"
        return f"{spot.view}[{i},{j}] = {figure(keep[spot.view][i, j])}\nnumber {j} of that {whose}"
    if spot.view == "by.offset":
        name, (_, line) = list(keep["lines"].items())[i]
        return f"{name}, q {j} further: {figure(line[j])}"
    return f"it stands at {figure(keep['at'][i + j])}" if spot.view == "at" else ""
