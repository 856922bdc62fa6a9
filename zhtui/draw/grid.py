"""A grid of terminal cells: a glyph, its ink and its paper. What every picture of the app is made
of.

`Page` is one in plain Python, for text: the first frame has nothing else, and does not wait for
numpy. `cells.Cells` is one of arrays, for what is drawn from numbers.
"""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from rich.cells import cell_len

from zhtui.draw.inks import PLAIN

SHOWN = {"\n": "⏎", "\t": "⇥", "\r": "␍", "\0": "␀"}


MOST_CELLS = 20_000_000  # of a picture, which may be larger than the terminal and is scrolled
SHORT = 200  # characters of a text whose cells are remembered
MARKS = 4  # characters of a cell at most, so that no tower of marks slows a row
ALONE = "◌"  # what a mark without a width stands on where nothing is before it


def mark(character: str) -> bool:
    """Whether a character has no cell of its own: it is drawn over the one before it."""
    marks = unicodedata.category(character)[0] == "M" and not "︀" <= character <= "️"
    return marks and not cell_len(character)


def joins(text: str, index: int) -> bool:
    """Whether the character at `index` belongs to the one before it."""
    if not 0 < index < len(text) or text[index].isascii() or not mark(text[index]):
        return False
    return text[index - 1] not in SHOWN and text[index - 1].isprintable()


def glyphs(text: str) -> list[str]:
    """One string a cell: a wide character is followed by "", a mark without a width stays with the
    character before it, and whatever else has no width is left out.
    """
    if text.isascii() and text.isprintable():
        return list(text)
    return list(_known(text)) if len(text) <= SHORT else _measured(text)


def _measured(text: str) -> list[str]:
    """The cells of a text that holds more than ASCII."""
    cells: list[str] = []
    last = -1  # the cell that a mark belongs to
    for character in unicodedata.normalize("NFC", text):
        shown = SHOWN.get(character, character if character.isprintable() else "·")
        width = cell_len(shown)
        if not width and mark(shown):
            if last < 0:
                cells.append(ALONE)
                last = len(cells) - 1
            cells[last] = (cells[last] + shown)[:MARKS]
        elif width:
            cells.append(shown)
            last = len(cells) - 1 if shown == character else -1
        if width == 2:
            cells.append("")
    return cells


_known = lru_cache(maxsize=2048)(_measured)  # signs and rules come again in each frame


def look(ink: int, paper: int) -> int:
    """Ink and paper as one number."""
    return ink | paper << 8


def inks(look: int) -> tuple[int, int]:
    """(ink, paper) of a look."""
    return look & 255, look >> 8


class Grid(ABC):
    """Rows of cells; paper 0 lets the background through."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = max(width, 0), max(height, 0)
        if self.width * self.height > MOST_CELLS:
            raise ValueError(f"a picture of {self.width:,} x {self.height:,} cells is too large")

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
        self._halve(left, right, y)
        self._write(left, y, part, ink, paper)
        return stop

    def lines(self) -> list[str]:
        """All rows as they read, without the spaces at their ends."""
        return [self.text(y).rstrip() for y in range(self.height)]

    @abstractmethod
    def text(self, y: int) -> str:
        """Row `y` as it reads."""

    @abstractmethod
    def runs(self, y: int) -> Iterator[tuple[str, int]]:
        """Row `y` as (text, look) stretches of one look."""

    @abstractmethod
    def differs(self, other: Grid) -> list[int] | None:
        """The rows in which two grids differ; None when they are not of one size and kind."""

    @abstractmethod
    def _halve(self, left: int, right: int, y: int) -> None:
        """Blanks the other halves of wide characters that lie across the ends of a stretch."""

    @abstractmethod
    def _write(self, x: int, y: int, part: Sequence[str], ink: int, paper: int) -> None:
        """Sets cells that are all inside; paper 0 leaves the paper that is there."""


class Page(Grid):
    """A grid of text."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width, height)
        self._glyphs = [[" "] * self.width for _ in range(self.height)]
        self._looks = [[PLAIN] * self.width for _ in range(self.height)]

    def text(self, y: int) -> str:
        return "".join(self._glyphs[y])

    def runs(self, y: int) -> Iterator[tuple[str, int]]:
        start, row = 0, self._glyphs[y]
        for each, stretch in groupby(self._looks[y]):
            stop = start + len(list(stretch))
            yield "".join(row[start:stop]), each
            start = stop

    def differs(self, other: Grid) -> list[int] | None:
        if not isinstance(other, Page) or (other.width, other.height) != (self.width, self.height):
            return None
        return [y for y in range(self.height) if not self._same(other, y)]

    def _halve(self, left: int, right: int, y: int) -> None:
        row = self._glyphs[y]
        if left and not row[left]:
            row[left - 1] = " "
        if right < self.width and not row[right]:
            row[right] = " "

    def _same(self, other: Page, y: int) -> bool:
        return self._glyphs[y] == other._glyphs[y] and self._looks[y] == other._looks[y]

    def _write(self, x: int, y: int, part: Sequence[str], ink: int, paper: int) -> None:
        stop, looks = x + len(part), self._looks[y]
        self._glyphs[y][x:stop] = part
        if paper:
            looks[x:stop] = [look(ink, paper)] * len(part)
        else:  # `look` and `inks` spelled out: a call a cell is what a table would wait for
            looks[x:stop] = [ink | each >> 8 << 8 for each in looks[x:stop]]
