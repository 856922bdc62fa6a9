"""Lines of box-drawing characters that know how they cross."""

from __future__ import annotations

import numpy as np

from zhtui.draw.cells import Cells
from zhtui.draw.inks import LIT, RULE

UP, RIGHT, DOWN, LEFT = 1, 2, 4, 8
JOINTS = np.array(list(" ╵╶╰╷│╭├╴╯─┴╮┤┬┼"))  # by the sum of the directions that meet


class Wires:
    """Directions that meet in each cell, and whether a lit wire runs there."""

    def __init__(self, width: int, height: int) -> None:
        self.joint = np.zeros((height, width), dtype=np.int64)
        self.lit = np.zeros((height, width), dtype=bool)

    def across(self, y: int, left: int, right: int, lit: bool = False) -> None:
        """A horizontal wire from the middle of `left` to the middle of `right`."""
        if right > left:
            self.joint[y, left:right] |= RIGHT
            self.joint[y, left + 1 : right + 1] |= LEFT
            self.lit[y, left : right + 1] |= lit

    def along(self, x: int, top: int, bottom: int, lit: bool = False) -> None:
        """A vertical wire."""
        top, bottom = min(top, bottom), max(top, bottom)
        if bottom > top:
            self.joint[top:bottom, x] |= DOWN
            self.joint[top + 1 : bottom + 1, x] |= UP
            self.lit[top : bottom + 1, x] |= lit

    def box(self, x: int, y: int, width: int, height: int) -> None:
        """Lights the wires around a square."""
        self.lit[[y, y + height], x : x + width + 1] = True
        self.lit[y : y + height + 1, [x, x + width]] = True

    def open(self, x: int, y: int, directions: int) -> None:
        """Lets a wire's end run on to the edge of its cell."""
        self.joint[y, x] |= directions

    def paint(self, cells: Cells) -> None:
        """Draws the wires under whatever is put on the cells later."""
        there = self.joint > 0
        cells.glyph[there] = JOINTS[self.joint[there]]
        cells.ink[there] = np.where(self.lit[there], LIT, RULE)
