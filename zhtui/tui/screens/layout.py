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


def panes_shown(room: str, current: int, viewless: bool) -> set[int]:
    """The numbers of a lesson's panes that a room shows.

    1 chart, 2 view, 3 samples, 4 knobs, 5 notes, which stand in for a view that is none.
    """
    if room == TWO:
        return {1, 5 if viewless or current == 5 else 2, 3, 4}
    if room == ALL:
        return {1, 3, 4, 5} if viewless else {1, 2, 3, 4, 5}
    return {current} if room == ONE else set()
