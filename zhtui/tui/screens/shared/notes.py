"""A lesson's notes on a screen of their own, over what they are about."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from textual.widget import Widget

from zhtui.draw import notes
from zhtui.draw.inks import FAINT, TITLE
from zhtui.draw.notes import Document
from zhtui.lesson.catalog import Entry
from zhtui.lesson.played import Action, Aim
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import Keyboard, keyboard_of, named
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.widgets.lines import words
from zhtui.tui.widgets.notes import NotesWidget

HELP = """
The lesson's text. The arrows choose what is named in it, and enter plays it: ▶ a run, ◆ a scene,
◇ a view, a key; or opens the code that a link refers to. ▸ is an answer: enter unfolds it. A scene
is played right here; a run, its views and keys are played on the lesson's screen.
"""


def text_of(entry: Entry) -> Document:
    """The lesson's notes; its title and summary where it has none."""
    try:
        text = (entry.folder / "notes.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = f"# {entry.card.title}\n\n{entry.card.summary}\n"
    return notes.read(text, Aim(entry.name, entry.card, named()))


def ways(keyboard: Keyboard) -> str:
    """The keys that play what notes name."""
    first = keyboard.first
    choose = f"{first('notes.before')} {first('notes.after')} choose"
    play = f"{first('notes.open')} play, open, unfold"
    return f"{choose}   {play}   {first('notes.fold')} all answers"


class NotesScreen(LabScreen):
    """The notes of one lesson; an action that was chosen is played by who opened them."""

    BINDINGS = keys.bindings("dialog", "notes")
    explained = (HELP, (("Here", "dialog"), ("In the notes", "notes")))

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry, self.text = entry, NotesWidget()

    def stage(self) -> Iterable[Widget]:
        yield self.text

    async def complete(self) -> None:
        title = words(f"{self.entry.card.title} · notes", TITLE, 99)
        document = await asyncio.to_thread(text_of, self.entry)
        keyboard = words(ways(keyboard_of(self.app)), FAINT)
        self.top.show([title, keyboard] if document.targets else [title])
        self.text.show(document)
        self.text.focus()

    def on_notes_widget_opened(self, message: NotesWidget.Opened) -> None:
        """Hands over an action; opens the code that a link refers to; another address is told."""
        target = message.target
        if isinstance(target, Action):
            self.dismiss(target)
        elif isinstance(target, str) and ".py" in target:
            from zhtui.tui.screens.shared.source import SourceScreen  # deferred: seldom asked for

            self.app.push_screen(SourceScreen(self.entry, "reference", target))
        elif isinstance(target, str):
            self.notify(target, markup=False)

    def action_close(self) -> None:
        """Back to what was under them."""
        self.dismiss(None)
