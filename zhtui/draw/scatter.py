"""Points in the plane, over a field of values in half-blocks."""

from __future__ import annotations

import numpy as np

from zhtui.draw.cells import Cells
from zhtui.draw.heat import blocks, scale
from zhtui.draw.inks import FAINT, RULE, SERIES, SERIES_COUNT, TITLE
from zhtui.draw.ticks import number
from zhtui.lesson.views import Scatter

MARKS = "●○▲△■□◆◇"
Extent = tuple[float, float, float, float]


def extent(view: Scatter) -> Extent:
    """x low, x high, y low, y high: the view's own, or around its points."""
    if view.extent is not None:
        return view.extent
    x, y = np.asarray(view.x, dtype=np.float64), np.asarray(view.y, dtype=np.float64)
    if not x.size:
        return (0.0, 1.0, 0.0, 1.0)
    pads = [0.05 * float(np.ptp(values)) or 0.5 for values in (x, y)]
    low, high = float(x.min()) - pads[0], float(x.max()) + pads[0]
    return low, high, float(y.min()) - pads[1], float(y.max()) + pads[1]


def draw(view: Scatter, width: int, height: int, rich: bool = True) -> Cells:
    """The note, the plane, and its extent below."""
    cells = Cells(width, height)
    top = int(bool(view.note))
    rows = height - top - 1
    if rows < 1 or width < 4:
        return cells
    cells.put(0, 0, view.note, FAINT)
    span = extent(view)
    if view.field is not None:
        _field(cells, np.asarray(view.field, dtype=np.float64), top, rows, rich)
    else:
        _cross(cells, span, top, rows)
    _points(cells, view, span, top, rows)
    cells.put(0, height - 1, f"x {number(span[0])} … {number(span[1])}", FAINT)
    text = f"y {number(span[2])} … {number(span[3])}"
    cells.put(width - len(text), height - 1, text, FAINT)
    return cells


def _field(cells: Cells, field: np.ndarray, top: int, rows: int, rich: bool) -> None:
    """The field, stretched to the plane; signed where it holds both signs."""
    height, width = field.shape
    pixels = 2 * rows if rich else rows
    i = np.arange(pixels) * height // pixels
    j = np.arange(cells.width) * width // cells.width
    stretched = field[np.ix_(i, j)]
    signed = bool(np.nanmin(field) < 0 < np.nanmax(field))
    span = scale(field, None, None, signed)
    if rich:
        blocks(cells, 0, top, span.levels(stretched))
        return
    for row, text in enumerate(span.shades(stretched)):
        cells.put(0, top + row, "".join(text.tolist()))


def _cross(cells: Cells, span: Extent, top: int, rows: int) -> None:
    """The axes through zero, where zero is in sight."""
    low, high, bottom, ceiling = span
    if bottom < 0 < ceiling:
        y = top + int((ceiling / (ceiling - bottom)) * rows)
        cells.put(0, min(y, top + rows - 1), "─" * cells.width, RULE)
    if low < 0 < high:
        x = int(-low / (high - low) * cells.width)
        for row in range(rows):
            cells.put(x, top + row, "│", RULE)


def _points(cells: Cells, view: Scatter, span: Extent, top: int, rows: int) -> None:
    """A mark a point, its shape and colour by its group; or its label."""
    low, high, bottom, ceiling = span
    x = (np.asarray(view.x, dtype=np.float64) - low) / ((high - low) or 1.0)
    y = (ceiling - np.asarray(view.y, dtype=np.float64)) / ((ceiling - bottom) or 1.0)
    inside = np.isfinite(x) & np.isfinite(y) & (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    for index in np.flatnonzero(inside).tolist():
        group = int(view.groups[index]) if index < len(view.groups) else 0
        label = view.labels[index] if index < len(view.labels) else ""
        column = min(int(x[index] * cells.width), cells.width - 1)
        row = top + min(int(y[index] * rows), rows - 1)
        ink = TITLE if view.field is not None else SERIES + group % SERIES_COUNT
        cells.put(column, row, label or MARKS[group % len(MARKS)], ink)
