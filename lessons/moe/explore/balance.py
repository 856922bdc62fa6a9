"""From an even router to a collapsed one: the load, the probabilities, and what the loss says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from lessons.blocks.arithmetic import dot, figure
from lessons.moe.config import DETACHED
from lessons.moe.model import balance, choose, load, room, within
from zhtui.lab import Bars, Curves, Frame, Poke, Run, Spot, Words, knob, mistakes

TAKES_RUN = False

TOKENS = 512


@dataclass(frozen=True)
class Ask:
    experts: int = knob(4, "experts, E", low=2, high=32)
    capacity: float = knob(1.25, "room of an expert, in even shares", low=0.1, high=16)
    rate: float = knob(2.0, "how far the router goes down the slope a frame", low=0, high=100)
    frames: int = knob(12, "steps down the slope", low=1, high=200)
    skew: float = knob(
        3.0, "how much the router prefers the first expert at the start", low=0, high=20
    )
    seed: int = knob(1, "the tokens", low=0, high=10_000)
    mistake: str = mistakes((DETACHED,))


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    E = ask.experts
    dice = torch.Generator().manual_seed(ask.seed)
    base = torch.randn(TOKENS, E, generator=dice)  # (N, E) what the tokens are like
    liking = torch.zeros(E)
    liking[0] = ask.skew
    liking = poke("liking", liking)
    names = [f"E{e + 1}" for e in range(E)]
    history: list[float] = []
    for step in range(ask.frames + 1):
        bias = liking.clone().requires_grad_()
        P = (base + bias).softmax(-1)  # (N, E)
        chosen = choose(P, 1)  # (N, 1)
        aux = balance(P.detach() if ask.mistake == "detached" else P, chosen)
        slope = torch.zeros(E)
        if aux.requires_grad:
            (slope,) = torch.autograd.grad(aux, bias)
        f, mean = load(chosen, E), P.mean(0).detach()
        history.append(float(aux.detach()))
        kept = within(chosen, E, room(TOKENS, 1, E, ask.capacity))
        yield frame(ask, names, step, liking, f, mean, slope, history, float(kept.float().mean()))
        liking = liking - ask.rate * slope


def frame(
    ask: Ask, names: list[str], step: int, liking: Any, f: Any, mean: Any, slope: Any,
    history: list[float], kept: float,
) -> Frame:  # fmt: skip
    """The load and its balance after some steps."""
    E = ask.experts
    x = torch.arange(len(history)).double().numpy()
    y = torch.tensor(history).double().numpy()
    lines = {"aux": (x, y)}
    levels = {"even": 1.0, "collapsed": float(E)}
    return Frame(
        "at the start" if not step else f"step {step}",
        {
            "load": Bars(names, f.tolist(), levels={"even": 1 / E}, note="f: share of the tokens"),
            "P": Bars(names, mean.tolist(), levels={"even": 1 / E}, note="mean P of the router"),
            "liking": Bars(names, liking.tolist(), note="what the router adds for each expert"),
            "aux": Curves(lines, levels, x_name="steps", note="E Σ f · P"),
        },
        say=f"aux = {figure(history[-1])}: {names[int(f.argmax())]} has {figure(f.max())} of the "
        f"tokens; with room for {ask.capacity:g} even shares {1 - kept:.0%} are dropped",
        look="the slope lowers the busy ones; 1 is an even load, E means that all go to one",
        chapter=f"{step}" if step % 5 == 0 else "",
        keep={"f": f, "P": mean, "slope": slope, "liking": liking},
        predict=Spot("load", 0) if step else None,
    )


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep = frame.keep
    if spot.view == "aux":
        y = frame.shown()["aux"].lines["aux"][1]  # type: ignore[union-attr]
        if spot.column == len(y) - 1:
            return f"E Σ f·P = {ask.experts} · ({dot(keep['f'], keep['P'])})"
        return f"step {spot.column}: aux = {figure(y[spot.column])}"
    if spot.row >= ask.experts:
        return ""
    value = figure(keep[{"load": "f", "P": "P", "liking": "liking"}[spot.view]][spot.row])
    what = {
        "load": f"f{spot.row + 1} = {value}: it is counted, so it has no gradient",
        "P": f"mean P{spot.row + 1} = {value}: what the gradient goes through",
        "liking": f"{value}; the slope of aux here is {figure(keep['slope'][spot.row])}",
    }
    return what[spot.view]
