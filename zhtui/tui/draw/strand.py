"""A prompt and the tokens after it, as wrapped text: a cursor on a token, a shade for surprise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from textwrap import wrap

from rich.cells import cell_len

from zhtui.sampling import Token
from zhtui.tui.branches import bits
from zhtui.tui.draw.cells import Cells
from zhtui.tui.draw.inks import (
    CHOSEN,
    FAINT,
    INVERSE,
    LIT,
    PLAIN,
    SHADE,
    SHADE_LEVELS,
    WRONG,
    YOURS,
)
from zhtui.tui.draw.text import places

LOUD = 8.0  # bits at which the shade is full


@dataclass(frozen=True)
class Laid:
    """The drawn text, and the row that each token begins on."""

    cells: Cells
    rows: Sequence[int]


def shade(size: float) -> int:
    """The paper of a surprise in bits; 0 for what is expected, or not known."""
    if size != size:
        return 0
    level = min(int(size / LOUD * SHADE_LEVELS), SHADE_LEVELS - 1)
    return SHADE + level if level else 0


@lru_cache(maxsize=8)
def wrapped(text: str, width: int) -> tuple[tuple[int, int, str], ...]:
    """Where each character stands; remembered, for a cursor moves over texts that rest."""
    return tuple(places(text, width))


def draw(
    prompt: str,
    tokens: Sequence[Token],
    width: int,
    height: int,
    *,
    cursor: int | None = None,
    same: int = 0,
    shaded: bool = False,
    rich: bool = True,
    error: str = "",
) -> Laid:
    """The text from the first line on; `same` characters are shared with another branch.

    Where there are no colours, surprise is bold. An error stands below what was written till then.
    """
    owner = [-1] * len(prompt)
    for index, token in enumerate(tokens):
        owner += [index] * len(token.text)
    text = prompt + "".join(token.text for token in tokens)
    spots = wrapped(text, max(width - 2, 2))
    last = spots[-1][1] if spots else -1
    sentence = wrap(error, max(width - 2, 8))
    cells = Cells(width, max(height, last + 2 + len(sentence) + bool(error)))
    for y, line in enumerate(sentence, last + 2):
        cells.put(1, y, line, WRONG)
    papers = [shade(bits(token)) if shaded else 0 for token in tokens]
    loud = SHADE + SHADE_LEVELS // 2
    rows = [0] * len(tokens)
    seen = -1
    run: list[str] = []  # glyphs that stand side by side in one colour; they are put at once
    begun = after = (0, 0, PLAIN, 0)  # x, y, ink, paper: where the run begins, what would go on
    for place, ((x, y, glyph), index) in enumerate(zip(spots, owner, strict=True)):
        if index > seen:
            rows[index], seen = y, index
        paper = papers[index] if index >= 0 else 0
        ink = YOURS if index < 0 else (FAINT if place < same else PLAIN)
        if (same and place == same) or (paper >= loud and not rich):
            ink = LIT
        paper = paper if rich else 0
        if index == cursor and index >= 0:
            ink, paper = INVERSE, CHOSEN
        if glyph == "\n":
            glyph = "⏎" if paper else ""
        here = (1 + min(x, width - 2), y, ink, paper)
        if here != after:
            cells.put(begun[0], begun[1], "".join(run), begun[2], begun[3])
            run, begun = [], here
        run.append(glyph)
        after = (here[0] + (cell_len(glyph) if glyph else 0), y, ink, paper)
    cells.put(begun[0], begun[1], "".join(run), begun[2], begun[3])
    return Laid(cells, rows)
