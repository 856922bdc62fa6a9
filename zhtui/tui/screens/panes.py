"""The panes of a lesson's screen: charts, views, samples, knobs, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from zhtui.config import Row
from zhtui.lesson import Lesson
from zhtui.source import LOOP
from zhtui.tui import keys
from zhtui.tui.draft import PRESET, Draft
from zhtui.tui.draw.chart import Level, Line, Picture
from zhtui.tui.draw.grid import Grid, Page
from zhtui.tui.draw.inks import CHOSEN, FAINT, GOOD, PLAIN, TITLE, YOURS
from zhtui.tui.draw.notes import Document
from zhtui.tui.draw.text import places
from zhtui.tui.history import History, Sample
from zhtui.tui.keyboard import keyboard_of
from zhtui.tui.screens.dialogs import EditKnob
from zhtui.tui.widgets.chart import ChartWidget, restarted
from zhtui.tui.widgets.drawn import Drawn
from zhtui.tui.widgets.notes import NotesWidget
from zhtui.tui.widgets.rows import Item, Paint, Rows
from zhtui.tui.widgets.views import ViewWidget, widget_for
from zhtui.views import View


class Pane(Vertical):
    """A box with a number and a title; `target` is what takes the keys."""

    def __init__(self, number: int, title: str, id: str) -> None:
        super().__init__(id=id, classes="pane")
        self.number, self.name_ = number, title
        self.name_it(title)

    def name_it(self, title: str) -> None:
        """Another title."""
        self.border_title = f"{self.number} {title}"

    def on_descendant_focus(self) -> None:
        self._light(True)

    def on_descendant_blur(self) -> None:
        self._light(False)

    def _light(self, lit: bool) -> None:
        self.mark("-lit", lit)

    def mark(self, name: str, on: bool) -> None:
        """Gives the box alone a class: what lies in it looks as before, and would take 40 ms to
        style.
        """
        if self.has_class(name) != on:
            self.set_class(on, name, update=False)
            self.app.stylesheet.update_nodes([self])

    @property
    def target(self) -> Widget | None:
        """The first widget inside that takes the focus."""
        return next((child for child in self.query("*") if child.focusable), None)

    @property
    def origin(self) -> tuple[str, str]:
        """What the cursor is at, for the source: its kind and its name."""
        return "reference", LOOP


class ChartPane(Pane):
    """The lesson's charts, one at a time."""

    def __init__(self, lesson: Lesson) -> None:
        super().__init__(1, "chart", "charts")
        self.lesson = lesson
        self.charts = list(lesson.charts.items()) or [("loss", ("loss",))]
        self.pictures = [Picture() for _ in self.charts]
        self.chart = ChartWidget(id="chart")  # one for all: each more would be mounted and styled
        self.current = 0

    def compose(self) -> ComposeResult:
        yield self.chart

    def on_mount(self) -> None:
        self.turn(0)

    def turn(self, by: int) -> None:
        """The next chart, at the same moment."""
        self.current = (self.current + by) % len(self.charts)
        picture, at = self.pictures[self.current], self.chart.picture.cursor
        self.chart.picture, picture.cursor = picture, at
        self.chart.redraw()
        more = f" · {self.current + 1} of {len(self.charts)}" if len(self.charts) > 1 else ""
        self.name_it(f"{self.charts[self.current][0]}{more}")

    @property
    def origin(self) -> tuple[str, str]:
        """The chart's first metric."""
        lines = self.chart.picture.lines
        return "metric", lines[0].name if lines else self.metrics[0]

    def restart(self, empty: str) -> None:
        """Another run."""
        for index, picture in enumerate(self.pictures):
            self.pictures[index] = restarted(picture, empty)
        self.chart.picture = self.pictures[self.current]

    @property
    def metrics(self) -> Sequence[str]:
        """What the chart in sight draws."""
        return self.charts[self.current][1]

    def turn_to(self, metric: str) -> None:
        """The chart that draws a metric."""
        drawn = [index for index, (_, names) in enumerate(self.charts) if metric in names]
        if drawn:
            self.turn(drawn[0] - self.current)

    def show(
        self, history: History, beside: Sequence[Line] = (), guessed: Sequence[Level] = ()
    ) -> None:
        """Draws what the run has said; `beside` it the lines of another run, under its own."""
        metrics = self.metrics
        total = history.status.steps if history.status else 0
        lines = [*beside, *history.lines(metrics)]
        levels = [*guessed, *history.levels(self.lesson, metrics)] if lines else []
        self.chart.show(lines, levels, total)


class ViewPane(Pane):
    """One of the things that the lesson shows."""

    def __init__(self) -> None:
        super().__init__(2, "view", "views")
        self.wanted = ""
        self.shown: ViewWidget | None = None

    @property
    def origin(self) -> tuple[str, str]:
        """The view in sight."""
        return "view", self.wanted

    def turn(self, names: list[str], by: int) -> None:
        """The next view by name; the first one where none is chosen."""
        if not names:
            return
        place = names.index(self.wanted) + by if self.wanted in names else 0
        self.wanted = names[place % len(names)]

    async def show(self, step: int, name: str, view: View, names: list[str]) -> None:
        """Draws a view; the widget is kept as long as the kind is the same."""
        if name != self.wanted:
            return
        place = f" · {names.index(name) + 1} of {len(names)}" if name in names else ""
        self.name_it(f"{name} · step {step:,}{place}")
        if self.shown is not None and type(self.shown.view) is type(view):
            self.shown.show(view)
            return
        focused = self.has_focus_within
        await self.clear()
        self.shown = widget_for(view)
        await self.mount(self.shown)
        if focused:
            self.shown.focus()

    async def keep(self, known: Mapping[str, str]) -> None:
        """Takes the view away where it is not known (yet)."""
        if self.shown is not None and self.wanted not in known:
            await self.clear()
            self.name_it(f"{self.wanted} · nothing yet")

    async def clear(self) -> None:
        """No view."""
        self.shown = None
        await self.query("*").remove()


class Samples(Drawn):
    """What the run wrote, the newest first."""

    DEFAULT_CSS = "Samples { overflow: hidden auto; }"

    def __init__(self) -> None:
        super().__init__(id="samples-text")
        self.samples: list[Sample] = []

    def show(self, samples: list[Sample]) -> None:
        """Other texts."""
        if samples != self.samples:
            self.samples = list(samples)
            self.redraw()

    def draw(self, width: int, height: int) -> Page:
        if not self.samples:
            cells = Page(width, height)
            cells.put(1, 0, "nothing written yet", FAINT)
            return cells
        margin = 13 if width >= 50 else 0
        blocks = []
        y = 0
        for sample in self.samples[:40]:
            text = sample.text.strip("\n")
            spots = list(places(text, max(width - margin - 2, 8)))
            blocks.append((y, sample, spots))
            y += max((row for _, row, _ in spots), default=0) + (2 if margin else 3)
        cells = Page(width, max(y, height))
        for index, (top, sample, spots) in enumerate(blocks):
            cells.put(1, top, f"step {sample.step:,}", FAINT)
            ink = TITLE if index == 0 else PLAIN
            ink = FAINT if sample.name == "note" else ink
            for x, row, glyph in spots:
                if glyph != "\n":
                    cells.put(1 + margin + x, top + row + (not margin), glyph, ink)
        return cells


class SamplePane(Pane):
    """Samples and notes of the run."""

    def __init__(self) -> None:
        super().__init__(3, "samples", "samples")
        self.text = Samples()

    def compose(self) -> ComposeResult:
        yield self.text

    @property
    def origin(self) -> tuple[str, str]:
        """What writes."""
        return "reference", "generate.py#generate"

    def show(self, history: History) -> None:
        """Draws what was written."""
        self.text.show(history.samples)


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

    def __init__(self, draft: Draft) -> None:
        super().__init__(4, "knobs", "knobs")
        self.draft, self.rows = draft, KnobRows(id="knob-rows")
        self.values: Mapping[str, str] = {}
        self.live = False

    def compose(self) -> ComposeResult:
        yield self.rows

    def on_mount(self) -> None:
        self.draw_rows()

    def turn(self, by: int) -> None:
        """Another preset."""
        self.draft.turn(by)
        self.draw_rows()

    def show(self, values: Mapping[str, str], live: bool) -> None:
        """The knobs of the run that is shown, and whether it is live."""
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

    def dialog(self, row: Row, live: bool) -> EditKnob:
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


class NotePane(Pane):
    """The lesson's text."""

    def __init__(self) -> None:
        super().__init__(5, "notes", "notes")
        self.text = NotesWidget()

    def compose(self) -> ComposeResult:
        yield self.text

    @property
    def origin(self) -> tuple[str, str]:
        """What the link at the cursor, or the first in sight, refers to."""
        return "reference", self.text.link

    def show(self, document: Document) -> None:
        """Draws the notes."""
        self.text.show(document)
        if document.links:
            first = keyboard_of(self.app).first
            ways = f"{first('notes.before')} {first('notes.after')} link   "
            self.border_subtitle = f"{ways}{first('notes.open')} its code".replace("[", "\\[")
