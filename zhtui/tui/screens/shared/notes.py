"""A lesson's notes on a screen of their own, over what they are about."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from zhtui.draw import notes
from zhtui.draw.inks import TITLE
from zhtui.lesson.catalog import Entry
from zhtui.tui.keys import table as keys
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.screens.shared.source import SourceScreen
from zhtui.tui.widgets.lines import words
from zhtui.tui.widgets.notes import NotesWidget

HELP = """
The lesson's text. The arrows choose a link to the code, which enter opens, or what is folded, which
enter unfolds.
"""


class NotesScreen(LabScreen):
    """The notes of one lesson."""

    BINDINGS = keys.bindings("dialog", "notes")
    explained: ClassVar = (HELP, (("Here", "dialog"), ("In the notes", "notes")))

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry, self.text = entry, NotesWidget()

    def stage(self) -> Iterable[Widget]:
        yield self.text

    async def complete(self) -> None:
        self.top.show([words(f"{self.entry.card.title} · notes", TITLE)])
        self.text.show(notes.read(await asyncio.to_thread(self._read)))
        self.text.focus()

    def _read(self) -> str:
        try:
            return (self.entry.folder / "notes.md").read_text(encoding="utf-8")
        except OSError:
            return f"# {self.entry.card.title}\n\nThis lesson has no notes.\n"

    def on_notes_widget_opened(self, message: NotesWidget.Opened) -> None:
        """The code that a link refers to; another address is told."""
        target = message.target
        if isinstance(target, str) and ".py" in target:
            self.app.push_screen(SourceScreen(self.entry, "reference", target))
        elif isinstance(target, str):
            self.notify(target, markup=False)

    def action_close(self) -> None:
        """Back to what was under them."""
        self.dismiss(None)
