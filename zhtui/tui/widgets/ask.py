"""A line on which a text is typed, with a word before it; \\n in it is a new line."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static


def written(value: str) -> str:
    """The text that was typed."""
    return value.replace("\\n", "\n")


class AskLine(Horizontal):
    """Asks for a text."""

    DEFAULT_CSS = """
    AskLine { height: 1; }
    AskLine Static { width: auto; padding: 0 1; color: $foreground 60%; }
    """

    def __init__(self, word: str, text: str) -> None:
        super().__init__()
        self.word, self.first = word, text

    def compose(self) -> ComposeResult:
        yield Static(self.word)
        box = Input(self.first.replace("\n", "\\n"), compact=True)
        box.cursor_blink = False
        yield box

    def offer(self, text: str) -> None:
        """Another text; what is typed takes its place."""
        box = self.query_one(Input)
        box.value = text.replace("\n", "\\n")
        box.select_all()

    def ask(self, word: str, text: str) -> None:
        """Asks for something else."""
        self.query_one(Static).update(word)
        self.query_one(Input).focus()
        self.offer(text)
