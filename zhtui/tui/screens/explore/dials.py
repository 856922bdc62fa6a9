"""A scene's knobs: a pane of rows that are turned by keys, and how a screen takes it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from textual.message import Message

from zhtui.draw.grid import Grid, Page
from zhtui.draw.inks import CHOSEN, FAINT, PLAIN, TITLE, YOURS
from zhtui.draw.words import put_line, wrapped
from zhtui.lesson import knobs
from zhtui.lesson.knobs import Row
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import keyboard_of
from zhtui.tui.screens.explore.inquiry import MISTAKE, Inquiry
from zhtui.tui.screens.explore.parts import Exploring
from zhtui.tui.screens.shared.dialogs import EditKnob
from zhtui.tui.widgets.rows import Item, Paint, Rows

MOST = 6  # lines about a knob


class KnobRows(Rows):
    """The knobs of a scene; left and right turn the one at the cursor."""

    BINDINGS: ClassVar = keys.bindings("dials")
    DEFAULT_CSS = """
    KnobRows { border: round $border; border-title-color: $foreground; padding: 0 1; }
    KnobRows { border-subtitle-color: $foreground 60%; overflow: hidden auto; }
    """

    class Turned(Message):
        """A knob was turned to a value."""

        def __init__(self, knob: str, value: Any) -> None:
            super().__init__()
            self.knob, self.value = knob, value

    def __init__(self, inquiry: Inquiry) -> None:
        super().__init__(empty="no knobs here", id="knobs")
        self.inquiry = inquiry
        self.hidden: Collection[str] = ()  # knobs whose values are to be found out
        self.border_title = "knobs"

    def refill(self) -> None:
        """All rows afresh."""
        self.show([Item(row.name, self._paint(row)) for row in self.inquiry.offered])

    @property
    def row(self) -> Row | None:
        """The knob at the cursor."""
        return self.inquiry.row(self.chosen)

    def draw(self, width: int, height: int) -> Page:
        """The rows, and below them what the knob at the cursor is."""
        row, top = self.row, len(self.items) + 1
        bounds = f" ({row.bounds})" if row is not None and row.bounds else ""
        room = max(width - 3, 8)
        said = wrapped(f"{row.knob.text}{bounds}" if row else "", room, MOST, FAINT)
        said += [[], *wrapped(self._spared(), room, MOST, FAINT)] if self.inquiry.owned else []
        cells = super().draw(width, max(height, top + len(said)))
        for y, line in enumerate(said, top):
            put_line(cells, y, line, 2)
        return cells

    def _spared(self) -> str:
        """Which knobs there are where no run is looked at, and how to come there."""
        names = ", ".join(row.name for row in self.inquiry.owned)
        key = keyboard_of(self.app).first("explore.run")
        return f"without a run ({key} past the oldest): {names}"

    def action_turn(self, by: int) -> None:
        """The next value of the knob at the cursor."""
        row = self.row
        if row is not None and row.name not in self.hidden:
            value = knobs.beside(row, self.inquiry.value(row), by)
            if value is not None:
                self.post_message(self.Turned(row.name, value))

    def _paint(self, row: Row) -> Paint:
        longest = max((len(each.name) for each in self.inquiry.offered), default=8)

        def paint(cells: Grid, y: int, chosen: bool) -> None:
            value = self.inquiry.value(row)
            said = "?" if row.name in self.hidden else knobs.text(value)
            dial = chosen and row.name not in self.hidden and row.kind is not str
            dial = dial or (chosen and bool(row.knob.choices) and row.name not in self.hidden)
            x = cells.put(2, y, f"{row.name:<{longest}}", CHOSEN if chosen else PLAIN) + 1
            ink = TITLE if chosen else YOURS if value != row.default else FAINT
            cells.put(x, y, f"◂ {said} ▸" if dial else f"  {said}", ink)

        return paint


def value_of(row: Row, text: str) -> Any:
    """A knob's value as it was typed. Raises `ConfigError`."""
    value = knobs.read(row, text)
    knobs.check(row, value)
    return value


class Dialled(Exploring):
    """A screen with a scene's knobs: what the keys of the place "dials" call, and the pane."""

    def turn(self, name: str, value: object) -> None:
        """Sets a knob, and looks at the same frame again."""
        if self.tried(lambda: self.inquiry.set(name, value)):
            self.knobs.refill()
            self.ask()

    def on_knob_rows_turned(self, message: KnobRows.Turned) -> None:
        self.turn(message.knob, message.value)

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        self.edit_knob()

    def edit_knob(self) -> None:
        """Goes to the knobs; where one is there, types the one at the cursor."""
        row = self.knobs.row
        if self.focused is not self.knobs or row is None:
            self.action_knobs()
        elif row.name == MISTAKE:
            self.mistakes.ask()
        else:
            self.app.push_screen(self._dialog(row), lambda text: self._typed(row, text))

    def _dialog(self, row: Row) -> EditKnob:
        def check(text: str) -> None:
            value_of(row, text)

        bounds = f" ({row.bounds})" if row.bounds else ""
        value = knobs.text(self.inquiry.value(row))
        return EditKnob(row.name, f"{row.knob.text}{bounds}", value, check)

    def _typed(self, row: Row, text: str | None) -> None:
        if text is not None:
            self.turn(row.name, value_of(row, text))

    def action_knobs(self) -> None:
        """To the knobs, or back to the picture."""
        if self.focused is self.knobs:
            self.to_pictures()
            return
        self._want_knobs(True)
        self.set_focus(self.knobs, scroll_visible=False)

    def to_pictures(self) -> None:
        """The pictures are in sight, and have the keys; in a small room the knobs hid them."""
        if self.knobs_wanted:
            self._want_knobs(False)
        self.tiles.focus_chosen()

    def _want_knobs(self, wanted: bool) -> None:
        self.knobs_wanted = wanted
        self.fit()
        self.lay_out()
