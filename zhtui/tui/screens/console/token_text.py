"""A prompt and the tokens after it, as wrapped text: a cursor on a token, a shade for surprise."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from textwrap import wrap

from rich.cells import cell_len

from zhtui.draw.cells import Cells
from zhtui.draw.inks import (
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
from zhtui.draw.text import places
from zhtui.lesson.sampling import Token
from zhtui.tui.screens.console.branches import bits

LOUD = 8.0  # bits at which the shade is full
LOUDEST = SHADE + SHADE_LEVELS // 2  # shades from which surprise is bold where nothing is shaded


Spots = tuple[tuple[int, int, str], ...]  # (x, y, glyph) of each character
LINES = 4096  # laid out and remembered: a text grows at its end, and a cursor moves over what rests


@dataclass(frozen=True)
class Laid:
    """The drawn text, and the row that each token begins on."""

    cells: Cells
    rows: Sequence[int]


@dataclass(frozen=True)
class Stretch:
    """A line of the text as it was written: its first character, its first row, where it stands."""

    begin: int
    top: int
    spots: Spots

    @property
    def stop(self) -> int:
        """The row after it."""
        return self.top + self.spots[-1][1] + 1


def shade(size: float) -> int:
    """The paper of a surprise in bits; 0 for what is expected, or not known."""
    if size != size:
        return 0
    level = min(int(size / LOUD * SHADE_LEVELS), SHADE_LEVELS - 1)
    return SHADE + level if level else 0


@lru_cache(maxsize=LINES)
def wrapped(line: str, width: int) -> Spots:
    """Where each character of a line stands."""
    return tuple(places(line, width))


def stretches(text: str, width: int) -> list[Stretch]:
    """The lines of a text, one below the other."""
    found: list[Stretch] = []
    begin = top = 0
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        found.append(Stretch(begin, top, wrapped(line, width)))
        begin, top = begin + len(line), found[-1].stop
    return found


def draw(
    prompt: str,
    tokens: Sequence[Token],
    width: int,
    height: int,
    *,
    top: int = 0,
    cursor: int | None = None,
    same: int = 0,
    shaded: bool = False,
    rich: bool = True,
    error: str = "",
) -> Laid:
    """As many rows as the text takes, of which `height` from `top` on are drawn; `same` characters
    are shared with another branch.

    Where there are no colours, surprise is bold. An error stands below what was written till then.
    """
    text = prompt + "".join(token.text for token in tokens)
    starts = list(accumulate((len(token.text) for token in tokens), initial=len(prompt)))[:-1]
    lines = stretches(text, max(width - 2, 2))
    last = lines[-1].stop - 1 if lines else -1
    sentence = wrap(error, max(width - 2, 8))
    cells = Cells(width, max(height, last + 2 + len(sentence) + bool(error)))
    for y, words in enumerate(sentence, last + 2):
        cells.put(1, y, words, WRONG)

    def look(place: int, index: int) -> tuple[int, int]:
        """(ink, paper) of a character of a token, of the prompt where that is -1."""
        paper = shade(bits(tokens[index])) if shaded and index >= 0 else 0
        ink = YOURS if index < 0 else (FAINT if place < same else PLAIN)
        if (same and place == same) or (paper >= LOUDEST and not rich):
            ink = LIT
        return (INVERSE, CHOSEN) if 0 <= index == cursor else (ink, paper if rich else 0)

    for line in lines:
        if line.stop > top and line.top < top + height:
            _put(cells, line, starts, look)
    return Laid(cells, _rows(lines, starts))


def _put(
    cells: Cells, line: Stretch, starts: Sequence[int], look: Callable[[int, int], tuple[int, int]]
) -> None:
    """Draws a line; what stands side by side in one colour is put at once."""
    index = bisect_right(starts, line.begin) - 1
    run: list[str] = []
    begun = after = (0, 0, PLAIN, 0)  # x, y, ink, paper: where the run begins, what would go on
    for place, (x, y, glyph) in enumerate(line.spots, line.begin):
        while index + 1 < len(starts) and starts[index + 1] <= place:
            index += 1
        ink, paper = look(place, index)
        if glyph == "\n":
            glyph = "⏎" if paper else ""
        here = (1 + min(x, cells.width - 2), line.top + y, ink, paper)
        if here != after:
            cells.put(begun[0], begun[1], "".join(run), begun[2], begun[3])
            run, begun = [], here
        run.append(glyph)
        after = (here[0] + (cell_len(glyph) if glyph else 0), here[1], ink, paper)
    cells.put(begun[0], begun[1], "".join(run), begun[2], begun[3])


def _rows(lines: Sequence[Stretch], starts: Sequence[int]) -> list[int]:
    """The row that each token begins on; one without text at the very end has the last."""
    rows: list[int] = []
    for line in lines:
        stop = bisect_left(starts, line.begin + len(line.spots))
        rows += [line.top + line.spots[at - line.begin][1] for at in starts[len(rows) : stop]]
    end = lines[-1].stop - 1 if lines else 0
    return rows + [end] * (len(starts) - len(rows))
