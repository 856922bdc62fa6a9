"""Whether a lesson's card is what it says: types, texts of a bounded length, numbers that are ones.

A card is code's own object, so nothing is decoded here; a stranger's may hold anything.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zhtui.data.dataset import DataSet
from zhtui.lesson import knobs
from zhtui.lesson.card import Lesson, Question, Reference
from zhtui.lesson.explore import Mistake

SHORT, LONG = 200, 4000  # characters
MOST = 1000  # of anything in a list


def wrong(card: Lesson) -> str:
    """The first thing that is wrong with a card, as "summary is no text"; "" where it is sound."""
    return next(_faults(card), "")


def _faults(card: Lesson) -> Iterator[str]:
    if not _number(card.number) or not 0 <= card.number < 1e6:
        yield "number is no number from 0 on"
    for name in ("title", "part", "figure", "unit"):
        yield from _text(name, getattr(card, name), SHORT)
    yield from _text("summary", card.summary, LONG)
    for name in ("commands", "noisy", "scenes", "subjects"):
        yield from _texts(name, getattr(card, name))
    if not isinstance(card.higher, bool):
        yield "higher is neither true nor false"
    yield from _config(card)
    yield from _charts(card.charts)
    for name, kind in (
        ("references", Reference), ("questions", Question), ("mistakes", Mistake), ("data", DataSet)
    ):  # fmt: skip
        yield from _each(name, getattr(card, name), kind)


def _config(card: Lesson) -> Iterator[str]:
    if not (isinstance(card.config, type) and dataclasses.is_dataclass(card.config)):
        yield "config is no dataclass"
        return
    yield from _knobs(card.config)
    presets = card.presets
    if not (isinstance(presets, Mapping) and presets):
        yield "presets are none"
    elif not all(isinstance(one, card.config) for one in presets.values()):
        yield "a preset is not of the config's class"
    else:
        yield from _texts("presets", list(presets))


def _knobs(config: type) -> Iterator[str]:
    rows = knobs.knobs(config)
    for row in rows:
        if row.kind not in knobs.KINDS.values():
            known = "int, float, bool or str"
            yield f"knob {row.name} is of no kind that can be typed: {known}"
    told = any(row.name == "steps" and row.kind is int for row in rows)
    if not told and not isinstance(getattr(config, "steps", None), property):  # made of others
        yield "config has no knob steps of kind int"


def _charts(charts: Any) -> Iterator[str]:
    if not (isinstance(charts, Mapping) and charts):
        yield "charts are none"
        return
    yield from _texts("charts", list(charts))
    for metrics in charts.values():
        yield from _texts("charts", metrics)


def _each(name: str, found: Any, kind: type) -> Iterator[str]:
    """The texts and the figures of references, questions and what else is listed."""
    if isinstance(found, str) or not isinstance(found, Sequence) or len(found) > MOST:
        yield f"{name} is no list"
        return
    for one in found:
        if not isinstance(one, kind):
            yield f"{name} holds something else than {kind.__name__}"
            return
        for field in dataclasses.fields(one):  # type: ignore[arg-type]
            value = getattr(one, field.name)
            if field.type == "str":
                yield from _text(f"{name}: {field.name}", value, LONG)
            elif field.type == "float" and not _number(value):
                yield f"{name}: {field.name} is no number"


def _text(name: str, value: Any, longest: int) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{name} is no text"
    elif len(value) > longest:
        yield f"{name} has more than {longest} characters"


def _texts(name: str, found: Any) -> Iterator[str]:
    if isinstance(found, str) or not isinstance(found, Sequence) or len(found) > MOST:
        yield f"{name} is no list"
        return
    for each in found:
        yield from _text(name, each, SHORT)


def _number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
