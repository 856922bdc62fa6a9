"""A few lines of words below a picture: what happened, what to look for."""

from __future__ import annotations

from collections.abc import Sequence

from zhtui.draw.grid import Page
from zhtui.draw.words import wrapped
from zhtui.lesson.views import Words
from zhtui.tui.widgets.drawn import Drawn

MOST = 7  # lines


class Story(Drawn, can_focus=False):
    """A few lines of words with roles, each wrapped. Where they need more lines it grows by a few,
    and stays as large until it is told to `forget`, so that what stands above it jumps once.
    """

    DEFAULT_CSS = "Story { width: 1fr; height: 4; overflow: hidden hidden; }"

    def __init__(self) -> None:
        super().__init__(id="story")
        self.told: Sequence[tuple[Words, int]] = ()

    def show(self, told: Sequence[tuple[Words, int]]) -> None:
        """Other words, each with the ink of what has no role."""
        if told != self.told:
            self.told = told
            self._grow()
            self.redraw()

    def forget(self) -> None:
        """What comes is of another scene: it is as small as at first."""
        self.styles.height = None

    def _grow(self) -> None:
        room = self.size.width - 2
        if room > 0:
            need = sum(len(wrapped(said, room, MOST, ink)) for said, ink in self.told)
            if min(need, MOST) > self.size.height:
                self.styles.height = min(need, MOST)

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
