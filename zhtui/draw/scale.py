"""Values as colours in half-blocks, two values a cell, one above the other, at most 16 colours.

Where nearly every cell differs from the one beside it, a frame of 16 colours would take 70 KB, a
second of a slow line. Such noise gets half as many, of those that take few bytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhtui.draw.cells import Cells, Codes, Glyphs
from zhtui.draw.inks import (
    COARSE,
    COARSE_LEVELS,
    COARSE_SIGNED,
    COARSE_SIGNED_LEVELS,
    FAINT,
    HEAT,
    HEAT_LEVELS,
    PLAIN,
    SHADES,
    SIGNED,
    SIGNED_LEVELS,
)
from zhtui.draw.ticks import ends
from zhtui.wording import number as reading

NEGATIVES = " -=≡#"  # the shades below zero, where there are no colours
FEWEST = 4  # colours of a scale that is drawn
NOISY = 1100  # cells that differ from the one before, from which on a picture is coarse
Matrix = NDArray[np.float64]


def matrix(values: ArrayLike) -> Matrix:
    """Any array as rows and columns of floats; a line of values is one row."""
    given = np.asarray(values, dtype=np.float64)
    if given.ndim > 2:
        return given.reshape(-1, given.shape[-1] if given.size else 0)
    return np.atleast_2d(given)


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

    def shares(self, values: Matrix) -> Matrix:
        """Each value's place between low and high, 0 to 1; 0 where it is NaN."""
        span = (self.high - self.low) or 1.0
        with np.errstate(all="ignore"):
            return np.clip(np.nan_to_num((values - self.low) / span, nan=0.0), 0.0, 1.0)

    def levels(self, values: Matrix) -> Codes:
        """Each value's ink, 0 for what is not finite."""
        first, count = self.inks
        steps = np.minimum((self.shares(values) * count).astype(np.int64), count - 1) + first
        return np.where(np.isfinite(values), steps, 0).astype(np.uint8)

    def shades(self, values: Matrix) -> Glyphs:
        """Each value as a character, for terminals without colours; blank if not finite."""
        known = np.isfinite(values)
        if not self.signed:
            steps = np.minimum((self.shares(values) * len(SHADES)).astype(np.int64), 4)
            plain: Glyphs = np.array(list(SHADES))[steps]
            return np.where(known, plain, " ")
        with np.errstate(all="ignore"):
            size = np.nan_to_num(np.abs(values) / (self.high or 1.0) * 5)
        steps = np.clip(size, 0, 4).astype(np.int64)
        below, above = np.array(list(NEGATIVES))[steps], np.array(list(SHADES))[steps]
        signed: Glyphs = np.where(known, np.where(values < 0, below, above), " ")
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


def spread(levels: Codes, tall: int, wide: int) -> Codes:
    """Every level `tall` half-rows high and `wide` columns wide, in whole rows of cells."""
    full = levels if wide == 1 else np.repeat(levels, wide, axis=1)
    full = full if tall == 1 else np.repeat(full, tall, axis=0)
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


def legend(cells: Cells, span: Scale, rich: bool) -> int:
    """The scale from low to high, on the last line: as many of its colours as leave both readings
    whole, else these alone; returns the next free column.
    """
    y, colours = cells.height - 1, _colours(span, rich)
    low, high = ends(span.low, span.high, reading)
    room = min(cells.width - len(low) - len(high) - 2, len(colours))
    if room < FEWEST:
        brief = short_ends(span.low, span.high) or apart(span.low, span.high)
        texts = [f"{low} … {high}", *(gap.join(brief) for gap in (" … ", " ") if brief)]
        return cells.put(0, y, next((t for t in texts if len(t) <= cells.width), ""), FAINT)
    at = cells.put(0, y, f"{low} ", FAINT)
    for i in range(room):
        at = cells.put(at, y, *colours[round(i * (len(colours) - 1) / (room - 1))])
    return cells.put(at, y, f" {high}", FAINT)


def _colours(span: Scale, rich: bool) -> list[tuple[str, int]]:
    """The glyph and the ink of each step of a scale, from low to high."""
    if rich:
        first, count = span.inks
        return [("█", first + level) for level in range(count)]
    shades = NEGATIVES[:0:-1] + SHADES if span.signed else SHADES
    return [(shade, PLAIN) for shade in shades]


def short_ends(low: float, high: float) -> tuple[str, ...]:
    """Both in at most four characters; none where they would read the same."""
    texts = tuple(short(end).replace("-.00", ".00") for end in (low, high))
    return texts if texts[0] != texts[1] else ()


def apart(low: float, high: float) -> tuple[str, ...]:
    """Both with the fewest decimals by which they differ; none where they do not in sixteen."""
    pairs = ((f"{low:.{digits}f}", f"{high:.{digits}f}") for digits in range(17))
    return next((pair for pair in pairs if pair[0] != pair[1]), ())


def shortest(value: float) -> str:
    """A number in at most three characters and a sign; exact 0 and 1 without decimals."""
    if value in (0, 1, -1) or not math.isfinite(value):
        return f"{value + 0:.0f}" if math.isfinite(value) else short(value)[:4]
    tenths = f"{value:.1f}"
    tenths = tenths.replace("0.", ".", 1) if abs(value) < 1 else tenths
    most = 3 + (value < 0)
    return next((t for t in (tenths, f"{value:.0f}") if len(t) <= most), short(value))


def short(value: float) -> str:
    """A number in at most four characters."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{value:g}"
    for text in (f"{value:.2f}", f"{value:.1f}", f"{value:.0f}"):
        trimmed = text.replace("0.", ".", 1) if abs(value) < 1 else text
        if len(trimmed) <= 4:
            return trimmed
    power = f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
    return power if len(power) <= 4 else "huge"
