"""A grid of terminal cells: a glyph, its ink and its paper. What every picture of the app is made
of.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from zhtui.tui.draw.inks import PLAIN

UTF_32 = f"utf-32-{sys.byteorder[0]}e"
SHOWN = {"\n": "⏎", "\t": "⇥", "\r": "␍", "\0": "␀"}
Glyphs = NDArray[np.str_]
Codes = NDArray[np.uint8]


def glyphs(text: str) -> list[str]:
    """One string a cell: a wide character is followed by "", what has no width is left out."""
    if text.isascii() and text.isprintable():
        return list(text)
    cells: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        shown = SHOWN.get(character, character if character.isprintable() else "·")
        width = cell_len(shown)
        if width:
            cells.append(shown)
        if width == 2:
            cells.append("")
    return cells


def inks(look: int) -> tuple[int, int]:
    """(ink, paper) of a look."""
    ink, paper = np.array([look], dtype=np.uint16).view(np.uint8).tolist()
    return ink, paper


class Cells:
    """`glyph`, `ink` and `paper` are (height, width); paper 0 lets the background through."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = max(width, 0), max(height, 0)
        shape = (self.height, self.width)
        self.glyph: Glyphs = np.full(shape, " ", dtype="<U1")
        looks = np.zeros((*shape, 2), dtype=np.uint8)  # ink and paper side by side …
        self.ink: Codes = looks[..., 0]
        self.paper: Codes = looks[..., 1]
        self.ink[:] = PLAIN
        self._look = looks.view(np.uint16)[..., 0]  # … so that one number tells a cell's look

    def put(self, x: int, y: int, text: str, ink: int = PLAIN, paper: int = 0) -> int:
        """Writes a line of text from (x, y), cut off at the edges; returns the next free x."""
        row = glyphs(text)
        stop = x + len(row)
        if not 0 <= y < self.height:
            return stop
        left, right = max(x, 0), min(stop, self.width)
        if left >= right:
            return stop
        part = row[left - x : right - x]
        if not part[0]:
            part[0] = " "  # the first half of a wide character fell off on the left
        if right < stop and not row[right - x]:
            part[-1] = " "  # … or its second half on the right
        self.glyph[y, left:right] = part
        self.ink[y, left:right] = ink
        if paper:
            self.paper[y, left:right] = paper
        return stop

    def text(self, y: int) -> str:
        """Row `y` as it reads."""
        return "".join(self.glyph[y].tolist())

    def lines(self) -> list[str]:
        """All rows as they read, without the spaces at their ends."""
        return [self.text(y).rstrip() for y in range(self.height)]

    def runs(self, y: int) -> Iterator[tuple[str, int]]:
        """Row `y` as (text, look) stretches of one look: the number that `look` makes of an ink and
        a paper.
        """
        if not self.width:
            return iter(())
        looks = self._look[y]
        row = self.glyph[y].tobytes().decode(UTF_32)
        starts = [0, *((looks[1:] != looks[:-1]).nonzero()[0] + 1).tolist()]
        pairs = zip(starts, [*starts[1:], self.width], strict=True)
        texts = (row[start:stop] for start, stop in pairs)
        if "\0" in row:  # a cell without a glyph: the second half of a wide character
            texts = (text.replace("\0", "") for text in texts)
        return zip(texts, looks[starts].tolist(), strict=True)

    def differs(self, other: Cells | None) -> list[int] | None:
        """The rows in which two grids differ; None when their sizes do."""
        if other is None or (other.width, other.height) != (self.width, self.height):
            return None
        changed = (self.glyph != other.glyph) | (self._look != other._look)
        rows: list[int] = np.flatnonzero(changed.any(axis=1)).tolist()
        return rows
