"""A row of numbers a position: the table, its waves, and what it does to equal letters.

T positions, C channels, H heads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lessons.blocks.arithmetic import dot, figure
from lessons.blocks.text import embedding, seen
from lessons.positions.build import model
from lessons.positions.config import TWICE
from lessons.positions.mistakes import kind_of
from lessons.positions.model import frequencies, price, sinusoid, slopes
from zhtui.lab import (
    Curves,
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

CHANNELS, HEADS, SEED = 8, 4, 7


@dataclass(frozen=True)
class Ask:
    text: str = knob("the cat sat", "what is read")
    kind: str = knob("sinusoidal", "the table", choices=("sinusoidal", "learned"))
    offset: int = knob(5, "how far apart two positions are", low=0, high=63)
    mistake: str = mistakes((TWICE,))


def table_of(run: Run | None, kind: str, T: int) -> Tensor:
    """The run's table where it has one, else the sinusoids or untrained numbers: (T, C)."""
    if run is not None and (found := model(run).table) is not None:
        if len(found) < T:
            raise LabError(f"this run's table has {len(found)} rows; give a shorter text")
        return found[:T].detach().cpu().double()
    if kind == "sinusoidal":
        return sinusoid(T, CHANNELS)
    return torch.randn(T, CHANNELS, generator=torch.Generator().manual_seed(SEED)).double()


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    if not 2 <= len(ask.text) <= 64:
        raise LabError(f"the text has {len(ask.text)} characters; give 2 to 64")
    text = poke("text", ask.text)
    T, letters = len(text), list(seen(text))
    once = table_of(run, ask.kind, T)
    PE = poke("table", kind_of(ask.kind, ask.mistake).times * once)  # (T, C)
    C = PE.size(1)
    X = torch.stack([embedding(letter, C) for letter in text]).double()  # (T, C)
    keep = {"X": X, "table": PE, "once": once, "letters": letters}
    twins = [(i, j) for i in range(T) for j in range(i) if text[i] == text[j]]
    told = "no two are equal" if not twins else f"rows {twins[0][1]} and {twins[0][0]} are equal"
    numbers = [str(p) for p in range(T)]
    table = Heatmap(PE.numpy(), numbers, signed=True)
    yield Frame(
        "letters", {"text": Text(text), "X": Heatmap(X.numpy(), letters, signed=True)},
        f"{T} letters of {C} numbers: {told}",
        "attention sees a set: swap two letters, and it reads the same numbers", keep=keep,
    )  # fmt: skip
    hands = frequencies(C)  # (C / 2,)
    yield Frame(
        "table", {"table": table}, f"row 1 begins {figure(PE[1, 0])}, {figure(PE[1, 1])}; sinusoids"
        f" begin sin 1 = 0.84, cos 1 = 0.54, and their last pair goes on by {hands[-1]:.3f}",
        "the left columns change at every position, the right ones hardly at all",
        keep=keep, predict=Spot("table", 1, 1),
    )  # fmt: skip
    places = np.arange(T, dtype=float)
    waves = {f"channel {c}": (places, PE[:, c].numpy()) for c in range(0, min(C, 8), 2)}
    yield Frame(
        "waves", {"waves": Curves(waves, x_name="position")},
        f"every other channel of {C}, down the positions",
        "sinusoids: each pair is slower than the one before; a learned table begins as noise",
        keep=keep,
    )  # fmt: skip
    summed = X + PE
    yield Frame(
        "sum", {"X": Heatmap(X.numpy(), letters, signed=True), "table": table,
                "sum": Heatmap(summed.numpy(), letters, signed=True)},
        "what it is, plus where it stands" + (f": {told} no more" if twins else ""),
        "letter and position share the same channels",
        keep=keep | {"sum": summed}, predict=Spot("sum", min(2, T - 1), 1),
    )  # fmt: skip
    near, o = PE @ PE.T, min(ask.offset, T - 1)  # (T, T)
    diagonal = near.diagonal(-o)
    yield Frame(
        "near", {"near": Heatmap(near.numpy(), numbers, numbers)},
        f"PE(p + {o}) · PE(p) goes from {figure(diagonal.min())} to {figure(diagonal.max())}",
        "sinusoids: a diagonal is one colour, so a product tells how far apart two stand",
        keep=keep | {"near": near}, predict=Spot("near", o, 0),
    )  # fmt: skip
    bias, slope = price(HEADS, T), slopes(HEADS)
    rows = [(h + 1, f"2^(−{8 * (h + 1) / HEADS:g})", f"{s:.4f}") for h, s in enumerate(slope)]
    hidden = np.array([figure(value + 0.0) for value in bias[0].flatten()]).reshape(T, T).tolist()
    yield Frame(
        "a price instead", {
            "slopes": Table(("head", "slope", "in numbers"), rows),
            "price": Heatmap(bias[0].numpy(), letters, letters, texts=hidden),
        },
        f"ALiBi adds nothing to letters: head 1 takes {figure(slope[0])} off a score, a step back",
        "a head with a small slope looks far, one with a large slope stays near",
        keep=keep | {"price": bias[0]}, predict=Spot("price", min(4, T - 1), 0),
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, i, j = frame.keep, spot.row, spot.column
    if spot.view == "table":
        angle = i * float(frequencies(keep["table"].size(1))[j // 2])
        wave = f" = {('sin', 'cos')[j % 2]} {figure(angle)}" if ask.kind == "sinusoidal" else ""
        times = keep["table"][i, j] / keep["once"][i, j] if keep["once"][i, j] else 1.0
        entered = f"{figure(keep['once'][i, j])}{wave}" + (
            " · 2" if round(float(times)) == 2 else ""
        )
        return f"PE({i})[{j}] = {figure(keep['table'][i, j])}, from {entered}"
    if spot.view == "sum":
        parts = f"{figure(keep['X'][i, j])} + {figure(keep['table'][i, j])}"
        return f"'{keep['letters'][i]}' + PE({i}) = {parts} = {figure(keep['sum'][i, j])}"
    if spot.view == "near":
        return f"PE({i})·PE({j}) = {dot(keep['table'][i], keep['table'][j])}\n{abs(i - j)} apart"
    if spot.view == "price":
        return f"{figure(keep['price'][i, j])}: {i - j} steps back" if j <= i else "−∞: the future"
    return f"'{keep['letters'][i]}'[{j}] = {figure(keep['X'][i, j])}" if spot.view == "X" else ""
