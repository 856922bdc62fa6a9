"""Which of a run's numbers count: its figure, the better of two, and what is published for it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zhtui.lesson.card import Lesson, Reference
from zhtui.runs.folder import RunFolder

MEAN = "mean "  # of the last so many values: where a single one says little


def higher(lesson: Lesson, metric: str) -> bool:
    """Whether more of a metric is better; of every other than the lesson's figure less is."""
    return lesson.higher and metric == lesson.figure


def beats(lesson: Lesson, value: float, other: float | None) -> bool:
    """Whether a figure of the lesson is better than another one."""
    return other is None or (value > other if lesson.higher else value < other)


def rank(lesson: Lesson | None, value: float) -> float:
    """What to sort figures by, the best first."""
    return -value if lesson is not None and lesson.higher else value


def best_of(values: Iterable[float | None], highest: bool) -> float | None:
    """The best of some values; those that are none or no number do not count."""
    known = [value for value in values if value is not None and not math.isnan(value)]
    if not known:
        return None
    return max(known) if highest else min(known)


def figure(
    steps: Sequence[float], values: Sequence[float], at: str | int, highest: bool = False
) -> float | None:
    """Of a metric's values, the "last", "best" or "first", that of a step, or the mean of the last
    hundred ("mean 100").

    [3.0, 1.0, 2.0] -> 1.0 at "best", 3.0 where the highest is, 1.5 at "mean 2"
    """
    if isinstance(at, int):
        return next((value for step, value in zip(steps, values, strict=True) if step == at), None)
    if not values:
        return None
    if at == "best":
        return best_of(values, highest)
    if at.startswith(MEAN):
        return statistics.fmean(values[-int(at.removeprefix(MEAN)) :])
    return values[0 if at == "first" else -1]


def figure_of(
    rows: Sequence[Mapping[str, Any]], metric: str, at: str | int, highest: bool = False
) -> float | None:
    """The same of a run's rows; those without the metric do not count."""
    have = [row for row in rows if row.get(metric) is not None]
    return figure([row["step"] for row in have], [row[metric] for row in have], at, highest)


def data_name(card: Mapping[str, Any]) -> str:
    """The data set that a run reads; "" where it has read none yet, or needs none."""
    data = card.get("data")
    return str(data.get("name", "")) if isinstance(data, Mapping) else ""


def named_on(label: str, data: str) -> str:
    """A figure's label with the data set that it belongs to: "nanoGPT, on Tiny Shakespeare"."""
    from zhtui.data.sets import DATA_SETS  # deferred: the first frame needs no data sets

    return f"{label}, on {DATA_SETS[data].title if data in DATA_SETS else data}"


def own_references(folder: RunFolder, lesson: Lesson) -> Sequence[Reference]:
    """The published figures of a run's own setting."""
    card = folder.card()
    found = data_name(card)
    mine = [r for r in lesson.references if r.preset == card["preset"] and r.data in ("", found)]
    return [r for r in mine if all(card["config"].get(k) == v for k, v in r.knobs.items())]


def better(lesson: Lesson, values: Iterable[float | None]) -> float | None:
    """The best of some figures of a lesson."""
    return best_of(values, lesson.higher)


def published(lesson: Lesson) -> list[Reference]:
    """The published figures that have a line of their own, in the order of the card."""
    return [reference for reference in lesson.references if reference.line]


def reached(lesson: Lesson, value: float | None, data: str) -> bool:
    """Whether a figure is as good as the first published one on the same data, within its
    tolerance.
    """
    goals = [r for r in published(lesson) if r.metric == lesson.figure and r.data in ("", data)]
    if value is None or not goals:
        return False
    slack = goals[0].tolerance * (-1 if lesson.higher else 1)
    limit = goals[0].value + slack
    return value == limit or beats(lesson, value, limit)
