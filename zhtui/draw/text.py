"""A text whose characters are shaded by weight, or whose stretches are coloured by group or by
what they mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from zhtui.draw import words
from zhtui.draw.cells import Cells
from zhtui.draw.grid import glyphs, joins
from zhtui.draw.inks import (
    CURSOR,
    FAINT,
    GROUP,
    GROUP_COUNT,
    INVERSE,
    LIT,
    PLAIN,
    SHADE,
    SHADE_LEVELS,
    WRONG,
)
from zhtui.draw.marks import BAD, MOVED, NOTHING, QUIET, Marks
from zhtui.draw.spots import Box, Queue
from zhtui.lesson.views import Text

Looks = NDArray[np.int64]  # one a character
WRAPPED = 200  # texts that are remembered as wrapped
LIGHT = 3  # shades of a weight that do not show where there are few colours
OVER = {" ": "␣", "\n": "⏎"}  # what is seen of a character that has no look


def papers(view: Text, rich: bool = True) -> Looks:
    """(characters,) the paper of each character, 0 for none; without shades only for heavy ones."""
    paper = np.zeros(len(view.text), dtype=np.int64)
    if view.weights is not None:
        weights = np.nan_to_num(np.asarray(view.weights, dtype=np.float64).ravel())[: len(paper)]
        levels = np.clip(np.round(np.clip(weights, 0, 1) * (SHADE_LEVELS - 1)), 0, SHADE_LEVELS - 1)
        paper[: len(weights)] = np.where(levels > (0 if rich else LIGHT), SHADE + levels, 0)
    for start, stop, group in view.spans:
        paper[start:stop] = GROUP + group % GROUP_COUNT
    return paper


def inks(view: Text) -> Looks:
    """(characters,) the ink of each character, by what it means."""
    ink = np.full(len(view.text), PLAIN, dtype=np.int64)
    for start, stop, role in view.roles:
        ink[start:stop] = words.role_ink(role)
    return ink


def places(text: str, width: int) -> Iterator[tuple[int, int, str]]:
    """(x, y, glyph) of each character, wrapped between words where that can be.

    A mark without a width is part of the glyph before it, and has "" for its own.
    """
    x = y = 0
    for index, character in enumerate(text):
        if character == "\n":
            yield x, y, "\n"
            x, y = 0, y + 1
            continue
        if joins(text, index):
            yield max(x - 1, 0), y, ""
            continue
        size = len(glyphs(character))
        if character == " " and x + size > width:
            yield x, y, character  # a space at the line's end hangs over the edge
            continue
        starts_word = character != " " and (index == 0 or text[index - 1] in " \n")
        if x + size > width or (starts_word and x and not _fits(text, index, width - x, width)):
            x, y = 0, y + 1
        stop = index + 1
        while joins(text, stop):
            stop += 1
        yield x, y, text[index:stop]
        x += size


@lru_cache(maxsize=WRAPPED)
def wrap(text: str, width: int) -> tuple[str, ...]:
    """A text wrapped as `places` has it, line by line."""
    found: list[str] = []
    for _, y, glyph in places(text, width):
        found += [""] * (y + 1 - len(found))
        found[y] += glyph if glyph != "\n" else ""
    return tuple(found)


def _fits(text: str, start: int, room: int, width: int) -> bool:
    """Whether the word at `start` fits in `room` cells, or would not fit on a line of its own
    either.
    """
    stop = start
    while stop < len(text) and text[stop] not in " \n" and stop - start <= width:
        stop += 1
    return stop - start <= room or stop - start > width


def draw(view: Text, width: int, height: int, marks: Marks = NOTHING, rich: bool = True) -> Cells:
    """The note and the wrapped text; as many rows as it takes."""
    note = words.caption(view.note, width, height)
    first = len(note)
    shown = view.text
    spots = list(places(shown, max(width, 2)))
    rows = max((y for _, y, _ in spots), default=0) + 1 + first
    cells = Cells(width, max(height, rows))
    words.put_rows(cells, note)
    states = marks.states(1, len(shown))[0].tolist()
    paper, ink = papers(view, rich).tolist(), inks(view).tolist()
    boxes: list[Box] = []
    for index, (x, y, glyph) in enumerate(spots):
        boxes.append((min(x, width - 1), y + first, max(len(glyphs(glyph)), 1), 1))
        look = _look(states[index], ink[index], paper[index])
        if marks.cursor is not None and index == marks.cursor[1]:
            look = (INVERSE, CURSOR)
        if marks.hidden is not None and index == marks.hidden[1]:
            glyph, look = "?", (INVERSE, CURSOR)
        _character(cells, x, y + first, glyph, look, states[index])
    cells.spots = Queue(boxes, along=True)
    return cells


def _look(state: int, ink: int, paper: int) -> tuple[int, int]:
    """Ink and paper by what moved: lit, quiet, or in reverse where nothing may move."""
    if state == BAD:
        return INVERSE, WRONG
    if state == MOVED:
        return LIT, paper
    return (FAINT, 0) if state == QUIET else (ink, paper)


def _character(cells: Cells, x: int, y: int, glyph: str, look: tuple[int, int], state: int) -> None:
    """One character; a line break is seen only where it has a ground, a space where it moved."""
    ink, paper = look
    if glyph == "\n":
        if (paper or state in (MOVED, BAD)) and x < cells.width:
            cells.put(x, y, OVER[glyph], FAINT if ink == PLAIN else ink, paper)
    else:
        shown = OVER.get(glyph, glyph) if state in (MOVED, BAD) else glyph
        cells.put(x, y, shown, ink, paper)
