"""How long one full-batch step on 100 moons takes, forward, backward and update.

    python benchmarks/micrograd.py --peer DIR      DIR holds a checkout of karpathy/micrograd

Steps of all contenders alternate in one process, and medians are compared. Python's cycle
collector is on as it is in a fresh interpreter, except where a line says that it is off: the
peer's nodes point at themselves through their closures, so that only the collector can free them.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from lessons.micrograd import points
from lessons.micrograd.config import Config
from lessons.micrograd.engine import Value, weighted_sum
from lessons.micrograd.model import MLP, max_margin, small_steps, sum_of_squares
from lessons.micrograd.train import train
from zhtui.lab import Run

Step = Callable[[], float]
FLOORS = {"peer": 12.0, "peer, collector off": 1.2}  # times as long as ours, at least
MOONS = points.make("moons", 100, 0.1, 1337)
XS, YS = MOONS.xy.tolist(), MOONS.labels.tolist()


def ours(weigh: Callable[..., Value]) -> Step:
    """A step of the lesson's network; it gives the loss."""
    net = MLP(2, [16, 16, 1], uniform=random.Random(1337).uniform, weigh=weigh)

    def step() -> float:
        loss = max_margin([net(x) for x in XS], YS)
        loss = loss + 1e-4 * sum_of_squares(net.parameters())
        net.zero_grad()
        loss.backward()
        for p in net.parameters():
            p.data -= 0.1 * p.grad
        return loss.data

    return step


def theirs(folder: Path) -> Step:
    """A step of the peer's network, as its notebook makes it."""
    sys.path.insert(0, str(folder))
    from micrograd.engine import Value as PeerValue
    from micrograd.nn import MLP as PeerMLP

    random.seed(1337)
    net = PeerMLP(2, [16, 16, 1])

    def step() -> float:
        scores = [net([PeerValue(number) for number in x]) for x in XS]
        losses = [(1 + -y * score).relu() for y, score in zip(YS, scores, strict=True)]
        loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in net.parameters())
        net.zero_grad()
        loss.backward()
        for p in net.parameters():
            p.data -= 0.1 * p.grad
        return loss.data

    return step


def timed(step: Step, collector: bool) -> tuple[float, float]:
    """Seconds for a step, and its loss. What is left over is collected outside of the clock."""
    gc.collect()
    if not collector:
        gc.disable()
    start = time.perf_counter()
    loss = step()
    seconds = time.perf_counter() - start
    gc.enable()
    return seconds, loss


def compare(peer: Path | None, rounds: int) -> dict[str, float]:
    """The median seconds of a step, for each contender."""
    contenders = {
        "ours": (ours(weighted_sum), True),
        "ours, small nodes": (ours(small_steps), True),
        "ours, small nodes, collector off": (ours(small_steps), False),
    }
    if peer is not None:
        contenders["peer"] = (theirs(peer), True)
        contenders["peer, collector off"] = (theirs(peer), False)
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        losses = []
        for name, (step, collector) in contenders.items():
            taken, loss = timed(step, collector)
            seconds[name].append(taken)
            losses.append(loss)
        assert max(losses) - min(losses) < 1e-9, f"they compute different things: {losses}"
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def hundred_steps_as_arrays() -> float:
    """Seconds for the preset `paper` in the fast form, without pictures."""
    torch.set_num_threads(1)
    config = replace(Config(), form="tensor", show_every=1_000)
    start = time.perf_counter()
    for _ in train(Run(config)):
        pass
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--peer", type=Path, help="a checkout of karpathy/micrograd")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()

    medians = compare(arguments.peer, arguments.rounds)
    missed = 0
    for name, seconds in medians.items():
        ratio = seconds / medians["ours"]
        floor = FLOORS.get(name)
        verdict = (
            "" if floor is None else f"  at least {floor:g}x: {'yes' if ratio >= floor else 'NO'}"
        )
        missed += floor is not None and ratio < floor
        print(f"{name:34} {seconds * 1000:8.1f} ms a step {ratio:7.1f}x{verdict}")
    fast = statistics.median(hundred_steps_as_arrays() for _ in range(3))
    missed += fast >= 1.0
    print(f"{'100 steps as arrays':34} {fast:8.2f} s, under 1 s: {'yes' if fast < 1 else 'NO'}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
