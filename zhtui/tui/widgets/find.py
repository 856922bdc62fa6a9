"""A line to type what a list is sifted by. It is made when it is first asked for."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static


class FindLine(Horizontal):
    """Its `Input.Changed` and `Input.Submitted` go to the screen."""

    DEFAULT_CSS = """
    FindLine { height: 1; padding: 0 1; }
    FindLine Static { width: auto; color: $accent; text-style: bold; }
    FindLine Input { width: 1fr; background: $background; }
    """

    def __init__(self, example: str, sign: str = "find") -> None:
        super().__init__(id="find-line")
        self.sign = sign
        self.words = Input(placeholder=example, compact=True, id="find")
        self.words.cursor_blink = False

    def compose(self) -> ComposeResult:
        yield Static(f"{self.sign} / ")
        yield self.words
