"""Python as it is read: numbered lines, inks for what is a word of the language, one line lit."""

from __future__ import annotations

from collections.abc import Sequence

from zhtui.draw.grid import Page
from zhtui.draw.inks import FAINT, GROUP, LIT, PLAIN, SERIES, TITLE

Word = tuple[str, int]  # text, ink
INKS = {  # by the beginning of a token's kind; the longest that fits counts
    "Comment": FAINT,
    "Literal.String.Doc": FAINT,
    "Literal.String": SERIES + 1,
    "Literal.Number": SERIES + 5,
    "Keyword": SERIES + 3,
    "Operator.Word": SERIES + 3,
    "Name.Decorator": SERIES + 3,
    "Name.Builtin": SERIES + 4,
    "Name.Function": TITLE,
    "Name.Class": TITLE,
}


def lex(code: str) -> list[list[Word]]:
    """The lines of a file as words with their inks."""
    from pygments.lexers.python import PythonLexer  # deferred: 30 ms, and only readers need it

    rows: list[list[Word]] = [[]]
    for kind, text in PythonLexer(stripnl=False).get_tokens(code):
        ink = _ink(str(kind).removeprefix("Token."))
        first, *others = text.split("\n")
        rows[-1].append((first, ink))
        rows += [[(other, ink)] for other in others]
    return rows[:-1]


def _ink(kind: str) -> int:
    fitting = [name for name in INKS if kind == name or kind.startswith(f"{name}.")]
    return INKS[max(fitting, key=len)] if fitting else PLAIN


def margin(rows: Sequence[Sequence[Word]]) -> int:
    """Cells before a line: its mark, its number, a gap."""
    return len(str(len(rows))) + 3


def breadth(rows: Sequence[Sequence[Word]]) -> int:
    """Cells of the longest line, with its number."""
    return margin(rows) + max((sum(len(text) for text, _ in row) for row in rows), default=0) + 1


def line(rows: Sequence[Sequence[Word]], index: int, lit: bool, width: int) -> Page:
    """One line; where it is lit it has a mark and a ground."""
    cells, x = Page(width, 1), margin(rows)
    if lit:
        cells.put(x - 1, 0, " " * (width - x + 1), PLAIN, GROUP)
    cells.put(0, 0, f"{'▸' if lit else ' '}{index + 1:>{x - 3}}", LIT if lit else FAINT)
    for text, ink in rows[index]:
        x = cells.put(x, 0, text, ink)
    return cells
