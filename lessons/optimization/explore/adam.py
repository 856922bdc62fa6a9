"""What Adam does to a gradient, spelled for one weight (Kingma and Ba 2015, algorithm 1)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lessons.blocks.spelling import number
from zhtui.lab import Curves, Frame, Poke, Run, Spot, Table, Words, knob

TAKES_RUN = False

KINDS = ("steady", "noisy", "alternating", "rare")


@dataclass(frozen=True)
class Ask:
    kind: str = knob("noisy", "what the weight is told at each step", choices=KINDS)
    scale: float = knob(1.0, "all gradients times this", low=1e-6, high=1e6)
    steps: int = knob(8, "steps", low=2, high=12)
    lr: float = knob(0.1, "learning rate", low=0, high=10)
    beta1: float = knob(0.9, "memory of the gradient", low=0, high=0.999)
    beta2: float = knob(0.99, "memory of its square", low=0, high=0.9999)
    right: bool = knob(True, "m and v are corrected for having begun at 0")


def told(ask: Ask) -> Tensor:
    """The gradients (T,), to two decimals before they are scaled."""
    t = torch.arange(ask.steps)
    noise = torch.randn(ask.steps, generator=torch.Generator().manual_seed(2))
    known = {
        "steady": torch.ones(ask.steps),
        "noisy": 0.5 + 0.8 * noise,
        "alternating": 1.0 - 2.0 * (t % 2),
        "rare": (t % 4 == 1).float(),
    }
    return (known[ask.kind] * 100).round() / 100 * ask.scale


@dataclass(frozen=True)
class Moment:
    """One step of one weight: `m` and `v` run along, `m_hat` and `v_hat` are corrected."""

    g: float
    m: float
    v: float
    m_hat: float
    v_hat: float
    step: float
    w: float


def adam(
    gradients: list[float], lr: float, beta1: float, beta2: float, right: bool = True
) -> list[Moment]:
    """All steps of a weight that begins at 0.

    adam([2.0], 0.1, 0.9, 0.99)  ->  m 0.2, v 0.04, both / what is missing: 2, 4; step -0.1
    """
    m = v = w = 0.0
    moments = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        m_hat = m / (1 - beta1**t) if right else m
        v_hat = v / (1 - beta2**t) if right else v
        step = -lr * m_hat / (math.sqrt(v_hat) + 1e-8)
        w += step
        moments.append(Moment(g, m, v, m_hat, v_hat, step, w))
    return moments


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    """A frame a step, then the three rules beside each other."""
    g = poke("g", told(ask))  # (T,)
    moments = adam(g.tolist(), ask.lr, ask.beta1, ask.beta2, ask.right)
    keep: dict[str, Any] = {"moments": moments, "g": g}
    x = np.arange(1, len(g) + 1)
    for t, now in enumerate(moments, 1):
        known = [table_row(i, one) for i, one in enumerate(moments[:t], 1)]
        line = {"g": (x, g.numpy())}
        yield Frame(
            f"step {t}",
            {
                "moments": Table(("t", "g", "m", "v", "m^", "v^", "step", "w"), known, mark=t - 1),
                "g": Curves(line, levels={"0": 0.0}, marks=[(t, "now")], x_name="step"),
            },
            keep=keep, chapter="Adam" if t == 1 else "",
            predict=Spot("moments", t - 1, 6) if t > 1 else None, within=0.15,
            say=f"told {number(now.g)}, the weight moves by {number(now.step)}",
            look=meaning(t, now, ask),
            still=before(t),
        )  # fmt: skip
    yield rules(ask, g, moments, keep)


def table_row(t: int, one: Moment) -> list[str | int]:
    values = (one.g, one.m, one.v, one.m_hat, one.v_hat, one.step, one.w)
    return [t, *(number(value) for value in values)]


def meaning(t: int, now: Moment, ask: Ask) -> str:
    if t == 1 and ask.right:
        return "the first step has length lr, however large the gradient: set scale=1000"
    size = abs(now.step) / max(ask.lr, 1e-12)
    if size > 1.2:
        return "longer than lr: v forgot more than m did, or is not corrected"
    if size > 0.8:
        return "gradients agree: the step is nearly lr long"
    return "gradients have disagreed: m is small beside the root of v, and the step is short"


def before(t: int) -> Callable[[Spot], dict[str, Any]]:
    """What was told later must not change the steps before it: of the table of t steps."""

    def still(spot: Spot) -> dict[str, Any]:
        mask = np.zeros((t, 8), dtype=bool)
        if spot.view == "g":
            mask[: spot.row + spot.column] = True
        return {"moments": mask}

    return still


def rules(ask: Ask, g: Tensor, moments: list[Moment], keep: dict[str, Any]) -> Frame:
    """Plain descent and momentum on the same gradients."""
    x, plain, rolling, velocity = np.arange(len(g) + 1), [0.0], [0.0], 0.0
    for one in g.tolist():
        velocity = ask.beta1 * velocity + one
        plain.append(plain[-1] - ask.lr * one)
        rolling.append(rolling[-1] - ask.lr * velocity)
    lines = {
        "SGD": (x, np.asarray(plain)),
        "momentum": (x, np.asarray(rolling)),
        "Adam": (x, np.asarray([0.0, *(one.w for one in moments)])),
    }
    return Frame(
        "three rules", {"w": Curves(lines, x_name="step", note="the weight, from 0")},
        keep=keep, chapter="beside",
        say=f"after {len(g)} steps: SGD {number(plain[-1])}, momentum {number(rolling[-1])}, "
        f"Adam {number(moments[-1].w)}",
        look="change scale: SGD and momentum grow with it, Adam does not move",
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    """One cell of the table with its numbers in."""
    moments = frame.keep["moments"]
    if spot.view == "w":
        return "the sum of all steps so far"
    if spot.view == "g":
        g = number(float(frame.keep["g"][spot.column]))
        return f"at step {spot.column + 1} the slope of the loss is {g}"
    t, now = spot.row + 1, moments[spot.row]
    last = moments[spot.row - 1] if spot.row else Moment(0, 0, 0, 0, 0, 0, 0)
    b1, b2, lr = f"{ask.beta1:g}", f"{ask.beta2:g}", f"{ask.lr:g}"
    n = number
    spelled = {
        0: f"step {t}",
        1: f"g = {n(now.g)}, what the loss says",
        2: f"m = {b1}·{n(last.m)} + {1 - ask.beta1:g}·{n(now.g)} = {n(now.m)}: where to",
        3: f"v = {b2}·{n(last.v)} + {1 - ask.beta2:g}·{n(now.g)}² = {n(now.v)}: how large",
        4: f"m^ = {n(now.m)} / (1 - {b1}^{t}) = {n(now.m_hat)}: as if m had not begun at 0",
        5: f"v^ = {n(now.v)} / (1 - {b2}^{t}) = {n(now.v_hat)}: as if v had not begun at 0",
        6: f"-{lr}·{n(now.m_hat)} / root of {n(now.v_hat)} = {n(now.step)}",
        7: f"w = {n(last.w)} + {n(now.step)} = {n(now.w)}",
    }
    return spelled[min(spot.column, 7)]
