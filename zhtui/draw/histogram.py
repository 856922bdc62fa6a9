"""Histograms, one ridge a series over common edges."""

from __future__ import annotations

import numpy as np
from rich.cells import cell_len

from zhtui.draw.cells import Cells
from zhtui.draw.inks import FAINT, RULE, SERIES, SERIES_COUNT
from zhtui.lesson.views import Histogram
from zhtui.wording import number as reading

EIGHTHS = " ▁▂▃▄▅▆▇█"


def draw(view: Histogram, width: int, height: int) -> Cells:
    """Each series gets the same number of rows, its name at the left; the edges stand below."""
    margin = min(max((cell_len(name) for name in view.series), default=0), width // 3) + 1
    count = max(len(view.series), 1)
    rows = max((height - 2 - bool(view.note)) // count, 1)
    cells = Cells(width, max(height, count * rows + 2))
    cells.put(0, 0, view.note, FAINT)
    y, plot = int(bool(view.note)), max(width - margin, 1)
    for index, (name, counts) in enumerate(view.series.items()):
        ink = SERIES + index % SERIES_COUNT
        cells.put(0, y + rows - 1, name[: margin - 1], ink)
        ridge(cells, margin, y, plot, rows, np.asarray(counts, dtype=np.float64), ink)
        y += rows
    _edges(cells, margin, y, plot, np.asarray(view.edges, dtype=np.float64))
    return cells


def ridge(
    cells: Cells, x: int, y: int, width: int, rows: int, counts: np.ndarray, ink: int
) -> None:
    """One series as columns of eighths of a cell, the tallest as high as the ridge."""
    if not counts.size:
        return
    bins = np.minimum(np.arange(width) * counts.size // width, counts.size - 1)
    top = float(np.nanmax(counts)) or 1.0
    heights = np.ceil(np.nan_to_num(counts[bins]) / top * rows * 8 - 1e-9).astype(np.int64)
    for row in range(rows):
        part = np.clip(heights - 8 * (rows - 1 - row), 0, 8)
        cells.put(x, y + row, "".join(EIGHTHS[i] for i in part.tolist()), ink)


def _edges(cells: Cells, x: int, y: int, width: int, edges: np.ndarray) -> None:
    cells.put(x, y, "─" * width, RULE)
    if not edges.size:
        return
    low, high = float(edges[0]), float(edges[-1])
    cells.put(x, y + 1, reading(low), FAINT)
    cells.put(x + width - len(reading(high)), y + 1, reading(high), FAINT)
    if low < 0 < high:
        at = x + int(width * -low / (high - low))
        cells.put(at, y, "┴", RULE)
        cells.put(at, y + 1, "0", FAINT)
