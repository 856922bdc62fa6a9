"""A list to choose from: rows drawn as cells, one of them chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from zhtui.draw.grid import Grid, Page
from zhtui.draw.inks import CHOSEN, FAINT
from zhtui.tui.keys import table as keys
from zhtui.tui.widgets.drawn import Drawn

Paint = Callable[[Grid, int, bool], None]  # cells, y, chosen


@dataclass(frozen=True)
class Item:
    """One row: a key to know it by, and how it is painted. A head has no key and is passed over."""

    key: str
    paint: Paint


class Rows(Drawn):
    """A cursor over items; posts `Moved` as it moves and `Chosen` on enter."""

    BINDINGS = keys.bindings("list")
    DEFAULT_CSS = "Rows { overflow: hidden auto; }"

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, rows: Rows, key: str) -> None:
            super().__init__()
            self.rows, self.key = rows, key

        @property
        def control(self) -> Rows:
            """The list that speaks."""
            return self.rows

    class Chosen(Moved):
        """A row was taken."""

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self.items: Sequence[Item] = ()
        self.chosen = ""
        self.empty = empty

    def show(self, items: Sequence[Item], chosen: str = "") -> None:
        """Other rows; the cursor stays on its key, or goes to `chosen`."""
        self.items = items
        known = self.keys()
        wish = chosen or self.chosen
        if wish not in known:
            wish = known[0] if known else ""
        moved, self.chosen = wish != self.chosen, wish
        self.redraw()
        if moved:
            self._follow()
            self.post_message(self.Moved(self, wish))

    def keys(self) -> list[str]:
        """The keys of the rows that can be chosen, in order."""
        return [item.key for item in self.items if item.key]

    def draw(self, width: int, height: int) -> Page:
        cells = Page(width, max(len(self.items), height))
        if not self.items:
            cells.put(1, 0, self.empty, FAINT)
        for y, item in enumerate(self.items):
            chosen = bool(item.key) and item.key == self.chosen
            item.paint(cells, y, chosen)
            if chosen:
                cells.put(0, y, "▸", CHOSEN if self.has_focus else FAINT)
        return cells

    def action_cursor(self, by: int) -> None:
        """Moves the cursor by rows."""
        known = self.keys()
        if not known:
            return
        place = known.index(self.chosen) + by if self.chosen in known else 0
        self._choose(known[min(max(place, 0), len(known) - 1)])

    def _choose(self, key: str) -> None:
        if key != self.chosen:
            self.chosen = key
            self.redraw()
            self._follow()
            self.post_message(self.Moved(self, key))

    def _follow(self) -> None:
        """Scrolls until the chosen row is in sight."""
        rows = [y for y, item in enumerate(self.items) if item.key and item.key == self.chosen]
        if rows:
            top, height = self.scroll_offset.y, max(self.room.height, 1)
            first = rows[0] - 1 if rows[0] == 1 else rows[0]
            wanted = min(top, first) if rows[0] < top + height else rows[0] - height + 1
            self.scroll_to(y=wanted, animate=False)

    def action_choose(self) -> None:
        """Takes the row at the cursor."""
        if self.chosen:
            self.post_message(self.Chosen(self, self.chosen))

    def on_click(self, event: events.Click) -> None:
        row = event.y - self.gutter.top + self.scroll_offset.y
        if 0 <= row < len(self.items) and self.items[row].key:
            again = self.items[row].key == self.chosen
            self._choose(self.items[row].key)
            if again:
                self.action_choose()

    def watch_has_focus(self, focused: bool) -> None:
        self.redraw()
