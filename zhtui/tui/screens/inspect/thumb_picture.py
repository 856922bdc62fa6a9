"""Many heatmaps at once, each small: rows and columns of thumbnails, one of them chosen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zhtui.draw.cells import Cells
from zhtui.draw.inks import CHOSEN, FAINT
from zhtui.draw.scale import Matrix, blocks, scale
from zhtui.lesson.views import Heatmap
from zhtui.tui.screens.inspect.families import Place

LARGEST = 16  # cells across


def shrunk(values: Matrix, rows: int, columns: int) -> Matrix:
    """At most (rows, columns): each new value is the greatest of those that it stands for."""
    for axis, size in enumerate((rows, columns)):
        length = values.shape[axis]
        if length > size:
            starts = np.arange(size) * length // size
            values = np.maximum.reduceat(values, starts, axis=axis)
    return values


def draw(
    members: Mapping[Place, Heatmap], chosen: Place, width: int, height: int, rich: bool = True
) -> Cells:
    """Row by row; over each thumbnail its place, the chosen one lit."""
    rows = sorted({row for row, _ in members})
    columns = sorted({column for _, column in members})
    size = min(max(width // max(len(columns), 1) - 1, 3), LARGEST)
    tall = max(min((height - len(rows)) // max(len(rows), 1), size // 2), 1)
    cells = Cells(max(width, len(columns) * (size + 1)), max(height, len(rows) * (tall + 1)))
    for place, view in members.items():
        x, y = columns.index(place[1]) * (size + 1) + 1, rows.index(place[0]) * (tall + 1)
        lit = place == chosen
        cells.put(
            x - 1, y, f"{'▸' if lit else ' '}{place[0]}.{place[1]}"[:size], CHOSEN if lit else FAINT
        )
        _thumb(cells, x, y + 1, view, size, tall, rich)
    return cells


def _thumb(cells: Cells, x: int, y: int, view: Heatmap, size: int, tall: int, rich: bool) -> None:
    """One heatmap in (tall, size) cells, stretched where it is smaller."""
    values = shrunk(np.asarray(view.values, dtype=np.float64), 2 * tall, size)
    span = scale(values, view.low, view.high, view.signed)
    down = np.arange(2 * tall) * values.shape[0] // (2 * tall)
    across = np.arange(size - 1) * values.shape[1] // (size - 1)
    values = values[down][:, across]
    if rich:
        blocks(cells, x, y, span.levels(values))
    else:
        for row, text in enumerate(span.shades(values[::2])):
            cells.put(x, y + row, "".join(text.tolist()))
