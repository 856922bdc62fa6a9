"""An alarm at spikes of the loss: back to weights that were good, and on with another batch.

    alarm = Alarm(6.0, {"model": gpt, "optimizer": adam})
    row = alarm.guard(update, run.say)      # update() draws a batch, steps, returns its loss

A loss rings when it is `k` deviations above its running mean, or no number. Weights and optimizers
then become what they were at the last snapshot, and the step is made again with a new draw. PaLM
(Chowdhery 2022, 5.1) did so by hand, from a checkpoint 100 steps before. All of it is part of a
checkpoint, the snapshot too, so that a run that goes on rings where it would have rung; that costs
the memory, and the room on disk, of a second model with its optimizer.

Leaves out: several processes; a spike of the gradient alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch

MEMORY = 0.95  # of the running mean: about twenty steps
WARM = 20  # steps before it may ring
EVERY = 10  # good steps between two snapshots
MOST = 3  # draws a step; the last is taken as it is
Row = dict[str, Any]


class Alarm:
    """The running mean and variance of the losses, and the last good state of some parts."""

    def __init__(self, k: float, parts: Mapping[str, Any]) -> None:
        self.k, self.parts = k, parts
        self.mean, self.variance, self.n, self.since = 0.0, 0.0, 0, 0
        self.held: dict[str, Any] = {}

    def rings(self, loss: float) -> bool:
        """Whether a loss is no number, or too high: 3.0 at k = 6, mean 2.0, deviation 0.1."""
        if not math.isfinite(loss):
            return True
        return self.n >= WARM and loss > self.limit

    @property
    def limit(self) -> float:
        return self.mean + self.k * math.sqrt(self.variance)

    def guard(self, update: Callable[[], Row], say: Callable[[str], None]) -> Row:
        """A step that may be made again; what was undone is said."""
        if not self.held:
            self.held = self.copied()
        for draw in range(MOST):
            row = update()
            loss = float(row["loss"])
            if not self.rings(loss) or draw + 1 == MOST:
                break
            for name, part in self.parts.items():
                part.load_state_dict(clone(self.held[name]))  # an optimizer keeps what it is given
            why = f"above {self.limit:.3f}" if math.isfinite(loss) else "no number"
            back = f"back by {self.since} steps, with another batch"
            say(f"loss {loss:.3f} is {why} (alarm={self.k:g}): {back}")
        if math.isfinite(loss):  # a mean that is no number would never ring again
            self.took(loss)
        return row

    def took(self, loss: float) -> None:
        """A loss that counts; every so many steps the parts are copied."""
        self.n += 1
        share = max(1 - MEMORY, 1 / self.n)
        off = loss - self.mean
        self.mean += share * off
        self.variance = (1 - share) * (self.variance + share * off * off)
        self.since += 1
        if self.since >= EVERY:
            self.held, self.since = self.copied(), 0

    def copied(self) -> dict[str, Any]:
        return {name: clone(part.state_dict()) for name, part in self.parts.items()}

    def state_dict(self) -> dict[str, Any]:
        """All that the next ring depends on."""
        numbers = {"mean": self.mean, "variance": self.variance, "n": self.n, "since": self.since}
        return {**numbers, "held": self.held}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """As it was at a checkpoint."""
        self.mean, self.variance = float(state["mean"]), float(state["variance"])
        self.n, self.since = int(state["n"]), int(state["since"])
        self.held = state["held"]


def clone(value: Any) -> Any:
    """A state with its tensors copied."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, Mapping):
        return {key: clone(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(clone(part) for part in value)
    return value
