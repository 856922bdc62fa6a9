"""Several runs in one chart: the lines of one metric over steps, time or tokens."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from textual.message_pump import MessagePump

from zhtui.draw.inks import SERIES, SERIES_COUNT, TITLE
from zhtui.draw.picture import Happening, Level, Line
from zhtui.draw.series import Floats, Series
from zhtui.lesson.card import Lesson
from zhtui.runs import figures, origin
from zhtui.tui.reading.followed import Followed
from zhtui.tui.reading.history import SMOOTHING, History, published_levels
from zhtui.tui.reading.watch import Seen, Watch

STEP, TIME, UNITS = "step", "time", "tokens"
AXES = (STEP, TIME, UNITS)
SMOOTHINGS = (SMOOTHING, 0.98, 0.0, 0.6)


@dataclass
class Course:
    """A series of a run over another x, or otherwise smoothed; grows with the one it is made of."""

    series: Series
    taken: int = 0
    last: float = 0.0  # the step of the last point taken


@dataclass
class Trace:
    """One run of the overlay: what it has said, and its line."""

    seen: Seen
    followed: Followed
    colour: int
    _courses: dict[tuple[str, str, float], Course] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.seen.folder.name

    @property
    def label(self) -> str:
        """What its line is called: a fork by what differs, "lr=200 brisk-otter"."""
        return " ".join(filter(None, [origin.changed(self.seen.card), self.name]))

    def of(self, lesson: Lesson) -> bool:
        """Whether it is a run of the lesson."""
        return self.seen.folder.lesson == lesson.title

    @property
    def history(self) -> History:
        """What it has said."""
        return self.followed.history

    @property
    def units(self) -> int:
        """What a step handles, 0 where the run has not said it."""
        status = self.history.status or self.seen.status
        return status.units

    def grow(self) -> bool:
        """Takes what the watcher has read; whether there was anything."""
        return bool(self.followed.grow())

    def metrics(self) -> Iterable[str]:
        """What can be drawn."""
        return (name for name in self.history.series if name != TIME)

    def course(self, metric: str, axis: str, smoothing: float) -> Series | None:
        """A metric over an axis; None where the run has no such metric or axis."""
        source = self.history.series.get(metric)
        if source is None or not len(source):
            return None
        if axis == STEP and smoothing in (SMOOTHING, 0.0):
            return source
        if (axis == UNITS and not self.units) or (axis == TIME and TIME not in self.history.series):
            return None
        key = (metric, axis, smoothing)
        course = self._courses.get(key)
        if course is None or not self._continues(course, source):
            course = self._courses[key] = Course(Series(smoothing))
        fresh = source.x[course.taken :]
        if len(fresh):
            values = source.y[course.taken :].astype(np.float64)
            course.series.extend(self._along(fresh, axis), values)
            course.taken, course.last = len(source), float(fresh[-1])
        return course.series

    def _continues(self, course: Course, source: Series) -> bool:
        """Whether the source still begins with what was taken: a resumed run replaces its tail."""
        taken = course.taken
        return 0 < taken <= len(source) and source.x[taken - 1] == course.last

    def _along(self, steps: Floats, axis: str) -> Floats:
        """Steps as places on an axis, strictly rising."""
        if axis == UNITS:
            return (steps + 1) * self.units
        if axis == TIME:
            clock = self.history.series[TIME]
            places = np.clip(np.searchsorted(clock.x, steps), 0, len(clock) - 1)
            return clock.y[places].astype(np.float64) + steps * 1e-9
        return steps

    def best(self, metric: str, higher: bool) -> tuple[float, float] | None:
        """(step, value) of the best point of a metric."""
        source = self.history.series.get(metric)
        return None if source is None else source.best(higher)

    def happened(self, axis: str) -> list[Happening]:
        """What its line's marks are, on an axis; none where the run has no such axis."""
        ink = SERIES + self.colour % SERIES_COUNT
        known = [replace(each, ink=ink) for each in self.history.happened]
        if axis == STEP:
            return known
        if (axis == UNITS and not self.units) or (axis == TIME and TIME not in self.history.series):
            return []
        places = self._along(np.array([each.at for each in known], dtype=np.float64), axis)
        return [replace(each, at=at) for each, at in zip(known, places.tolist(), strict=True)]


@dataclass
class Overlay:
    """What the chart of the runs shows, and how."""

    metric: str = ""
    axis: str = STEP
    smoothing: float = SMOOTHING
    traces: list[Trace] = field(default_factory=list)

    def follow(
        self, runs: Sequence[Seen], colours: Mapping[Path, int], watch: Watch, target: MessagePump
    ) -> None:
        """Has the watcher read these runs, and no others; what was read of them stays."""
        before = {trace.seen.folder.path: trace for trace in self.traces}
        self.traces = []
        for run in runs:
            path = run.folder.path
            trace = before.pop(path, None)
            if trace is None:
                trace = Trace(run, Followed(run.folder, watch, target, run), 0)
                trace.followed.follow()
            trace.seen, trace.colour = run, colours.get(path, 0)
            self.traces.append(trace)
        for trace in before.values():
            trace.followed.leave()

    def metrics(self, lessons: Sequence[Lesson]) -> list[str]:
        """The metrics of the traces: the lessons' figures, their charts' order, then the rest."""
        known = dict.fromkeys(name for trace in self.traces for name in trace.metrics())
        order = [lesson.figure for lesson in lessons]
        order += [name for each in lessons for chart in each.charts.values() for name in chart]
        return list(dict.fromkeys([*(name for name in order if name in known), *known]))

    def shown(self, lessons: Sequence[Lesson]) -> str:
        """The metric that is shown: the chosen one, else the first there is."""
        names = self.metrics(lessons)
        return self.metric if self.metric in names else next(iter(names), "")

    def turn(self, lessons: Sequence[Lesson], by: int) -> None:
        """The next metric."""
        names = self.metrics(lessons)
        if names:
            self.metric = names[(names.index(self.shown(lessons)) + by) % len(names)]

    def smoothed(self, metric: str, lessons: Sequence[Lesson]) -> float:
        """How much a metric is smoothed: by itself only where a lesson says that it is noisy."""
        noisy = any(metric in lesson.noisy for lesson in lessons)
        return self.smoothing if noisy or self.smoothing != SMOOTHING else 0.0

    def lines(self, metric: str, lessons: Sequence[Lesson]) -> list[Line]:
        """A line a run; what is recorded seldom is dotted."""
        lines, smoothing = [], self.smoothed(metric, lessons)
        names = [trace.name for trace in self.traces]
        for trace in self.traces:
            series = trace.course(metric, self.axis, smoothing)
            if series is not None:
                longest = max(len(trace.history.series[name]) for name in trace.metrics())
                seldom = len(series) * 2 < longest
                twice = names.count(trace.name) > 1
                name = f"{trace.seen.folder.lesson} {trace.label}" if twice else trace.label
                noisy = bool(smoothing) and not seldom
                best = series.best(any(figures.higher(lesson, metric) for lesson in lessons))
                known = best if any(metric == lesson.figure for lesson in lessons) else None
                lines.append(Line(name, series, trace.colour % SERIES_COUNT, seldom, noisy, known))
        return lines

    def happened(self) -> list[Happening]:
        """What was done to the runs in the chart."""
        return [each for trace in self.traces for each in trace.happened(self.axis)]

    def levels(self, metric: str, lessons: Sequence[Lesson]) -> list[Level]:
        """Published figures and baselines of the lessons in the chart, each once, and guesses."""
        found: dict[tuple[str, float], Level] = {}
        for lesson in lessons:
            group = next((chart for chart in lesson.charts.values() if metric in chart), (metric,))
            own = [t for t in self.traces if t.of(lesson) or len(lessons) == 1]
            levels = published_levels(lesson, group, {trace.history.data for trace in own})
            levels += [level for trace in own for level in trace.history.baselines(group)]
            found |= {(level.label, level.value): level for level in levels}
        for trace in self.traces:
            guess = trace.seen.guess
            if guess is not None and guess.metric == metric and not guess.answer:
                label = f"guess before {trace.name}"
                found[(label, guess.value)] = Level(guess.value, label, TITLE)
        return list(found.values())


def free_colour(taken: Collection[int]) -> int:
    """The lowest colour that no line has."""
    return next(colour for colour in range(len(taken) + 1) if colour not in taken)
