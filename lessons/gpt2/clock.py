"""A budget of minutes: the run ends when they are spent, and its learning rate falls with them.

    clock = Clock(5.0, steps)               # minutes; 0: no budget, and nothing is measured
    with clock.running():
        ...                                 # an update
    clock.place(step)                       # where on the schedule of `steps` it is

What counts is the time of updates: evaluations, pauses and whatever lies between two sittings do
not. With half of the minutes spent the rate is that of half the steps, however many were made, so
that a quick machine and a slow one both end with the rate at its lowest. Time is no function of the
seed: such a run is not the same twice.

Leaves out: the cost of evaluation; energy.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class Clock:
    """Seconds of training that were spent of a budget; part of a checkpoint."""

    def __init__(self, minutes: float, steps: int) -> None:
        self.budget, self.steps, self.spent = 60 * minutes, steps, 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """What is done within counts."""
        began = time.perf_counter()
        yield
        self.spent += time.perf_counter() - began

    @property
    def over(self) -> bool:
        return 0 < self.budget <= self.spent

    def place(self, step: int) -> int:
        """The step that the schedule stands at: 30 s of 60 s, of 1,000 steps -> 500"""
        if not self.budget:
            return step
        return min(self.steps - 1, int(self.spent / self.budget * self.steps))

    def state_dict(self) -> dict[str, float]:
        """What was spent."""
        return {"spent": self.spent}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on with the rest."""
        self.spent = float(state["spent"])
