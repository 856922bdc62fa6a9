"""Braille: eight dots a cell, so a chart of 100 x 20 cells has 200 x 80 pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhtui.draw.cells import Codes, Glyphs

Dots = NDArray[np.bool_]
Rows = NDArray[np.int64]

WEIGHTS = np.array([[1, 8], [2, 16], [4, 32], [64, 128]], dtype=np.uint8)
LEVEL = "⠁⠂⠄⡀"  # a horizontal line through the first, second, third or last row of dots
GLYPHS: Glyphs = np.array([" ", *(chr(0x2800 + code) for code in range(1, 256))])


def pack(dots: Dots) -> Codes:
    """(4 h, 2 w) dots as (h, w) braille codes; 0 is a space, which costs a third of an empty
    glyph.
    """
    bits = dots.view(np.uint8)
    codes: Codes = np.zeros((dots.shape[0] // 4, dots.shape[1] // 2), dtype=np.uint8)
    for (row, column), weight in np.ndenumerate(WEIGHTS):
        codes |= bits[row::4, column::2] * weight
    return codes


def joined(top: Rows, bottom: Rows, there: Dots, broken: Dots) -> tuple[Rows, Rows]:
    """Stretches each column's span of pixel rows until it touches the column before it.

    `top` <= `bottom` count downwards; columns that are not `there`, or `broken` from the one
    before, are not joined.
    """
    link = there[1:] & there[:-1] & ~broken[1:]
    above = bottom[:-1] + 1  # where this column must begin, if the one before lies above it
    below = top[:-1] - 1
    top, bottom = top.copy(), bottom.copy()
    top[1:] = np.where(link & (top[1:] > above), above, top[1:])
    bottom[1:] = np.where(link & (bottom[1:] < below), below, bottom[1:])
    return top, bottom


def spans(top: Rows, bottom: Rows, there: Dots, height: int) -> Dots:
    """(height, columns) dots, lit from `top` to `bottom` in each column that is `there`."""
    row = np.arange(height)[:, None]
    lit: Dots = (row >= top) & (row <= bottom) & there
    return lit
