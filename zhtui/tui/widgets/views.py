"""One widget a view, and the table that finds it. A widget is a few lines around its drawing."""

from __future__ import annotations

from textual.geometry import Size
from textual.message import Message

from zhtui.draw import bars, board, graph, heat, histogram, scatter, table, text, tree
from zhtui.draw.cells import Cells
from zhtui.draw.inks import WRONG
from zhtui.lesson import views
from zhtui.tui.keys import table as keys
from zhtui.tui.widgets.drawn import Drawn

Cell = tuple[int, int]


class ViewWidget(Drawn):
    """Shows one view; `show` replaces it by another of the same kind."""

    def __init__(self, view: views.View, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="view")
        self.view = view

    def show(self, view: views.View) -> None:
        """Draws another view in this place."""
        self.view = view
        self.redraw()

    def draw(self, width: int, height: int) -> Cells:
        """The picture, or one line that says why there is none."""
        try:
            return self.picture(width, height)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            cells = Cells(width, height)
            cells.put(0, 0, f"this view cannot be drawn: {error}", WRONG)
            return cells

    def picture(self, width: int, height: int) -> Cells:
        """The picture of the view."""
        return Cells(width, height)


class HeatmapWidget(ViewWidget):
    """A heatmap with a cell cursor."""

    BINDINGS = keys.bindings("heatmap")

    class Pointed(Message):
        """The cursor stands on a cell."""

        def __init__(self, row: int, column: int) -> None:
            super().__init__()
            self.row, self.column = row, column

    def __init__(self, view: views.Heatmap, *, id: str | None = None) -> None:
        super().__init__(view, id=id)
        self.cursor: Cell | None = None

    def picture(self, width: int, height: int) -> Cells:
        assert isinstance(self.view, views.Heatmap)
        return heat.draw(self.view, width, height, self._inside(), self.palette.rich)

    def move(self, down: int, right: int) -> None:
        """Moves the cursor by cells; the first move shows it."""
        assert isinstance(self.view, views.Heatmap)
        start = self._inside()
        self.cursor = (0, 0) if start is None else heat.moved(self.view, start, down, right)
        self.post_message(self.Pointed(*self.cursor))
        self.redraw()

    def action_point(self, down: int, right: int) -> None:
        """Moves the cursor by keys."""
        self.move(down, right)

    def clear_cursor(self) -> bool:
        """Hides the cursor; whether there was one."""
        shown, self.cursor = self.cursor is not None, None
        self.redraw()
        return shown

    def _inside(self) -> Cell | None:
        """The cursor, where the view that is shown now has such a cell."""
        assert isinstance(self.view, views.Heatmap)
        return None if self.cursor is None else heat.moved(self.view, self.cursor, 0, 0)


class HistogramWidget(ViewWidget):
    """Ridges of counts."""

    def picture(self, width: int, height: int) -> Cells:
        assert isinstance(self.view, views.Histogram)
        return histogram.draw(self.view, width, height)


class BarsWidget(ViewWidget):
    """Labelled bars."""

    def picture(self, width: int, height: int) -> Cells:
        assert isinstance(self.view, views.Bars)
        return bars.draw(self.view, width, height)


class ScatterWidget(ViewWidget):
    """Points over a field."""

    def picture(self, width: int, height: int) -> Cells:
        assert isinstance(self.view, views.Scatter)
        return scatter.draw(self.view, width, height, self.palette.rich)


class TextWidget(ViewWidget):
    """A coloured text."""

    def picture(self, width: int, height: int) -> Cells:
        assert isinstance(self.view, views.Text)
        return text.draw(self.view, width, height)


class GraphWidget(ViewWidget):
    """A layered graph."""

    def picture(self, width: int, height: int) -> Cells:
        assert isinstance(self.view, views.Graph)
        return graph.draw(self.view, width, height)


class TreeWidget(ViewWidget):
    """A tree from left to right."""

    def picture(self, width: int, height: int) -> Cells:
        assert isinstance(self.view, views.Tree)
        return tree.draw(self.view, width, height)


class BoardWidget(ViewWidget):
    """A game's board."""

    def picture(self, width: int, height: int) -> Cells:
        assert isinstance(self.view, views.Board)
        return board.draw(self.view, width, height, self.palette.rich)


class TableWidget(ViewWidget):
    """A table of any length: only the rows in sight are drawn, under a head that stays."""

    HEAD = 2

    def picture(self, width: int, height: int) -> Cells:
        assert isinstance(self.view, views.Table)
        widths = table.measure(self.view)
        return table.draw(self.view, widths, self.scroll_offset.y, height)

    def redraw(self) -> None:
        """Draws the window, and tells the scrollbars how long the table is."""
        if not self.is_mounted or not self.room.area:
            return
        assert isinstance(self.view, views.Table)
        self.cells = self.draw(*self.room)
        note = self.HEAD + len(self.view.rows)
        self.virtual_size = Size(max(self.cells.width, 1), note)
        self.refresh()

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
    views.Bars: BarsWidget,
    views.Scatter: ScatterWidget,
    views.Text: TextWidget,
    views.Table: TableWidget,
    views.Graph: GraphWidget,
    views.Tree: TreeWidget,
    views.Board: BoardWidget,
}


def widget_for(view: views.View) -> ViewWidget:
    """The widget that shows a view."""
    return WIDGETS[type(view)](view)
