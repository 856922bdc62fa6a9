"""The panes of a lesson's screen: charts, views, samples, knobs, notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from textual.app import ComposeResult

from zhtui.draw.grid import Page
from zhtui.draw.inks import FAINT, PLAIN, TITLE
from zhtui.draw.notes import Document
from zhtui.draw.picture import Level, Line, Picture
from zhtui.draw.text import wrap
from zhtui.lesson.card import Lesson
from zhtui.lesson.catalog import Entry
from zhtui.lesson.views import View
from zhtui.tui.keys.keyboard import keyboard_of
from zhtui.tui.reading.history import History, Sample
from zhtui.tui.screens.lesson.beside import BesideView
from zhtui.tui.screens.lesson.first_frame import FirstFrame
from zhtui.tui.screens.shared.notes import ways
from zhtui.tui.screens.shared.pane import Pane
from zhtui.tui.session import Session
from zhtui.tui.widgets.chart import ChartWidget, restarted
from zhtui.tui.widgets.lines import Line as TextLine
from zhtui.tui.widgets.lines import words
from zhtui.tui.widgets.notes import NotesWidget
from zhtui.tui.widgets.views import ViewWidget, widget_for
from zhtui.tui.widgets.window import Window

MARGIN, WIDE = 13, 50  # cells of a sample's step, and from which width it stands beside the text
NEWEST = 40  # samples that are shown
Written = tuple[str, str, int]  # the step where a sample begins, a line of text, its ink
BLANK: Written = ("", "", PLAIN)


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
        return "metric", self.metrics[0]

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
        """Draws what the run has said; `beside` it the lines of another run, under its own, which
        is then named by what differs.
        """
        metrics = self.metrics
        total = history.status.steps if history.status else 0
        own = [self._with_best(line) for line in history.lines(metrics, self.lesson.noisy)]
        if own and beside and history.differs:
            own[0] = replace(own[0], name=history.differs)
        lines = [*beside, *own]
        levels = [*guessed, *history.levels(self.lesson, metrics)] if lines else []
        self.chart.show(lines, levels, total, history.happened)

    def _with_best(self, line: Line) -> Line:
        """The line of the lesson's figure, with its best point."""
        if line.name != self.lesson.figure:
            return line
        return replace(line, best=line.series.best(self.lesson.higher))


class ViewPane(Pane):
    """One of the things that the lesson shows; two of them where all panes have room."""

    DEFAULT_CSS = "ViewPane.-beside { layout: horizontal; }"

    def __init__(self) -> None:
        super().__init__(2, "view", "views")
        self.wanted = self.beside = ""
        self.names: list[str] = []
        self.shown: ViewWidget | None = None
        self.second: BesideView | None = None
        self.first: FirstFrame | None = None

    @property
    def origin(self) -> tuple[str, str]:
        """The view in sight."""
        return self.first.origin if self.first is not None else ("view", self.wanted)

    @property
    def invites(self) -> bool:
        """Whether a scene's first frame stands here."""
        return self.first is not None and self.first.shown is not None

    async def invite(self, session: Session, entry: Entry) -> None:
        """Before any run: the first frame of the lesson's first scene, as soon as it is drawn."""
        if entry.scenes():
            await self.clear()
            self.first = FirstFrame(session, entry)
            await self.mount(self.first)

    def on_first_frame_came(self, message: FirstFrame.Came) -> None:
        """Names it, with the key that goes on from there."""
        self.name_it(message.title)
        key = keyboard_of(self.app).first("lesson.explore")
        self.border_subtitle = f"{key} explores it, frame by frame".replace("[", "\\[")

    def turn(self, names: list[str], by: int) -> None:
        """The next view by name; the first one where none is chosen."""
        if not names:
            return
        place = names.index(self.wanted) + by if self.wanted in names else 0
        self.wanted, self.names = names[place % len(names)], names
        self.beside = names[(place + 1) % len(names)] if self.broad and len(names) > 1 else ""

    @property
    def broad(self) -> bool:
        """Whether there is room for two views: all panes are shown at once."""
        return self.is_attached and self.screen.has_class("-all")

    async def on_resize(self) -> None:
        """A second view comes and goes with the room for it."""
        if self.broad != bool(self.beside) and len(self.names) > 1:
            await self.run_action("screen.view(0)")
        if self.second is not None and not self.beside:
            await self.one()

    async def show_beside(self, step: int, name: str, view: View) -> None:
        """Draws the second view."""
        if name != self.beside or self.shown is None:
            return
        if self.second is None:
            self.second = BesideView()
            self.add_class("-beside")
            await self.mount(self.second)
        await self.second.show(step, name, view)

    async def one(self) -> None:
        """No second view."""
        second, self.second = self.second, None
        self.remove_class("-beside")
        if second is not None:
            await second.remove()

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
        if self.shown is None or self.second is None:
            await self.clear()
        else:
            await self.shown.remove()
        self.shown = widget_for(view, eager=True)
        await self.mount(self.shown, before=self.second)
        if focused:
            self.shown.focus()

    async def keep(self, known: Mapping[str, str]) -> None:
        """Takes the view away where it is not known (yet)."""
        if self.shown is not None and self.wanted not in known:
            await self.clear()
            self.name_it(f"{self.wanted} · nothing yet")
        if self.second is not None and self.beside not in known:
            await self.one()

    async def restart(self, of_run: bool) -> None:
        """Another run, which has shown nothing yet, or none."""
        await self.clear()
        self.name_it("view · nothing yet" if of_run else self.short)
        if of_run and self.is_mounted:  # else the title alone says so
            line = TextLine()
            await self.mount(line)
            line.show([words("this run has shown nothing yet", FAINT)])

    async def clear(self) -> None:
        """No view."""
        self.shown = self.first = None
        self.border_subtitle = ""
        await self.one()
        await self.query("*").remove()


class Samples(Window):
    """What the run wrote, the newest first."""

    DEFAULT_CSS = "Samples { overflow: hidden auto; }"

    def __init__(self) -> None:
        super().__init__(id="samples-text")
        self.samples: list[Sample] = []
        self.empty = "nothing written yet"
        self._lines: tuple[int, list[Written]] = (-1, [])  # for a width

    def show(self, samples: list[Sample], over: bool) -> None:
        """Other texts; `over`: no more will come."""
        empty = "this run wrote nothing" if over else "nothing written yet"
        if (samples, empty) != (self.samples, self.empty):
            self.samples, self.empty = list(samples), empty
            self._lines = (-1, [])
            self.redraw()

    @property
    def lines(self) -> list[Written]:
        """The texts, line by line, for the width that there is."""
        width = self.room.width
        if self._lines[0] != width:
            margin = MARGIN if width >= WIDE else 0
            found = list(_written(self.samples[:NEWEST], margin, width))
            self._lines = width, found or [(self.empty, *BLANK[1:])]
        return self._lines[1]

    def count(self) -> int:
        return max(len(self.lines), self.room.height)

    def looks(self, index: int) -> Written:
        return self.lines[index] if index < len(self.lines) else BLANK

    def row(self, index: int, width: int) -> Page:
        cells, (head, text, ink) = Page(width, 1), self.looks(index)
        cells.put(1, 0, head, FAINT)
        cells.put(1 + MARGIN * (width >= WIDE), 0, text, ink)
        return cells


def _written(samples: Sequence[Sample], margin: int, width: int) -> Iterator[Written]:
    """The lines of all samples: beside their step where there is a margin, else below it."""
    for index, sample in enumerate(samples):
        head, ink = f"step {sample.step:,}", TITLE if index == 0 else PLAIN
        if not margin:
            yield head, "", FAINT
        for line in wrap(sample.text.strip("\n"), max(width - margin - 2, 8)) or ("",):
            yield head if margin else "", line, FAINT if sample.name == "note" else ink
            head = ""
        yield BLANK


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

    def show(self, history: History, over: bool) -> None:
        """Draws what was written up to a moment; `over`: it is the last one of a run that ended."""
        self.text.show(history.samples, over)


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
        if document.targets:
            self.border_subtitle = ways(keyboard_of(self.app)).replace("[", "\\[")
