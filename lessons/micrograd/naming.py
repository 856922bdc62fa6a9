"""Trains the GPT of Values on names: one name a step, a backward pass, and Adam spelled out.

Leaves out: a held-out set; lesson `gpt` has one, with the same net as tensors.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lessons.micrograd.microgpt import EDGE, MicroGPT
from zhtui.lab import Bars, DataError, Run, Text

BETA1, BETA2, EPS = 0.85, 0.99, 1e-8
WRITTEN = 8  # names that are shown


class Learner:
    """The net, and Adam's two memories of each of its P numbers."""

    def __init__(self, net: MicroGPT) -> None:
        self.net = net
        self.m, self.v = np.zeros(len(net.numbers)), np.zeros(len(net.numbers))  # (P,)

    def step(self, name: str, lr: float, done: int) -> tuple[float, float]:
        """One update. Returns the loss, and how long the gradient was.

        m and v are means of the gradient and of its square; they begin at 0, which the division by
        1 − β^(done + 1) makes up for (Kingma 2015).
        """
        for number in self.net.numbers:
            number.grad = 0.0
        loss = self.net.loss(name)
        loss.backward()
        g = np.array([number.grad for number in self.net.numbers])  # (P,)
        self.m = BETA1 * self.m + (1 - BETA1) * g
        self.v = BETA2 * self.v + (1 - BETA2) * g**2
        mean, square = self.m / (1 - BETA1 ** (done + 1)), self.v / (1 - BETA2 ** (done + 1))
        moves = lr * mean / (np.sqrt(square) + EPS)
        for number, move in zip(self.net.numbers, moves.tolist(), strict=True):
            number.data -= move
        return loss.data, float(np.sqrt((g**2).sum()))

    def numbers(self) -> NDArray[np.float64]:
        """(P,) in the order in which they were drawn."""
        return np.array([number.data for number in self.net.numbers])

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        return {"data": self.numbers(), "m": self.m, "v": self.v}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for number, data in zip(self.net.numbers, state["data"].tolist(), strict=True):
            number.data = data
        self.m, self.v = np.array(state["m"]), np.array(state["v"])


def names_of(run: Run) -> list[str]:
    """The lines of the file. Raises `DataError`."""
    name = "auto" if run.config.data == "moons" else run.config.data
    path = run.data(name, auto=("names", "given"))
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    found = [line for line in lines if line]
    if not found or any(EDGE in line for line in found):
        raise DataError(f"{path.name} is no list of names; give a file with one name a line")
    return found


def train(run: Run) -> Iterator[dict[str, Any]]:
    names, dice = names_of(run), random.Random(run.seed)
    dice.shuffle(names)  # then the weights: so the original draws
    learner = Learner(MicroGPT("".join(sorted(set("".join(names)))), dice.gauss))
    run.keep(net=learner)
    run.work("name", 1)

    for step in run.steps():
        config, name = run.config, names[run.step % len(names)]
        lr = config.lr * (1 - step / config.steps)
        loss, length = learner.step(name, lr, step)
        if (step + 1) % config.show_every == 0 or step + 1 == config.steps:
            show(run, learner.net, name)
        yield {"loss": loss, "grad_norm": length, "lr": lr}


def show(run: Run, net: MicroGPT, name: str) -> None:
    """Names that it writes, and how likely it holds each character of the last one that it read."""
    dice = random.Random(f"{run.seed} {run.step}").random
    written = [net.write(dice) for _ in range(WRITTEN)]
    run.show("names", Text("\n".join(written), note="temperature 0.5"))
    chances = [chance.data for chance in net.chances(name)]
    text = f"{name}{EDGE}"[: len(chances)]
    run.show("chances", Bars(list(text), chances, note=f"chance of each next character of {name}"))
