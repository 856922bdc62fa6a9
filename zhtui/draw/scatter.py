"""Points in the plane, over a field of values in half-blocks."""

from __future__ import annotations

import math

import numpy as np

from zhtui.draw import words
from zhtui.draw.cells import Cells
from zhtui.draw.inks import CURSOR, FAINT, INVERSE, LIT, RULE, SERIES, SERIES_COUNT, TITLE, WRONG
from zhtui.draw.marks import BAD, MOVED, NOTHING, QUIET, Marks
from zhtui.draw.scale import Matrix, blocks, scale, short_ends
from zhtui.draw.series import Floats
from zhtui.draw.spots import Box, Boxes
from zhtui.draw.ticks import HUGE, clamped, ends
from zhtui.lesson.views import Scatter

MARKS = "●○▲△■□◆◇"
Extent = tuple[float, float, float, float]


def extent(view: Scatter) -> Extent:
    """x low, x high, y low, y high: the view's own, or around its finite points."""
    if view.extent is not None and all(map(math.isfinite, view.extent)):
        left, right, bottom, ceiling = map(clamped, view.extent)
        return left, right, bottom, ceiling
    x, y = np.asarray(view.x, dtype=np.float64), np.asarray(view.y, dtype=np.float64)
    sides: list[float] = []
    for values in (np.clip(part[np.isfinite(part)], -HUGE, HUGE) for part in (x, y)):
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
        pad = (0.05 * (high - low) or 0.5) if values.size else 0.0
        sides += [low - pad, high + pad]
    return sides[0], sides[1], sides[2], sides[3]


def draw(
    view: Scatter, width: int, height: int, marks: Marks = NOTHING, rich: bool = True
) -> Cells:
    """The note, the plane, and its extent below."""
    cells = Cells(width, height)
    note = words.caption(view.note, width, height)
    top = len(note)
    rows = height - top - 1
    if rows < 1 or width < 4:
        return cells
    words.put_rows(cells, note)
    span = extent(view)
    field = None if view.field is None else np.atleast_2d(np.asarray(view.field, dtype=np.float64))
    if field is not None and field.size:
        _field(cells, field, top, rows, rich)
    else:
        _cross(cells, span, top, rows)
    _points(cells, view, span, (top, rows), marks)
    _ends(cells, span)
    return cells


def _ends(cells: Cells, span: Extent) -> None:
    """What the plane spans, on the last line: both ways, else one; no number is cut."""
    y, sides = cells.height - 1, (ends(*span[:2]), ends(*span[2:]))
    short = short_ends(*span[:2]), short_ends(*span[2:])
    for (x_ends, y_ends), dots in ((sides, " … "), (sides, "…"), (short, "…")):
        across, up = f"x {dots.join(x_ends)}", f"y {dots.join(y_ends)}"
        if x_ends and y_ends and len(across) + len(up) < cells.width:
            cells.put(cells.width - len(up), y, up, FAINT)
            break
    else:
        across = f"x {'…'.join(sides[0])}"
    cells.put(0, y, across * (len(across) <= cells.width), FAINT)


def _field(cells: Cells, field: Matrix, top: int, rows: int, rich: bool) -> None:
    """The field, stretched to the plane; signed where it holds both signs."""
    height, width = field.shape
    pixels = 2 * rows if rich else rows
    i = np.arange(pixels) * height // pixels
    j = np.arange(cells.width) * width // cells.width
    stretched = field[np.ix_(i, j)]
    span = scale(field, None, None, bool((field < 0).any() and (field > 0).any()))
    if rich:
        blocks(cells, 0, top, span.levels(stretched))
        return
    for row, text in enumerate(span.shades(stretched)):
        cells.put(0, top + row, "".join(text.tolist()))


def _cross(cells: Cells, span: Extent, top: int, rows: int) -> None:
    """The axes through zero, where zero is in sight."""
    low, high, bottom, ceiling = span
    if bottom < 0 < ceiling:
        y = top + int((ceiling / (ceiling - bottom)) * rows)
        cells.put(0, min(y, top + rows - 1), "─" * cells.width, RULE)
    if low < 0 < high:
        x = int(-low / (high - low) * cells.width)
        for row in range(rows):
            cells.put(x, top + row, "│", RULE)


def _shares(values: Floats, low: float, high: float, count: int) -> Floats:
    """Each value's share of [low, high]; NaN outside of it. `count` values, NaN where missing."""
    given = np.asarray(values, dtype=np.float64).ravel()[:count]
    with np.errstate(all="ignore"):
        shares = (given - low) / ((high - low) or 1.0)
        return np.where((shares >= 0) & (shares <= 1), shares, np.nan)


def _points(cells: Cells, view: Scatter, span: Extent, part: tuple[int, int], marks: Marks) -> None:
    """A mark a point, its shape and colour by its group; or its label."""
    top, rows = part
    count = min(np.size(view.x), np.size(view.y))
    x, y = _shares(view.x, *span[:2], count), 1 - _shares(view.y, *span[2:], count)
    states = marks.states(count, 1)[:, 0]
    boxes: list[Box | None] = [None] * count
    shown = np.flatnonzero(np.isfinite(x) & np.isfinite(y)).tolist()
    last = -1 if marks.cursor is None else marks.cursor[0]
    order = sorted(shown, key=lambda i: (i == last, states[i]))
    places = {
        i: (min(int(x[i] * cells.width), cells.width - 1), top + min(int(y[i] * rows), rows - 1))
        for i in order
    }
    texts = _texts(view, order, places, cells.width)
    for index in order:
        group = _group(view, index)
        text, (column, row) = texts[index], places[index]
        ink = TITLE if view.field is not None else SERIES + group % SERIES_COUNT
        ink = {MOVED: LIT, QUIET: FAINT, BAD: WRONG}.get(int(states[index]), ink)
        here = index == last
        if marks.hidden is not None and marks.hidden[0] == index:
            text, here = "?", True
        text = f"!{text}" if states[index] == BAD else text
        column = max(min(column, cells.width - words.width(text)), 0)
        stop = cells.put(column, row, text, INVERSE if here else ink, CURSOR if here else 0)
        if here:
            cells.put(column - 1, row, "[", CURSOR)
            cells.put(stop, row, "]", CURSOR)
        boxes[index] = (column, row, max(stop - column, 1), 1)
    cells.spots = Boxes(boxes)


def _group(view: Scatter, index: int) -> int:
    return int(view.groups[index]) if index < len(view.groups) else 0


def _texts(
    view: Scatter, order: list[int], places: dict[int, tuple[int, int]], width: int
) -> dict[int, str]:
    """The label of each point, where it touches no other of those that are drawn after it; else
    the mark of its group.
    """
    labels = [str(label) for label in view.labels]
    texts = {i: MARKS[_group(view, i) % len(MARKS)] for i in order}
    apart = max(map(words.width, labels), default=0) > 1  # else letters, which may be neighbours
    named: set[tuple[int, int]] = set()
    taken: set[tuple[int, int]] = set()
    for index in reversed(order):
        label, (x, y) = labels[index] if index < len(labels) else "", places[index]
        if label and apart:
            x = max(min(x, width - words.width(label)), 0)
            cells = {(at, y) for at in range(x, x + words.width(label))}
            sides = {(x - 1, y), (x + len(cells), y)}
            label = "" if cells & taken or (cells | sides) & named else label
            named |= cells if label else set()
        texts[index] = label or texts[index]
        taken |= cells if label and apart else {places[index]}
    return texts
