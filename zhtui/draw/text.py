"""A text whose characters are shaded by weight, or whose stretches are coloured by group."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zhtui.draw.cells import Cells
from zhtui.draw.grid import glyphs
from zhtui.draw.inks import FAINT, GROUP, GROUP_COUNT, PLAIN, SHADE, SHADE_LEVELS
from zhtui.lesson.views import Text


def papers(view: Text) -> np.ndarray:
    """(characters,) the paper of each character, 0 for none."""
    paper = np.zeros(len(view.text), dtype=np.int64)
    if view.weights is not None:
        weights = np.nan_to_num(np.asarray(view.weights, dtype=np.float64))[: len(paper)]
        levels = np.clip(np.round(weights * (SHADE_LEVELS - 1)), 0, SHADE_LEVELS - 1)
        paper[: len(weights)] = np.where(levels > 0, SHADE + levels, 0)
    for start, stop, group in view.spans:
        paper[start:stop] = GROUP + group % GROUP_COUNT
    return paper


def places(text: str, width: int) -> Iterator[tuple[int, int, str]]:
    """(x, y, glyph) of each character, wrapped between words where that can be."""
    x = y = 0
    for index, character in enumerate(text):
        if character == "\n":
            yield x, y, "\n"
            x, y = 0, y + 1
            continue
        size = len(glyphs(character))
        if character == " " and x + size > width:
            yield x, y, character  # a space at the line's end hangs over the edge
            continue
        starts_word = character != " " and (index == 0 or text[index - 1] in " \n")
        if x + size > width or (starts_word and x and not _fits(text, index, width - x, width)):
            x, y = 0, y + 1
        yield x, y, character
        x += size


def _fits(text: str, start: int, room: int, width: int) -> bool:
    """Whether the word at `start` fits in `room` cells, or would not fit on a line of its own
    either.
    """
    stop = start
    while stop < len(text) and text[stop] not in " \n" and stop - start <= width:
        stop += 1
    return stop - start <= room or stop - start > width


def draw(view: Text, width: int, height: int) -> Cells:
    """The note and the wrapped text; as many rows as it takes."""
    first = int(bool(view.note))
    spots = list(places(view.text, max(width, 2)))
    rows = max((y for _, y, _ in spots), default=0) + 1 + first
    cells = Cells(width, max(height, rows))
    cells.put(0, 0, view.note, FAINT)
    for (x, y, character), paper in zip(spots, papers(view).tolist(), strict=True):
        if character != "\n":
            cells.put(x, y + first, character, PLAIN, paper)
        elif paper and x < width:
            cells.put(x, y + first, "⏎", FAINT, paper)
    return cells
