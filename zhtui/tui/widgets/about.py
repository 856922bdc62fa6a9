"""Lines of words, each word with an ink or a role."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Region

from zhtui.draw.grid import Page, glyphs
from zhtui.draw.words import put_line
from zhtui.tui.widgets.drawn import Drawn
from zhtui.tui.widgets.lines import Word, ink_of

Words = Sequence[Word]  # of one line


class Sheet(Drawn, can_focus=False):
    """Lines that scroll where there is no room for them."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.lines: Sequence[Words] = ()

    def show(self, lines: Sequence[Words], follow: int | None = None) -> None:
        """Other lines; scrolls so that line `follow` is seen."""
        self.lines = lines
        self.redraw()
        if follow is not None:
            self.scroll_to_region(Region(0, follow, 1, 1), animate=False)

    def draw(self, width: int, height: int) -> Page:
        wide = max((sum(len(glyphs(text)) for text, _ in line) for line in self.lines), default=0)
        # no larger than its lines: the room may shrink at any time
        return self.write(Page(wide, len(self.lines)))

    def write(self, cells: Page) -> Page:
        """The lines on a page."""
        for y, line in enumerate(self.lines):
            put_line(cells, y, [(text, ink_of(look)) for text, look in line])
        return cells


class About(Sheet):
    """Lines of words, as tall as they are many; what is too wide ends in a sign."""

    DEFAULT_CSS = "About { height: auto; overflow: hidden hidden; }"

    def show(self, lines: Sequence[Words], follow: int | None = None) -> None:
        taller = len(lines) != len(self.lines)
        if taller:
            self.styles.height = max(len(lines), 1)
        super().show(lines, follow)

    def draw(self, width: int, height: int) -> Page:
        return self.write(Page(width, max(height, len(self.lines))))
