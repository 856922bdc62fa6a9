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

    1 chart, 2 view, 3 samples, 4 knobs, 5 notes, which stand in for a view that is none, 6 device,
    7 questions, which stand where the notes would.
    """
    if room == TWO:
        second = current if current in (5, 6, 7) else 5 if viewless else 2
        return {1, second, 3, 4}
    if room == ALL:
        text = 7 if current == 7 else 5
        return {1, 3, 4, text, 6} if viewless else {1, 2, 3, 4, text, 6}
    return {current} if room == ONE else set()
