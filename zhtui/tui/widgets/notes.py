"""The notes on screen: they scroll, and keys choose what is followed, played or unfolded."""

from __future__ import annotations

from textual.message import Message

from zhtui.draw import notes
from zhtui.draw.cells import Cells
from zhtui.draw.notes import Document, Fold, Target
from zhtui.tui.keys import table as keys
from zhtui.tui.widgets.drawn import Drawn


class NotesWidget(Drawn):
    """Draws a `Document`; left and right choose a link, an action or a fold of it."""

    BINDINGS = keys.bindings("notes")
    DEFAULT_CSS = "NotesWidget { overflow: hidden auto; }"

    class Opened(Message):
        """The link or the action at the cursor is to be followed."""

        def __init__(self, target: Target) -> None:
            super().__init__()
            self.target = target

    def __init__(self) -> None:
        super().__init__(id="notes-text")
        self.document = Document()
        self.chosen = -1
        self.rows: dict[int, int] = {}  # of the targets that are drawn, in order
        self.unfolded: set[int] = set()

    def show(self, document: Document) -> None:
        """Other notes, from their top, folded."""
        self.document, self.chosen, self.unfolded = document, -1, set()
        self.redraw()

    def draw(self, width: int, height: int) -> Cells:
        page = notes.draw(self.document, self.chosen, width, height, self.unfolded)
        self.rows = dict(page.rows)
        return page.cells

    @property
    def target(self) -> Target | None:
        """What is at the cursor, else the first in sight."""
        if self.chosen >= 0:
            return self.document.targets[self.chosen]
        seen = [at for at, row in self.rows.items() if 0 <= row - self.top < self.room.height]
        return self.document.targets[seen[0]] if seen else None

    @property
    def link(self) -> str:
        """What the link at the cursor points at, else the first one in sight, else ""."""
        if self.chosen >= 0 and isinstance(self.target, str):
            return self.target
        seen = [at for at, row in self.rows.items() if 0 <= row - self.top < self.room.height]
        known = (self.document.targets[at] for at in seen)
        return next((target for target in known if isinstance(target, str)), "")

    def action_link(self, by: int) -> None:
        """The next target in sight, or the one after the cursor; scrolls to it."""
        order = list(self.rows)
        if not order:
            return
        if self.chosen in order:
            self.chosen = order[min(max(order.index(self.chosen) + by, 0), len(order) - 1)]
        else:
            below = [at for at in order if self.rows[at] >= self.top]
            self.chosen = below[0] if below else order[-1]
        self.redraw()
        self._reveal()

    def _reveal(self) -> None:
        row = self.rows.get(self.chosen, self.top)
        if not self.top <= row < self.top + self.room.height:
            self.scroll_to(y=max(row - self.room.height // 2, 0), animate=False)

    def action_open(self) -> None:
        """Follows the link or plays the action at the cursor; unfolds what is folded, or folds it
        again.
        """
        target = self.target
        if isinstance(target, Fold):
            self.chosen = target.number
            self.unfolded ^= {target.number}
            self.redraw()
        elif target is not None:
            self.post_message(self.Opened(target))

    def action_fold(self) -> None:
        """Unfolds all, or folds all again."""
        folds = {each.number for each in self.document.targets if isinstance(each, Fold)}
        self.unfolded = set() if self.unfolded else folds
        self.redraw()
