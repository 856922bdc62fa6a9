"""The pane of knobs: what the run has, what the next one gets, and which can be turned now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult

from zhtui.draw.grid import Grid
from zhtui.draw.inks import CHOSEN, FAINT, GOOD, PLAIN, TITLE, YOURS
from zhtui.lesson.knobs import Row
from zhtui.tui.keys import table as keys
from zhtui.tui.reading.watch import Seen
from zhtui.tui.screens.lesson.next_run import PRESET, Draft
from zhtui.tui.screens.shared.dialogs import EditKnob
from zhtui.tui.screens.shared.pane import Pane
from zhtui.tui.session import Session
from zhtui.tui.widgets.rows import Item, Paint, Rows


class KnobRows(Rows):
    """The list of knobs; left and right turn the preset."""

    BINDINGS: ClassVar = keys.bindings("knobs")

    def action_preset(self, by: int) -> None:
        """Another preset for the next run."""
        pane = self.parent
        assert isinstance(pane, KnobPane)
        pane.turn(by)


class KnobPane(Pane):
    """Every knob: what this run has, and what the next one will have."""

    def __init__(self, session: Session, draft: Draft) -> None:
        super().__init__(4, "knobs", "knobs")
        self.session, self.draft, self.rows = session, draft, KnobRows(id="knob-rows")
        self.values: Mapping[str, str] = {}
        self.seen: Seen | None = None
        self.live = False

    def compose(self) -> ComposeResult:
        yield self.rows

    def on_mount(self) -> None:
        self.draw_rows()

    def turn(self, by: int) -> None:
        """Another preset."""
        self.draft.turn(by)
        self.draw_rows()

    def show(self, values: Mapping[str, str], seen: Seen | None, live: bool) -> None:
        """The knobs of the run that is shown, and whether it is live."""
        self.seen = seen
        if (values, live) != (self.values, self.live):
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

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        message.stop()
        self.edit()

    def edit(self) -> None:
        """Edits the knob at the cursor: of the live run where it can change, else of the next."""
        row = next((row for row in self.draft.rows if row.name == self.chosen), None)
        if row is None:
            self.notify("← → turn the preset; choose a knob with ↑ ↓, then enter", timeout=4)
            return
        live = self.live and row.knob.live

        def taken(value: str | None) -> None:
            if value is not None:
                self._set(row.name, value, live)

        self.app.push_screen(self._dialog(row, live), taken)

    def _set(self, name: str, value: str, live: bool) -> None:
        if live and self.seen is not None:
            said = f"{name} = {value}"
            self.session.ask(self.seen.folder, "set", said, knob=name, value=value)
        self.draft.set(name, value)
        self.draw_rows()

    def _dialog(self, row: Row, live: bool) -> EditKnob:
        """Asks for another value, of the live run or of the next one."""
        whose = "of this run, while it goes on" if live else "of the next run"
        value = self.values.get(row.name, "") if live else self.draft.value(row.name)
        text = f"{row.knob.text}{f' ({row.bounds})' if row.bounds else ''}"
        return EditKnob(
            f"{row.name}, {whose}", text, value, lambda text: self.draft.check(row.name, text)
        )

    def draw_rows(self) -> None:
        """All rows afresh, and what the knob at the cursor is; where they are in the lab."""
        if not self.rows.is_attached:
            return
        items = [Item("", self._head), Item(PRESET, self._preset)]
        items += [Item(row.name, self._knob(row.name, row.knob.live)) for row in self.draft.rows]
        self.rows.show(items)
        self._explain()

    def on_rows_moved(self, message: Rows.Moved) -> None:
        self._explain()

    def _explain(self) -> None:
        row = next((row for row in self.draft.rows if row.name == self.chosen), None)
        if row is None:
            self.border_subtitle = "← → turn the preset of the next run"
        else:
            bounds = f" ({row.bounds})" if row.bounds else ""
            self.border_subtitle = f"{row.knob.text}{bounds}".replace("[", "\\[")

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

    def _knob(self, name: str, live: bool) -> Paint:
        def paint(cells: Grid, y: int, chosen: bool) -> None:
            this, following = self._columns(cells.width)
            cells.put(2, y, name, CHOSEN if chosen else PLAIN)
            if live:
                cells.put(this - 2, y, "●", GOOD if self.live else FAINT)
            mine, wish = self.values.get(name, ""), self.draft.value(name)
            room = following - this - 1
            cells.put(this, y, mine[:room], PLAIN)
            changed = name in self.draft.changes
            ink = YOURS if changed else (FAINT if mine == wish else PLAIN)
            cells.put(following, y, f"{wish}{' ✎' if changed else ''}", ink)

        return paint
