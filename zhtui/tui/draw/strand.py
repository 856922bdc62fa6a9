"""A prompt and the tokens after it, as wrapped text: a cursor on a token, a shade for surprise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

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
    spots = list(places(text, max(width - 2, 2)))
    last = spots[-1][1] if spots else -1
    sentence = wrap(error, max(width - 2, 8))
    cells = Cells(width, max(height, last + 2 + len(sentence) + bool(error)))
    for y, line in enumerate(sentence, last + 2):
        cells.put(1, y, line, WRONG)
    papers = [shade(bits(token)) if shaded else 0 for token in tokens]
    loud = [paper >= SHADE + SHADE_LEVELS // 2 for paper in papers]
    rows = [0] * len(tokens)
    seen = -1
    for place, ((x, y, glyph), index) in enumerate(zip(spots, owner, strict=True)):
        if index > seen:
            rows[index], seen = y, index
        at = index == cursor and index >= 0
        ink = YOURS if index < 0 else (FAINT if place < same else PLAIN)
        paper = papers[index] if index >= 0 and rich else 0
        if (same and place == same) or (index >= 0 and loud[index] and not rich):
            ink = LIT
        if at:
            ink, paper = INVERSE, CHOSEN
        if glyph != "\n":
            cells.put(1 + min(x, width - 2), y, glyph, ink, paper)
        elif paper:
            cells.put(1 + min(x, width - 2), y, "⏎", ink if at else FAINT, paper)
    return Laid(cells, rows)
