"""A matrix as half-blocks: two values a cell, one above the other, at most 16 colours.

Where nearly every cell differs from the one beside it, a frame of 16 colours would take 70 KB, a
second of a slow line. Such noise gets half as many, of those that take few bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from zhtui.draw.cells import Cells, Codes, Glyphs
from zhtui.draw.inks import (
    COARSE,
    COARSE_LEVELS,
    COARSE_SIGNED,
    COARSE_SIGNED_LEVELS,
    CURSOR,
    FAINT,
    HEAT,
    HEAT_LEVELS,
    INVERSE,
    PLAIN,
    SHADES,
    SIGNED,
    SIGNED_LEVELS,
    TITLE,
)
from zhtui.lesson.views import Heatmap
from zhtui.wording import number as reading

NEGATIVES = " -=≡#"  # the shades below zero, where there are no colours
LARGEST = 8
NOISY = 1100  # cells that differ from the one before, from which on a picture is coarse
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """What the colours span."""

    low: float
    high: float
    signed: bool
    coarse: bool = False

    @property
    def inks(self) -> tuple[int, int]:
        """The first of its inks, and how many there are."""
        if self.coarse:
            return (COARSE_SIGNED, COARSE_SIGNED_LEVELS) if self.signed else (COARSE, COARSE_LEVELS)
        return (SIGNED, SIGNED_LEVELS) if self.signed else (HEAT, HEAT_LEVELS)

    def levels(self, values: Matrix) -> Codes:
        """Each value's ink, 0 for what is not finite."""
        span = (self.high - self.low) or 1.0
        first, count = self.inks
        shares = np.nan_to_num((values - self.low) / span, nan=0.0)
        steps = np.clip((shares * count).astype(np.int64), 0, count - 1) + first
        return np.where(np.isfinite(values), steps, 0).astype(np.uint8)

    def shades(self, values: Matrix) -> Glyphs:
        """Each value as a character, for terminals without colours."""
        if not self.signed:
            span = (self.high - self.low) or 1.0
            steps = np.nan_to_num((values - self.low) / span * len(SHADES))
            plain: Glyphs = np.array(list(SHADES))[np.clip(steps, 0, 4).astype(np.int64)]
            return plain
        size = np.nan_to_num(np.abs(values) / (self.high or 1.0) * 5)
        steps = np.clip(size, 0, 4).astype(np.int64)
        below, above = np.array(list(NEGATIVES))[steps], np.array(list(SHADES))[steps]
        signed: Glyphs = np.where(values < 0, below, above)
        return signed


def scale(values: Matrix, low: float | None, high: float | None, signed: bool) -> Scale:
    """The range of a matrix, or the one that is asked for; symmetric where it is signed."""
    finite = values[np.isfinite(values)]
    least = float(finite.min()) if low is None and finite.size else (low or 0.0)
    most = float(finite.max()) if high is None and finite.size else (1.0 if high is None else high)
    if signed:
        most = max(abs(least), abs(most)) or 1.0
        least = -most
    return Scale(least, most, signed)


def spread(levels: Codes, size: int) -> Codes:
    """Every level `size` half-rows high and as many columns wide, in whole rows of cells."""
    full = np.repeat(np.repeat(levels, size, axis=0), size, axis=1) if size > 1 else levels
    if len(full) % 2:
        full = np.vstack([full, np.zeros((1, full.shape[1]), dtype=np.uint8)])
    return full


def noisy(levels: Codes) -> bool:
    """Whether so many of these half-blocks differ from their neighbour that they take long to
    send.
    """
    top, bottom = levels[0::2], levels[1::2]
    changes = (top[:, 1:] != top[:, :-1]) | (bottom[:, 1:] != bottom[:, :-1])
    return int(np.count_nonzero(changes)) > NOISY


def blocks(cells: Cells, x: int, y: int, levels: Codes) -> None:
    """Paints (2 h, w) levels into h rows of half-blocks at (x, y)."""
    top, bottom = levels[0::2], levels[1::2]
    height, width = min(len(top), cells.height - y), min(levels.shape[1], cells.width - x)
    top, bottom = top[:height, :width], bottom[:height, :width]
    area = np.s_[y : y + height, x : x + width]
    more, less = np.maximum(top, bottom), np.minimum(top, bottom)
    cells.glyph[area] = np.where(top == bottom, " ", np.where(top > bottom, "▀", "▄"))
    cells.ink[area] = more  # the same two colours are the same style, whichever is on top
    cells.paper[area] = less


@dataclass(frozen=True)
class Layout:
    """Where a matrix lies: the size of a value in half-rows, its corner, and the part in sight."""

    size: int
    x: int
    y: int
    first: tuple[int, int]
    shown: tuple[int, int]


def layout(view: Heatmap, width: int, height: int, cursor: tuple[int, int], rich: bool) -> Layout:
    """The largest square cells that fit, else a window that holds the cursor."""
    rows, columns = view.values.shape
    margin = min(max((cell_len(text) for text in view.rows), default=0), 12)
    pair = 2 * margin if margin == 1 else 0
    room = max(height - 3, 1)
    size = min(2 * room // max(rows, 1), (width - margin - 2) // max(columns, 1), LARGEST)
    if size > 1 and size % 2:
        size -= 1  # a whole number of cells for each value
    size = max(size, 1 if rich else 2)
    left = (margin if size > 1 else pair) + 1
    shown = min(rows, 2 * room // size), min(columns, (width - left) // size)
    shown = max(shown[0], 1), max(shown[1], 1)
    first = tuple(
        min(max(place - part // 2, 0), whole - part)
        for place, part, whole in zip(cursor, shown, (rows, columns), strict=True)
    )
    return Layout(size, left, 2, (first[0] - first[0] % 2 * (size == 1), first[1]), shown)


def draw(
    view: Heatmap, width: int, height: int, cursor: tuple[int, int] | None = None, rich: bool = True
) -> Cells:
    """A reading line, the column labels, the matrix, and the scale of its colours."""
    cells = Cells(width, height)
    values = np.atleast_2d(np.asarray(view.values, dtype=np.float64))
    if not values.size or width < 8 or height < 4:
        cells.put(0, 0, "nothing to draw" if not values.size else "too small", FAINT)
        return cells
    view = replace(view, values=values)
    place = layout(view, width, height, cursor or (0, 0), rich)
    span = scale(values, view.low, view.high, view.signed)
    (top, left), (rows, columns) = place.first, place.shown
    part = values[top : top + rows, left : left + columns]
    size = place.size
    if rich:
        levels = spread(span.levels(part), size)
        if noisy(levels):
            span = replace(span, coarse=True)
            levels = spread(span.levels(part), size)
        blocks(cells, place.x, place.y, levels)
    else:
        _shade(cells, place, span.shades(part))
    _numbers(cells, place, part, span, rich)
    _labels(cells, view, place, cursor)
    _cursor(cells, view, place, cursor, values)
    _legend(cells, view, span, rich)
    return cells


def _shade(cells: Cells, place: Layout, shades: Glyphs) -> None:
    """The matrix as characters: a value is `size` cells wide and half as many high."""
    full = np.repeat(np.repeat(shades, max(place.size // 2, 1), axis=0), place.size, axis=1)
    for row, text in enumerate(full[: cells.height - place.y - 1]):
        cells.put(place.x, place.y + row, "".join(text.tolist()))


def short(value: float) -> str:
    """A number in at most four characters."""
    if not math.isfinite(value):
        return "NaN"
    for text in (f"{value:.2f}", f"{value:.1f}", f"{value:.0f}"):
        trimmed = text.replace("0.", ".", 1) if abs(value) < 1 else text
        if len(trimmed) <= 4:
            return trimmed
    return f"{value:.0e}".replace("e+0", "e")[:4]


def _numbers(cells: Cells, place: Layout, part: Matrix, span: Scale, rich: bool) -> None:
    """Writes the numbers where the cells are large enough."""
    if place.size < 6:
        return
    first, count = span.inks
    shares = (span.levels(part).astype(np.float64) - first) / (count - 1)
    bright = np.abs(shares - 0.5) > 0.3 if span.signed else shares > 0.7
    for i, row in enumerate(part.tolist()):
        for j, value in enumerate(row):
            text = short(value)
            x = place.x + j * place.size + (place.size - len(text)) // 2
            y = place.y + i * place.size // 2 + (place.size // 2 - 1) // 2
            cells.put(x, y, text, INVERSE if bright[i, j] and rich else PLAIN)


def _labels(cells: Cells, view: Heatmap, place: Layout, cursor: tuple[int, int] | None) -> None:
    """Row labels at the left and column labels on top, where they fit."""
    size, (top, left), (rows, columns) = place.size, place.first, place.shown
    wide = max((cell_len(text) for text in view.columns), default=0)
    for j, text in enumerate(list(view.columns)[left : left + columns]):
        lit = cursor is not None and cursor[1] == left + j
        if wide <= size or lit:
            ink = TITLE if lit else FAINT
            cells.put(place.x + j * size + (size - 1) // 2, place.y - 1, text[: max(size, 8)], ink)
    names = list(view.rows)
    for i in range(rows):
        text = names[top + i] if top + i < len(names) else ""
        lit = cursor is not None and cursor[0] == top + i
        ink = TITLE if lit else FAINT
        if size > 1:
            y = place.y + i * size // 2 + (size // 2 - 1) // 2
            cells.put(max(place.x - 1 - cell_len(text), 0), y, text[: place.x], ink)
        elif place.x > 2:
            cells.put(i % 2, place.y + i // 2, text[:1], ink)


def _cursor(
    cells: Cells,
    view: Heatmap,
    place: Layout,
    cursor: tuple[int, int] | None,
    values: Matrix,
) -> None:
    """Marks the cell at the cursor and reads it out."""
    if cursor is None:
        cells.put(0, 0, view.note, FAINT)
        return
    row, column = cursor
    i, j, size = row - place.first[0], column - place.first[1], place.size
    x, y = place.x + j * size, place.y + i * size // 2
    if 0 <= y < cells.height and 0 <= x < cells.width:
        if size == 1:
            upper = cells.glyph[y, x] != "▄"  # which half the ink paints now
            other = cells.paper[y, x] if upper == (i % 2 == 0) else cells.ink[y, x]
            cells.glyph[y, x] = "▀" if i % 2 == 0 else "▄"
            cells.ink[y, x], cells.paper[y, x] = CURSOR, other
        else:
            middle = y + (size // 2 - 1) // 2
            cells.put(x, middle, "[", CURSOR)
            cells.put(x + size - 1, middle, "]", CURSOR)
    at = cells.put(
        0, 0, f"{_name(view.rows, row, 'row')} → {_name(view.columns, column, 'column')}"
    )
    cells.put(at + 2, 0, reading(float(values[row, column])), CURSOR)


def _name(names: Sequence[str], index: int, axis: str) -> str:
    """A row's or column's label, in quotes, or its number."""
    return f'"{names[index]}"' if index < len(names) else f"{axis} {index}"


def _legend(cells: Cells, view: Heatmap, span: Scale, rich: bool) -> None:
    """The scale from low to high, on the last line."""
    y = cells.height - 1
    at = cells.put(0, y, reading(span.low) + " ", FAINT)
    if rich:
        first, count = span.inks
        for level in range(count):
            at = cells.put(at, y, "█", first + level)
    else:
        shades = NEGATIVES[:0:-1] + SHADES if span.signed else SHADES
        at = cells.put(at, y, shades)
    cells.put(at, y, f" {reading(span.high)}", FAINT)


def moved(view: Heatmap, cursor: tuple[int, int], down: int, right: int) -> tuple[int, int]:
    """The cursor moved, kept inside the matrix."""
    rows, columns = np.atleast_2d(np.asarray(view.values)).shape
    return min(max(cursor[0] + down, 0), rows - 1), min(max(cursor[1] + right, 0), columns - 1)
