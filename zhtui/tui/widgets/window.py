"""Lists of any length: only rows in sight are drawn, and only those that change are drawn anew."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip

from zhtui.draw.grid import Grid, Page
from zhtui.draw.inks import CHOSEN, FAINT
from zhtui.tui.widgets.drawn import Drawn, Inkwell
from zhtui.tui.widgets.rows import Item, Paint, Rows

KEPT = 400  # rows that are remembered as drawn


class Window(Drawn):
    """Rows by number. A subclass has `count`, `row` and `looks`; the first `HEAD` lines of the
    window do not scroll, and `head_row` draws them.
    """

    HEAD = 0

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)  # type: ignore[arg-type]
        self._strips: dict[int, tuple[Hashable, Strip]] = {}

    def count(self) -> int:
        """How many rows there are."""
        return 0

    def row(self, index: int, width: int) -> Grid:
        """A row as one line of cells."""
        return Page(width, 1)

    def breadth(self) -> int:
        """Cells of the longest row; the list scrolls sideways where they are more than its room."""
        return self.room.width

    def looks(self, index: int) -> Hashable:
        """All that a row's picture depends on: while it is the same, the row is not drawn again."""
        return index

    def head_row(self, index: int, width: int) -> Grid:
        """A line of the head."""
        return Page(width, 1)

    def redraw(self) -> None:
        """Sizes the room for all rows and draws those in sight whose looks have changed."""
        room = self.room
        if not self.is_mounted or not room.area:
            return
        size = Size(self._width(), self.count() + self.HEAD)
        if self.virtual_size != size:
            self._resize(size)
        self._ready()
        for y in range(self.size.height):
            known = self._strips.get(self._index(y))
            if known is None or known[1] != self._strip(self._index(y)):
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Line `y` of the window."""
        self._ready()
        left = self.scroll_offset.x
        return self._strip(self._index(y)).crop(left, left + self.size.width)

    def _width(self) -> int:
        return max(self.breadth(), self.room.width)

    def _index(self, y: int) -> int:
        """The row on a line of the window; −1 and below are the head's, from its bottom."""
        return y - self.HEAD if y < self.HEAD else y - self.HEAD + self.top

    def _ready(self) -> None:
        """Fresh ink, and no row kept, where colours have changed."""
        if self._ground is None:
            self._ground = self.rich_style
        if self._ink.palette is not self.palette or self._ink.ground != self._ground:
            self._ink = Inkwell(self.palette, self._ground)
            self._strips.clear()

    def _strip(self, index: int) -> Strip:
        """A row as it is to be seen: the one that is kept, where it looks the same still."""
        width, there = max(self._width(), self.size.width), index < self.count()
        looks = (width, self.looks(index) if index >= 0 and there else None, there)
        known = self._strips.get(index)
        if known is not None and known[0] == looks and index >= 0:
            return known[1]
        strip = Strip.blank(width, self._ground)
        if there:
            room = self._width()
            cells = self.row(index, room) if index >= 0 else self.head_row(index + self.HEAD, room)
            strip = self._ink.strip(cells, 0).crop_extend(0, width, self._ground)
        if len(self._strips) > KEPT:
            self._strips.clear()
        self._strips[index] = looks, strip
        return strip

    def reveal(self, index: int) -> None:
        """Scrolls no more than it takes to see a row, once there is room to see it in."""
        top, height = self.top, self.room.height - self.HEAD
        if height > 0 and not top <= index < top + height:
            self.scroll_to(y=max(index - height // 2, 0), animate=False)


class LongRows(Rows, Window):
    """`Rows` for thousands: every item has a key, and the head is painted by `head`."""

    HEAD = 1

    def __init__(self, head: Paint, *, empty: str = "", id: str | None = None) -> None:
        super().__init__(empty=empty, id=id)
        self.head = head
        self._places: dict[str, int] = {}
        self._shown = 0  # how often other items were shown

    def show(self, items: Sequence[Item], chosen: str = "") -> None:
        self._places = {item.key: place for place, item in enumerate(items)}
        self._shown += 1
        super().show(items, chosen)

    @property
    def place(self) -> int:
        """The row of the cursor, -1 where there is none."""
        return self._places.get(self.chosen, -1)

    def count(self) -> int:
        return max(len(self.items), 1)

    def looks(self, index: int) -> Hashable:
        return self._shown, index == self.place and (True, self.has_focus)

    def row(self, index: int, width: int) -> Page:
        cells = Page(width, 1)
        if not self.items:
            cells.put(1, 0, self.empty, FAINT)
            return cells
        item, chosen = self.items[index], index == self.place
        item.paint(cells, 0, chosen)
        if chosen:
            cells.put(0, 0, "▸", CHOSEN if self.has_focus else FAINT)
        return cells

    def head_row(self, index: int, width: int) -> Page:
        cells = Page(width, 1)
        self.head(cells, 0, False)
        return cells

    def action_cursor(self, by: int) -> None:
        if self.items:
            place = min(max(self.place + by, 0), len(self.items) - 1)
            self._choose(self.items[place].key)

    def _follow(self) -> None:
        top, rows = round(self.scroll_offset.y), max(self.room.height - self.HEAD, 1)
        wanted = min(max(top, self.place - rows + 1), max(self.place, 0))
        if wanted != top:
            self.scroll_to(y=wanted, animate=False)

    def on_click(self, event: events.Click) -> None:
        event.prevent_default()
        row = event.y - self.gutter.top - self.HEAD
        place = row + self.top
        if row >= 0 and place < len(self.items):
            again = place == self.place
            self._choose(self.items[place].key)
            if again:
                self.action_choose()
