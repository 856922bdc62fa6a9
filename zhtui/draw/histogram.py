"""Histograms, one ridge a series over common edges."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from zhtui.draw import words
from zhtui.draw.cells import Cells
from zhtui.draw.inks import CURSOR, FAINT, INVERSE, LIT, RULE, SERIES, SERIES_COUNT, WRONG
from zhtui.draw.marks import BAD, MOVED, NOTHING, QUIET, Marks, States
from zhtui.draw.scale import short_ends
from zhtui.draw.series import Floats
from zhtui.draw.spots import Lattice
from zhtui.draw.ticks import ends
from zhtui.lesson.views import Histogram
from zhtui.wording import number as reading

EIGHTHS = " ▁▂▃▄▅▆▇█"


def counts_of(view: Histogram) -> list[Floats]:
    """(bins,) counts of each series; what is not finite counts as nothing."""
    given = [np.asarray(counts, dtype=np.float64).ravel() for counts in view.series.values()]
    return [np.where(np.isfinite(counts), counts, 0.0) for counts in given]


def draw(
    view: Histogram, width: int, height: int, marks: Marks = NOTHING, rich: bool = True
) -> Cells:
    """Each series gets the same number of rows, its name at the left; the edges stand below."""
    margin = min(max((words.width(name) for name in view.series), default=0), width // 3) + 1
    note, count = words.caption(view.note, width, height), max(len(view.series), 1)
    first = len(note)
    rows = max((height - 2 - first) // count, 1)
    cells = Cells(width, max(height, first + count * rows + 2))
    words.put_rows(cells, note)
    y, plot = first, max(width - margin, 1)
    series = counts_of(view)
    bins = max((len(counts) for counts in series), default=0)
    states = marks.states(len(series), bins)
    for index, (name, counts) in enumerate(zip(view.series, series, strict=True)):
        ink = SERIES + index % SERIES_COUNT
        words.put(cells, 0, y + rows - 1, name, ink, room=margin - 1)
        ridge(cells, margin, y, plot, rows, counts, ink)
        _mark(cells, margin, y, plot, rows, states[index, : len(counts)])
        y += rows
    edges = np.asarray(view.edges, dtype=np.float64).ravel()
    _edges(cells, margin, y, plot, edges[np.isfinite(edges)])
    starts = [margin + -(-i * plot // max(bins, 1)) for i in range(bins + 1)]
    columns = [(a, max(b - a, 1)) for a, b in pairwise(starts)]
    lines = [(first + i * rows, rows) for i in range(len(series))]
    cells.spots = Lattice((len(series), bins), lines, columns)
    _cursor(cells, view, series, marks, y)
    return cells


def ridge(cells: Cells, x: int, y: int, width: int, rows: int, counts: Floats, ink: int) -> None:
    """One series as columns of eighths of a cell, the tallest as high as the ridge."""
    if not counts.size:
        return
    bins = np.minimum(np.arange(width) * counts.size // width, counts.size - 1)
    top = float(np.nanmax(counts))
    shares = np.clip(counts[bins], 0.0, None) / (top if top > 0 else 1.0)
    heights = np.ceil(shares * rows * 8 - 1e-9).astype(np.int64)
    for row in range(rows):
        part = np.clip(heights - 8 * (rows - 1 - row), 0, 8)
        cells.put(x, y + row, "".join(EIGHTHS[i] for i in part.tolist()), ink)


def _mark(cells: Cells, x: int, y: int, width: int, rows: int, states: States) -> None:
    """Bins that moved are lit, those that stay are faint, those that must not have get a sign."""
    if not states.any():
        return
    bins = np.minimum(np.arange(width) * len(states) // width, len(states) - 1)
    for state, ink in ((QUIET, FAINT), (MOVED, LIT), (BAD, WRONG)):
        columns = x + np.flatnonzero(states[bins] == state)
        cells.ink[y : y + rows, columns[columns < cells.width]] = ink
    for bin_ in np.flatnonzero(states == BAD).tolist():
        cells.put(x + -(-bin_ * width // len(states)), y, "!", WRONG)


def _cursor(cells: Cells, view: Histogram, series: list[Floats], marks: Marks, bottom: int) -> None:
    """The bin at the cursor is lit between arrows, and read on the first line."""
    assert cells.spots is not None, "the bins have places"
    if marks.hidden is not None and (hidden := cells.spots.box(marks.hidden)) is not None:
        cells.put(hidden[0], hidden[1], "?", INVERSE, CURSOR)
    box = None if marks.cursor is None else cells.spots.box(marks.cursor)
    if box is None or marks.cursor is None:
        return
    x, y, wide, tall = box
    row, column = marks.cursor
    cells.ink[y : y + tall, x : x + wide] = CURSOR
    cells.put(x + wide // 2, bottom, "▲", CURSOR)
    count = series[row][column] if column < len(series[row]) else 0.0
    value = "?" if marks.cursor == marks.hidden else reading(float(count))
    edges = [float(edge) for edge in view.edges[column : column + 2]]
    texts = ends(edges[0], edges[1], reading) if len(edges) == 2 else map(reading, edges)
    text = f"{list(view.series)[row]}  {' … '.join(texts)}  {value}"
    cells.put(0, 0, " " * cells.width)
    words.put(cells, 0, 0, text, CURSOR, room=cells.width)


def _edges(cells: Cells, x: int, y: int, width: int, edges: Floats) -> None:
    cells.put(x, y, "─" * width, RULE)
    if not edges.size:
        return
    low, high = float(edges[0]), float(edges[-1])
    known = (ends(low, high, reading), short_ends(low, high) or ("", ""))
    left, right = next((pair for pair in known if len("".join(pair)) < width), ("", ""))
    cells.put(x, y + 1, left, FAINT)
    cells.put(x + width - len(right), y + 1, right, FAINT)
    if low < 0 < high:
        at = int(width * (-low / (high - low)))
        cells.put(x + at, y, "┴", RULE)
        if len(left) < at < width - len(right) - 1:
            cells.put(x + at, y + 1, "0", FAINT)
