"""The inspector's keys and its panes: pictures drawn by a function, and lists of any length."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from textual import events
from textual.containers import Vertical
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from zhtui.draw.cells import Cells
from zhtui.draw.inks import CHOSEN, FAINT, TITLE
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.table import Key
from zhtui.tui.widgets.drawn import Drawn, Inkwell
from zhtui.tui.widgets.lines import Line

HELP = """
A text, cut into tokens as it is after so many merges. A byte that is a token alone has no colour, a
longer token has one; what the next merge joins is lit. Under the text stands the token at the
cursor. A character in amber is torn: its bytes lie in several tokens.

x makes a mistake that learners make: rank ignored, characters for bytes, no cut into chunks. Then
what is wrong is red, a line on top says why, m goes to the next such place, and under the text
stands what would be right there. x again: the next mistake, and none.

1 the text. 2 which pairs stand there how often; the lit one is joined next. 3 how the token at the
cursor was joined, down to its bytes. 4 all tokens. 5 the same texts through several vocabularies.
6 what surprises people about tokens.
"""

HERE = (
    Key("tokenizer.step", "right,full_stop", "step(1)", "merge", "make the next merge"),
    Key("tokenizer.back", "left,comma", "step(-1)", "unmerge", "take the last merge back"),
    Key("tokenizer.ten", "shift+right", "step(10)", "", "make ten merges", False),
    Key("tokenizer.ten_back", "shift+left", "step(-10)", "", "take ten back", False),
    Key("tokenizer.run", "space", "run", "run", "run through the merges, faster and faster; stop"),
    Key("tokenizer.go", "g", "ask_merge", "go to", "go to a merge by its number"),
    Key("tokenizer.mistake", "x", "mistake", "mistake", "a learner's mistake; the next; none"),
    Key("tokenizer.first", "home", "go(0)", "", "back to bytes", False),
    Key("tokenizer.last", "end", "go(1000000)", "", "to the last merge", False),
    Key("tokenizer.token", "l", "token(1)", "", "the cursor to the next token", False),
    Key("tokenizer.token_back", "h", "token(-1)", "", "the cursor to the token before", False),
    Key("tokenizer.next", "n", "find(1)", "next", "to the next place of this token"),
    Key("tokenizer.previous", "N", "find(-1)", "", "to the place before", False),
    Key("tokenizer.where", "m", "where", "where", "to what the next merge joins, or what is wrong"),
    Key("tokenizer.tree", "t", "to(3)", "tree", "how the token at the cursor was joined"),
    Key("tokenizer.compare", "c", "compare", "compare", "other vocabularies; again: the curve"),
    Key("tokenizer.search", "slash", "search", "find", "find a token in the vocabulary"),
    Key("tokenizer.chunks", "b", "chunks", "chunks", "colour chunks instead of tokens, and back"),
    Key("tokenizer.split", "s", "split", "split", "learn again with the next split"),
    Key("tokenizer.vocabulary", "v", "vocabulary", "whose", "learned here, GPT-2's, GPT-4's …"),
    Key("tokenizer.text", "o", "ask_text", "text", "another text: a data set, a file, or typed"),
    Key("tokenizer.pane", "tab", "pane(1)", "", "the next pane", False),
    Key("tokenizer.pane_back", "shift+tab", "pane(-1)", "", "the pane before", False),
    *(Key(f"tokenizer.pane_{i}", str(i), f"to({i})", "", f"pane {i}", False) for i in range(1, 7)),
    Key("tokenizer.close", "escape", "close", "back", "put away the search, the screen"),
)
PANE = (
    Key("tokenizer.list_up", "up,k", "cursor(-1)", "", "the row above", False),
    Key("tokenizer.list_down", "down,j", "cursor(1)", "", "the row below", False),
    Key("tokenizer.list_page_up", "pageup", "page(-1)", "", "a page up", False),
    Key("tokenizer.list_page_down", "pagedown", "page(1)", "", "a page down", False),
    Key(
        "tokenizer.list_left",
        "less_than_sign",
        "aside(-8)",
        "",
        "to the left in a wide tree",
        False,
    ),
    Key("tokenizer.list_right", "greater_than_sign", "aside(8)", "", "to the right", False),
)
# The lab's table of keys has a place for each screen; this one adds its own.
keys.PLACES |= {"tokenizer": HERE, "tokens": PANE}
keys.NAMES |= {"slash": "/", "comma": ","}


KEPT = 400  # rows that are remembered as drawn


class Sketch(Drawn, inherit_bindings=False):
    """A picture drawn by a function of its room."""

    DEFAULT_CSS = "Sketch { overflow: hidden scroll; } #tree, #curve { overflow: auto auto; }"

    BINDINGS = keys.bindings("tokens")

    class Turned(Message):
        """The cursor keys were used on a picture."""

        def __init__(self, sketch: Sketch, by: int) -> None:
            super().__init__()
            self.sketch, self.by = sketch, by

        @property
        def control(self) -> Sketch:
            """The picture that was turned."""
            return self.sketch

    def __init__(self, paint: Callable[[int, int], Cells], id: str) -> None:
        super().__init__(id=id)
        self.paint = paint

    def draw(self, width: int, height: int) -> Cells:
        """What `paint` draws."""
        return self.paint(width, height)

    def action_cursor(self, by: int) -> None:
        """Scrolls, and tells."""
        self.post_message(self.Turned(self, by))
        self.scroll_relative(y=by, animate=False)

    def action_aside(self, by: int) -> None:
        """Scrolls sideways."""
        self.scroll_relative(x=by, animate=False)

    def action_page(self, by: int) -> None:
        """Scrolls by the window's height."""
        self.scroll_relative(y=by * max(self.room.height - 1, 1), animate=False)


class Long(Sketch):
    """Very many rows, of which only those in sight are drawn, and only those that change anew."""

    DEFAULT_CSS = "Long { overflow: hidden scroll; }"

    def __init__(
        self,
        paint_row: Callable[[int, int], Cells],
        looks: Callable[[int], Hashable],
        id: str,
    ) -> None:
        """`looks` tells a row's looks apart: while it says the same, the row is not drawn again."""
        super().__init__(lambda width, height: Cells(width, 0), id)
        self.paint_row, self.looks, self.rows = paint_row, looks, 0
        self._strips: dict[int, tuple[Hashable, Strip]] = {}

    def show(self, rows: int) -> None:
        """Another number of rows."""
        self.rows = rows
        self.redraw()

    def redraw(self) -> None:
        """Sizes the room for all rows and draws those in sight whose looks have changed."""
        room = self.room
        if not self.is_mounted or not room.area:
            return
        if self.virtual_size != (room.width, self.rows):
            self._resize(Size(room.width, self.rows))
        self._ready()
        for y in range(self.size.height):
            known = self._strips.get(y + self.top)
            if known is None or known[1] != self._strip(y + self.top):
                self.refresh(Region(0, y, self.size.width, 1))

    def _resize(self, size: Size) -> None:
        """More rows or fewer. The scrollbar is there anyway, so no pane need be laid out anew."""
        if self.virtual_size.width != size.width:
            self.virtual_size = size
            self.refresh()
            return
        self.set_reactive(Long.virtual_size, size)
        self.vertical_scrollbar.window_virtual_size = size.height
        if self.scroll_y > self.max_scroll_y:
            self.scroll_to(y=self.max_scroll_y, animate=False)

    def render_line(self, y: int) -> Strip:
        """Line `y` of the window."""
        self._ready()
        return self._strip(y + self.top)

    def _ready(self) -> None:
        """Fresh ink, and no row kept, where colours have changed."""
        if self._ground is None:
            self._ground = self.rich_style
        if self._ink.palette is not self.palette or self._ink.ground != self._ground:
            self._ink = Inkwell(self.palette, self._ground)
            self._strips.clear()

    def _strip(self, row: int) -> Strip:
        """A row as it is to be seen: the one that is kept, where it looks the same still."""
        width = self.size.width
        looks = (width, self.looks(row) if row < self.rows else None)
        known = self._strips.get(row)
        if known is not None and known[0] == looks:
            return known[1]
        strip = Strip.blank(width, self._ground)
        if row < self.rows:
            strip = self._ink.strip(self.paint_row(row, self.room.width), 0)
            strip = strip.crop_extend(0, width, self._ground)
        if len(self._strips) > KEPT:
            self._strips.clear()
        self._strips[row] = looks, strip
        return strip

    def reveal(self, row: int) -> None:
        """Scrolls no more than it takes to see a row, once there is room to see it in."""
        top, height = self.top, self.room.height
        if height and not top <= row < top + height:
            self.scroll_to(y=max(row - height // 2, 0), animate=False)

    def action_cursor(self, by: int) -> None:
        """Tells; who listens moves and reveals."""
        self.post_message(self.Turned(self, by))

    def action_page(self, by: int) -> None:
        """Moves by the window's height."""
        self.action_cursor(by * max(self.room.height - 1, 1))


LEFT = (1, 5, 6)  # the panes that are as high as the screen, where there are two columns


class Box(Vertical):
    """A pane: a border, a number, a title."""

    def __init__(self, number: int, title: str, *content: Drawn) -> None:
        classes = "pane left" if number in LEFT else "pane"
        super().__init__(*content, id=f"box-{number}", classes=classes)
        self.number, self.title = number, ""
        self.entitle(f"{number} {title}")

    def entitle(self, title: str) -> None:
        """Another title: the border is drawn again, so only where it is another."""
        if title != self.title:
            self.title = self.border_title = title


Typed = Callable[[str, bool], None]  # the answer so far, and whether enter has ended it


class Prompt(Line, can_focus=False):
    """A line of words, or a question with the answer as it is typed.

    Not textual's `Input`: that lays the screen out anew at every letter, which takes 20 ms; and the
    focus stays in its pane, because to move it draws every pane again.
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.question = self.answer = self.hint = ""
        self.typed: Typed = lambda answer, done: None

    def ask(self, question: str, hint: str, typed: Typed) -> None:
        """Asks, and tells `typed` of every key; `hint` stands where nothing is typed yet."""
        self.question, self.answer, self.hint, self.typed = question, "", hint, typed
        self.redraw()

    def end(self) -> None:
        """The words again."""
        self.question = ""
        self.redraw()

    def key(self, event: events.Key) -> None:
        """Takes a key, where there is a question and the key is for it."""
        if not self.question or event.key in ("escape", "tab", "shift+tab"):
            return
        event.stop()
        event.prevent_default()
        if event.key == "enter":
            self.typed(self.answer, True)
        elif event.key == "backspace":
            self.take(self.answer[:-1])
        elif event.is_printable and event.character:
            self.take(self.answer + event.character)

    def take(self, answer: str) -> None:
        """Another answer so far."""
        self.answer = answer
        self.redraw()
        self.typed(answer, False)

    def draw(self, width: int, height: int) -> Cells:
        """The question, the answer and a mark behind it; or the words."""
        if not self.question:
            return super().draw(width, height)
        cells = Cells(width, 1)
        x = cells.put(1, 0, f"{self.question} ", FAINT)
        x = cells.put(x, 0, self.answer[-max(width - x - 2, 1) :], TITLE)
        cells.put(x, 0, "▏", CHOSEN)
        if not self.answer:
            cells.put(x + 2, 0, self.hint, FAINT)
        return cells
