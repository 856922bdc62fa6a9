"""BatchNorm on numbers small enough to read: down the columns, and what that couples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lessons.blocks.spelling import number, terms
from lessons.optimization.mistakes import AXES, NO_ROOT, NOISE
from lessons.optimization.model import BatchNorm1d
from lessons.optimization.wrong import NORMS
from zhtui.lab import Bars, Frame, Heatmap, Poke, Run, Spot, View, Words, knob, mistakes

TAKES_RUN = False
ROUNDING = 1e-5  # what is below is no number, and not to be drawn as one


@dataclass(frozen=True)
class Ask:
    examples: int = knob(4, "rows: the batch", low=2, high=12)
    units: int = knob(3, "columns: the units of a layer", low=1, high=8)
    gain: float = knob(1.0, "the gain of every unit", low=-10, high=10)
    bias: float = knob(0.0, "the bias of every unit", low=-10, high=10)
    momentum: float = knob(0.1, "share that the running statistics take", low=0, high=1)
    mistake: str = mistakes((NO_ROOT, AXES, NOISE))


def batch(ask: Ask, number: int) -> Tensor:
    """A batch (N, H) whose units differ in mean and spread, to one decimal."""
    dice = torch.Generator().manual_seed(20 + number)
    spread = torch.linspace(0.5, 3.0, ask.units)  # (H,)
    middle = torch.linspace(2.0, -2.0, ask.units)  # (H,)
    x = torch.randn((ask.examples, ask.units), generator=dice) * spread + middle
    return (x * 10).round() / 10


@torch.no_grad()
def norm_of(ask: Ask) -> BatchNorm1d:
    """The layer, right or with its mistake, before it has seen anything."""
    norm = NORMS.get(ask.mistake, BatchNorm1d)(ask.units, ask.momentum)
    norm.gain.fill_(ask.gain)
    norm.bias.fill_(ask.bias)
    return norm


def picture(values: Tensor, **more: Any) -> Heatmap:
    rows = [f"example {i}" for i in range(len(values))]
    columns = [f"unit {j}" for j in range(values.shape[1])]
    return Heatmap(values.numpy(), rows, columns, signed=True, **more)


def per_unit(values: Tensor, note: str) -> Bars:
    """A bar a unit; what is rounding only is 0, else it would be drawn as long as a number."""
    values = torch.where(values.abs() < ROUNDING, 0.0, values)
    return Bars([f"unit {j}" for j in range(len(values))], values.tolist(), note=note)


@torch.no_grad()
def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    """Six frames: in, centred, normalised, gain and bias, one example alone, LayerNorm beside."""
    X = poke("X", batch(ask, 0))  # (N, H)
    norm, rested = norm_of(ask), norm_of(ask)
    mean, var = norm.statistics(X)  # (H,), (H,)
    hat = norm.normalise(X, mean, var)  # (N, H)
    keep: dict[str, Any] = {"X": X, "mean": mean, "var": var, "hat": hat, "norm": norm}
    yield Frame(
        "in", {"X": picture(X), "mean": per_unit(X.mean(0), "of each column")}, keep=keep,
        say=f"{len(X)} examples of {X.shape[1]} units, before the tanh",
        look="unit 0 lies high, the last one low and wide: tanh would be full of them",
    )  # fmt: skip
    centred = X - mean
    yield Frame(
        "centred", {"centred": picture(centred), "mean": per_unit(centred.mean(0), "now")},
        keep=keep, predict=Spot("centred", 0, 0), within=0.1,
        say="each column minus its mean over the batch",
        look="the means are 0; poke a number of X: its whole column moves, no other one",
        still=lambda spot: {"centred": other_columns(spot, X)},
    )  # fmt: skip
    yield Frame(
        "normalised",
        {
            "hat": picture(hat),
            "mean": per_unit(hat.mean(0), "of each column"),
            "spread": per_unit(hat.std(0), "of each column: should be 1"),
        },
        keep=keep, predict=Spot("hat", 0, 0), within=0.1,
        say="divided by the root of its variance (plus 0.00001, for a unit that never moves)",
        look="every unit has mean 0 and spread 1, whatever the weights before it did",
        still=lambda spot: {"hat": other_columns(spot, X)},
    )  # fmt: skip
    Y = keep["Y"] = norm(X)  # (N, H)
    yield Frame(
        "gain and bias", {"Y": picture(Y), "spread": per_unit(Y.std(0), "the gain decides it")},
        keep=keep, predict=Spot("Y", 0, 0), within=0.1,
        say=f"Y = {ask.gain:g} · hat + {ask.bias:g}: the net may undo the norm where that is good",
        look="so nothing is lost, and it begins where tanh is steep",
        still=lambda spot: {"Y": other_columns(spot, X)},
    )  # fmt: skip
    yield alone(rested, ask, X, keep | {"norm": rested})
    yield beside(X, keep)


def alone(norm: BatchNorm1d, ask: Ask, X: Tensor, keep: dict[str, Any]) -> Frame:
    """After other batches than this one: each example by what ran along."""
    for other in range(1, 60):
        norm(batch(ask, other))
    one = norm.eval()(X)  # (N, H)
    far = (one - keep["Y"]).abs().max()
    views: dict[str, View] = {
        "alone": picture(one),
        "running": Bars(
            [f"mean {j}" for j in range(ask.units)] + [f"spread {j}" for j in range(ask.units)],
            [*norm.mean.tolist(), *norm.var.sqrt().tolist()],
            note="after 59 batches of like numbers",
        ),
    }
    return Frame(
        "alone", views, keep=keep | {"alone": one},
        say=f"in eval there is no batch: running statistics stand in, at most {far:.2f} off here",
        look="now a poke moves one number only: examples no longer see each other",
        still=lambda spot: {"alone": all_but(spot, X)},
    )  # fmt: skip


def beside(X: Tensor, keep: dict[str, Any]) -> Frame:
    """The same numbers along the rows: LayerNorm."""
    rows = (X - X.mean(1, keepdim=True)) / (X.var(1, keepdim=True, correction=0) + 1e-5).sqrt()
    return Frame(
        "LayerNorm beside", {"LayerNorm": picture(rows), "hat": picture(keep["hat"])},
        keep=keep | {"rows": rows},
        say="LayerNorm takes mean and spread along each example instead: no batch is needed",
        look="a poke moves its row here and its column there; so text of any length, one at a "
        "time, is possible too",
        still=lambda spot: {"LayerNorm": other_rows(spot, X)},
    )  # fmt: skip


def other_columns(spot: Spot, X: Tensor) -> Any:
    mask = np.ones(tuple(X.shape), dtype=bool)
    mask[:, spot.column] = False
    return mask & (spot.view == "X")


def other_rows(spot: Spot, X: Tensor) -> Any:
    mask = np.ones(tuple(X.shape), dtype=bool)
    mask[spot.row] = False
    return mask & (spot.view == "X")


def all_but(spot: Spot, X: Tensor) -> Any:
    mask = np.ones(tuple(X.shape), dtype=bool)
    mask[spot.row, spot.column] = False
    return mask & (spot.view == "X")


@torch.no_grad()
def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    """The arithmetic of one cell."""
    X, mean, var, hat = (frame.keep[name] for name in ("X", "mean", "var", "hat"))
    i, j = spot.row, spot.column
    if spot.view in ("mean", "spread", "running"):
        unit = i % ask.units
        column = X[:, unit].tolist()
        if spot.view == "mean":
            spelled = terms([number(x) for x in column])
            whole = number(sum(column) / len(column))
            return f"of X, unit {unit}: ({spelled}) / {len(column)} = {whole}"
        return f"unit {unit} of X has spread {number(float(X[:, unit].std()))} over this batch"
    x, m, v = (
        float(X[i, j]),
        float(mean.flatten()[j % mean.numel()]),
        float(var.flatten()[j % var.numel()]),
    )
    if spot.view == "X":
        return f"example {i} gives {number(x)} to unit {j}"
    if spot.view == "centred":
        return f"{number(x)} - {number(m)} = {number(float((X - mean)[i, j]))}"
    if spot.view == "hat":
        return f"({number(x)} - {number(m)}) / root of {number(v)} = {number(float(hat[i, j]))}"
    if spot.view == "Y":
        y = number(float(frame.keep["Y"][i, j]))
        return f"{number(ask.gain)}·{number(float(hat[i, j]))} + {number(ask.bias)} = {y}"
    if spot.view == "alone":
        norm = frame.keep["norm"]
        m, v = float(norm.mean[j]), float(norm.var[j])
        y = number(float(frame.keep["alone"][i, j]))
        return f"({number(x)} - {number(m)}) / root of {number(v)}, gain and bias: {y}"
    row = X[i]
    m, v = float(row.mean()), float(row.var(correction=0)) if len(row) > 1 else 0.0
    y = number(float(frame.keep["rows"][i, j]))
    return f"({number(x)} - {number(m)}) / root of {number(v)} = {y}"
