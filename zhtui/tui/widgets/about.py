"""A few lines of text in colours, as tall as they are many."""

from __future__ import annotations

from collections.abc import Sequence

from zhtui.draw.grid import Page
from zhtui.tui.widgets.drawn import Drawn
from zhtui.tui.widgets.lines import Word

Words = tuple[Word, ...]  # of one line


class About(Drawn, can_focus=False):
    """Lines of words."""

    DEFAULT_CSS = "About { height: auto; overflow: hidden hidden; }"

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.lines: Sequence[Words] = ()

    def show(self, lines: Sequence[Words]) -> None:
        """Other lines."""
        taller = len(lines) != len(self.lines)
        self.lines = lines
        if taller:
            self.styles.height = max(len(lines), 1)
        self.redraw()

    def draw(self, width: int, height: int) -> Page:
        cells = Page(width, max(height, len(self.lines)))
        for y, line in enumerate(self.lines):
            x = 0
            for text, ink in line:
                x = cells.put(x, y, text, ink)
        return cells
