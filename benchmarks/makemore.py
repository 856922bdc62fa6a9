"""Steps a second of the lessons on names, against the same nets written as the lecture writes them.

    python -m benchmarks.makemore

Contenders step in turns in one process, blocks of steps each, on one thread; medians of the blocks
are compared. Both draw their minibatches in the same way and read the loss of every step. The
lecture's form is autograd over the taught net, a gradient set to None and an update a parameter.
Exit status 1 where a ratio is below --least.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from types import ModuleType

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zhtui.lab import Run

Step = Callable[[], float]
NETS = {  # name: lesson, preset, knobs
    "mlp": ("mlp", "paper", {}),
    "kaiming": ("optimization", "kaiming", {}),
    "BatchNorm": ("optimization", "paper", {}),
    "backprop": ("backprop", "paper", {}),
    "flat, 8": ("wavenet", "context-8", {}),
    "WaveNet, 22K": ("wavenet", "norm", {}),
    "WaveNet, 77K": ("wavenet", "paper", {}),
}
BLOCK, WARM = 150, 50


def fresh(lesson: str, preset: str, knobs: dict[str, object]) -> tuple[ModuleType, Run]:
    """The lesson's `build` module and a run of the preset."""
    presets = import_module(f"lessons.{lesson}.config").PRESETS
    config = replace(presets[preset], data="given", **knobs)
    return import_module(f"lessons.{lesson}.build"), Run(config, seed=1)


def ours(lesson: str, preset: str, knobs: dict[str, object]) -> Step:
    """A step as `train` makes it."""
    from lessons.blocks.descent import SGD, Flat

    build, run = fresh(lesson, preset, knobs)
    corpus, (_, net, dice) = run.once(build.corpus_of), run.once(build.build)
    flat = Flat(net.parameters())
    stepper, rule = build.stepper(net.train(), flat, corpus.train, run), SGD(flat)

    def step() -> float:
        pick = torch.randint(len(corpus.train.Y), (32,), generator=dice)
        loss = float(stepper.step(pick))
        rule.step(0.1)
        return loss

    return step


def lectures(lesson: str, preset: str, knobs: dict[str, object]) -> Step:
    """The same step with autograd, as the notebooks write it."""
    build, run = fresh(lesson, preset, knobs)
    corpus, (_, net, dice) = run.once(build.corpus_of), run.once(build.build)
    net.train()
    logits_of = taught(lesson, net)
    parameters = list(net.parameters())
    X, Y = corpus.train.X, corpus.train.Y

    def step() -> float:
        pick = torch.randint(len(Y), (32,), generator=dice)
        loss = logits_of(X[pick], Y[pick])
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            assert p.grad is not None
            p.data += -0.1 * p.grad
        return loss.item()

    return step


def taught(lesson: str, net: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    """The loss of the taught net in training; the one of lesson backprop has BatchNorm apart."""
    if lesson != "backprop":
        return lambda X, Y: F.cross_entropy(net(X), Y)

    def loss(X: Tensor, Y: Tensor) -> Tensor:
        hprebn = net.C[X].view(len(X), -1) @ net.W1 + net.b1
        mean, var = hprebn.mean(0, keepdim=True), hprebn.var(0, keepdim=True)
        h = torch.tanh(net.bngain * (hprebn - mean) * (var + 1e-5) ** -0.5 + net.bnbias)
        with torch.no_grad():
            net.mean.copy_(0.999 * net.mean + 0.001 * mean)
            net.var.copy_(0.999 * net.var + 0.001 * var)
        return F.cross_entropy(h @ net.W2 + net.b2, Y)

    return loss


def compare(name: str, rounds: int) -> tuple[float, float]:
    """Median seconds of a step: ours, the lecture's. Their losses must agree at the start."""
    contenders = [ours(*NETS[name]), lectures(*NETS[name])]
    first = [step() for step in contenders]
    assert abs(first[0] - first[1]) < 1e-3, f"they compute different things: {first}"
    seconds: list[list[float]] = [[], []]
    for number in range(rounds + 1):
        for taken, step in zip(seconds, contenders, strict=True):
            start = time.perf_counter()
            for _ in range(BLOCK if number else WARM):
                step()
            if number:
                taken.append((time.perf_counter() - start) / BLOCK)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", help=", ".join(NETS))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--least", type=float, default=2.0, help="ratio that must be reached")
    options = parser.parse_args()
    torch.set_num_threads(1)
    missed = 0
    for name in options.names or NETS:
        mine, theirs = compare(name, options.rounds)
        missed += theirs / mine < options.least
        print(
            f"{name:14} {mine * 1e6:7.0f} us, {1 / mine:7,.0f} steps/s; as the lecture writes it "
            f"{theirs * 1e6:7.0f} us: {theirs / mine:5.2f}x",
            flush=True,
        )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
