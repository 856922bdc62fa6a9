"""A grid of terminal cells as arrays: charts, heatmaps and all else that is drawn from numbers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from zhtui.draw.grid import Grid
from zhtui.draw.inks import PLAIN

UTF_32 = f"utf-32-{sys.byteorder[0]}e"
Glyphs = NDArray[np.str_]
Codes = NDArray[np.uint8]


class Cells(Grid):
    """`glyph`, `ink` and `paper` are (height, width)."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width, height)
        shape = (self.height, self.width)
        self.glyph: Glyphs = np.full(shape, " ", dtype="<U1")
        looks = np.zeros((*shape, 2), dtype=np.uint8)  # ink and paper side by side …
        self.ink: Codes = looks[..., 0]
        self.paper: Codes = looks[..., 1]
        self.ink[:] = PLAIN
        self._look = looks.view("<u2")[..., 0]  # … so that one number, `look`, tells both

    def text(self, y: int) -> str:
        return "".join(self.glyph[y].tolist())

    def runs(self, y: int) -> Iterator[tuple[str, int]]:
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

    def differs(self, other: Grid) -> list[int] | None:
        if not isinstance(other, Cells) or other.glyph.shape != self.glyph.shape:
            return None
        changed = (self.glyph != other.glyph) | (self._look != other._look)
        rows: list[int] = np.flatnonzero(changed.any(axis=1)).tolist()
        return rows

    def _write(self, x: int, y: int, part: Sequence[str], ink: int, paper: int) -> None:
        stop = x + len(part)
        self.glyph[y, x:stop] = part
        self.ink[y, x:stop] = ink
        if paper:
            self.paper[y, x:stop] = paper
