"""A list of any length of which only the rows in sight are drawn, under a head that stays."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.geometry import Region, Size

from zhtui.draw.grid import Page
from zhtui.draw.inks import CHOSEN, FAINT
from zhtui.tui.widgets.rows import Item, Paint, Rows

HEAD = 1  # rows that do not scroll


class LongRows(Rows):
    """`Rows` for thousands: every item has a key, and the head is painted by `head`."""

    def __init__(self, head: Paint, *, empty: str = "", id: str | None = None) -> None:
        super().__init__(empty=empty, id=id)
        self.head = head
        self._places: dict[str, int] = {}

    def show(self, items: Sequence[Item], chosen: str = "") -> None:
        self._places = {item.key: place for place, item in enumerate(items)}
        super().show(items, chosen)

    @property
    def place(self) -> int:
        """The row of the cursor, -1 where there is none."""
        return self._places.get(self.chosen, -1)

    @property
    def top(self) -> int:
        """The picture is the window already."""
        return 0

    def redraw(self) -> None:
        """Draws the window, and tells the scrollbar how long the list is."""
        if not self.is_mounted or not self.room.area:
            return
        before, self.cells = self.cells, self.draw(*self.room)
        size = Size(self.cells.width, len(self.items) + HEAD)
        changed = self.cells.differs(before)
        if changed is None or size != self.virtual_size:
            self.virtual_size = size
            self.refresh()
            return
        for y in changed:
            self.refresh(Region(0, y, self.size.width, 1))

    def draw(self, width: int, height: int) -> Page:
        cells = Page(width, height)
        self.head(cells, 0, False)
        if not self.items:
            cells.put(1, HEAD, self.empty, FAINT)
        first = round(self.scroll_offset.y)
        for y, item in enumerate(self.items[first : first + max(height - HEAD, 0)], HEAD):
            chosen = item.key == self.chosen
            item.paint(cells, y, chosen)
            if chosen:
                cells.put(0, y, "▸", CHOSEN if self.has_focus else FAINT)
        return cells

    def action_cursor(self, by: int) -> None:
        if self.items:
            place = min(max(self.place + by, 0), len(self.items) - 1)
            self._choose(self.items[place].key)

    def _follow(self) -> None:
        top, rows = round(self.scroll_offset.y), max(self.room.height - HEAD, 1)
        wanted = min(max(top, self.place - rows + 1), max(self.place, 0))
        if wanted != top:
            self.scroll_to(y=wanted, animate=False)

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        if round(old) != round(new):
            self.redraw()

    def on_click(self, event: events.Click) -> None:
        event.prevent_default()
        row = event.y - self.gutter.top - HEAD
        place = row + round(self.scroll_offset.y)
        if row >= 0 and place < len(self.items):
            again = place == self.place
            self._choose(self.items[place].key)
            if again:
                self.action_choose()
