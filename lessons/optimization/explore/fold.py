"""A trained BatchNorm is a scale and a shift: it goes into the layer before it (exercise E02)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from lessons.blocks.spelling import number
from lessons.optimization.build import model
from lessons.optimization.model import BatchNorm1d, Linear, folded
from zhtui.lab import Bars, Frame, Heatmap, LabError, Poke, Run, Spot, Table, View, Words, knob

SHOWN = 12  # rows and columns of a large matrix that are drawn


@dataclass(frozen=True)
class Ask:
    units: int = knob(4, "units", low=1, high=12, without_run=True)
    inputs: int = knob(3, "numbers that go in", low=1, high=12, without_run=True)


def first_pair(run: Run | None, ask: Ask) -> tuple[Linear, BatchNorm1d]:
    """The first linear layer of a run and its BatchNorm, or a small pair that is made up."""
    if run is not None:
        first, second, *_ = model(run).layers
        if not isinstance(second, BatchNorm1d):
            raise LabError("This run has no BatchNorm; choose one with norm=true.")
        assert isinstance(first, Linear), "a net begins with a linear layer"
        return first, second
    dice = torch.Generator().manual_seed(6)
    layer, norm = Linear(ask.inputs, ask.units, dice, 1.0, None), BatchNorm1d(ask.units)
    with torch.no_grad():
        for part in (norm.gain, norm.mean, norm.bias):
            part.add_(torch.randn(ask.units, generator=dice))
        norm.var.mul_(torch.rand(ask.units, generator=dice) * 4 + 0.2)
    return layer, norm.eval()


@torch.no_grad()
def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    """Four frames: both layers, the factor a unit, the folded layer, the same outputs."""
    layer, norm = first_pair(run, ask)
    gain = poke("gain", norm.gain.detach())  # (H,)
    norm.gain.copy_(gain)
    units = [f"unit {j}" for j in range(len(gain))][:SHOWN]
    factor = norm.gain / torch.sqrt(norm.var + norm.eps)  # (H,)
    one = folded(layer, norm)
    assert one.b is not None, "what is folded has a bias"
    keep = {"layer": layer, "norm": norm, "factor": factor, "one": one}
    W = Heatmap(
        layer.W[:SHOWN, :SHOWN].numpy(), columns=units, signed=True, note="the layer before"
    )
    four = [
        (unit, *(number(float(part[j])) for part in (norm.gain, norm.bias, norm.mean, norm.var)))
        for j, unit in enumerate(units)
    ]
    table = Table(("unit", "gain", "bias", "mean", "var"), four)
    yield Frame(
        "two layers", {"W": W, "norm": table, "gain": Bars(units, gain[:SHOWN].tolist())},
        keep=keep,
        say="after training mean and var stand still: the norm is one multiplication and one sum",
        look="four numbers a unit, of which two are not learned by descent",
    )  # fmt: skip
    yield Frame(
        "a factor a unit", {"factor": Bars(units, factor[:SHOWN].tolist()), "norm": table},
        keep=keep, predict=Spot("factor", 0, 0), within=0.1,
        say="gain / root of (var + eps): what the norm multiplies each unit by",
        look="poke a gain: one factor moves",
        still=lambda spot: {"factor": other_units(spot, len(units))},
    )  # fmt: skip
    new = Heatmap(one.W[:SHOWN, :SHOWN].numpy(), columns=units, signed=True, note="W, folded")
    yield Frame(
        "folded",
        {"W.folded": new, "b.folded": Bars(units, one.b[:SHOWN].tolist()), "W": W},
        keep=keep, predict=Spot("W.folded", 0, 0), within=0.1,
        say="each column of W times its factor; b' = (b - mean) · factor + bias",
        look="the norm is gone, and nothing else was added",
    )  # fmt: skip
    yield same(run, layer, norm, one)


def same(run: Run | None, layer: Linear, norm: BatchNorm1d, one: Linear) -> Frame:
    """Outputs of both, and what was saved."""
    x = torch.randn((6, len(layer.W)), generator=torch.Generator().manual_seed(8))
    both, single = torch.tanh(norm(layer(x))), torch.tanh(one(x))
    gap = float((both - single).abs().max())
    size = sum(p.numel() for p in (*layer.parameters(), *norm.parameters()))
    less = sum(p.numel() for p in one.parameters())
    views: dict[str, View] = {
        "two": Heatmap(both[:, :SHOWN].numpy(), signed=True, low=-1, high=1),
        "one": Heatmap(single[:, :SHOWN].numpy(), signed=True, low=-1, high=1),
        "parameters": Bars(["two layers", "one layer"], [float(size), float(less)]),
    }
    return Frame(
        "the same outputs", views,
        say=f"largest difference {gap:.1e}; {size:,} parameters became {less:,} "
        "(of the lecture's net: 12,097 became 11,897)",
        look="folded, one example costs no more than without BatchNorm: so nets are shipped",
    )  # fmt: skip


def other_units(spot: Spot, units: int) -> Any:
    mask = np.ones((units, 1), dtype=bool)
    mask[min(spot.row + spot.column, units - 1)] = False
    return mask & (spot.view == "gain")


@torch.no_grad()
def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    """The arithmetic of one number."""
    if "norm" not in frame.keep:
        if spot.view != "parameters":
            return "tanh of the layer's output, the same in both"
        return "weights and one bias" if spot.row else "weights, and gain and bias of the norm"
    norm, layer, factor, one = (frame.keep[name] for name in ("norm", "layer", "factor", "one"))
    j = spot.column if spot.view in ("W", "W.folded") else spot.row
    f = number(float(factor[j]))
    if spot.view == "factor":
        return f"{number(float(norm.gain[j]))} / root of {number(float(norm.var[j]))} = {f}"
    if spot.view == "W.folded":
        return f"{number(float(layer.W[spot.row, j]))} · {f} = {number(float(one.W[spot.row, j]))}"
    if spot.view == "b.folded":
        b = 0.0 if layer.b is None else float(layer.b[j])
        return (
            f"({number(b)} - {number(float(norm.mean[j]))})·{f} + {number(float(norm.bias[j]))} = "
            f"{number(float(one.b[j]))}"
        )
    if spot.view == "W":
        return f"weight from input {spot.row} to unit {j}: {number(float(layer.W[spot.row, j]))}"
    return f"unit {j}: what its BatchNorm knows after training"
