"""The inspector on a terminal: a text merge by merge, its pairs, its trees, its vocabulary."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from lessons.tokenizer.published import missing
from lessons.tokenizer.screen import pictures, texts
from lessons.tokenizer.screen.compare import GENRES, levels
from lessons.tokenizer.screen.inspector import Inspector, Page
from lessons.tokenizer.screen.keys import HELP, HERE
from lessons.tokenizer.screen.selection import Selection
from lessons.tokenizer.screen.study import Study
from zhtui.lab import LabError
from zhtui.screen import (
    ALL,
    ONE,
    SMALL,
    Arrangement,
    AskLine,
    EditKnob,
    LabScreen,
    LongSketch,
    Opened,
    Pane,
    Part,
    Played,
    Player,
    Sketch,
    bindings,
    words,
)

FIND, GO_TO = "find", "go to merge"  # what the line under the panes asks
GLANCE = 0.2  # seconds: who opens the screen and leaves at once waits for nothing that is learned
LEFT = (1, 5, 6)  # the panes that are as high as the screen, where there are two columns


class TokenizerScreen(Played, LabScreen):
    """Explores a text and the merges that were learned from it, or from another."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(HERE)
    explained = (HELP, (("Here", HERE), ("In a pane", "window")))
    CSS = """
    #boxes { height: 1fr; layout: grid; grid-gutter: 0 1; }
    TokenizerScreen.-one #boxes, TokenizerScreen.-small #boxes { grid-size: 1 1; }
    TokenizerScreen.-two #boxes { grid-size: 2 2; grid-columns: 3fr 2fr; grid-rows: 3fr 2fr; }
    TokenizerScreen.-two .left { row-span: 2; }
    TokenizerScreen.-all #boxes { grid-size: 3 2; grid-columns: 5fr 4fr 4fr; grid-rows: 1fr 1fr; }
    TokenizerScreen #comparison, TokenizerScreen #traps { overflow: hidden scroll; }
    #curve { height: 11; }
    TokenizerScreen.-one #curve { display: none; height: 1fr; }
    TokenizerScreen.-one.-curve #curve { display: block; }
    TokenizerScreen.-one.-curve #comparison { display: none; }
    """

    def __init__(
        self, text: str = "", source: str = "", merges: int = 50_000, run: Path | None = None
    ) -> None:
        """`text` to start with; the first data set that is on this machine unless given. `run` is
        the folder of a run whose tokens can be looked through.
        """
        super().__init__()
        self.study = Study(text, source, merges, run=run)
        self.selection = chosen = Selection(self.study)
        self.player = Player(self, self._go, ready=self._ready, pace=lambda done: done // 40)
        self.left, self.right = 1, 2
        self.done = 0  # the merge that was asked for: there may not be so many yet
        self.turn = 0  # what was begun in an earlier turn is no longer wanted
        self.text = LongSketch(chosen.painted(chosen.text_row), chosen.text_looks, "text")
        self.pairs = LongSketch(chosen.painted(chosen.pair_row), chosen.pair_looks, "pairs")
        self.tokens = LongSketch(chosen.painted(chosen.token_row), chosen.token_looks, "vocabulary")
        curve = Sketch(chosen.painted(chosen.curve), "curve")
        curve.can_focus = False
        content: dict[int, tuple[str, *tuple[Sketch, ...]]] = {
            1: ("text", self.text),
            5: ("compare", Sketch(chosen.painted(chosen.comparison), "comparison"), curve),
            6: ("traps", Sketch(chosen.painted(chosen.traps), "traps")),
            2: ("pairs", self.pairs),
            4: ("vocabulary", self.tokens),
            3: ("tree", Sketch(chosen.painted(chosen.tree), "tree")),
        }
        self.boxes = [
            Pane(n, part[0], f"box-{n}", *part[1:], classes="left" if n in LEFT else "")
            for n, part in content.items()
        ]
        self.panes = Arrangement(self, self.boxes, self._chosen)
        self.line = AskLine(id="detail")  # tells of the cursor's token, or asks

    @property
    def inspector(self) -> Inspector | None:
        """What is looked through; None until the first has come."""
        return self.selection.inspector

    def room(self) -> Mapping[str, bool]:
        return self.panes.classes

    def stage(self) -> Iterable[Widget]:
        with Container(id="boxes"):
            yield from self.boxes
        yield self.line

    def on_mount(self) -> None:
        self.panes.arrange()
        self.call_after_refresh(self._again, "" if self.study.text else "auto")

    def on_unmount(self) -> None:
        self.turn += 1

    # What is looked at

    def _again(self, wish: str = "") -> None:
        """Looks at the study anew, or at another text."""
        self.turn += 1
        self.run_worker(self._open(wish), exclusive=True, exit_on_error=False)

    async def _open(self, wish: str) -> None:
        """Reads another text if one is wished; learns from it, or takes a vocabulary to it."""
        turn, study = self.turn, self.study
        self._say("reading …" if wish else "working it out …")
        await asyncio.sleep(0 if self.inspector else GLANCE)
        try:
            if wish:
                text, source = await asyncio.to_thread(texts.read, wish)
                study.take(text, source)
                if source == texts.TYPED:
                    self.done = study.merges  # all of them: the text as it is read
            steps = study.inspectors(lambda: turn == self.turn)
            while (inspector := await asyncio.to_thread(next, steps, None)) is not None:
                await asyncio.to_thread(self._place, inspector)
                self.selection.arrive(inspector)
                self.player.stands(inspector.done, inspector.merges)
                self._break()
            compared = await asyncio.to_thread(study.compared)
            self.selection.levels = await asyncio.to_thread(levels, study.text, compared)
            if self.inspector is not None:
                await asyncio.to_thread(self.selection.warm, self.inspector)
            self.stays()
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

    def _say(self, text: str) -> None:
        self.top.show([words(text)])

    def _chosen(self, room: str, current: int) -> set[int]:
        """The numbers of the panes that a room shows."""
        shown = {ONE: {current}, SMALL: {current}, ALL: {1, 2, 3, 4, 5, 6}}
        return shown.get(room, {self.left, self.right, 3})

    def lay_out(self) -> None:
        self.panes.arrange()
        self.call_after_refresh(self._break)

    def _break(self) -> None:
        """Breaks the text into rows for the width that there is."""
        inspector, selection, width = self.inspector, self.selection, self.text.room.width
        if inspector is None:
            return
        if width and (selection.page.text is not inspector.text or selection.page.width != width):
            selection.page = Page(inspector.text, width)
            self.text.show(len(selection.page))
            self.text.reveal(selection.page.row_of(inspector.cursor))
        self._show()

    def _show(self) -> None:
        """Draws everything afresh that is in selection."""
        inspector, selection = self.inspector, self.selection
        if inspector is None:
            return
        selection.plain = bool(self.app.no_color)
        selection.look()
        for line, draw in ((self.top, pictures.headline), (self.line, pictures.detail)):
            line.show([Part(tuple(each), weight) for each, weight in draw(inspector)])
        self.rule.show(selection.complaint)
        if self.panes.current != 4:
            selection.choose_here()
            self.tokens.reveal(selection.listed)
        for pane in self.boxes:
            pane.name_it(selection.titles.get(pane.number, pane.name_))
        self.tokens.rows = len(selection.numbers)
        if self.pairs.region.area:
            self.pairs.rows = max(len(inspector.state.pairs), 1)
        for widget in self.query(Sketch):
            if widget.region.area:
                widget.redraw()

    # Keys

    def _ready(self) -> bool:
        return self.inspector is not None and self.inspector.ready

    def _go(self, done: int) -> None:
        """To the state after so many merges."""
        inspector = self.inspector
        if inspector is not None:
            inspector.go(done)
            self.done = inspector.done
            self.player.stands(inspector.done, inspector.merges)
            if inspector.ready:
                if inspector.show_made(*self._in_sight):
                    self._follow()
                self._show()
            else:
                self.run_worker(self._prepare(inspector), exclusive=True, group="prepare")

    @property
    def _in_sight(self) -> tuple[int, int]:
        """The characters of the text that are in sight: from, to."""
        page, top = self.selection.page, self.text.top
        last = min(top + max(self.text.room.height, 1), len(page)) - 1
        return page.row(min(top, last))[0], page.row(last)[1]

    def action_token(self, by: int) -> None:
        """Moves the cursor by tokens."""
        if self.inspector is not None:
            self.inspector.move(by)
            self._follow()

    def action_find(self, direction: int) -> None:
        """To the next place of the token that the tree shows."""
        inspector, chosen = self.inspector, self.selection.chosen
        if inspector is not None and inspector.find(chosen, direction > 0):
            self._follow()
        elif inspector is not None:
            self.notify(f"{pictures.token_text(inspector, chosen)} is nowhere in this text now")

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
        """Keeps the cursor in selection."""
        assert self.inspector is not None, "there is a cursor"
        self.text.reveal(self.selection.page.row_of(self.inspector.cursor))
        self._show()

    def on_sketch_turned(self, message: Sketch.Turned) -> None:
        """The cursor keys: a row of the text, a token of the list, a kind of text."""
        inspector, selection = self.inspector, self.selection
        if inspector is None:
            return
        if message.sketch.id == "text":
            inspector.cursor = selection.page.moved(inspector.cursor, message.by)
            self._follow()
        elif message.sketch.id == "vocabulary" and len(selection.numbers):
            row = min(max(selection.listed + message.by, 0), len(selection.numbers) - 1)
            selection.chosen = int(selection.numbers[row])
            self.tokens.reveal(row)
            self._show()
        elif message.sketch.id == "comparison":
            names = list(GENRES)
            selection.genre = names[(names.index(selection.genre) + message.by) % len(names)]
            self._show()
        elif message.sketch.id == "pairs":
            message.sketch.scroll_relative(y=message.by, animate=False)

    def action_to(self, number: int) -> None:
        """Shows a pane and gives it the keys."""
        if number in LEFT:
            self.left = number
        elif number != 3:
            self.right = number
        self.panes.to(number)
        self.call_after_refresh(self._break)

    def action_compare(self) -> None:
        """The comparison; there again, where there is room for one thing only, the curve."""
        if self.panes.current == 5:
            self.toggle_class("-curve")
            self.call_after_refresh(self._show)
        self.action_to(5)

    def action_pane(self, by: int) -> None:
        """The next pane."""
        self.action_to((self.panes.current - 1 + by) % 6 + 1)

    def action_search(self) -> None:
        """Searches the vocabulary as one types."""
        self.action_to(4)
        self.line.ask(FIND, hint="part of a token")

    def action_ask_where(self) -> None:
        """Asks for the number of a merge."""
        if self.inspector is not None:
            self.line.ask(GO_TO, hint=f"0 (bytes) … {self.inspector.merges:,}")

    def on_ask_line_changed(self, event: AskLine.Changed) -> None:
        """A part of a token is looked for as it is typed."""
        if self.line.question == FIND:
            self._search(event.value)

    def on_ask_line_taken(self, event: AskLine.Taken) -> None:
        """Keeps what was found, or goes to the merge."""
        if self.line.question == FIND:
            self.line.end()
        elif self.line.question == GO_TO:
            self._go_to(event.value)

    def _search(self, text: str) -> None:
        """Keeps the tokens that hold what was typed."""
        self.selection.search(text)
        self.tokens.scroll_to(y=0, animate=False)
        self._show()

    def _go_to(self, text: str) -> None:
        """Goes to the merge of that number."""
        try:
            number = texts.number(text)
        except LabError as error:
            self.notify(str(error), severity="warning")
            return
        self.line.end()
        self.player.to(number)

    def action_chunks(self) -> None:
        """Colours chunks, or tokens again."""
        self.selection.by_chunk = not self.selection.by_chunk
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
            self.notify(f"No other vocabulary is here. {missing()}", markup=False)

    def action_ask_text(self) -> None:
        """Asks for another text."""
        text = "a data set (shakespeare, python), the path of a text file, or your own words"
        self.app.push_screen(EditKnob("Another text", text, "", texts.check), self._take_text)

    def _take_text(self, value: str | None) -> None:
        if value is not None:
            self._again(value)

    def action_back(self) -> None:
        """Puts a question away, and the search; then the screen."""
        if self.selection.wanted:
            self._search("")
        elif not self.line.question:
            self.dismiss(None)
            return
        self.line.end()


def open_screen(opened: Opened) -> TokenizerScreen:
    """The lesson's own screen, with the tokens of the run in sight, else of the newest."""
    runs = (
        [opened.run] if opened.run else [r.folder for r in opened.session.runs(opened.entry.name)]
    )
    trained = [folder.path for folder in runs if folder.checkpoints()]
    return TokenizerScreen(run=next(iter(trained), None))
