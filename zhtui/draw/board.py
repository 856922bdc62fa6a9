"""A board game's cells; a value a cell shades it and stands below its mark."""

from __future__ import annotations

import numpy as np

from zhtui.draw.cells import Cells
from zhtui.draw.heat import scale, short
from zhtui.draw.inks import FAINT, HEAT, SERIES, TITLE
from zhtui.draw.wires import Wires
from zhtui.lesson.views import Board


def draw(view: Board, width: int, height: int, rich: bool = True) -> Cells:
    """The board in the middle of its room, as large as it fits."""
    rows, columns = len(view.cells), max((len(row) for row in view.cells), default=0)
    first = int(bool(view.note))
    tall = 3 if rows * 4 + 1 + first <= height else 1
    wide = 7 if columns * 8 + 1 <= width and (tall == 3 or view.values is not None) else 3
    total = rows * (tall + 1) + 1
    cells = Cells(max(width, columns * (wide + 1) + 1), max(height, total + first))
    cells.put(0, 0, view.note, FAINT)
    left = (cells.width - columns * (wide + 1) - 1) // 2
    _grid(cells, left, first, rows, columns, wide + 1, tall + 1)
    values = np.full((rows, columns), np.nan)
    if view.values is not None:
        values = np.asarray(view.values, dtype=np.float64)
    levels = scale(values, None, None, False).levels(values)
    for i, row in enumerate(view.cells):
        for j, mark in enumerate(row):
            x, y = left + 1 + j * (wide + 1), first + 1 + i * (tall + 1)
            valued = bool(np.isfinite(values[i, j]))
            if valued and rich:
                for line in range(tall):
                    cells.put(x, y + line, " " * wide, paper=min(int(levels[i, j]), HEAT + 9))
            ink = SERIES + {"X": 0, "O": 1}.get(mark.strip().upper(), 2) if mark.strip() else TITLE
            cells.put(x + (wide - max(len(mark), 1)) // 2, y + tall // 2, mark.strip(), ink)
            if valued and wide >= 7:
                text = short(float(values[i, j]))
                row_at = y + (2 if tall == 3 else 0)
                start = x + (wide - len(text)) // 2 if tall == 3 else x + wide - len(text)
                cells.put(start, row_at, text, TITLE)
    return cells


def _grid(cells: Cells, x: int, y: int, rows: int, columns: int, wide: int, tall: int) -> None:
    wires = Wires(cells.width, cells.height)
    for i in range(rows + 1):
        wires.across(y + i * tall, x, x + columns * wide)
    for j in range(columns + 1):
        wires.along(x + j * wide, y, y + rows * tall)
    wires.paint(cells)
