"""What a run has said so far, as the screens need it: series, samples, views, knobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from zhtui.folder import Status
from zhtui.lesson import Lesson
from zhtui.tui.draw.chart import Level, Line
from zhtui.tui.draw.inks import FAINT, PUBLISHED
from zhtui.tui.draw.series import Series
from zhtui.tui.watch import Growth

SMOOTHING = 0.9
KEPT = 200  # samples


@dataclass(frozen=True)
class Sample:
    """A text that the run wrote, or a line that it said."""

    step: int
    name: str
    text: str


@dataclass
class History:
    """Grows by what the watcher has read."""

    series: dict[str, Series] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    views: dict[str, str] = field(default_factory=dict)  # name -> kind
    knobs: dict[str, str] = field(default_factory=dict)  # changed while running
    status: Status | None = None
    error: str = ""

    def grow(self, growth: Growth) -> None:
        """Takes in what is new."""
        for name, parts in growth.points.items():
            series = self.series.setdefault(name, Series(SMOOTHING))
            for x, y in parts:
                series.extend(x, y)
        for event in growth.events:
            self._hear(event)
        self.status = growth.status or self.status

    def _hear(self, event: dict[str, Any]) -> None:
        kind, step = event.get("event"), int(event.get("step") or 0)
        if kind == "shown":
            self.views[str(event.get("name"))] = str(event.get("kind"))
        text = event.get("text")
        named = {"shown": str(event.get("name", "")), "sample": "asked", "said": "note"}
        if kind in named and isinstance(text, str):
            self.samples = [Sample(step, named[str(kind)], text), *self.samples[: KEPT - 1]]
        if kind == "knob":
            self.knobs[str(event.get("knob"))] = str(event.get("value"))

    def pictures(self) -> list[str]:
        """The views that are more than a plain text, then the texts."""
        return sorted(self.views, key=lambda name: self.views[name] == "Text")

    def lines(self, metrics: Sequence[str]) -> list[Line]:
        """A chart's lines: what is recorded seldom is drawn as it is, the others smoothed."""
        known = [(i, name) for i, name in enumerate(metrics) if name in self.series]
        longest = max((len(self.series[name]) for _, name in known), default=0)
        return [
            Line(name, self.series[name], i % 8, len(self.series[name]) * 2 < longest)
            for i, name in known
            if not self._baseline(name, longest)
        ]

    def levels(self, lesson: Lesson, metrics: Sequence[str]) -> list[Level]:
        """Published figures of a chart's metrics, and what was recorded once: a baseline."""
        published = [
            Level(reference.value, reference.label, PUBLISHED)
            for reference in lesson.references
            if reference.line and reference.metric in metrics
        ]
        longest = max((len(self.series[n]) for n in metrics if n in self.series), default=0)
        baselines = [
            Level(float(self.series[name].y[-1]), name, FAINT)
            for name in metrics
            if name in self.series and self._baseline(name, longest)
        ]
        return [*published, *baselines]

    def _baseline(self, name: str, longest: int) -> bool:
        ended = self.status is not None and not self.status.live
        return len(self.series[name]) == 1 and longest > 2 and ended
