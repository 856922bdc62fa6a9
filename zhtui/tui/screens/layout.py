"""How many panes a terminal has room for."""

from __future__ import annotations

SMALL, ONE, TWO, ALL = "small", "one", "two", "all"
KINDS = (SMALL, ONE, TWO, ALL)


def layout(width: int, height: int) -> str:
    """small: says so; one pane; two columns; all panes at once."""
    if width < 50 or height < 12:
        return SMALL
    if width < 100 or height < 28:
        return ONE
    return ALL if width >= 160 and height >= 44 else TWO
