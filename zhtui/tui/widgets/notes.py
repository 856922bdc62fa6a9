"""The notes on screen: they scroll, and their links are chosen by keys."""

from __future__ import annotations

from textual.message import Message

from zhtui.draw import notes
from zhtui.draw.cells import Cells
from zhtui.draw.notes import Document
from zhtui.tui.keys import table as keys
from zhtui.tui.widgets.drawn import Drawn


class NotesWidget(Drawn):
    """Draws a `Document`; left and right choose a link of it."""

    BINDINGS = keys.bindings("notes")
    DEFAULT_CSS = "NotesWidget { overflow: hidden auto; }"

    class Opened(Message):
        """The link at the cursor is to be opened."""

    def __init__(self) -> None:
        super().__init__(id="notes-text")
        self.document = Document()
        self.chosen = -1
        self.rows: list[int] = []  # of the links

    def show(self, document: Document) -> None:
        """Other notes, from their top."""
        self.document, self.chosen = document, -1
        self.redraw()

    def draw(self, width: int, height: int) -> Cells:
        page = notes.draw(self.document, self.chosen, width, height)
        self.rows = list(page.rows)
        return page.cells

    @property
    def link(self) -> str:
        """What the link at the cursor points at, else the first one in sight, else ""."""
        if self.chosen >= 0:
            return self.document.links[self.chosen]
        seen = [i for i, row in enumerate(self.rows) if 0 <= row - self.top < self.room.height]
        return self.document.links[seen[0]] if seen else ""

    def action_link(self, by: int) -> None:
        """The next link in sight, or the one after the cursor; scrolls to it."""
        if not self.rows:
            return
        bottom = self.top + self.room.height
        if self.chosen >= 0:
            self.chosen = min(max(self.chosen + by, 0), len(self.rows) - 1)
        else:
            below = [i for i, row in enumerate(self.rows) if row >= self.top]
            self.chosen = below[0] if below else len(self.rows) - 1
        self.redraw()
        row = self.rows[self.chosen]
        if not self.top <= row < bottom:
            self.scroll_to(y=max(row - self.room.height // 2, 0), animate=False)

    def action_open(self) -> None:
        """Opens the link at the cursor."""
        if self.link:
            self.post_message(self.Opened())
