"""Python as it is read: numbered lines, inks for what is a word of the language, one line lit."""

from __future__ import annotations

from collections.abc import Sequence

from zhtui.draw.cells import Cells
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


def draw(rows: Sequence[Sequence[Word]], lit: int, width: int, height: int) -> Cells:
    """All lines, however long they are; line `lit`, counted from 1, has a mark and a ground."""
    margin = len(str(len(rows))) + 3
    longest = max((sum(len(text) for text, _ in row) for row in rows), default=0)
    cells = Cells(max(width, margin + longest + 1), max(height, len(rows)))
    for y, row in enumerate(rows):
        here = y + 1 == lit
        cells.put(0, y, f"{'▸' if here else ' '}{y + 1:>{margin - 3}}", LIT if here else FAINT)
        x = margin
        for text, ink in row:
            x = cells.put(x, y, text, ink)
        if here:
            cells.paper[y, margin - 1 :] = GROUP
    return cells
