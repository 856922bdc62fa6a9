"""Meters: a word, a reading, and its course in braille, the newest at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zhtui.draw import braille
from zhtui.draw.cells import Cells
from zhtui.draw.inks import FAINT, PLAIN, SERIES

NAME, TALLEST = 10, 16  # cells
NARROWEST = 8  # cells of a course that is worth drawing


@dataclass(frozen=True)
class Meter:
    """One course: `values` oldest first, NaN where nobody looked; `high` is the full height."""

    name: str
    reading: str
    values: Sequence[float]
    high: float
    colour: int = 0


def height_of(count: int, room: int) -> int:
    """How many rows each of `count` meters has where there are `room`."""
    return min(max(room // max(count, 1), 1), TALLEST)


def draw(cells: Cells, y: int, meters: Sequence[Meter], height: int) -> int:
    """Meters one below the other from row `y` on, their courses in one column; the next row."""
    start = NAME + max((len(meter.reading) for meter in meters), default=0) + 2
    start = -(-start // 4) * 4  # a reading that grows by a character moves nothing
    for meter in meters:
        cells.put(0, y, meter.name, FAINT)
        cells.put(NAME, y, meter.reading, PLAIN)
        if cells.width - start >= NARROWEST:
            _course(cells, start, y, meter, height)
        y += height
    return y


def _course(cells: Cells, x: int, y: int, meter: Meter, height: int) -> None:
    """The latest values, two a cell, each a column of dots from the ground up."""
    width = cells.width - x
    values = np.full(2 * width, np.nan)
    latest = np.asarray(meter.values[-2 * width :], dtype=np.float64)
    if len(latest):
        values[-len(latest) :] = latest
    there = np.isfinite(values)
    share = np.clip(np.where(there, values, 0.0) / (meter.high or 1.0), 0.0, 1.0)
    tall = np.maximum(np.ceil(share * 4 * height), 1).astype(np.int64)
    bottom = np.full(len(tall), 4 * height - 1)
    dots = braille.spans(4 * height - tall, bottom, there, 4 * height)
    rows = min(height, cells.height - y)
    codes = braille.pack(dots)[: max(rows, 0)]
    cells.glyph[y : y + height, x:] = braille.GLYPHS[codes]
    cells.ink[y : y + height, x:] = np.where(codes > 0, SERIES + meter.colour, PLAIN)
