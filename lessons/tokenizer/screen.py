"""The inspector on a terminal: a text merge by merge, its pairs, its trees, its vocabulary."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import ClassVar

import numpy as np
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Input

from lessons.tokenizer import scene, source
from lessons.tokenizer.bpe import PATTERNS, Tokenizer
from lessons.tokenizer.compare import GENRES, inspectors, levels, others, reading
from lessons.tokenizer.inspector import Inspector, Page
from lessons.tokenizer.look import tree
from lessons.tokenizer.panes import HELP, LEFT, Box, Long, Sketch
from lessons.tokenizer.published import PUBLISHED, available
from lessons.tokenizer.traps import traps
from zhtui.lab import LabError
from zhtui.tui import keys
from zhtui.tui.draw import tree as trees
from zhtui.tui.draw.cells import Cells
from zhtui.tui.screens.dialogs import EditKnob
from zhtui.tui.screens.layout import ALL, KINDS, ONE, SMALL, layout
from zhtui.tui.widgets.drawn import Drawn
from zhtui.tui.widgets.lines import KeyLine, Line, Part, Rule

PLAY = 0.1  # seconds between two frames of a run


class TokenizerScreen(Screen[None]):
    """Explores a text and the merges that were learned from it, or from another."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("tokenizer")
    explained = (HELP, (("Here", "tokenizer"), ("In a pane", "tokens")))
    CSS = """
    #boxes { height: 1fr; layout: grid; grid-gutter: 0 1; }
    TokenizerScreen.-one #boxes, TokenizerScreen.-small #boxes { grid-size: 1 1; }
    TokenizerScreen.-two #boxes { grid-size: 2 2; grid-columns: 3fr 2fr; grid-rows: 3fr 2fr; }
    TokenizerScreen.-two .left { row-span: 2; }
    TokenizerScreen.-all #boxes { grid-size: 3 2; grid-columns: 5fr 4fr 4fr; grid-rows: 1fr 1fr; }
    #boxes Input { height: 1; border: none; padding: 0; display: none; }
    #boxes Input.-open { display: block; }
    #curve { height: 11; }
    TokenizerScreen.-one #curve { display: none; }
    """

    def __init__(self, text: str = "", source: str = "", merges: int = 50_000) -> None:
        """`text` to start with; the first data set that is on this machine unless given."""
        super().__init__()
        self.text, self.source, self.merges = text, source, merges
        self.pattern, self.whose = "gpt4", "own"
        self.inspector: Inspector | None = None
        self.page, self.numbers = Page("", 8), np.arange(0)
        self.others: list[tuple[str, Tokenizer]] = []
        self.levels: list[tuple[str, float]] = []
        self.chosen, self.genre = 0, next(iter(GENRES))
        self.current, self.left, self.right = 1, 1, 2
        self.by_chunk = self.playing = False
        self.turn = 0  # what was begun in an earlier turn is no longer wanted

    def compose(self) -> ComposeResult:
        yield Line(id="headline")
        yield Rule()
        with Container(id="boxes"):
            yield Box(1, "text", Long(self._paint(self._text_row), "text"))
            curve = Sketch(self._paint(self._curve), "curve")
            curve.can_focus = False
            yield Box(5, "compare", Sketch(self._paint(self._comparison), "comparison"), curve)
            yield Box(6, "traps", Sketch(self._paint(self._traps), "traps"))
            yield Box(2, "pairs", Long(self._paint(scene.pair_row), "pairs"))
            search = Input(placeholder="find a token", id="search", compact=True)
            yield Box(4, "vocabulary", Long(self._paint(self._token_row), "vocabulary"), search)
            yield Box(3, "tree", Sketch(self._paint(self._tree), "tree"))
        yield Line(id="detail")
        yield KeyLine("tokenizer", "anywhere", id="keys")

    def on_mount(self) -> None:
        self.timer = self.set_interval(PLAY, self._play, pause=True)
        self._arrange()
        self._again("" if self.text else "auto")

    def on_unmount(self) -> None:
        self.turn += 1

    def on_resize(self, event: Resize) -> None:
        self._arrange()

    # What is looked at

    async def _open(self, wish: str) -> None:
        """Reads another text if one is wished; learns from it, or takes a vocabulary to it."""
        self._say("reading …")
        try:
            if wish:
                self.text, self.source = await asyncio.to_thread(source.read, wish)
            merges, going = self.merges, lambda turn=self.turn: turn == self.turn
            steps = inspectors(self.text, self.source, self.whose, self.pattern, merges, going)
            while (inspector := await asyncio.to_thread(next, steps, None)) is not None:
                self._arrive(inspector)
            self.others = self.others or await asyncio.to_thread(others)
            self.levels = await asyncio.to_thread(levels, self.text, self.others[:1])
            gc.freeze()  # vocabularies stay; a collector that walks them stalls a key for 80 ms
            self._show()
        except (LabError, ValueError) as error:
            self._say(str(error))

    def _arrive(self, inspector: Inspector) -> None:
        """Takes over an inspector; merge and cursor stay where they were."""
        before, self.inspector = self.inspector, inspector
        if before is not None:
            inspector.go(before.done)
            inspector.cursor = min(before.cursor, inspector.end)
        else:
            inspector.start()
        self.numbers = np.arange(inspector.last)
        self._lay_out()

    # Drawing

    @property
    def plain(self) -> bool:
        """Whether there are no colours, so that tokens must differ otherwise."""
        return bool(self.app.no_color)

    def _say(self, words: str) -> None:
        self.query_one("#headline", Line).show([Part(((words, scene.PLAIN),))])

    def _arrange(self) -> None:
        """Which panes there is room for, and where."""
        kind = layout(*self.size)
        for known in KINDS:
            self.set_class(known == kind, f"-{known}")
        shown = {ONE: {self.current}, SMALL: {self.current}, ALL: {1, 2, 3, 4, 5, 6}}
        visible = shown.get(kind, {self.left, self.right, 3})
        for number in range(1, 7):
            self.query_one(f"#box-{number}").display = number in visible
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        """Breaks the text into rows for the width that there is."""
        widget = self.query_one("#text", Long)
        width, inspector = widget.room.width, self.inspector
        if inspector is None:
            return
        if width and (self.page.text is not inspector.text or self.page.width != width):
            self.page = Page(inspector.text, width)
            widget.show(len(self.page))
            widget.reveal(self.page.row_of(inspector.cursor))
        self._show()

    def _show(self) -> None:
        """Draws everything afresh that is in sight."""
        inspector = self.inspector
        if inspector is None:
            return
        parts = [Part(tuple(words), weight) for words, weight in scene.headline(inspector)]
        self.query_one("#headline", Line).show(parts)
        parts = [Part(tuple(words), weight) for words, weight in scene.detail(inspector)]
        self.query_one("#detail", Line).show(parts)
        if (here := inspector.here()) is not None and self.current != 4:
            self.chosen = here.number
            row = int(np.searchsorted(self.numbers, self.chosen))
            self.query_one("#vocabulary", Long).reveal(row)
        kind = "chunks" if self.by_chunk else "tokens"
        whose = inspector.title + (f", split {self.pattern}" if self.whose == "own" else "")
        self.query_one("#box-1").border_title = f"1 text · {inspector.source} · {kind} · {whose}"
        self.query_one("#box-4").border_title = f"4 vocabulary · {len(self.numbers):,} tokens"
        self.query_one("#vocabulary", Long).rows = len(self.numbers)
        self.query_one("#pairs", Long).rows = max(len(inspector.look.pairs), 1)
        for widget in self.query(Drawn):
            if widget.region.area and isinstance(widget, Sketch):
                widget.redraw()

    def _text_row(self, inspector: Inspector, row: int, width: int) -> Cells:
        chunks, plain = self.by_chunk, self.plain
        return scene.text_row(inspector, self.page, row, chunks=chunks, plain=plain)

    def _token_row(self, inspector: Inspector, row: int, width: int) -> Cells:
        number = int(self.numbers[row])
        return scene.vocabulary_row(inspector, number, width, number == self.chosen)

    def _paint(self, draw: Callable[[Inspector, int, int], Cells]) -> Callable[[int, int], Cells]:
        """`draw` with the inspector; an empty picture as long as there is none."""

        def paint(first: int, second: int) -> Cells:
            inspector = self.inspector
            return Cells(0, 0) if inspector is None else draw(inspector, first, second)

        return paint

    def _tree(self, inspector: Inspector, width: int, height: int) -> Cells:
        tokenizer = inspector.tokenizer
        return trees.draw(tree(tokenizer, tokenizer.tokens[self.chosen]), width, height)

    def _comparison(self, inspector: Inspector, width: int, height: int) -> Cells:
        mine = "here" if self.whose == "own" else PUBLISHED[self.whose].title
        rest = [other for other in self.others if other[0] != mine]
        table = []
        for text in GENRES.values():
            row = [reading(text, inspector.tokenizer, mine, inspector.rank)]
            table.append(row + [reading(text, tokenizer, title) for title, tokenizer in rest])
        return scene.comparison(list(GENRES), self.genre, table, width, height, self.plain)

    def _curve(self, inspector: Inspector, width: int, height: int) -> Cells:
        return scene.curve(inspector, self.levels, width, height)

    def _traps(self, inspector: Inspector, width: int, height: int) -> Cells:
        gpt2 = dict(self.others).get("GPT-2")
        return scene.traps(traps(inspector.tokenizer, gpt2), width, height, self.plain)

    # Keys

    def action_step(self, by: int) -> None:
        """Makes merges, or takes them back."""
        if self.inspector is not None:
            self.action_go(self.inspector.done + by)

    def action_go(self, done: int) -> None:
        """To the state after so many merges."""
        if self.inspector is not None:
            self.inspector.go(done)
            self._show()

    def action_run(self) -> None:
        """Runs through the merges, or stops."""
        self.playing = not self.playing
        (self.timer.resume if self.playing else self.timer.pause)()

    def _play(self) -> None:
        inspector = self.inspector
        if inspector is None or inspector.rank == inspector.last:
            self.playing = False
            self.timer.pause()
        elif self.app.screen is self:
            self.action_step(max(1, inspector.done // 40))

    def action_token(self, by: int) -> None:
        """Moves the cursor by tokens."""
        if self.inspector is not None:
            self.inspector.move(by)
            self._follow()

    def action_find(self, direction: int) -> None:
        """To the next place of the token that the tree shows."""
        inspector = self.inspector
        if inspector is not None and inspector.find(self.chosen, direction > 0):
            self._follow()
        elif inspector is not None:
            self.notify(
                f"{scene.token_text(inspector, self.chosen)} stands nowhere in this text now"
            )

    def action_where(self) -> None:
        """To the next place that the next merge joins."""
        inspector = self.inspector
        if inspector is not None and inspector.find_next():
            self._follow()
        elif inspector is not None:
            self.notify("the next merge joins nothing in this text")

    def _follow(self) -> None:
        """Keeps the cursor in sight."""
        assert self.inspector is not None, "there is a cursor"
        self.query_one("#text", Long).reveal(self.page.row_of(self.inspector.cursor))
        self._show()

    def on_sketch_turned(self, message: Sketch.Turned) -> None:
        """The cursor keys: a row of the text, a token of the list, a kind of text."""
        inspector = self.inspector
        if inspector is None:
            return
        if message.sketch.id == "text":
            row = self.page.row_of(inspector.cursor)
            column = inspector.cursor - self.page.row(row)[0]
            start, stop = self.page.row(min(max(row + message.by, 0), len(self.page) - 1))
            inspector.cursor = min(start + column, max(stop - 1, start))
            self._follow()
        elif message.sketch.id == "vocabulary" and len(self.numbers):
            row = int(np.searchsorted(self.numbers, self.chosen)) + message.by
            row = min(max(row, 0), len(self.numbers) - 1)
            self.chosen = int(self.numbers[row])
            self.query_one("#vocabulary", Long).reveal(row)
            self._show()
        elif message.sketch.id == "comparison":
            names = list(GENRES)
            self.genre = names[(names.index(self.genre) + message.by) % len(names)]
            self._show()
        elif message.sketch.id == "pairs":
            message.sketch.scroll_relative(y=message.by, animate=False)

    def action_to(self, number: int) -> None:
        """Shows a pane and gives it the keys."""
        self.current = number
        if number in LEFT:
            self.left = number
        elif number != 3:
            self.right = number
        self._arrange()
        target = self.query_one(f"#box-{number}").query(Drawn).first()
        self.set_focus(target)
        self.call_after_refresh(self._show)

    def action_pane(self, by: int) -> None:
        """The next pane."""
        self.action_to((self.current - 1 + by) % 6 + 1)

    def action_search(self) -> None:
        """Opens the search in the vocabulary."""
        self.action_to(4)
        search = self.query_one("#search", Input)
        search.add_class("-open")
        self.set_focus(search)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keeps the tokens that hold what was typed."""
        if self.inspector is None:
            return
        wanted, tokens = event.value.encode(errors="replace"), self.inspector.tokenizer.ranks
        found = [number for token, number in tokens.items() if wanted in token]
        self.numbers = np.array(sorted(found), dtype=np.int64)
        if found and self.chosen not in found:
            self.chosen = int(self.numbers[0])
        self.query_one("#vocabulary", Long).scroll_to(y=0, animate=False)
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Back to the list with what was found."""
        self.set_focus(self.query_one("#vocabulary"))

    def action_chunks(self) -> None:
        """Colours chunks, or tokens again."""
        self.by_chunk = not self.by_chunk
        self._show()

    def action_split(self) -> None:
        """Learns again with the next split."""
        names = list(PATTERNS)
        self.pattern = names[(names.index(self.pattern) + 1) % len(names)]
        self.whose = "own"
        self._again()

    def action_vocabulary(self) -> None:
        """The next vocabulary: learned here, or a published one."""
        names = ["own", *available()]
        if len(names) == 1:
            self.notify(
                "no published vocabulary is on this machine: put gpt2.tiktoken into $ZHTUI_DATA"
            )
            return
        self.whose = names[(names.index(self.whose) + 1) % len(names)]
        self._again()

    def _again(self, wish: str = "") -> None:
        self.turn += 1
        self.run_worker(self._open(wish), exclusive=True, exit_on_error=False)

    def action_ask_merge(self) -> None:
        """Asks for the number of a merge."""
        if self.inspector is not None:
            text = f"0 (bytes) … {self.inspector.merges:,}"
            self.app.push_screen(
                EditKnob("Go to merge", text, str(self.inspector.done), source.check_number),
                self._go_to,
            )

    def _go_to(self, value: str | None) -> None:
        if value is not None:
            self.action_go(int(value.replace(",", "")))

    def action_ask_text(self) -> None:
        """Asks for another text."""
        text = "a data set (shakespeare, python), the path of a text file, or the text itself"
        self.app.push_screen(EditKnob("Another text", text, "", source.check), self._take_text)

    def _take_text(self, value: str | None) -> None:
        if value is not None:
            self._again(value)

    def action_close(self) -> None:
        """Puts the search away; then the screen."""
        search = self.query_one("#search", Input)
        if search.has_class("-open"):
            search.remove_class("-open")
            search.value = ""
            self.set_focus(self.query_one("#vocabulary"))
        else:
            self.app.pop_screen()


def open_screen() -> Screen[None]:
    """The lesson's own screen."""
    return TokenizerScreen()
