"""What happened to a run, marked in its chart: uprights with words, a star on the best point."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from zhtui.draw import words
from zhtui.draw.axes import Frame, column_of
from zhtui.draw.cells import Cells
from zhtui.draw.inks import SERIES
from zhtui.draw.labels import Area
from zhtui.draw.picture import Happening, Line

BEST = "★"
NEAR, LEAST = 1, 6  # columns at which marks are one; cells that the words of a mark need


def within(
    happened: Sequence[Happening], frame: Frame, width: int
) -> list[tuple[int, list[Happening]]]:
    """(column, what happened there) of what the axes span, from the left."""
    seen = [each for each in happened if frame.left <= each.at <= frame.right]
    placed = sorted(
        ((column_of(frame, each.at, width), each) for each in seen), key=lambda pair: pair[1].at
    )
    return [
        (column, [each for _, each in group])
        for column, group in groupby(placed, key=lambda pair: pair[0])
    ]


def here(happened: Sequence[Happening], frame: Frame, width: int, cursor: float) -> str:
    """What happened in the column of the crosshair, or beside it; "" where nothing did."""
    column = column_of(frame, cursor, width)
    near = [group for at, group in within(happened, frame, width) if abs(at - column) <= NEAR]
    return ", ".join(each.text for group in near for each in group)


def uprights(cells: Cells, happened: Sequence[Happening], frame: Frame, area: Area) -> None:
    """A dotted upright where something happened, under the curves."""
    x, y, width, height = area
    for column, group in within(happened, frame, width):
        for row in range(height):
            if cells.glyph[y + row, x + column] == " ":
                cells.put(x + column, y + row, "┊", group[-1].ink)


def names(cells: Cells, happened: Sequence[Happening], frame: Frame, area: Area) -> None:
    """What happened, in words beside each upright, the newest first: on the highest row on which
    they hide no curve. Where they find no room the crosshair still reads them.
    """
    x, y, width, _ = area
    for column, group in reversed(within(happened, frame, width)):
        for each in group:
            place = _place(cells, area, column, words.width(each.text))
            if place is not None:
                start, row, room = place
                words.put(cells, x + start, y + row, each.text, each.ink, room=room)


def _place(cells: Cells, area: Area, column: int, size: int) -> tuple[int, int, int] | None:
    """(x, row, cells) for words right of an upright, or left of it; None where there is no room.

    Whole words are sought first, then as much of them as fits.
    """
    x, y, width, height = area
    rows = cells.glyph[y : y + height, x : x + width]
    free = (rows == " ") | (rows == "┊")
    right = [_run(line[column + 1 :]) for line in free]
    left = [_run(line[:column][::-1]) for line in free]
    for row in range(height):
        if right[row] > size:
            return column + 1, row, size
        if left[row] > size:
            return column - size, row, size
    row = int(np.argmax(right)) if height else 0
    if height and right[row] > LEAST:
        return column + 1, row, right[row] - 1
    return None


def _run(free: np.ndarray) -> int:
    """How many cells from the first on are free."""
    taken = np.flatnonzero(~free)
    return int(taken[0]) if len(taken) else len(free)


def stars(cells: Cells, lines: Sequence[Line], frame: Frame, area: Area) -> None:
    """A star on the best point of each line that has one."""
    x, y, width, height = area
    for line in lines:
        if line.best is None or not frame.left <= line.best[0] <= frame.right:
            continue
        share = float(frame.height(np.array([line.best[1]]))[0])
        if 0 <= share <= 1:
            row = min(int((1 - share) * height), height - 1)
            at = x + column_of(frame, line.best[0], width)
            cells.put(at, y + row, BEST, SERIES + line.colour)
