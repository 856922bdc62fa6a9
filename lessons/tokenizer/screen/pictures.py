"""The inspector's pictures, as grids of cells. Nothing here knows textual."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from rich.cells import cell_len

from lessons.tokenizer.export import clipped, shown
from lessons.tokenizer.screen.compare import Reading
from lessons.tokenizer.screen.inspector import Inspector, Page, Stretch
from lessons.tokenizer.screen.traps import Case, Trap
from lessons.tokenizer.seams import FIRST
from lessons.tokenizer.specimens import UNKNOWN
from lessons.tokenizer.state import LOST
from zhtui.lab import Curves
from zhtui.screen import (
    BAND,
    CHOSEN,
    FAINT,
    GROUP,
    GROUP_COUNT,
    INVERSE,
    LIT,
    PLAIN,
    PUBLISHED,
    RULE,
    TITLE,
    WRONG,
    Cells,
    bar,
    draw,
    glyphs,
)

Words = list[tuple[str, int]]  # text, ink
Flowing = tuple[str, int, bool, int]  # text, number, whether it has a paper, ink


class Papers:
    """The paper of one token after another: one number has one colour, unless its neighbour has
    it already. `plain` is for a terminal without colours: every other token is reversed.
    """

    def __init__(self, plain: bool = False) -> None:
        self.plain, self.last = plain, 0

    def of(self, number: int) -> int:
        """The next token's."""
        if self.plain:
            self.last = 0 if self.last else GROUP
        else:
            paper = GROUP + number * 5 % GROUP_COUNT
            after = GROUP + (paper - GROUP + 1) % GROUP_COUNT
            self.last = paper if paper != self.last else after
        return self.last


def token_text(inspector: Inspector, number: int) -> str:
    """A token in quotes."""
    return UNKNOWN if number == LOST else clipped(inspector.tokenizer.tokens[number])


# --------------------------------------------------------------------------------------- the text


def text_row(
    inspector: Inspector, page: Page, index: int, *, chunks: bool = False, plain: bool = False
) -> Cells:
    """One row of the text. A byte alone stays plain, a longer token has a paper, what the next
    merge joins is lit, what a specimen gets wrong is red. With `chunks` the papers are those of
    the chunks.
    """
    start, stop = page.row(index)
    papers, chunk = Papers(plain), -1
    row: list[str] = []
    inks: list[int] = []
    grounds: list[int] = []
    for stretch in inspector.stretches(start, stop):
        left, right = max(stretch.start, start), min(stretch.stop, stop)
        if chunks:
            paper = papers.last if stretch.begin == chunk else papers.of(stretch.begin)
        else:
            paper = papers.of(stretch.number) if len(stretch.token) > 1 or plain else 0
        chunk = stretch.begin
        if left < right:
            text = stretch.text[left - stretch.start : right - stretch.start]
            ink, paper = _look(inspector, stretch, paper, plain)
            part = glyphs(text) if stretch.number != LOST else _unknown(text)
            row += part
            inks += [FAINT if text == "\n" else ink] * len(part)
            grounds += [paper] * len(part)
    cells = Cells(page.width, 1)
    stop = min(len(row), cells.width)
    cells.glyph[0, :stop] = row[:stop]
    cells.ink[0, :stop] = inks[:stop]
    cells.paper[0, :stop] = grounds[:stop]
    return cells


def _look(inspector: Inspector, stretch: Stretch, paper: int, plain: bool) -> tuple[int, int]:
    """(ink, paper) of a stretch: the cursor over what is lit, over a torn character.

    Without colours, what is lit, wrong or under the cursor is bold.
    """
    if stretch.start <= inspector.cursor < stretch.stop:
        return (CHOSEN, paper) if plain else (INVERSE, CHOSEN)
    if stretch.lit:
        return (LIT, paper) if plain else (INVERSE, LIT)
    if stretch.wrong:
        return (LIT if plain else WRONG), paper
    return (PUBLISHED if stretch.torn else PLAIN), paper


def _unknown(text: str) -> list[str]:
    """A character that a specimen does not know, as wide as it is."""
    return [UNKNOWN] + [" "] * (len(glyphs(text)) - 1)


def headline(inspector: Inspector) -> list[tuple[Words, int]]:
    """The line on top, in parts that go when there is no room: (words, weight)."""
    bytes_, tokens = inspector.size, inspector.tokens
    parts: list[tuple[Words, int]] = [
        (
            [
                ("merge ", FAINT),
                (f"{inspector.done:,}", TITLE),
                (f" / {inspector.merges:,}", FAINT),
            ],
            9,
        ),
        ([(inspector.title, FAINT)], 8),
    ]
    if (pair := inspector.following) is not None:
        left, right = token_text(inspector, pair.left), token_text(inspector, pair.right)
        made = token_text(inspector, inspector.rank)
        parts.append(([(f"{left} + {right} → ", PLAIN), (made, LIT)], 8))
        parts.append(([(f"{pair.count:,}", PLAIN), (" times", FAINT)], 6))
    else:
        parts.append(([("no merge left", FAINT)], 8))
    size = f"{bytes_ / 1e6:.2f} MB" if bytes_ >= 100_000 else f"{bytes_:,} bytes"
    truly = int(inspector.seams.remaining[inspector.rank])
    instead = "" if truly == tokens else f", not {truly:,}"
    parts.append(([(f"{size} → ", FAINT), (f"{tokens:,}", PLAIN), (f"{instead} tokens", FAINT)], 5))
    parts.append(([(f"{bytes_ / max(tokens, 1):.2f}", TITLE), (" bytes a token", FAINT)], 7))
    return parts


def detail(inspector: Inspector) -> list[tuple[Words, int]]:
    """The token under the cursor, in parts."""
    here = inspector.here()
    if here is None:
        return [([("the text is empty", FAINT)], 9)]
    which, count = inspector.place_of(here.number)
    hexes = here.token[:12].hex(" ") + (" …" if len(here.token) > 12 else "")
    number = "none" if here.number == LOST else f"{here.number:,}"
    parts: list[tuple[Words, int]] = [
        ([(token_text(inspector, here.number), TITLE)], 9),
        ([("token ", FAINT), (number, PLAIN)], 8),
        ([("bytes ", FAINT), (hexes, PLAIN)], 5),
        ([(f"{which:,}", PLAIN), (f" of {count:,} in the text", FAINT)], 6),
        ([("chunk ", FAINT), (shown(inspector.chunk_of(here).encode()), PLAIN)], 4),
    ]
    if here.torn:
        parts.insert(1, ([(f"part of {here.text}: its bytes lie in several tokens", PUBLISHED)], 7))
    if pieces := inspector.instead(here):
        parts.insert(1, ([("right: ", WRONG), (" + ".join(map(clipped, pieces[:4])), PLAIN)], 8))
    return parts


# -------------------------------------------------------------------------------- pairs and tokens


def pair_row(inspector: Inspector, index: int, width: int) -> Cells:
    """One row of the pairs by count; the one that is joined next is lit."""
    cells = Cells(width, 1)
    rows, following = inspector.state.pairs, inspector.following
    if not rows:
        cells.put(2, 0, "no pair is left: each chunk is one token", FAINT)
        return cells
    row = rows[index]
    lit = following is not None and (row.left, row.right) == (following.left, following.right)
    text = f"{token_text(inspector, row.left)} + {token_text(inspector, row.right)}"
    count, room = f"{row.count:,}", min(max(width - 32, 0), 16)
    cells.put(0, 0, "◆" if lit else " ", LIT)
    cells.put(2, 0, text[: width - len(count) - 4], LIT if lit else PLAIN)
    if room > 4:
        bars = bar(row.count / rows[0].count, room)
        cells.put(width - 9 - room, 0, bars, LIT if lit else BAND)
    cells.put(width - len(count), 0, count, LIT if lit else PLAIN)
    return cells


def vocabulary_row(inspector: Inspector, number: int, width: int, chosen: bool) -> Cells:
    """One token of the list: its number, itself, how often it stands in the text now."""
    cells = Cells(width, 1)
    count = int(inspector.state.counts[number])
    made = number < inspector.rank or number < FIRST
    ink = CHOSEN if chosen else (PLAIN if count else FAINT)
    cells.put(0, 0, "▸" if chosen else " ", CHOSEN)
    cells.put(2, 0, f"{number:>6}", FAINT)
    said = f"{count:,}" if made else "to come"
    cells.put(10, 0, token_text(inspector, number), ink)
    cells.put(width - len(said) - 1, 0, f" {said}", ink if made else FAINT)
    return cells


# -------------------------------------------------------------------------- comparison and traps


def flow(cells: Cells, x: int, y: int, pieces: Iterable[Flowing], plain: bool) -> int:
    """Writes pieces from (x, y) on, broken at the edge; the next row."""
    papers, at = Papers(plain), x
    for text, number, coloured, ink in pieces:
        paper = papers.of(number) if coloured or plain else 0
        for character in text:
            size = cell_len(character)
            if at + size > cells.width:
                at, y = x, y + 1
            at = cells.put(at, y, character, ink if character != "\n" else FAINT, paper)
            if character == "\n":
                at, y = x, y + 1
    return y + 1


def comparison(
    genres: Sequence[str],
    chosen: str,
    readings: Sequence[Sequence[Reading]],
    width: int,
    height: int,
    plain: bool = False,
    lacking: str = "",
) -> Cells:
    """Bytes a token by genre and vocabulary, then the chosen genre through each of them;
    `lacking` says what is missing.
    """
    cells = Cells(width, max(height, 40))
    titles = [reading.title for reading in readings[0]]
    wide = max(min((width - 15) // len(titles), 10), 7)
    cells.put(2, 0, "bytes a token", FAINT)
    for column, title in enumerate(titles):
        cells.put(15 + wide * column, 0, f"{title:>{wide}}", FAINT)
    for y, (genre, row) in enumerate(zip(genres, readings, strict=True), start=1):
        ink = CHOSEN if genre == chosen else PLAIN
        cells.put(0, y, "▸" if genre == chosen else " ", CHOSEN)
        cells.put(2, y, genre, ink)
        best = max(reading.per_token for reading in row)
        for column, reading in enumerate(row):
            number = f"{reading.per_token:{wide}.2f}"
            cells.put(15 + wide * column, y, number, TITLE if reading.per_token == best else ink)
    y = len(genres) + 2
    for reading in readings[list(genres).index(chosen)]:
        cells.put(2, y, reading.title, TITLE)
        cells.put(3 + cell_len(reading.title), y, f"{reading.tokens} tokens", FAINT)
        y = flow(cells, 2, y + 1, map(_flowing, reading.stretches), plain) + 1
    y = _wrapped(cells, 2, y, lacking, FAINT) if lacking else y
    return _cut(cells, max(y - 1, height))


def curve(
    inspector: Inspector, others: Sequence[tuple[str, float]], width: int, height: int
) -> Cells:
    """Bytes a token against merges done, up to where the inspector stands; others as levels."""
    remaining = inspector.seams.remaining[FIRST : inspector.rank + 1]
    at = np.linspace(0, len(remaining) - 1, 600)
    per_token = inspector.size / np.interp(at, np.arange(len(remaining)), remaining)
    view = Curves({"bytes a token": (at, per_token)}, dict(others), x_name="merges")
    return draw(view, width, height)


def traps(found: Sequence[Trap], width: int, height: int, plain: bool = False) -> Cells:
    """Each trap: its title, why, and its cases in colour."""
    cells = Cells(width, max(height, 40 + sum(len(trap.cases) * 3 + 4 for trap in found)))
    y = 0
    for trap in found:
        cells.put(0, y, trap.title, TITLE)
        y = _wrapped(cells, 0, y + 1, trap.why, FAINT)
        for case in trap.cases:
            y = _case(cells, y, case, plain)
        cells.put(0, y, "─" * width, RULE)
        y += 1
    return _cut(cells, max(y - 1, height))


def _case(cells: Cells, y: int, case: Case, plain: bool) -> int:
    """A case of a trap: its label, its pieces in colour, and a word about them; the next row."""
    cells.put(2, y, case.label[:12], PLAIN)
    pieces = [(text, number, len(text) > 1, PLAIN) for text, number in case.pieces]
    note = max(17 + sum(cell_len(text) for text, _ in case.pieces), 34)
    if pieces and note + cell_len(case.note) <= cells.width:
        cells.put(note, y, case.note, FAINT)
        return flow(cells, 15, y, pieces, plain)
    if pieces:
        y = flow(cells, 15, y, pieces, plain)
    return _wrapped(cells, 15, y, case.note, FAINT)


def _wrapped(cells: Cells, x: int, y: int, text: str, ink: int) -> int:
    """Writes words from (x, y) on, broken at the edge; the next row."""
    at = x
    for word in text.split(" "):
        if at > x and at + cell_len(word) > cells.width:
            at, y = x, y + 1
        at = cells.put(at, y, word, ink) + 1
    return y + 1


def _flowing(stretch: Stretch) -> Flowing:
    ink = PUBLISHED if stretch.torn else PLAIN
    return stretch.text, stretch.number, len(stretch.token) > 1, ink


def _cut(cells: Cells, height: int) -> Cells:
    """The first rows of a grid."""
    kept = Cells(cells.width, height)
    kept.glyph[:] = cells.glyph[:height]
    kept.ink[:] = cells.ink[:height]
    kept.paper[:] = cells.paper[:height]
    return kept
