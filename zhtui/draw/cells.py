"""A grid of terminal cells as arrays: charts, heatmaps and all else that is drawn from numbers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from zhtui.draw.grid import Grid
from zhtui.draw.inks import PLAIN
from zhtui.draw.spots import Spots

UTF_32 = f"utf-32-{sys.byteorder[0]}e"
Glyphs = NDArray[np.str_]
Codes = NDArray[np.uint8]


class Cells(Grid):
    """`glyph`, `ink` and `paper` are (height, width); `spots` tells where a view's cells lie."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width, height)
        self.spots: Spots | None = None
        self.over: dict[tuple[int, int], str] = {}  # (y, x) -> marks that stand over a glyph
        shape = (self.height, self.width)
        self.glyph: Glyphs = np.full(shape, " ", dtype="<U1")
        looks = np.zeros((*shape, 2), dtype=np.uint8)  # ink and paper side by side …
        self.ink: Codes = looks[..., 0]
        self.paper: Codes = looks[..., 1]
        self.ink[:] = PLAIN
        self._look = looks.view("<u2")[..., 0]  # … so that one number, `look`, tells both

    def text(self, y: int) -> str:
        return "".join(self._row(y))

    def _row(self, y: int) -> list[str]:
        """The cells of a row, each with the marks over it."""
        row: list[str] = self.glyph[y].tolist()
        for (line, x), marks in self.over.items():
            if line == y:
                row[x] += marks
        return row

    def runs(self, y: int) -> Iterator[tuple[str, int]]:
        if not self.width:
            return iter(())
        looks = self._look[y]
        starts = [0, *((looks[1:] != looks[:-1]).nonzero()[0] + 1).tolist()]
        pairs = zip(starts, [*starts[1:], self.width], strict=True)
        if self.over:
            cells = self._row(y)
            texts = ("".join(cells[start:stop]) for start, stop in pairs)
            return zip(texts, looks[starts].tolist(), strict=True)
        row = self.glyph[y].tobytes().decode(UTF_32)
        texts = (row[start:stop] for start, stop in pairs)
        if "\0" in row:  # a cell without a glyph: the second half of a wide character
            texts = (text.replace("\0", "") for text in texts)
        return zip(texts, looks[starts].tolist(), strict=True)

    def differs(self, other: Grid) -> list[int] | None:
        if not isinstance(other, Cells) or other.glyph.shape != self.glyph.shape:
            return None
        changed = (self.glyph != other.glyph) | (self._look != other._look)
        rows = set(np.flatnonzero(changed.any(axis=1)).tolist())
        rows.update(y for (y, _), _ in self.over.items() ^ other.over.items())
        return sorted(rows)

    def _halve(self, left: int, right: int, y: int) -> None:
        row = self.glyph[y]
        if left and not row[left]:
            row[left - 1] = " "
        if right < self.width and not row[right]:
            row[right] = " "

    def _write(self, x: int, y: int, part: Sequence[str], ink: int, paper: int) -> None:
        stop = x + len(part)
        if self.over:
            self.over = {
                at: m for at, m in self.over.items() if at[0] != y or not x <= at[1] < stop
            }
        if max(map(len, part)) > 1:
            self.over.update({(y, x + i): cell[1:] for i, cell in enumerate(part) if cell[1:]})
            part = [cell[:1] for cell in part]
        self.glyph[y, x:stop] = part
        self.ink[y, x:stop] = ink
        if paper:
            self.paper[y, x:stop] = paper
