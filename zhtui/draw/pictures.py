"""One way to draw every view: for the app, for the command line, with whatever is marked in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from zhtui.draw import bars, board, curves, graph, heat, histogram, scatter, table, text, tree
from zhtui.draw.cells import Cells
from zhtui.draw.hide import hide
from zhtui.draw.marks import NOTHING, Cell, Marks
from zhtui.draw.scale import matrix
from zhtui.draw.spots import clamped
from zhtui.lesson import views
from zhtui.lesson.views import View


class Drawing(Protocol):
    """How one kind of view is drawn; `rich` is false below 256 colours."""

    def __call__(
        self, view: Any, width: int, height: int, marks: Marks = NOTHING, rich: bool = True
    ) -> Cells:
        """The picture, in its room or larger."""


DRAWINGS: dict[type, Drawing] = {
    views.Heatmap: heat.draw,
    views.Histogram: histogram.draw,
    views.Bars: bars.draw,
    views.Curves: curves.draw,
    views.Scatter: scatter.draw,
    views.Text: text.draw,
    views.Table: table.draw,
    views.Graph: graph.draw,
    views.Tree: tree.draw,
    views.Board: board.draw,
}


def draw(view: View, width: int, height: int, marks: Marks = NOTHING, rich: bool = True) -> Cells:
    """The picture of a view; `spots` of the cells tells where the view's own cells lie."""
    if marks.hidden is not None and not isinstance(view, views.Table):
        view = hide(view, marks.hidden)
    return DRAWINGS[type(view)](view, width, height, marks, rich)


def plain(view: View, width: int = 80, height: int = 24, marks: Marks = NOTHING) -> list[str]:
    """The picture as lines of text without colours, none longer than `width` cells."""
    cells = draw(view, width, height, marks, rich=False)
    lines = [_cut(line, width) for line in cells.lines()]
    while lines and not lines[-1]:
        lines.pop()
    if isinstance(view, views.Table) and (more := table.beyond(view, height)):
        lines.append(_more(more, width))
    return lines


def _more(count: int, width: int) -> str:
    """How many rows are not in sight, in at most `width` cells."""
    rows = "row" if count == 1 else "rows"
    texts = (f"  … {count:,} more {rows}", f"… {count:,} more", f"… {count:,}")
    return next((text for text in texts if len(text) <= width), "…")


def _cut(line: str, width: int) -> str:
    from zhtui.draw.words import cut  # the one place that knows how wide a text is

    return "".join(part for part, _ in cut([(line, 0)], width))


def shape(view: View) -> Cell:
    """Rows and columns of a view's cells, as `Spot` counts them."""
    if isinstance(view, views.Heatmap):
        rows, columns = matrix(view.values).shape
        return rows, columns
    if isinstance(view, views.Table):
        return len(view.rows), len(view.columns)
    if isinstance(view, views.Board):
        return board.shape(view)
    if isinstance(view, views.Text):
        return 1, len(view.text)
    if isinstance(view, views.Bars):
        return min(len(view.labels), len(view.values)), 1
    if isinstance(view, views.Scatter):
        return min(np.size(view.x), np.size(view.y)), 1
    if isinstance(view, views.Graph):
        return len(view.nodes), 1
    if isinstance(view, views.Tree):
        return len(tree.place(view)[0]), 1
    if isinstance(view, views.Histogram):
        return len(view.series), max((np.size(each) for each in view.series.values()), default=0)
    return len(view.lines), max((np.size(x) for x, _ in view.lines.values()), default=0)


def inside(view: View, cell: Cell) -> Cell | None:
    """The cell, or the nearest one that a view has; None where it has no cells."""
    rows, columns = shape(view)
    if not rows or not columns:
        return None
    return clamped(cell[0], rows), clamped(cell[1], columns)


def marked(view: View, marks: Marks) -> Marks:
    """Marks of another view, with the cursor inside of this one."""
    cursor = None if marks.cursor is None else inside(view, marks.cursor)
    return replace(marks, cursor=cursor)
