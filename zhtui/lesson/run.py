"""A run as a lesson sees it: config, steps, parts to keep, things to show. Standard library only.

    def train(run):
        ...
        run.keep(model=model, optimizer=optimizer)
        for step in run.steps():
            ...
            yield {"loss": loss}

`Run(Config())` works alone, in a notebook or a test; the lab passes a `Host` that writes the run
folder.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from zhtui.lesson.views import View, check_name
from zhtui.say import say

T = TypeVar("T")


class Host(Protocol):
    """What stands behind a run: the run folder, or nothing."""

    def data(self, name: str, auto: tuple[str, ...]) -> Path: ...
    def restore(self, name: str, part: Any) -> None: ...
    def show(self, step: int, name: str, view: View) -> None: ...
    def say(self, step: int, text: str) -> None: ...
    def measured(self, name: str, of: str, measure: Callable[[], float]) -> float: ...


@dataclass(frozen=True)
class Alone:
    """The host of a run without a folder: looks data up, prints what is said, keeps nothing."""

    def data(self, name: str, auto: tuple[str, ...]) -> Path:
        from zhtui.data import sets  # deferred: a lesson's card must cost nothing
        from zhtui.data.dataset import DATA_SETS
        from zhtui.lesson import catalog

        asked = {name, *auto} - {"auto", *DATA_SETS}
        return sets.find(name, auto=auto, own=catalog.data_sets() if asked else ()).path

    def restore(self, name: str, part: Any) -> None:
        pass

    def show(self, step: int, name: str, view: View) -> None:
        pass

    def say(self, step: int, text: str) -> None:
        say(text)

    def measured(self, name: str, of: str, measure: Callable[[], float]) -> float:
        return measure()


class Run:
    """One training run between two steps.

    `config` may be replaced between steps (a live knob); read it afresh inside the loop. `device`
    is torch's name for it. `rng` is a `random.Random` that is a function of (seed, step), and so is
    torch's global generator: whatever is drawn from either inside a step is drawn again after a
    resume.
    """

    def __init__(
        self,
        config: Any,
        *,
        seed: int = 1337,
        device: str = "cpu",
        host: Host | None = None,
    ) -> None:
        self.config = config
        self.seed = seed
        self.device = device
        self.step = 0
        self.kept: dict[str, Any] = {}
        self.unit, self.units, self.flops = "", 0, 0.0
        self._host: Host = host or Alone()
        self._memo: dict[Callable[[Run], Any], Any] = {}
        self._sow(-1)

    def steps(self) -> Iterator[int]:
        """The steps left to do, from where the run stands to `config.steps` (exclusive)."""
        while self.step < self.config.steps:
            self._sow(self.step)
            yield self.step
            self.step += 1
        self._sow(self.step)

    def data(self, name: str, auto: tuple[str, ...] = ()) -> Path:
        """A local path for a data set's name, or a user's own file; run.json notes each.

        "auto" takes the first of `auto` that is on disk or can be had. Raises `DataError`.
        """
        return self._host.data(name, auto)

    def keep(self, **parts: Any) -> None:
        """Names what a checkpoint holds, and restores it where the run resumes.

        A part is a torch module, optimizer or generator, or has `state_dict` and `load_state_dict`
        that speak tensors, numpy arrays and JSON. A part already kept is not restored again.
        """
        for name, part in parts.items():
            if self.kept.get(name) is not part:
                self.kept[name] = part
                self._host.restore(name, part)

    def once(self, build: Callable[[Run], T]) -> T:
        """`build(run)`, remembered: training and sampling share one model that way."""
        if build not in self._memo:
            self._memo[build] = build(self)
        result: T = self._memo[build]
        return result

    def show(self, name: str, view: View) -> None:
        """Shows a view under a name, at this step. Raises `LabError` where no file can have it."""
        self._host.show(self.step, check_name(name), view)

    def say(self, text: str) -> None:
        """One line for the learner."""
        self._host.say(self.step, text)

    def measured(self, name: str, of: str, measure: Callable[[], float]) -> float:
        """What `measure()` says of this machine, so that the run can choose the quicker way.

        A resumed run, and a fork, are told what it said at the beginning; a new one what it said
        before on this machine. `of` says what it depends on (a model's shape).
        """
        return self._host.measured(name, of, measure)

    def work(self, unit: str, units: int, flops: float = 0.0) -> None:
        """What one step handles (say 768 "tok"), for the rate; `flops` a step, for the MFU on a
        GPU.
        """
        self.unit, self.units, self.flops = unit, units, flops

    def _sow(self, step: int) -> None:
        """Makes all randomness a function of (seed, step)."""
        number = (self.seed * 0x9E3779B97F4A7C15 + (step + 1) * 0xBF58476D1CE4E5B9) % 2**63
        self.rng = random.Random(number)
        torch = sys.modules.get("torch")
        if torch is not None and self.device == "cpu":
            torch.default_generator.manual_seed(number)  # 1 us; for all devices it takes 160
        elif torch is not None:
            torch.manual_seed(number)
