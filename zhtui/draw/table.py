"""A table, drawn a window at a time so that a hundred thousand rows cost what is in sight."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from zhtui.draw.cells import Cells
from zhtui.draw.inks import CHOSEN, FAINT, LIT, PLAIN, RULE
from zhtui.lesson.views import Table
from zhtui.wording import number as reading

SAMPLE = 500  # rows that are measured for the widths


def text(value: str | float | int) -> str:
    """A cell's text."""
    if isinstance(value, float):
        return reading(value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Widths:
    """The width of each column, and which hold numbers."""

    sizes: tuple[int, ...]
    right: tuple[bool, ...]

    @property
    def total(self) -> int:
        """Cells from edge to edge."""
        return sum(self.sizes) + 2 * max(len(self.sizes) - 1, 0) + 2


def measure(view: Table) -> Widths:
    """Widths from the first and last rows."""
    rows = [*view.rows[:SAMPLE], *view.rows[-SAMPLE:]]
    columns = [[row[i] for row in rows if i < len(row)] for i in range(len(view.columns))]
    sizes = [
        max([cell_len(name), *(cell_len(text(value)) for value in values)])
        for name, values in zip(view.columns, columns, strict=True)
    ]
    right = [bool(v) and all(isinstance(value, (int, float)) for value in v) for v in columns]
    return Widths(tuple(min(size, 60) for size in sizes), tuple(right))


def line(widths: Widths, values: list[str]) -> str:
    """One row, numbers to the right."""
    parts = []
    for size, right, value in zip(widths.sizes, widths.right, values, strict=False):
        pad = max(size - cell_len(value), 0)
        parts.append(" " * pad + value if right else set_cell_size(value, size))
    return "  ".join(parts)


def draw(view: Table, widths: Widths, top: int, height: int, cursor: int | None = None) -> Cells:
    """The head of the table and `height - 2` of its rows from `top` on."""
    cells = Cells(max(widths.total, cell_len(view.note) + 4), height)
    cells.put(2, 0, line(widths, list(view.columns)), FAINT)
    cells.put(0, 1, "─" * cells.width, RULE)
    cells.put(2, 1, f" {view.note} " if view.note else "", FAINT)
    for y in range(2, height):
        index = top + y - 2
        if index >= len(view.rows):
            break
        ink = LIT if index == view.mark else PLAIN
        if index == cursor:
            cells.put(0, y, "▸", CHOSEN)
            ink = CHOSEN
        elif index == view.mark:
            cells.put(0, y, "◆", LIT)
        cells.put(2, y, line(widths, [text(value) for value in view.rows[index]]), ink)
    return cells
