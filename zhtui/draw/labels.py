"""Where a label can be written in a chart without hiding a curve."""

from __future__ import annotations

import numpy as np

from zhtui.draw.braille import Dots
from zhtui.draw.cells import Cells
from zhtui.draw.inks import BAND, SERIES

Area = tuple[int, int, int, int]  # x, y, width, height in cells


def spot(cells: Cells, area: Area, taken: Dots, row: int, length: int) -> tuple[int, int] | None:
    """(x, row) for a label near a row: on free cells, else over the faint band of a curve."""
    x, y, width, height = area
    near = [(row + off, 0) for off in (0, -1, 1, 2, -2, 3, -3)]
    for place, over in (*near[:3], (row, 1), *near[3:]):
        if 0 <= place < height:
            ink = cells.ink[y + place, x : x + width]
            faint = ink // 8 == BAND // 8
            free = ((ink < SERIES) | (faint & bool(over))) & ~taken[place]
            start = _room(free, length)
            if start is not None:
                return start, place
    return None


def _room(free: Dots, length: int) -> int | None:
    """Where the first `length` free cells in a row begin, two from the left if it can be."""
    if len(free) < length + 2:
        return None
    run = np.convolve(free, np.ones(length, dtype=np.int64), mode="valid")
    fits = np.flatnonzero(run[2:] == length)
    return int(fits[0]) + 2 if len(fits) else None
