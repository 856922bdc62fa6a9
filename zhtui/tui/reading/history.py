"""What a run has said so far, as the screens need it: series, samples, views, knobs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zhtui.draw.inks import FAINT, LIT, PUBLISHED, YOURS
from zhtui.draw.picture import Happening, Level, Line
from zhtui.draw.series import Series
from zhtui.lesson import knobs
from zhtui.lesson.card import Lesson
from zhtui.runs import figures
from zhtui.runs.folder import Status
from zhtui.tui.reading.watch import Growth

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
    turns: list[tuple[int, str, str]] = field(default_factory=list)  # (step, knob, value)
    shown: dict[str, int] = field(default_factory=dict)  # view -> the first step that has it
    newest: dict[str, int] = field(default_factory=dict)  # view -> the last step that has it
    eventful: set[int] = field(default_factory=set)  # steps at which something was shown or written
    status: Status | None = None
    error: str = ""
    data: str = ""  # the data set that it reads
    config: Mapping[str, Any] = field(default_factory=dict)  # the knobs that it began with
    differs: str = ""  # a fork: what was changed, "lr=200"
    happened: list[Happening] = field(default_factory=list)  # what its chart marks

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
        kind, step = event["event"], event.get("step", 0)
        if kind == "shown":
            name = event["name"]
            self.views[name] = event["kind"]
            self.shown[name] = min(step, self.shown.get(name, step))
            self.newest[name] = max(step, self.newest.get(name, step))
        if kind == "data":
            self.data = event.get("name", "")
        if kind in ("shown", "sample"):
            self.eventful.add(step)
        text = event.get("text")
        named = {
            "shown": str(event.get("name", "")),
            "sample": "asked",
            "said": "note",
            "data": "note",
        }
        if kind in named and text is not None:
            self.samples = [Sample(step, named[kind], text), *self.samples[: KEPT - 1]]
        if kind == "knob":
            self._turn(step, event["knob"], str(event["value"]))
        if kind == "forked":
            text = f"↳ fork of {event.get('run')}"
            self.happened.append(Happening(step, text, LIT))
        if kind == "resumed" and not self._as_a_fork(step):
            self.happened.append(Happening(step, "▸ resumed", FAINT))

    def _turn(self, step: int, knob: str, value: str) -> None:
        """A knob was turned: what it was, and what it is now."""
        before = self.knobs.get(knob)
        if before is None and knob in self.config:
            before = knobs.text(self.config[knob])
        self.knobs[knob] = value
        self.turns.append((step, knob, value))
        if before != value:
            text = f"● {knob} {'' if before is None else f'{before} '}→ {value}"
            self.happened.append(Happening(step, text, YOURS))

    def _as_a_fork(self, step: int) -> bool:
        """Whether a resumption is a fork's own beginning."""
        return any(each.text.startswith("↳") and step <= each.at for each in self.happened)

    def moments(self) -> list[int]:
        """The steps at which something was shown or written, rising."""
        return sorted(self.eventful)

    def until(self, at: float) -> History:
        """The run as it stood at a step; the series are whole, as the chart shows them."""
        row = {}
        for name, series in self.series.items():
            index = series.at(at)
            if index is not None and name != "time":
                row[name] = float(series.y[index])
        status = self.status or Status()
        return replace(
            self,
            samples=[sample for sample in self.samples if sample.step <= at],
            views={name: kind for name, kind in self.views.items() if self.shown[name] <= at},
            knobs={knob: value for step, knob, value in self.turns if step <= at},
            status=replace(status, step=int(at) + 1, row=row, rate=0.0, left=None),
        )

    def pictures(self) -> list[str]:
        """The views that are more than a plain text, then the texts; what was shown last comes
        first, so that what was shown once at the start stands behind what goes on.
        """
        return sorted(self.views, key=lambda name: (self.views[name] == "Text", -self.newest[name]))

    def lines(self, metrics: Sequence[str], noisy: Sequence[str]) -> list[Line]:
        """A chart's lines: what is recorded seldom is dotted, what is `noisy` smoothed."""
        known = [(i, name) for i, name in enumerate(metrics) if name in self.series]
        longest = max((len(self.series[name]) for _, name in known), default=0)
        return [
            self._line(name, i % 8, longest, name in noisy)
            for i, name in known
            if not self._baseline(name, longest)
        ]

    def _line(self, name: str, colour: int, longest: int, noisy: bool) -> Line:
        dotted = len(self.series[name]) * 2 < longest
        return Line(name, self.series[name], colour, dotted, noisy and not dotted)

    def levels(self, lesson: Lesson, metrics: Sequence[str]) -> list[Level]:
        """Published figures of a chart's metrics, and its baselines."""
        published = published_levels(lesson, metrics, [self.data])
        return [*published, *self.baselines(metrics)]

    def baselines(self, metrics: Sequence[str]) -> list[Level]:
        """What is one number in this run, be it measured once or many times."""
        longest = max((len(self.series[n]) for n in metrics if n in self.series), default=0)
        return [
            Level(float(self.series[name].y[-1]), name, FAINT)
            for name in metrics
            if name in self.series and self._baseline(name, longest)
        ]

    def _baseline(self, name: str, longest: int) -> bool:
        """Whether a metric is one number: measured again the same, or once in a run that ended."""
        values = self.series[name].y
        ended = self.status is not None and not self.status.live
        once = len(values) == 1 and ended
        again = 1 < len(values) * 2 < longest and float(values.min()) == float(values.max())
        return longest > 2 and (once or again)


def published_levels(lesson: Lesson, metrics: Sequence[str], data: Collection[str]) -> list[Level]:
    """The published figures of some metrics, for runs on these data sets: a figure of other data is
    faint and named as such.
    """
    levels = []
    for reference in figures.published(lesson):
        if reference.metric in metrics:
            own = not reference.data or set(data) == {reference.data}
            label = reference.label if own else figures.named_on(reference.label, reference.data)
            levels.append(Level(reference.value, label, PUBLISHED if own else FAINT))
    return levels
