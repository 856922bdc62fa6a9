"""Where the cells of a view lie in its picture: for a click, the cursor, scrolling to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zhtui.draw.marks import Cell

Box = tuple[int, int, int, int]  # x, y, width, height
Span = tuple[int, int]  # where it begins, how long it is
ASPECT = 2  # a terminal's cell is so much taller than wide


class Spots(ABC):
    """The places of a view's cells."""

    @abstractmethod
    def box(self, cell: Cell) -> Box | None:
        """Where a cell lies; None where it is not in the picture."""

    @abstractmethod
    def at(self, x: int, y: int) -> Cell | None:
        """The cell at a place of the picture."""

    @abstractmethod
    def beside(self, cell: Cell, down: int, right: int) -> Cell:
        """The cell so many cells further; the last one where there are no more."""


@dataclass(frozen=True)
class Lattice(Spots):
    """Rows and columns. `first` is the cell of the first row and column in the picture."""

    shape: Cell
    rows: Sequence[Span]
    columns: Sequence[Span]
    first: Cell = (0, 0)

    def box(self, cell: Cell) -> Box | None:
        i, j = cell[0] - self.first[0], cell[1] - self.first[1]
        if not (0 <= i < len(self.rows) and 0 <= j < len(self.columns)):
            return None
        (y, height), (x, width) = self.rows[i], self.columns[j]
        return x, y, width, height

    def at(self, x: int, y: int) -> Cell | None:
        row, column = _holding(self.rows, y), _holding(self.columns, x)
        if row is None or column is None:
            return None
        return self.first[0] + row, self.first[1] + column

    def beside(self, cell: Cell, down: int, right: int) -> Cell:
        row, column = cell[0] + down, cell[1] + right
        return clamped(row, self.shape[0]), clamped(column, self.shape[1])


@dataclass(frozen=True)
class Boxes(Spots):
    """Cells (i, 0) that lie anywhere; the next one is the nearest in that direction."""

    boxes: Sequence[Box | None]

    def box(self, cell: Cell) -> Box | None:
        return self.boxes[cell[0]] if 0 <= cell[0] < len(self.boxes) else None

    def at(self, x: int, y: int) -> Cell | None:
        for index in reversed(range(len(self.boxes))):  # what was drawn last lies on top
            box = self.boxes[index]
            if box is not None and _inside(box, x, y):
                return index, 0
        return None

    def beside(self, cell: Cell, down: int, right: int) -> Cell:
        index = clamped(cell[0], len(self.boxes))
        for _ in range(max(abs(down), abs(right))):
            index = self._next(index, down, right)
        return index, 0

    def _next(self, index: int, down: int, right: int) -> int:
        here = self.boxes[index]
        known = [i for i, box in enumerate(self.boxes) if box is not None]
        if here is None or not known:
            return known[0] if known else index
        middles = np.array([_middle(self.boxes[i]) for i in known])  # (n, 2)
        across, along = (middles - _middle(here)).T
        if right:
            ahead, aside = across * np.sign(right), np.abs(along)
        else:
            ahead, aside = along * np.sign(down), np.abs(across)
        far = np.where(ahead > 0, ahead + 2 * aside, np.inf)
        return index if np.isinf(far).all() else known[int(np.argmin(far))]


@dataclass(frozen=True)
class Queue(Spots):
    """Cells one after another: bars (i, 0), or the characters of a text (0, i)."""

    boxes: Sequence[Box | None]
    along: bool = False  # (0, i); up and down go to the line above or below

    def box(self, cell: Cell) -> Box | None:
        index = cell[1 if self.along else 0]
        return self.boxes[index] if 0 <= index < len(self.boxes) else None

    def at(self, x: int, y: int) -> Cell | None:
        for index, box in enumerate(self.boxes):
            if box is not None and _inside(box, x, y):
                return self._cell(index)
        return None

    def beside(self, cell: Cell, down: int, right: int) -> Cell:
        index = cell[1 if self.along else 0]
        if self.along and down:
            return self._cell(self._line(index, down))
        return self._cell(clamped(index + right + down, len(self.boxes)))

    def _cell(self, index: int) -> Cell:
        return (0, index) if self.along else (index, 0)

    def _line(self, index: int, down: int) -> int:
        """The character that stands under or over this one, as near as can be."""
        here = self.box(self._cell(index))
        if here is None:
            return clamped(index, len(self.boxes))
        known = [(i, box) for i, box in enumerate(self.boxes) if box is not None]
        rows = sorted({box[1] for _, box in known})
        row = rows[clamped(rows.index(here[1]) + down, len(rows))]
        near = [(abs(box[0] - here[0]), i) for i, box in known if box[1] == row]
        return min(near)[1]


def clamped(index: int, count: int) -> int:
    """An index inside of `count` things; 0 where there are none."""
    return min(max(index, 0), max(count - 1, 0))


def _holding(spans: Sequence[Span], place: int) -> int | None:
    inside = (i for i, (start, size) in enumerate(spans) if start <= place < start + size)
    return next(inside, None)


def _inside(box: Box, x: int, y: int) -> bool:
    return box[0] <= x < box[0] + box[2] and box[1] <= y < box[1] + box[3]


def _middle(box: Box | None) -> tuple[float, float]:
    assert box is not None, "a box that is in the picture"
    return box[0] + box[2] / 2, ASPECT * (box[1] + box[3] / 2)
