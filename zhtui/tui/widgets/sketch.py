"""Pictures and lists that a screen draws by functions of its own, and moves over by keys."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from textual.message import Message

from zhtui.draw.grid import Grid, Page
from zhtui.tui.keys import table as keys
from zhtui.tui.widgets.drawn import Drawn
from zhtui.tui.widgets.window import Window


class Sketch(Drawn, inherit_bindings=False):
    """A picture drawn by a function of its room. The cursor keys scroll it, and are told."""

    BINDINGS = keys.bindings("window")
    DEFAULT_CSS = "Sketch { overflow: auto auto; }"

    class Turned(Message):
        """The cursor keys were used on a picture."""

        def __init__(self, sketch: Sketch, by: int) -> None:
            super().__init__()
            self.sketch, self.by = sketch, by

        @property
        def control(self) -> Sketch:
            """The picture that was turned."""
            return self.sketch

    def __init__(self, paint: Callable[[int, int], Grid], id: str) -> None:
        super().__init__(id=id)
        self.paint = paint

    def draw(self, width: int, height: int) -> Grid:
        """What `paint` draws."""
        return self.paint(width, height)

    def action_cursor(self, by: int) -> None:
        """Scrolls, and tells."""
        self.post_message(self.Turned(self, by))
        self.scroll_relative(y=by, animate=False)

    def action_aside(self, by: int) -> None:
        """Scrolls sideways."""
        self.scroll_relative(x=by, animate=False)

    def action_page(self, by: int) -> None:
        """Scrolls by the window's height."""
        self.scroll_relative(y=by * max(self.room.height - 1, 1), animate=False)


class LongSketch(Window, Sketch):
    """Very many rows drawn by a function each; who listens to `Turned` moves and reveals."""

    DEFAULT_CSS = "LongSketch { overflow: hidden scroll; }"

    def __init__(
        self,
        paint_row: Callable[[int, int], Grid],
        looks: Callable[[int], Hashable],
        id: str,
    ) -> None:
        """`paint_row` draws a row by its number and width. `looks` tells a row's looks apart: while
        it says the same, the row is not drawn again.
        """
        super().__init__(Page, id)
        self.paint_row, self.look_of, self.rows = paint_row, looks, 0

    def count(self) -> int:
        return self.rows

    def row(self, index: int, width: int) -> Grid:
        return self.paint_row(index, width)

    def looks(self, index: int) -> Hashable:
        return self.look_of(index)

    def show(self, rows: int) -> None:
        """Another number of rows."""
        self.rows = rows
        self.redraw()

    def action_cursor(self, by: int) -> None:
        """Tells."""
        self.post_message(self.Turned(self, by))

    def action_page(self, by: int) -> None:
        """Moves by the window's height."""
        self.action_cursor(by * max(self.room.height - 1, 1))
