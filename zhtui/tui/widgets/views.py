"""One widget a view, and the table that finds it. A cursor stands in all by one rule: `enter` or a
click puts it in, arrows move it, `escape` takes it out.
"""

from __future__ import annotations

from textual import events
from textual.actions import SkipAction
from textual.geometry import Region, Size
from textual.message import Message

from zhtui.draw import pictures, table
from zhtui.draw.cells import Cells
from zhtui.draw.inks import WRONG
from zhtui.draw.marks import NOTHING, Cell, Marks, Mask
from zhtui.lesson import views
from zhtui.tui.keys import table as keys
from zhtui.tui.widgets.drawn import Drawn

FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class ViewWidget(Drawn):
    """Shows one view; `show` replaces it by another of the same kind.

    Where it is `eager` the arrows put the cursor in, too; else they are left to the screen until
    there is one.
    """

    BINDINGS = keys.bindings("picture")

    class Pointed(Message):
        """The cursor stands on a cell, counted as a `Spot` of this view."""

        def __init__(self, widget: ViewWidget, row: int, column: int) -> None:
            super().__init__()
            self.widget, self.row, self.column = widget, row, column

    class Chosen(Pointed):
        """The cell at the cursor was taken, by `enter` or a second click."""

    class Left(Message):
        """The cursor was taken out."""

        def __init__(self, widget: ViewWidget) -> None:
            super().__init__()
            self.widget = widget

    def __init__(self, view: views.View, *, id: str | None = None, eager: bool = False) -> None:
        super().__init__(id=id, classes="view")
        self.view = view
        self.eager = eager
        self.marks = NOTHING

    # What is shown

    def show(self, view: views.View) -> None:
        """Draws another view in this place; the cursor stays where it is."""
        self.view = view
        self.redraw()

    def mark(
        self, moved: Mask | None = None, wrong: Mask | None = None, hidden: Cell | None = None
    ) -> None:
        """What has moved, what must not have, and the cell that is asked for."""
        self.marks = Marks(self.marks.cursor, moved, wrong, hidden)
        self.redraw()

    def draw(self, width: int, height: int) -> Cells:
        """The picture, or one line that says why there is none."""
        try:
            return self.picture(width, height)
        except FAULTS as error:
            cells = Cells(width, height)
            cells.put(0, 0, f"this view cannot be drawn: {error}", WRONG)
            return cells

    def picture(self, width: int, height: int) -> Cells:
        """The picture of the view."""
        marks = pictures.marked(self.view, self.marks)
        return pictures.draw(self.view, width, height, marks, self.palette.rich)

    # The cursor

    @property
    def cursor(self) -> Cell | None:
        """The cell at the cursor, as a `Spot` counts it."""
        return self.marks.cursor

    def point(self, cell: Cell) -> None:
        """Puts the cursor on a cell, or on the nearest that there is, and says so."""
        inside = pictures.inside(self.view, cell)
        if inside is None:
            return
        self.marks = Marks(inside, self.marks.moved, self.marks.wrong, self.marks.hidden)
        self.redraw()
        self.reveal(inside)
        self.post_message(self.Pointed(self, *inside))

    def clear_cursor(self) -> bool:
        """Takes the cursor out; whether there was one."""
        if self.cursor is None:
            return False
        self.marks = Marks(None, self.marks.moved, self.marks.wrong, self.marks.hidden)
        self.redraw()
        self.post_message(self.Left(self))
        return True

    def move(self, down: int, right: int) -> None:
        """Moves the cursor by cells; the first move puts it in."""
        if self.cursor is None:
            self.point((0, 0))
        elif isinstance(self.cells, Cells) and self.cells.spots is not None:
            start = pictures.inside(self.view, self.cursor)
            if start is not None:
                self.point(self.cells.spots.beside(start, down, right))

    def reveal(self, cell: Cell) -> None:
        """Scrolls to a cell."""
        spots = self.cells.spots if isinstance(self.cells, Cells) else None
        box = None if spots is None else spots.box(cell)
        if box is not None:
            self.scroll_to_region(Region(*box), animate=False, immediate=True)

    # Keys and clicks

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that need a cursor are the screen's where there is none."""
        if action == "point":
            return self.eager or self.cursor is not None
        return self.cursor is not None or action not in ("steer", "leave_picture")

    def action_point(self, down: int, right: int) -> None:
        """Moves the cursor by keys."""
        self.move(down, right)

    def action_steer(self, down: int, right: int) -> None:
        """Moves the cursor by letters, which are the screen's until there is a cursor."""
        self.move(down, right)

    def action_choose(self) -> None:
        """Puts the cursor in; where it is in, takes its cell."""
        if self.cursor is None:
            self.point((0, 0))
        else:
            self.post_message(self.Chosen(self, *self.cursor))

    def action_leave_picture(self) -> None:
        """Takes the cursor out."""
        self.clear_cursor()

    def action_scroll_left(self) -> None:
        """The screen's key until there is a cursor, however wide the picture."""
        raise SkipAction

    def action_scroll_right(self) -> None:
        """The screen's key until there is a cursor, however wide the picture."""
        raise SkipAction

    def on_click(self, event: events.Click) -> None:
        """The cursor goes to the cell under the pointer; a click on it takes it."""
        spots = self.cells.spots if isinstance(self.cells, Cells) else None
        place = event.get_content_offset(self)
        if spots is None or place is None:
            return
        cell = spots.at(place.x + self.scroll_offset.x, place.y + self.top)
        if cell is not None and cell == self.cursor:
            self.action_choose()
        elif cell is not None:
            self.point(cell)


class HeatmapWidget(ViewWidget):
    """A matrix: its picture shows the part around the cursor, so it never scrolls."""

    DEFAULT_CSS = "HeatmapWidget { overflow: hidden hidden; }"


class HistogramWidget(ViewWidget):
    """Ridges of counts."""


class TableWidget(ViewWidget):
    """A table of any length: only the rows in sight are drawn, under a head that stays. It is no
    `Window`: its cursor, like every view's, stands on the spots of one picture, not on rows.
    """

    def __init__(self, view: views.View, *, id: str | None = None, eager: bool = False) -> None:
        super().__init__(view, id=id, eager=eager)
        self._measured: tuple[views.View, table.Widths] | None = None
        self._told: tuple[views.View, Cell | None, Size] | None = None  # what is in sight by now

    def picture(self, width: int, height: int) -> Cells:
        assert isinstance(self.view, views.Table)
        if self._measured is None or self._measured[0] is not self.view:
            self._measured = self.view, table.measure(self.view)
        marks = pictures.marked(self.view, self.marks)
        left, top = self.scroll_offset
        return table.window(self.view, self._measured[1], top, width, height, marks, left)

    def redraw(self) -> None:
        """Draws the window, and tells the scrollbars how long the table is."""
        if not self.is_mounted or not self.room.area:
            return
        assert isinstance(self.view, views.Table)
        self.cells = self.draw(*self.room)
        size = Size(max(self.cells.width, 1), table.HEAD + len(self.view.rows))
        if size != self.virtual_size or self._bars(size) != self._shown_bars:
            self._resize(size)
        self._tell(self.view)
        self.refresh()

    def _draw_first(self) -> None:
        """Draws in time for the first frame; the window fills its room, however long the table."""
        super()._draw_first()
        self._first = None

    def _tell(self, view: views.Table) -> None:
        """Brings into sight what a frame is about, once: the number that is asked for, else the
        marked row; the learner's cursor stays where it is.
        """
        before, told = self._told, (view, self.marks.hidden, self.room)
        self._told = told
        known = before is not None and before[0] is view and before[1:] == told[1:]
        if known or self.cursor is not None:
            return
        if self.marks.hidden is not None:
            self.reveal(self.marks.hidden)
        elif view.mark is not None and 0 <= view.mark < len(view.rows):
            self._to_row(view.mark)

    def _to_row(self, row: int) -> None:
        top, rows = round(self.scroll_offset.y), max(self.room.height - table.HEAD, 1)
        wanted = min(max(top, row - rows + 1), row)
        self.scroll_to(y=wanted, animate=False, immediate=True)

    def reveal(self, cell: Cell) -> None:
        """Scrolls to a row, and to the column of its cell."""
        self._to_row(cell[0])
        spots = self.cells.spots if isinstance(self.cells, Cells) else None
        box = None if spots is None else spots.box(cell)
        if box is not None:
            left, width = self.scroll_offset.x, self.room.width
            x = min(max(left, box[0] + box[2] + 1 - width), max(box[0] - 2, 0))
            self.scroll_to(x=x, animate=False, immediate=True)

    def watch_scroll_x(self, old: float, new: float) -> None:
        super().watch_scroll_x(old, new)
        if round(old) != round(new):
            self.redraw()

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        if round(old) != round(new):
            self.redraw()

    @property
    def top(self) -> int:
        """The picture is the window already."""
        return 0


WIDGETS: dict[type, type[ViewWidget]] = {
    views.Heatmap: HeatmapWidget,
    views.Histogram: HistogramWidget,
    views.Bars: ViewWidget,
    views.Curves: ViewWidget,
    views.Scatter: ViewWidget,
    views.Text: ViewWidget,
    views.Table: TableWidget,
    views.Graph: ViewWidget,
    views.Tree: ViewWidget,
    views.Board: ViewWidget,
}


def widget_for(view: views.View, *, id: str | None = None, eager: bool = False) -> ViewWidget:
    """The widget that shows a view."""
    return WIDGETS[type(view)](view, id=id, eager=eager)
