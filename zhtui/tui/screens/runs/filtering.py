"""Which runs of many: a filter as one line of words, and an order.

Every word must hold. `gpt` is somewhere in the run's lesson, name, state, preset or note;
`lr=0.001` is a knob's value; `best<1.9`, `steps>=1000`, `n_layer>2` compare a number of the run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from zhtui.lesson import knobs
from zhtui.lesson.card import Lesson
from zhtui.runs.figures import rank
from zhtui.tui.reading.watch import Seen

CONDITION = re.compile(r"([A-Za-z_]\w*)(<=|>=|<|>|=)(.+)")
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
}
ORDERS = ("newest", "lesson", "name", "state", "steps", "best")


def kept(runs: Sequence[Seen], text: str) -> list[Seen]:
    """The runs of which every word of `text` holds."""
    words = text.lower().split()
    return [run for run in runs if all(_holds(run, word) for word in words)]


def ordered(
    runs: Sequence[Seen], order: str, backwards: bool, lesson: Callable[[str], Lesson | None]
) -> list[Seen]:
    """The runs by one of `ORDERS`; those without a figure at the end. `lesson` gives the card of a
    lesson by its name.
    """
    if order == "best":
        known = [run for run in runs if run.status.best is not None]
        rest = [run for run in runs if run.status.best is None]
        return [*sorted(known, key=lambda run: _rank(run, lesson), reverse=backwards), *rest]
    if order == "newest":
        return list(reversed(runs)) if backwards else list(runs)
    keys: dict[str, Callable[[Seen], Any]] = {
        "lesson": lambda run: run.folder.lesson,
        "name": lambda run: run.folder.name,
        "state": lambda run: run.status.state,
        "steps": lambda run: -run.status.step,
    }
    return sorted(runs, key=keys[order], reverse=backwards)


def _rank(run: Seen, lesson: Callable[[str], Lesson | None]) -> float:
    return rank(lesson(run.folder.lesson), run.status.best or 0.0)


def _holds(run: Seen, word: str) -> bool:
    match = CONDITION.fullmatch(word)
    if match is None:
        status = run.status
        texts = (run.folder.lesson, run.folder.name, status.state, run.card.get("preset"), run.note)
        return any(word in str(text).lower() for text in texts)
    value = _value(run, match[1])
    if value is None:
        return False
    try:
        return COMPARE[match[2]](float(value), float(match[3]))
    except (TypeError, ValueError):
        return match[2] == "=" and knobs.text(value).lower() == match[3]


def _value(run: Seen, name: str) -> Any:
    """A knob of the run, or what it says of itself."""
    status = run.status
    own = {"best": status.best, "step": status.step, "lesson": run.folder.lesson}
    own |= {"state": status.state, "preset": run.card.get("preset"), "seed": run.card.get("seed")}
    values = run.card.get("config")
    known = {str(key).lower(): value for key, value in (values or {}).items()}
    return {**own, **status.row, **known}.get(name)
