"""The pane of knobs: what the run has, what the next one gets, and which can be turned now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.timer import Timer

from zhtui.draw.grid import Grid
from zhtui.draw.inks import CHOSEN, FAINT, GOOD, PLAIN, TITLE, YOURS
from zhtui.errors import LabError
from zhtui.lesson import knobs
from zhtui.lesson.knobs import Row
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import keyboard_of
from zhtui.tui.reading.watch import Seen
from zhtui.tui.screens.lesson.next_run import PRESET, Draft
from zhtui.tui.screens.shared.dialogs import EditKnob
from zhtui.tui.screens.shared.pane import Pane
from zhtui.tui.session import Session
from zhtui.tui.widgets.ask import AskLine
from zhtui.tui.widgets.rows import Item, Paint, Rows

SETTLED = 0.2  # seconds after the last turn of a dial


class KnobRows(Rows):
    """The list of knobs; left and right turn the one at the cursor."""

    BINDINGS: ClassVar = keys.bindings("knobs")

    @property
    def pane(self) -> KnobPane:
        """The pane that it stands in."""
        pane = self.parent
        assert isinstance(pane, KnobPane)
        return pane

    def action_turn(self, by: int) -> None:
        """The next value up or down; on the preset, another one for the next run."""
        self.pane.turn(by)

    async def action_sift(self) -> None:
        """Opens the line to find a knob."""
        await self.pane.sift()


class KnobPane(Pane):
    """Every knob: what this run has, and what the next one will have. While the run is live, those
    that can be turned stand first.
    """

    def __init__(self, session: Session, draft: Draft) -> None:
        super().__init__(4, "knobs", "knobs")
        self.session, self.draft, self.rows = session, draft, KnobRows(id="knob-rows")
        self.values: Mapping[str, str] = {}
        self.seen: Seen | None = None
        self.live = False
        self.words = ""  # what the list is sifted by
        self.asked: dict[str, str] = {}  # turned, and not obeyed by the run yet
        self._turned: set[str] = set()  # since the run was last asked
        self._soon: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self.rows

    def on_mount(self) -> None:
        self.draw_rows()

    def show(self, values: Mapping[str, str], seen: Seen | None, live: bool) -> None:
        """The knobs of the run that is shown, and whether it is live."""
        if seen is None or self.seen is None or seen.folder != self.seen.folder:
            self.asked.clear()
        self.seen = seen
        if (values, live) != (self.values, self.live):
            obeyed = [name for name in self.asked if values.get(name) != self.values.get(name)]
            for name in obeyed:
                del self.asked[name]
            self.values, self.live = values, live
            self.draw_rows()

    @property
    def origin(self) -> tuple[str, str]:
        """The knob at the cursor."""
        return "knob", self.chosen

    @property
    def chosen(self) -> str:
        """The knob at the cursor."""
        return self.rows.chosen

    @property
    def row(self) -> Row | None:
        """The same, with all that is known of it; None on the preset."""
        return next((row for row in self.draft.rows if row.name == self.chosen), None)

    def begin(self) -> None:
        """Puts the cursor on the first knob that the live run obeys."""
        first = next((row.name for row in self._order() if self._now(row)), "")
        if first:
            self.draw_rows(first)

    def _now(self, row: Row) -> bool:
        """Whether the run in sight obeys a knob."""
        return self.live and row.knob.live

    def _order(self) -> list[Row]:
        """The knobs that are listed: those that can be turned now first."""
        words = self.words.lower().split()
        known = [
            row
            for row in self.draft.rows
            if all(word in f"{row.name} {row.knob.text}".lower() for word in words)
        ]
        return sorted(known, key=lambda row: not self._now(row))

    # Turning

    def turn(self, by: int) -> None:
        """Turns the knob at the cursor, of the live run where it obeys; else the next preset."""
        row = self.row
        if row is None:
            self.draft.turn(by)
            self.draw_rows()
            return
        now = self._now(row)
        text = self._value(row) if now else self.draft.value(row.name)
        value = knobs.dialled(row, knobs.read(row, text), by)
        if value is None:
            self.notify(f"{row.name} is a text; {keyboard_of(self.app).first('list.enter')} types")
            return
        self._tried(row.name, knobs.text(value), now)

    def _tried(self, name: str, value: str, now: bool) -> None:
        try:
            self.draft.set(name, value)
        except LabError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        if now:
            self.asked[name] = value
            self._turned.add(name)
            if self._soon is not None:
                self._soon.stop()
            self._soon = self.set_timer(SETTLED, self._send)
        self.draw_rows()

    def _send(self) -> None:
        """Asks the run for what was turned, once the hand rests."""
        turned, self._turned = self._turned & self.asked.keys(), set()
        run = None if self.seen is None else self.seen.folder
        for name in turned:
            if run is not None:
                value = self.asked[name]
                self.session.ask(run, "set", knob=name, value=value)

    def _value(self, row: Row) -> str:
        """A knob's value in this run, or what it was asked for."""
        return self.asked.get(row.name, self.values.get(row.name, self.draft.value(row.name)))

    # Typing

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        message.stop()
        self.edit()

    def edit(self) -> None:
        """Types the knob at the cursor: of the live run where it can change, else of the next."""
        row = self.row
        if row is None:
            self.notify("← → turn the preset; choose a knob with ↑ ↓, then enter", timeout=4)
            return
        now = self._now(row)

        def taken(value: str | None) -> None:
            if value is not None:
                self._tried(row.name, value, now)

        self.app.push_screen(self._dialog(row, now), taken)

    def _dialog(self, row: Row, live: bool) -> EditKnob:
        """Asks for another value, of the live run or of the next one."""
        whose = "of this run, while it goes on" if live else "of the next run"
        value = self._value(row) if live else self.draft.value(row.name)
        text = f"{row.knob.text}{f' ({row.bounds})' if row.bounds else ''}"
        return EditKnob(
            f"{row.name}, {whose}", text, value, lambda text: self.draft.check(row.name, text)
        )

    # Sifting

    async def sift(self) -> None:
        """Opens the line in which a knob is found by its words."""
        if not self.query(AskLine):
            await self.mount(AskLine("find /", hint="rate", id="sift"))
        self.query_one(AskLine).again()

    def end_sift(self) -> bool:
        """Puts the line away, and shows all knobs; whether there was one."""
        if not self.query(AskLine):
            return False
        self.words = ""
        self.query(AskLine).remove()
        self.rows.focus()
        self.draw_rows()
        return True

    def on_ask_line_changed(self, event: AskLine.Changed) -> None:
        """Lists what every word is about."""
        event.stop()
        self.words = event.value
        self.draw_rows()

    def on_ask_line_taken(self, event: AskLine.Taken) -> None:
        """Keeps the list as it is, and goes to it."""
        event.stop()
        self.rows.focus()

    # What is drawn

    def draw_rows(self, chosen: str = "") -> None:
        """All rows afresh, and what the knob at the cursor is; where they are in the lab."""
        if not self.rows.is_attached:
            return
        order = self._order()
        preset = [] if self.words else [Item(PRESET, self._preset)]
        now = [Item(row.name, self._knob(row)) for row in order if self._now(row)]
        rest = [Item(row.name, self._knob(row)) for row in order if not self._now(row)]
        self.rows.empty = f"no knob is about {self.words}"
        self.rows.show([Item("", self._head), *now, *preset, *rest], chosen)
        self._explain()

    def on_rows_moved(self, message: Rows.Moved) -> None:
        self._explain()

    def _explain(self) -> None:
        row = self.row
        if row is None:
            self.border_subtitle = "← → turn the preset of the next run"
        else:
            bounds = f" ({row.bounds})" if row.bounds else ""
            when = "← → now: " if self._now(row) else ""
            self.border_subtitle = f"{when}{row.knob.text}{bounds}".replace("[", "\\[")

    def _columns(self, width: int) -> tuple[int, int]:
        longest = max((len(row.name) for row in self.draft.rows), default=8)
        return longest + 6, longest + 6 + max((width - longest - 8) // 2, 10)

    def _head(self, cells: Grid, y: int, chosen: bool) -> None:
        this, following = self._columns(cells.width)
        cells.put(this, y, "this run" if self.values else "", FAINT)
        cells.put(following, y, "next run", FAINT)

    def _preset(self, cells: Grid, y: int, chosen: bool) -> None:
        this, following = self._columns(cells.width)
        cells.put(2, y, "preset", CHOSEN if chosen else PLAIN)
        cells.put(this, y, self.values.get(PRESET, ""), PLAIN)
        cells.put(following - 2, y, f"◂ {self.draft.preset} ▸", TITLE if chosen else YOURS)

    def _knob(self, row: Row) -> Paint:
        def paint(cells: Grid, y: int, chosen: bool) -> None:
            this, following = self._columns(cells.width)
            name, now = row.name, self._now(row)
            cells.put(2, y, name, CHOSEN if chosen else PLAIN)
            if row.knob.live:
                cells.put(this - 2, y, "●", GOOD if self.live else FAINT)
            mine, wish = self.values.get(name, ""), self.draft.value(name)
            turned = self._value(row) if now else mine
            dial = f"◂ {turned} ▸" if now and chosen else turned
            ink = TITLE if now and chosen else YOURS if name in self.asked else PLAIN
            cells.put(this, y, dial[: following - this - 1], ink)
            changed = name in self.draft.changes
            ink = YOURS if changed else (FAINT if mine == wish else PLAIN)
            dialled = chosen and not now and row.kind is not str
            said = f"◂ {wish} ▸" if dialled else f"{wish}{' ✎' if changed else ''}"
            cells.put(following - 2 * dialled, y, said, TITLE if dialled else ink)

        return paint
