"""Values of cells and knobs as they are changed: by a key, by what is typed, by a cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from zhtui import wording
from zhtui.ask import cells
from zhtui.errors import ConfigError
from zhtui.lesson import knobs, views
from zhtui.lesson.explore import Spot
from zhtui.lesson.knobs import Row
from zhtui.lesson.views import View
from zhtui.runs.learner import number
from zhtui.tui.screens.explore.inquiry import Inquiry
from zhtui.tui.screens.explore.knobs import unit
from zhtui.tui.screens.shared.dialogs import EditKnob


def beside(view: View, spot: Spot, by: int) -> Any:
    """The value of a cell a little up or down: a number, the next letter, another mark."""
    value = cells.value(view, spot.row, spot.column)
    if isinstance(view, views.Board) and isinstance(value, str):
        marks = sorted({mark for row in view.cells for mark in row})
        return marks[(marks.index(value) + by) % len(marks)]
    if isinstance(value, str):
        return chr(min(max(ord(value) + by, 32), 126)) if len(value) == 1 else value
    size = unit(cells.extent(view) or value)
    return round(round(value / size + by) * size, 9)


def spelled(view: View, spot: Spot) -> str:
    """The value of a cell as it is offered to be typed over."""
    value = cells.value(view, spot.row, spot.column)
    return wording.number(value).replace(",", "") if isinstance(value, (int, float)) else str(value)


def read(view: View, text: str) -> Any:
    """A typed value of a cell of such a view. Raises `ConfigError`."""
    if not isinstance(view, (views.Text, views.Board)):
        return number(text)
    if isinstance(view, views.Text) and len(text) != 1:
        raise ConfigError(f"{text!r} is not one character; type a single one")
    return text


def pointed(rows: Sequence[Row], view: str, row: int, column: int) -> Iterator[tuple[Row, Any]]:
    """The knobs that a cell of a view sets, each with its value."""
    places = {f"{view}.row": row, f"{view}.column": column}
    for each in rows:
        if each.knob.points in places and each.kind in (int, float):
            yield each, each.kind(places[each.knob.points])


def value_of(row: Row, text: str) -> Any:
    """A knob's value as it was typed. Raises `ConfigError`."""
    value = knobs.read(row, text)
    knobs.check(row, value)
    return value


def dialog(inquiry: Inquiry, row: Row) -> EditKnob:
    """Asks for another value of a knob."""
    bounds = f" ({row.bounds})" if row.bounds else ""
    value = knobs.text(inquiry.value(row))
    return EditKnob(row.name, f"{row.knob.text}{bounds}", value, lambda text: _check(row, text))


def _check(row: Row, text: str) -> None:
    value_of(row, text)
