"""The inspector on a terminal: a text merge by merge, its pairs, its trees, its vocabulary."""

from __future__ import annotations

import asyncio
import gc
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import Key, Paste, Resize
from textual.screen import Screen

from lessons.tokenizer.screen import pictures, texts
from lessons.tokenizer.screen.compare import GENRES, levels
from lessons.tokenizer.screen.inspector import Inspector, Page
from lessons.tokenizer.screen.panes import HELP, LEFT, Box, Long, Prompt, Sketch
from lessons.tokenizer.screen.selection import Sight
from lessons.tokenizer.screen.study import Study
from zhtui.lab import LabError
from zhtui.tui.keys import table as keys
from zhtui.tui.screens.shared.dialogs import EditKnob
from zhtui.tui.screens.shared.lab_screen import StyledOnce, mark
from zhtui.tui.screens.shared.layout import ALL, KINDS, ONE, SMALL, layout
from zhtui.tui.session import Opened
from zhtui.tui.widgets.drawn import Drawn
from zhtui.tui.widgets.lines import KeyLine, Line, Part, Rule

PLAY = 0.1  # seconds between two frames of a run


class TokenizerScreen(StyledOnce, Screen[None]):
    """Explores a text and the merges that were learned from it, or from another."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("tokenizer")
    explained = (HELP, (("Here", "tokenizer"), ("In a pane", "tokens")))
    CSS = """
    #boxes { height: 1fr; layout: grid; grid-gutter: 0 1; }
    TokenizerScreen.-one #boxes, TokenizerScreen.-small #boxes { grid-size: 1 1; }
    TokenizerScreen.-two #boxes { grid-size: 2 2; grid-columns: 3fr 2fr; grid-rows: 3fr 2fr; }
    TokenizerScreen.-two .left { row-span: 2; }
    TokenizerScreen.-all #boxes { grid-size: 3 2; grid-columns: 5fr 4fr 4fr; grid-rows: 1fr 1fr; }
    #curve { height: 11; }
    TokenizerScreen.-one #curve { display: none; height: 1fr; }
    TokenizerScreen.-one.-curve #curve { display: block; }
    TokenizerScreen.-one.-curve #comparison { display: none; }
    """

    def __init__(self, text: str = "", source: str = "", merges: int = 50_000) -> None:
        """`text` to start with; the first data set that is on this machine unless given."""
        super().__init__()
        self.study = Study(text, source, merges)
        self.sight = Sight(self.study)
        self.current, self.left, self.right = 1, 1, 2
        self.playing = False
        self.done = 0  # the merge that was asked for: there may not be so many yet
        self.turn = 0  # what was begun in an earlier turn is no longer wanted

    @property
    def inspector(self) -> Inspector | None:
        """What is looked through; None until the first has come."""
        return self.sight.inspector

    def compose(self) -> ComposeResult:
        self._room()  # before there are widgets to be styled
        sight = self.sight
        yield Line(id="headline")
        yield Rule(id="complaint")
        with Container(id="boxes"):
            yield Box(1, "text", Long(sight.painted(sight.text_row), sight.text_looks, "text"))
            curve = Sketch(sight.painted(sight.curve), "curve")
            curve.can_focus = False
            yield Box(5, "compare", Sketch(sight.painted(sight.comparison), "comparison"), curve)
            yield Box(6, "traps", Sketch(sight.painted(sight.traps), "traps"))
            yield Box(2, "pairs", Long(sight.painted(sight.pair_row), sight.pair_looks, "pairs"))
            tokens = Long(sight.painted(sight.token_row), sight.token_looks, "vocabulary")
            yield Box(4, "vocabulary", tokens)
            yield Box(3, "tree", Sketch(sight.painted(sight.tree), "tree"))
        yield Prompt(id="detail")
        yield KeyLine("tokenizer", "anywhere", id="keys")

    def on_mount(self) -> None:
        self.timer = self.set_interval(PLAY, self._play, pause=True)
        self._arrange()
        self.call_after_refresh(self._again, "" if self.study.text else "auto")

    def on_unmount(self) -> None:
        self.turn += 1

    def on_resize(self, event: Resize) -> None:
        self._arrange()

    # What is looked at

    def _again(self, wish: str = "") -> None:
        """Looks at the study anew, or at another text."""
        self.turn += 1
        self.run_worker(self._open(wish), exclusive=True, exit_on_error=False)

    async def _open(self, wish: str) -> None:
        """Reads another text if one is wished; learns from it, or takes a vocabulary to it."""
        turn, study = self.turn, self.study
        self._say("reading …" if wish else "working it out …")
        try:
            if wish:
                study.take(*await asyncio.to_thread(texts.read, wish))
            steps = study.inspectors(lambda: turn == self.turn)
            while (inspector := await asyncio.to_thread(next, steps, None)) is not None:
                await asyncio.to_thread(self._place, inspector)
                self.sight.arrive(inspector)
                self._lay_out()
            compared = await asyncio.to_thread(study.compared)
            self.sight.levels = await asyncio.to_thread(levels, study.text, compared)
            if self.inspector is not None:
                await asyncio.to_thread(self.sight.warm, self.inspector)
            gc.freeze()  # vocabularies stay; a collector that walks them stalls a key for 80 ms
            self._show()
        except (LabError, ValueError) as error:
            self._say(str(error))

    def _place(self, inspector: Inspector) -> None:
        """Merge and cursor stay where they were."""
        before = self.inspector
        if before is None:
            inspector.start()
            self.done = inspector.done
        else:
            inspector.go(self.done)
            inspector.cursor = min(before.cursor, inspector.end)
        inspector.prepare()

    async def _prepare(self, inspector: Inspector) -> None:
        """Works out what a mistake makes of this merge, then draws it."""
        while not inspector.ready:
            await asyncio.to_thread(inspector.prepare)
        self._show()

    # Drawing

    def _say(self, words: str) -> None:
        self.query_one("#headline", Line).show([Part(((words, pictures.PLAIN),))])

    def _room(self) -> str:
        kind = layout(*self.app.size)
        mark(self, {f"-{each}": each == kind for each in KINDS})
        return kind

    def _arrange(self) -> None:
        """Which panes there is room for, and where."""
        kind = self._room()
        shown = {ONE: {self.current}, SMALL: {self.current}, ALL: {1, 2, 3, 4, 5, 6}}
        visible = shown.get(kind, {self.left, self.right, 3})
        for number in range(1, 7):
            self.query_one(f"#box-{number}").display = number in visible
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        """Breaks the text into rows for the width that there is."""
        widget, inspector, sight = self.query_one("#text", Long), self.inspector, self.sight
        width = widget.room.width
        if inspector is None:
            return
        if width and (sight.page.text is not inspector.text or sight.page.width != width):
            sight.page = Page(inspector.text, width)
            widget.show(len(sight.page))
            widget.reveal(sight.page.row_of(inspector.cursor))
        self._show()

    def _show(self) -> None:
        """Draws everything afresh that is in sight."""
        inspector, sight = self.inspector, self.sight
        if inspector is None:
            return
        sight.plain = bool(self.app.no_color)
        sight.look()
        for name, draw in (("headline", pictures.headline), ("detail", pictures.detail)):
            parts = [Part(tuple(words), weight) for words, weight in draw(inspector)]
            self.query_one(f"#{name}", Line).show(parts)
        self.query_one("#complaint", Rule).show(sight.complaint)
        if self.current != 4:
            sight.choose_here()
            self.query_one("#vocabulary", Long).reveal(sight.listed)
        for number, title in sight.titles.items():
            self.query_one(f"#box-{number}", Box).entitle(title)
        self.query_one("#vocabulary", Long).rows = len(sight.numbers)
        if (pairs := self.query_one("#pairs", Long)).region.area:
            pairs.rows = max(len(inspector.state.pairs), 1)
        for widget in self.query(Sketch):
            if widget.region.area:
                widget.redraw()

    # Keys

    def action_step(self, by: int) -> None:
        """Makes merges, or takes them back."""
        if self.inspector is not None:
            self.action_go(self.inspector.done + by)

    def action_go(self, done: int) -> None:
        """To the state after so many merges."""
        inspector = self.inspector
        if inspector is not None:
            inspector.go(done)
            self.done = inspector.done
            if inspector.ready:
                self._show()
            else:
                self.run_worker(self._prepare(inspector), exclusive=True, group="prepare")

    def action_run(self) -> None:
        """Runs through the merges, or stops."""
        self.playing = not self.playing
        (self.timer.resume if self.playing else self.timer.pause)()

    def _play(self) -> None:
        inspector = self.inspector
        if inspector is None or inspector.rank == inspector.last:
            self.playing = False
            self.timer.pause()
        elif self.app.screen is self and inspector.ready:
            self.action_step(max(1, inspector.done // 40))

    def action_token(self, by: int) -> None:
        """Moves the cursor by tokens."""
        if self.inspector is not None:
            self.inspector.move(by)
            self._follow()

    def action_find(self, direction: int) -> None:
        """To the next place of the token that the tree shows."""
        inspector, chosen = self.inspector, self.sight.chosen
        if inspector is not None and inspector.find(chosen, direction > 0):
            self._follow()
        elif inspector is not None:
            self.notify(f"{pictures.token_text(inspector, chosen)} stands nowhere in this text now")

    def action_where(self) -> None:
        """To the next place that the next merge joins, or that is wrong."""
        inspector = self.inspector
        if inspector is not None and inspector.find_next():
            self._follow()
        elif inspector is not None and inspector.mistake is not None:
            self.notify("nothing is wrong in this text here")
        elif inspector is not None:
            self.notify("the next merge joins nothing in this text")

    def _follow(self) -> None:
        """Keeps the cursor in sight."""
        assert self.inspector is not None, "there is a cursor"
        self.query_one("#text", Long).reveal(self.sight.page.row_of(self.inspector.cursor))
        self._show()

    def on_sketch_turned(self, message: Sketch.Turned) -> None:
        """The cursor keys: a row of the text, a token of the list, a kind of text."""
        inspector, sight = self.inspector, self.sight
        if inspector is None:
            return
        if message.sketch.id == "text":
            inspector.cursor = sight.page.moved(inspector.cursor, message.by)
            self._follow()
        elif message.sketch.id == "vocabulary" and len(sight.numbers):
            row = min(max(sight.listed + message.by, 0), len(sight.numbers) - 1)
            sight.chosen = int(sight.numbers[row])
            self.query_one("#vocabulary", Long).reveal(row)
            self._show()
        elif message.sketch.id == "comparison":
            names = list(GENRES)
            sight.genre = names[(names.index(sight.genre) + message.by) % len(names)]
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

    def action_compare(self) -> None:
        """The comparison; there again, where there is room for one thing only, the curve."""
        if self.current == 5:
            self.toggle_class("-curve")
            self.call_after_refresh(self._show)
        self.action_to(5)

    def action_pane(self, by: int) -> None:
        """The next pane."""
        self.action_to((self.current - 1 + by) % 6 + 1)

    def action_search(self) -> None:
        """Searches the vocabulary as one types."""
        self.action_to(4)
        self.prompt.ask("find", "part of a token", self._find)

    def action_ask_merge(self) -> None:
        """Asks for the number of a merge."""
        if self.inspector is not None:
            self.prompt.ask("go to merge", f"0 (bytes) … {self.inspector.merges:,}", self._go_to)

    @property
    def prompt(self) -> Prompt:
        """The line under the panes: it tells of the cursor's token, or asks."""
        return self.query_one("#detail", Prompt)

    def on_key(self, event: Key) -> None:
        """Keys are the answer's while something is asked."""
        self.prompt.key(event)

    def on_paste(self, event: Paste) -> None:
        """So is a text that is pasted."""
        if self.prompt.question:
            self.prompt.take(self.prompt.answer + "".join(event.text.splitlines()))

    def _find(self, text: str, done: bool) -> None:
        """Keeps the tokens that hold what was typed."""
        if done:
            self.prompt.end()
            return
        self.sight.search(text)
        self.query_one("#vocabulary", Long).scroll_to(y=0, animate=False)
        self._show()

    def _go_to(self, text: str, done: bool) -> None:
        """Goes to the merge when its number is whole."""
        if done:
            try:
                number = texts.number(text)
            except LabError as error:
                self.notify(str(error), severity="warning")
                return
            self.prompt.end()
            self.action_go(number)

    def action_chunks(self) -> None:
        """Colours chunks, or tokens again."""
        self.sight.by_chunk = not self.sight.by_chunk
        self._show()

    def action_split(self) -> None:
        """Learns again with the next split."""
        self.study.next_split()
        self._again()

    def action_mistake(self) -> None:
        """Looks at the text with the next mistake, or with none again."""
        self.study.next_specimen()
        self._again()

    def action_vocabulary(self) -> None:
        """The next vocabulary: learned here, or a published one."""
        if self.study.next_vocabulary():
            self._again()
        else:
            self.notify(
                "no published vocabulary is on this machine: put gpt2.tiktoken into $ZHTUI_DATA"
            )

    def action_ask_text(self) -> None:
        """Asks for another text."""
        text = "a data set (shakespeare, python), the path of a text file, or the text itself"
        self.app.push_screen(EditKnob("Another text", text, "", texts.check), self._take_text)

    def _take_text(self, value: str | None) -> None:
        if value is not None:
            self._again(value)

    def action_close(self) -> None:
        """Puts a question away, and the search; then the screen."""
        if self.sight.wanted:
            self._find("", False)
        elif not self.prompt.question:
            self.app.pop_screen()
            return
        self.prompt.end()


def open_screen(opened: Opened) -> Screen[None]:
    """The lesson's own screen."""
    return TokenizerScreen()
