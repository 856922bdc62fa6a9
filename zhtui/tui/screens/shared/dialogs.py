"""Small screens over a screen: a question, a knob's value, the help, a text to read or copy."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text as RichText
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.events import Key
from textual.visual import VisualType
from textual.widgets import Static

from zhtui.errors import LabError
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import USUAL, Keyboard, keyboard_of
from zhtui.tui.keys.table import Place
from zhtui.tui.terminal.beneath import Dialog
from zhtui.tui.widgets.ask import AskLine


class Ask(Dialog[str | None]):
    """A question with answers, each on a key. Enter is the first one; escape is none of them."""

    def __init__(self, question: str, answers: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.question, self.answers = question, answers
        self.ways: dict[str, str | None] = {key: key for key, _ in answers}
        self.ways |= {"escape": None, "enter": answers[0][0]}

    def compose(self) -> ComposeResult:
        words = RichText("   ").join(
            RichText.assemble((key, "bold"), f" {word}") for key, word in self.answers
        )
        with Vertical(classes="dialog"):
            yield Static(self.question, markup=False)
            yield Static(words, classes="answers")

    def on_key(self, event: Key) -> None:
        """Closes with the answer's key."""
        if event.key in self.ways and self.is_active:
            event.stop()
            self.dismiss(self.ways[event.key])


class EditKnob(Dialog[str | None]):
    """One line to type a value; `check` refuses with a sentence, which is shown. It may read files:
    it is called beside the screen's thread.
    """

    def __init__(
        self, title: str, text: str, value: str, check: Callable[[str], None], low: bool = False
    ) -> None:
        """`low` puts it at the bottom, under what one has to see while one types."""
        super().__init__(classes="-low" if low else None)
        self.heading, self.text, self.value, self.check = title, text, value, check

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self.heading, classes="title", markup=False)
            yield Static(self.text, classes="faint", markup=False)
            yield AskLine("▸", self.value, offered=True)
            first = keyboard_of(self.app).first
            ways = f"{first('line.take')} takes it, {first('line.leave')} leaves it"
            yield Static(ways, id="verdict", markup=False)

    async def on_ask_line_taken(self, event: AskLine.Taken) -> None:
        """Takes the value, or says why not."""
        try:
            await asyncio.to_thread(self.check, event.value)
        except LabError as error:
            self.query_one("#verdict", Static).update(RichText(str(error), "red"))
            return
        self._leave(event.value)

    def action_back(self) -> None:
        """Leaves the value as it is."""
        self._leave(None)

    def _leave(self, value: str | None) -> None:
        """Only once: a second key may have come while the value was checked."""
        if self.is_active:
            self.dismiss(value)


class Reader(Dialog[None]):
    """A long text to scroll; `c` copies it."""

    BINDINGS: ClassVar = keys.bindings("dialog", "reader")

    def __init__(self, title: str, body: VisualType, plain: str, wide: bool = False) -> None:
        super().__init__()
        self.heading, self.body, self.plain, self.wide = title, body, plain, wide

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog reader wide" if self.wide else "dialog reader"):
            yield Static(self.heading, classes="title", markup=False)
            with VerticalScroll(can_focus=False):
                yield Static(self.body)
            first = keyboard_of(self.app).first
            scroll = f"{first('reader.up')} {first('reader.down')} scroll"
            ways = f"{first('dialog.close')} closes   {first('reader.copy')} copies   {scroll}"
            yield Static(ways, classes="faint", markup=False)

    def action_copy(self) -> None:
        """Copies the text through the terminal (OSC 52)."""
        self.app.copy_to_clipboard(self.plain)
        self.notify("copied")

    def action_scroll(self, lines: int) -> None:
        """Scrolls by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_close(self) -> None:
        """Closes the text."""
        self.dismiss(None)


def help_screen(
    explanation: str, places: Sequence[tuple[str, Place]], keyboard: Keyboard = USUAL
) -> Reader:
    """What is seen on a screen, then its keys from the one table, a title a place."""
    paragraphs = [" ".join(part.split()) for part in explanation.strip().split("\n\n")]
    text = RichText("\n\n".join(paragraphs) + "\n")
    for title, place in places:
        text.append(f"\n{title}\n", "bold")
        for key in keys.row(place):
            if key.text:
                text.append(f"  {keyboard.name(key):<18} ", "bold")
                text.append(f"{key.text}\n")
    return Reader("What is on this screen", text, text.plain)


def told(error: BaseException) -> str:
    """An error in a line, and below it where it came from."""
    return f"{type(error).__name__}: {error}\n\n{''.join(traceback.format_exception(error))}"


def guest_failed(name: str, error: Exception) -> Reader:
    """What is shown where a lesson's own screen was."""
    return failure_screen(f"the screen of {name} failed", told(error))


def failure_screen(title: str, text: str) -> Reader:
    """An error with its text to copy; what was under it is still there."""
    return Reader(title, RichText(text), text, wide=True)
