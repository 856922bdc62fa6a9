"""Words with roles, put on cells: the ink of each role, what fits, where a caption wraps."""

from __future__ import annotations

import re
from collections.abc import Sequence

from zhtui.draw.grid import Grid, glyphs
from zhtui.draw.inks import FAINT, GOOD, LIT, PLAIN, PUBLISHED, TITLE, WRONG, YOURS
from zhtui.lesson.views import Words, plain

Stretch = tuple[str, int]  # text, ink
INKS = {
    "title": TITLE,
    "good": GOOD,
    "wrong": WRONG,
    "lit": LIT,
    "faint": FAINT,
    "yours": YOURS,
    "published": PUBLISHED,
}


def inked(words: Words, ink: int = PLAIN) -> list[Stretch]:
    """The stretches with their inks; `ink` is that of what has no role."""
    if isinstance(words, str):
        return [(words, ink)]
    return [(str(text), INKS.get(role, ink)) for text, role in words]


def role_ink(role: str, ink: int = PLAIN) -> int:
    """The ink of one role; `ink` where there is none."""
    return INKS.get(role, ink)


def width(words: Words) -> int:
    """The cells that words take."""
    return len(glyphs(plain(words)))


def cut(stretches: Sequence[Stretch], room: int) -> list[Stretch]:
    """What fits into `room` cells; where something is left out it ends in "…"."""
    rows = [glyphs(text) for text, _ in stretches]
    if sum(map(len, rows)) <= room:
        return list(stretches)
    kept: list[Stretch] = []
    left = room - 1
    for row, (_, ink) in zip(rows, stretches, strict=True):
        part = row[: max(left, 0)]
        if part and len(row) > len(part) and not row[len(part)]:
            part = part[:-1]  # only one half of a wide character fits
        kept.append(("".join(part), ink))
        left -= len(row)
        if left < 0:
            break
    return [*kept, ("…", kept[-1][1])] if room > 0 and kept else []


def put(
    cells: Grid, x: int, y: int, words: Words, ink: int = PLAIN, paper: int = 0, room: int = -1
) -> int:
    """Writes words from (x, y), cut to `room` cells where it is given; returns the next free x."""
    stretches = inked(words, ink)
    for text, colour in cut(stretches, room) if room >= 0 else stretches:
        x = cells.put(x, y, text, colour, paper)
    return x


def wrapped(words: Words, room: int, most: int, ink: int = PLAIN) -> list[list[Stretch]]:
    """Words in at most `most` rows of `room` cells, broken between words; the last row is cut."""
    rows: list[list[Stretch]] = [[]]
    used = 0
    for text, colour in inked(words, ink):
        for word in re.findall(r"\s*\S+|\s+", text.replace("\n", " ")):
            size = len(glyphs(word))
            if used and used + size > room and len(rows) < most:
                rows.append([])
                word = word.lstrip()
                used, size = 0, len(glyphs(word))
            rows[-1].append((word, colour))
            used += size
    return [cut(row, room) for row in rows]


def caption(note: Words, width: int, height: int) -> list[list[Stretch]]:
    """The rows of a note on top of a picture: more than one only where there is room."""
    if not plain(note):
        return []
    return wrapped(note, width, min(max(height // 6, 1), 3), FAINT)


def put_line(cells: Grid, y: int, stretches: Sequence[Stretch], x: int = 0) -> None:
    """Writes stretches on one row from x on; where they do not fit the last one ends in "…"."""
    for text, ink in cut(stretches, max(cells.width - x, 0)):
        x = cells.put(x, y, text, ink)


def put_rows(cells: Grid, rows: Sequence[Sequence[Stretch]]) -> None:
    """Writes rows from the top."""
    for y, row in enumerate(rows):
        x = 0
        for text, ink in row:
            x = cells.put(x, y, text, ink)
