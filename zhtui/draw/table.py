"""A table, drawn a window at a time so that a hundred thousand rows cost what is in sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zhtui.draw import words
from zhtui.draw.cells import Cells
from zhtui.draw.inks import CHOSEN, CURSOR, FAINT, LIT, PLAIN, RULE, WRONG
from zhtui.draw.marks import BAD, MOVED, NOTHING, QUIET, Cell, Marks, States
from zhtui.draw.spots import Lattice, Span
from zhtui.lesson.views import Table, Words, plain
from zhtui.wording import number as reading

SAMPLE = 500  # rows that are measured for the widths
WIDEST = 60  # cells of a column
HEAD = 2  # rows that do not scroll
Value = Words | float | int


def text(value: Value) -> Words:
    """A cell's words."""
    if isinstance(value, float):
        return reading(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return value if isinstance(value, (str, list, tuple)) else str(value)


@dataclass(frozen=True)
class Widths:
    """The width of each column, and which hold numbers."""

    sizes: tuple[int, ...]
    right: tuple[bool, ...]

    @property
    def total(self) -> int:
        """Cells from edge to edge."""
        return sum(self.sizes) + 2 * max(len(self.sizes) - 1, 0) + 3

    @property
    def columns(self) -> list[Span]:
        """Where each column begins, and how wide it is."""
        starts = [2 + sum(self.sizes[:i]) + 2 * i for i in range(len(self.sizes))]
        return list(zip(starts, self.sizes, strict=True))


def measure(view: Table) -> Widths:
    """Widths from the first and last rows."""
    rows = [*view.rows[:SAMPLE], *view.rows[-SAMPLE:]]
    columns = [[row[i] for row in rows if i < len(row)] for i in range(len(view.columns))]
    sizes = [
        max([words.width(name), *(words.width(text(value)) for value in values)])
        for name, values in zip(view.columns, columns, strict=True)
    ]
    right = [bool(v) and all(isinstance(value, (int, float)) for value in v) for v in columns]
    return Widths(tuple(min(max(size, 1), WIDEST) for size in sizes), tuple(right))


def draw(view: Table, width: int, height: int, marks: Marks = NOTHING, rich: bool = True) -> Cells:
    """The head of the table and its first rows, or those around the cursor."""
    rows = max(height - HEAD, 1)
    top = 0 if marks.cursor is None else max(marks.cursor[0] - rows + 1, 0)
    return window(view, measure(view), top, width, height, marks)


def window(
    view: Table,
    widths: Widths,
    top: int,
    width: int,
    height: int,
    marks: Marks = NOTHING,
    left: int = 0,
) -> Cells:
    """The head of the table and `height - 2` of its rows from `top` on. All columns are there, to
    be seen through a window of `width` from `left` on: what it cuts has a sign.
    """
    cells = Cells(max(widths.total, width), height)
    for (x, size), right, name in zip(widths.columns, widths.right, view.columns, strict=True):
        _cell(cells, x, 0, size, right, name, FAINT)
    cells.put(0, 1, "─" * cells.width, RULE)
    if view.note:
        at = cells.put(2, 1, " ")
        at = words.put(cells, at, 1, view.note, FAINT, room=max(width - 4, 0))
        cells.put(at, 1, " ")
    stop = min(top + max(height - HEAD, 0), len(view.rows))
    spans = [(HEAD + i, 1) for i in range(max(stop - top, 0))]
    shape = len(view.rows), len(view.columns)
    cells.spots = Lattice(shape, spans, widths.columns, (top, 0))
    states = (
        marks.states(*shape)[top:stop]
        if marks.moved is not None or marks.wrong is not None
        else None
    )
    for y, index in enumerate(range(top, stop), HEAD):
        state = None if states is None else states[index - top]
        _row(cells, y, widths, view.rows[index], index, view.mark, marks, state)
    for y in (0, *range(HEAD, height)):
        _sign(cells, y, widths, left, left + width)
    return cells


def _row(
    cells: Cells,
    y: int,
    widths: Widths,
    values: Sequence[Value],
    index: int,
    mark: int | None,
    marks: Marks,
    states: States | None,
) -> None:
    """One row; what moved is lit, what must not have moved has a sign."""
    here = marks.cursor is not None and marks.cursor[0] == index
    if here or index == mark:
        cells.put(0, y, "▸" if here else "◆", CHOSEN if here else LIT)
    for j, ((x, size), right, value) in enumerate(
        zip(widths.columns, widths.right, values, strict=False)
    ):
        state = 0 if states is None else int(states[j])
        ink = LIT if index == mark or state == MOVED else FAINT if state == QUIET else PLAIN
        shown: Words = "?" if marks.hidden == (index, j) else text(value)
        if state == BAD:
            cells.put(x - 1, y, "!", WRONG)
            ink = WRONG
        _cell(cells, x, y, size, right, plain(shown) if state else shown, ink)
        if here and marks.cursor == (index, j):
            cells.put(x - 1, y, "[", CURSOR)
            cells.put(x + size, y, "]", CURSOR)


def _cell(cells: Cells, x: int, y: int, size: int, right: bool, value: Words, ink: int) -> None:
    """One cell, numbers to the right."""
    pad = max(size - words.width(value), 0) if right else 0
    words.put(cells, x + pad, y, value, ink, room=size - pad)


def _sign(cells: Cells, y: int, widths: Widths, left: int, stop: int) -> None:
    """Where an edge of the window cuts a column stands "…", and no part of a number: 9 of 96."""
    for (x, size), right in zip(widths.columns, widths.right, strict=True):
        for edge, at in ((left, left), (stop, stop - 1)):
            if not x < edge < x + size:
                continue
            filled = x + np.flatnonzero(cells.glyph[y, x : x + size] != " ")
            if not filled.size or (filled[-1] < edge if edge == stop else filled[0] >= edge):
                continue
            seen, ink = max(x, left), int(cells.ink[y, filled[0]])
            if right and y:  # its name may be cut like a text
                cells.put(seen, y, " " * (min(x + size, stop) - seen))
            cells.put(at, y, "…", ink)


def beyond(view: Table, height: int) -> int:
    """How many rows do not fit into a height."""
    return max(len(view.rows) - max(height - HEAD, 0), 0)


def at(view: Table, cell: Cell) -> Words:
    """The words of one cell."""
    row = view.rows[cell[0]]
    return text(row[cell[1]]) if cell[1] < len(row) else ""
