"""How fast a run goes: steps a second, time left, model FLOPs utilisation."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from zhtui.lesson.run import Run
from zhtui.machine import device, gpu


@dataclass
class Pace:
    """Steps a second, time left and model FLOPs utilisation."""

    run: Run
    laps: int = 0
    rate: float = 0.0  # steps a second, smoothed over about two seconds
    _last: float = field(default_factory=time.perf_counter)
    _window: tuple[int, float] = (0, 0.0)  # laps and seconds since the last reading

    def lap(self) -> float:
        """Seconds since the last lap or rest."""
        now = time.perf_counter()
        seconds, self._last = now - self._last, now
        self.laps += 1
        self._window = (self._window[0] + 1, self._window[1] + seconds)
        if self._window[1] > 0.5 or self.laps == 2:
            fresh = self._window[0] / self._window[1]
            self.rate = fresh if not self.rate else 0.75 * self.rate + 0.25 * fresh
            self._window = (0, 0.0)
        return seconds

    def rest(self) -> None:
        """What passed since the last lap was no training."""
        self._last = time.perf_counter()

    def reading(self, done: int) -> dict[str, Any]:
        """Rate in the lesson's own unit, seconds left, and the MFU on a GPU whose peak is known."""
        units = self.rate * (self.run.units or 1)
        left = (int(self.run.config.steps) - done) / self.rate if self.rate else None
        reading = {"rate": units, "unit": self.run.unit or "step", "left": left}
        reading["units"] = self.run.units or 1
        if self.run.flops and self.run.device.startswith("cuda"):
            reading["mfu"] = gpu.mfu(self.run.flops * self.rate, device.describe(self.run.device))
        return reading
