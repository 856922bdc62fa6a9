"""The line to type in: a question and the answer as it is typed, or a line of words.

Not Textual's `Input`, which lays the screen out anew at every letter: 20 ms. Here a letter draws
one line. A pasted text keeps its line breaks; they are shown as ⏎.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.widget import Widget

from zhtui.draw.grid import Page, glyphs
from zhtui.draw.inks import CHOSEN, FAINT, INVERSE, PLAIN, TITLE
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.table import TYPED
from zhtui.tui.widgets.lines import Line

WORD = re.compile(r"\w+|[^\w\s]+")
BREAKS = re.compile(r"\r\n?")
AHEAD = 4  # cells that are seen beside the cursor of a long text


def written(value: str) -> str:
    """The text that was typed, in which \\n is a new line."""
    return value.replace("\\n", "\n")


class AskLine(Line, can_focus=True):
    """Asks as long as `question` says something; else it shows the parts that `show` gave it.

    Posts `Changed` at every letter and `Taken` on enter; escape goes back, as the screen does it.
    """

    BINDINGS = keys.bindings(TYPED)
    DEFAULT_CSS = "AskLine { height: 1; width: 1fr; overflow: hidden hidden; }"

    class Changed(Message):
        """Something else is typed."""

        def __init__(self, line: AskLine, value: str) -> None:
            super().__init__()
            self.line, self.value = line, value

        @property
        def control(self) -> AskLine:
            """The line that was typed in."""
            return self.line

    class Taken(Changed):
        """It is to be taken as it stands."""

    def __init__(
        self, question: str = "", value: str = "", *, hint: str = "", most: int = 100_000,
        id: str | None = None, offered: bool = False,
    ) -> None:  # fmt: skip
        """`hint` stands where nothing is typed, `most` is how many characters are taken; what is
        typed takes the place of a text that is `offered`.
        """
        super().__init__(id=id)
        self.question, self.value, self.hint, self.most = question, value, hint, most
        self.cursor = len(value)
        self.offered = offered and bool(value)
        self._left = 0  # the first cell of the answer that is seen
        self._before: Widget | None = None  # who had the keys

    # What is asked

    def ask(self, question: str, value: str = "", hint: str = "") -> None:
        """Asks for something (else), and takes the keys."""
        if not self.question:
            self._before = self.screen.focused
        self.question, self.hint = question, hint
        self.offer(value)
        self.screen.set_focus(self)

    def offer(self, value: str) -> None:
        """Another text; what is typed takes its place."""
        self.value, self.cursor, self.offered = value, len(value), bool(value)
        self.redraw()

    def again(self) -> None:
        """Takes the keys once more: what stands there may go on, or what is typed replaces it."""
        self.offer(self.value)
        self.screen.set_focus(self)

    def end(self) -> None:
        """Asks no more, and gives the keys back."""
        self.question = ""
        if self.has_focus:
            self.screen.set_focus(self._before)
        self.redraw()

    def point(self, at: int) -> None:
        """Puts the cursor before a character."""
        self.cursor, self.offered = min(max(at, 0), len(self.value)), False
        self.redraw()

    # What is typed

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether a key is typed, and no habit of the screen."""
        typed = character is not None and character.isprintable()
        return bool(self.question) and (typed or key in EDITS)

    def on_key(self, event: events.Key) -> None:
        """Types a character, or edits."""
        if not self.question:
            return
        edit = EDITS.get(event.key)
        if edit is not None:
            edit(self)
        elif event.is_printable and event.character:
            self.type(event.character)
        else:
            return
        event.stop().prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Types all of it."""
        if self.question:
            event.stop()
            self.type(BREAKS.sub("\n", event.text.rstrip("\r\n")))

    def on_click(self, event: events.Click) -> None:
        """Puts the cursor where it was clicked."""
        start, cell = self._start, event.x - self.gutter.left + self._left
        sizes = [len(glyphs(self.value[:at])) + start for at in range(len(self.value) + 1)]
        self.point(next((at for at, size in enumerate(sizes) if size >= cell), len(self.value)))

    def type(self, text: str) -> None:
        """Text at the cursor, or in place of what was offered."""
        if self.offered:
            self.value, self.cursor = "", 0
        text = text[: max(self.most - len(self.value), 0)]
        self._change(self.value[: self.cursor] + text + self.value[self.cursor :], len(text))

    def cut(self, start: int, stop: int) -> None:
        """Takes characters away; all of them where they were offered."""
        start, stop = (0, len(self.value)) if self.offered else (max(start, 0), stop)
        self.cursor = start
        self._change(self.value[:start] + self.value[stop:], 0)

    def step(self, by: int) -> None:
        """Moves the cursor by characters; from a text that was offered to its ends."""
        if self.offered:
            self.point(len(self.value) if by > 0 else 0)
        else:
            self.point(self.cursor + by)

    def word(self, by: int) -> int:
        """Where the word before the cursor begins, or where the one after it ends."""
        before = [found.start() for found in WORD.finditer(self.value[: self.cursor])]
        after = [self.cursor + found.end() for found in WORD.finditer(self.value[self.cursor :])]
        return (before[-1] if before else 0) if by < 0 else (after or [len(self.value)])[0]

    def _change(self, value: str, by: int) -> None:
        self.cursor, self.offered = self.cursor + by, False
        if value != self.value:
            self.value = value
            self.post_message(self.Changed(self, value))
        self.redraw()

    def action_take(self) -> None:
        """Posts what was typed."""
        if self.question:
            self.post_message(self.Taken(self, self.value))

    async def action_leave(self) -> None:
        """Leaves the line: what comes then the screen knows."""
        await self.app.run_action("screen.back")

    # What is drawn

    def allow_focus(self) -> bool:
        """Words take no keys."""
        return bool(self.question)

    def watch_has_focus(self, focused: bool) -> None:
        """The text stays: only one that was `offered` is typed over."""
        self.offered = self.offered and focused
        self.redraw()

    @property
    def _start(self) -> int:
        """The cell in which the answer begins."""
        return len(glyphs(self.question)) + 2

    def draw(self, width: int, height: int) -> Page:
        """The question, the answer and its cursor; or the words."""
        if not self.question:
            return super().draw(width, height)
        page, start = Page(width, 1), self._start
        typing = self.has_focus
        cursor, room = len(glyphs(self.value[: self.cursor])), max(width - start - 1, 1)
        least = cursor - room + 1
        seen = max(min(self._left, cursor - min(AHEAD, cursor)), least, 0)
        self._left = seen if typing else 0
        look = (INVERSE, FAINT) if self.offered and typing else (TITLE if typing else PLAIN, 0)
        end = page.put(start - self._left, 0, self.value, *look)
        page.put(0, 0, f" {self.question} ", FAINT)
        if not self.value:
            page.put(start + typing, 0, self.hint, FAINT)
        if typing:
            at = start + cursor - self._left
            under = glyphs(self.value[self.cursor : self.cursor + 1]) or [" "]
            page.put(at, 0, under[0] if at < end else " ", INVERSE, CHOSEN)
            self.app.cursor_position = self.content_region.offset + Offset(at, 0)
        return page


Edit = Callable[[AskLine], None]
EDITS: dict[str, Edit] = {
    "left": lambda line: line.step(-1),
    "right": lambda line: line.step(1),
    "home": lambda line: line.point(0),
    "ctrl+a": lambda line: line.point(0),
    "end": lambda line: line.point(len(line.value)),
    "ctrl+e": lambda line: line.point(len(line.value)),
    "ctrl+left": lambda line: line.point(line.word(-1)),
    "ctrl+right": lambda line: line.point(line.word(1)),
    "backspace": lambda line: line.cut(line.cursor - 1, line.cursor),
    "ctrl+h": lambda line: line.cut(line.cursor - 1, line.cursor),
    "delete": lambda line: line.cut(line.cursor, line.cursor + 1),
    "ctrl+d": lambda line: line.cut(line.cursor, line.cursor + 1),
    "ctrl+w": lambda line: line.cut(line.word(-1), line.cursor),
    "ctrl+u": lambda line: line.cut(0, line.cursor),
    "ctrl+k": lambda line: line.cut(line.cursor, len(line.value)),
}
