"""A few lines of words below a picture: what happened, what to look for."""

from __future__ import annotations

from collections.abc import Sequence

from zhtui.draw.grid import Page
from zhtui.draw.words import wrapped
from zhtui.lesson.views import Words
from zhtui.tui.widgets.drawn import Drawn


class Story(Drawn, can_focus=False):
    """A few lines of words with roles, each wrapped; what has no room is left out from the top."""

    DEFAULT_CSS = "Story { width: 1fr; height: 4; overflow: hidden hidden; }"

    def __init__(self) -> None:
        super().__init__(id="story")
        self.told: Sequence[tuple[Words, int]] = ()

    def show(self, told: Sequence[tuple[Words, int]]) -> None:
        """Other words, each with the ink of what has no role."""
        if told != self.told:
            self.told = told
            self.redraw()

    def draw(self, width: int, height: int) -> Page:
        cells = Page(width, max(height, 1))
        y = 0
        for index, (said, ink) in enumerate(self.told):
            left = len(self.told) - 1 - index  # each that follows gets a line
            for row in wrapped(said, width - 2, max(height - y - left, 1), ink):
                x = 1
                for text, colour in row:
                    x = cells.put(x, y, text, colour)
                y += 1
        return cells
