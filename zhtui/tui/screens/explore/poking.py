"""A cell under the cursor: what it says, what it becomes by a key, what knob it sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from zhtui import wording
from zhtui.ask import cells
from zhtui.ask.shown import Shown
from zhtui.errors import ConfigError
from zhtui.lesson import views
from zhtui.lesson.explore import Spot
from zhtui.lesson.knobs import Row, unit
from zhtui.lesson.views import View
from zhtui.runs.learner import number
from zhtui.tui.screens.explore import words
from zhtui.tui.screens.explore.parts import Exploring
from zhtui.tui.widgets.views import ViewWidget


def beside(view: View, spot: Spot, by: int) -> Any:
    """The value of a cell a little up or down: a number, the next letter, another mark."""
    value = cells.value(view, spot.row, spot.column)
    if isinstance(view, views.Board) and isinstance(value, str):
        marks = sorted({mark for row in view.cells for mark in row})
        return marks[(marks.index(value) + by) % len(marks)]
    if isinstance(value, str):
        return chr(min(max(ord(value) + by, 32), 126)) if len(value) == 1 else value
    size = unit(cells.extent(view) or value)
    size = max(size, 1) if cells.whole(view) else size
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


def leads_to(shown: Shown | None, name: str, row: int) -> str:
    """The chapter that a node of a graph names, in the frames after the first such chapter; else
    "".
    """
    view = shown.views.get(name) if shown is not None else None
    if shown is None or not isinstance(view, views.Graph):
        return ""
    nodes = [node.id for node in view.nodes]
    begun = [chapter for chapter, at in shown.chapters if at <= shown.frame]
    return nodes[row] if set(nodes) & set(begun) else ""


class Poked(Exploring):
    """A screen with cells: what the cursor and the keys of a poke call."""

    entered: Shown | None = None  # the frame in which a cell was taken, until the next comes
    led = ""  # the chapter that this cell leads to

    def on_view_widget_pointed(self, message: ViewWidget.Pointed) -> None:
        name = self.tiles.name_of(message.widget)
        if name and name != self.tiles.chosen:
            self.tiles.take(name)
        spot = Spot(name, message.row, message.column)
        self.inquiry.point(None if spot == self.numbers.hidden else spot)
        self.numbers.verdict = ()
        self.tell()

    def on_view_widget_left(self, message: ViewWidget.Left) -> None:
        self.inquiry.point(None)
        self.tell()

    def on_view_widget_chosen(self, message: ViewWidget.Chosen) -> None:
        """A cell that a knob points at sets the knob; what it changed is to be seen. A node that
        has a chapter of its own leads there.
        """
        name = self.tiles.name_of(message.widget)
        self.led = leads_to(self.inquiry.shown, name, message.row)
        if self.led:
            self.entered = self.inquiry.shown
            self.ask(0, f"chapter {self.led}")
            return
        for row, value in pointed(self.inquiry.offered, name, message.row, message.column):
            self.entered = self.inquiry.shown
            self.turn(row.name, value)

    def go_in(self, shown: Shown) -> None:
        """After a cell was entered: to the picture that it changed, where not all are in sight."""
        before, self.entered = self.entered, None
        same = before is not None and (before.title == shown.title or shown.chapter == self.led)
        if before is None or not same or not self.tiles.hides:
            return
        changed = cells.all_moved(before.views, shown.views)
        changed.pop(self.tiles.chosen, None)
        if changed:
            self.tiles.take(next(iter(changed)))

    def cell(self) -> tuple[Spot, View] | None:
        """The cell at the cursor and its view, where it can be poked; else says why not."""
        spot, shown = self.tiles.cursor, self.inquiry.shown
        why = words.pokeable(shown, spot)
        if why:
            self.notify(why, markup=False)
        if why or spot is None or shown is None:
            return None
        return spot, shown.views[spot.view]

    def poke(self, spot: Spot, value: Any) -> None:
        """Gives a cell another value: the frame in sight, and all others, are made with it."""
        self.inquiry.poke = spot, value
        self.ask()

    def action_poke(self, by: int) -> None:
        """Changes the cell at the cursor by a little."""
        found = self.cell()
        if found is not None:
            spot, view = found
            self.poke(spot, beside(view, spot, by))

    def action_edit(self) -> None:
        """Types the cell at the cursor; where there is no cursor, a knob."""
        if self.focused is self.knobs or self.tiles.cursor is None:
            self.edit_knob()
            return
        found = self.cell()
        if found is not None:
            spot, view = found
            asked = f"{spot.view}[{spot.row}, {spot.column}] becomes"
            self.type(asked, spelled(view, spot), lambda text: self.poke(spot, read(view, text)))

    def action_undo(self) -> None:
        """Takes the poke back."""
        if self.inquiry.poke is not None:
            self.inquiry.poke = None
            self.ask()
