"""All runs of all lessons: found, compared in one chart, noted, renamed, exported, deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar

from textual.containers import Container
from textual.events import ScreenResume
from textual.screen import ModalScreen
from textual.widget import Widget

from zhtui.draw.inks import FAINT, TITLE, YOURS
from zhtui.lesson.card import Lesson
from zhtui.tui.keys import table as keys
from zhtui.tui.messages import DeviceRead, RunGrew, RunsChanged
from zhtui.tui.reading.watch import Seen
from zhtui.tui.screens.runs import changes, filtering
from zhtui.tui.screens.runs.log import LogTail
from zhtui.tui.screens.runs.overlay import AXES, SMOOTHINGS, Overlay, free_colour
from zhtui.tui.screens.runs.panes import (
    ComparePane,
    ListPane,
    LogPane,
    OverlayPane,
    key_of,
)
from zhtui.tui.screens.shared.arrangement import Arrangement
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.screens.shared.layout import ALL, ONE, TWO
from zhtui.tui.session import Session
from zhtui.tui.widgets.ask import AskLine
from zhtui.tui.widgets.chart import ChartWidget
from zhtui.tui.widgets.lines import words
from zhtui.tui.widgets.rows import Rows

HELP = """
1 lists the runs of every lesson; ● marks those that are in the chart. Without a mark the chart
shows the run at the cursor. ✓ finished, ▶ running, ‖ paused, ■ stopped, ✗ failed, ? lost its
worker; a best figure with ✓ reached what is published; ↳ names the run it was forked from.

2 draws one metric of all marked runs, with published figures and baselines as dashed lines; the
arrow keys move a crosshair, and 3 then reads every line at it. 3 shows the best values too, and the
knobs in which the runs differ. 4 is what the worker of the run at the cursor wrote to its console.

A filter is a line of words that must all hold: gpt is somewhere in the run's lesson, name, state,
preset or note; lr=0.001 is a knob; best<1.9 and steps>=1000 compare numbers.
"""
PLACES = (("Here", "runs"), ("In the list", "list"), ("In the chart", "chart"))


class RunsScreen(LabScreen):
    """The runs of the store, as the watcher last saw them."""

    BINDINGS: ClassVar = keys.bindings("runs")
    CSS_PATH = "screen.tcss"
    explained = (HELP, PLACES)
    NEEDS_ROOM = True

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.overlay = Overlay()
        self.marks: dict[Path, int] = {}  # folder -> colour, in the order of marking
        self.listed: list[Seen] = []
        self.order, self.backwards, self.words = filtering.ORDERS[0], False, ""
        self.list, self.plot = ListPane(), OverlayPane()
        self.table, self.printed = ComparePane(), LogPane()
        self.later = [self.plot, self.table, self.printed]
        self.panes = Arrangement(self, [self.list, *self.later], _shown)
        self.console: LogTail | None = None
        self._due = False  # chart and table will be drawn

    def room(self) -> Mapping[str, bool]:
        return self.panes.classes

    def stage(self) -> Iterable[Widget]:
        with Container(id="runs-panes"):
            yield self.list

    def on_mount(self) -> None:
        self.refresh_runs()
        self.to(self.panes.current)

    async def complete(self) -> None:
        """The other panes, and what they show."""
        if await self.add(self.query_one("#runs-panes"), *self.later):
            self.to(self.panes.current)
            self.refresh_runs()

    # The list

    def lesson_of(self, name: str) -> Lesson | None:
        """The card of a lesson, where it is here."""
        entry = self.session.entry(name)
        return entry.lesson if entry else None

    @property
    def lessons(self) -> list[Lesson]:
        """The lessons of the runs in the chart."""
        names = dict.fromkeys(trace.seen.folder.lesson for trace in self.overlay.traces)
        return [lesson for lesson in map(self.lesson_of, names) if lesson is not None]

    @property
    def chosen(self) -> Seen | None:
        """The run at the cursor."""
        key = self.list.rows.chosen
        return next((run for run in self.listed if key_of(run) == key), None)

    def refresh_runs(self) -> None:
        """Sifts and orders what the watcher saw, and draws it."""
        kept = filtering.kept(self.session.runs(), self.words)
        self.listed = filtering.ordered(kept, self.order, self.backwards, self.lesson_of)
        now = self.session.clock()
        self.list.show(self.listed, self.marks, self.lesson_of, now, self.words)
        self._follow()
        self._show_top()
        self._show_soon()

    def _show_top(self) -> None:
        count, whole = len(self.listed), len(self.session.runs())
        shown = f"{whole:,} run{'s' if whole != 1 else ''}"
        shown = shown if count == whole else f"{count:,} of {shown}"
        parts = [words("runs", TITLE, 9), words(shown, YOURS, 8)]
        if marked := self.marked:
            parts.append(words(f"{len(marked)} marked", YOURS, 7))
        arrow = " backwards" if self.backwards else ""
        parts.append(words(f"by {self.order}{arrow}", FAINT, 6))
        if self.words:
            parts.append(words(f"/ {self.words}", YOURS, 8))
        parts.append(words(self.session.reading(), FAINT, 1))
        self.top.show(parts)

    # What is followed

    @property
    def marked(self) -> list[Seen]:
        """The marked runs that are still there."""
        known = {run.folder.path: run for run in self.session.runs()} if self.marks else {}
        return [known[path] for path in self.marks if path in known]

    def _follow(self) -> None:
        """Follows the runs in the chart, and drops the others; where there is a chart."""
        if not self.plot.is_attached:
            return
        wanted = self.marked or ([self.chosen] if self.chosen is not None else [])
        self.overlay.follow(wanted, self.marks, self.session.watch, self)
        self._follow_console()

    def _follow_console(self) -> None:
        run, seen = self.chosen, self.printed.is_attached and self.printed.display
        folder = run.folder if run is not None and seen else None
        if self.console is not None and self.console.folder != folder:
            self.session.watch.drop(self.console)
            self.console = None
        if self.console is None:
            self.printed.view.show([])
            if folder is not None:
                self.console = LogTail(folder, self)
                self.session.watch.follow(self.console)

    def on_screen_suspend(self) -> None:
        """Reads nothing for what is not seen; under a dialog it still is."""
        if not isinstance(self.app.screen, ModalScreen):
            self._drop_all()

    def on_screen_resume(self, event: ScreenResume) -> None:
        for trace in self.overlay.traces:
            trace.followed.follow()
        if self.plot.is_attached:
            self.refresh_runs()

    def on_unmount(self) -> None:
        self._drop_all()

    def _drop_all(self) -> None:
        for trace in self.overlay.traces:
            trace.followed.leave()
        if self.console is not None:
            self.session.watch.drop(self.console)
            self.console = None

    def on_runs_changed(self, message: RunsChanged) -> None:
        self.refresh_runs()

    def on_device_read(self, message: DeviceRead) -> None:
        self._show_top()

    def on_run_grew(self, message: RunGrew) -> None:
        """Takes and draws what is new."""
        if not self.session.link.free():
            return
        grown = [trace.grow() for trace in self.overlay.traces]
        if any(grown):
            self._show()
        if self.console is not None:
            self.printed.view.show(self.console.take())

    def _show_soon(self) -> None:
        """Draws chart and table once the rows are in sight, however often that is asked for."""
        if not self._due:
            self._due = True
            self.call_after_refresh(self._show)

    def _show(self) -> None:
        self._due = False
        empty = "space marks a run" if self.listed else "no run here"
        if any(trace.history.status is None for trace in self.overlay.traces):
            empty = "reading…"
        elif self.overlay.traces:
            empty = "nothing recorded yet"
        self.plot.show(self.overlay, self.lessons, empty)
        self._show_differences()

    def _show_differences(self) -> None:
        self.table.show(self.overlay, self.lessons, self.plot.chart, self.chosen)

    def on_chart_widget_pointed(self, message: ChartWidget.Pointed) -> None:
        self.plot.title(self.overlay, self.lessons)
        self._show_differences()

    def on_rows_moved(self, message: Rows.Moved) -> None:
        if self.marked:  # the chart is theirs, wherever the cursor stands
            self._follow_console()
            self.call_after_refresh(self._show_differences)
            return
        self.plot.chart.restart("reading…")
        self._follow()
        self._show_soon()

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        self.action_open()

    # Marks and the chart

    def action_mark(self) -> None:
        """Marks the run at the cursor, or takes its mark away, and goes on to the next."""
        run = self.chosen
        if run is None:
            return
        if run.folder.path in self.marks:
            del self.marks[run.folder.path]
        else:
            self._mark(run)
        self.refresh_runs()
        self.list.rows.action_cursor(1)

    def _mark(self, run: Seen) -> None:
        self.marks[run.folder.path] = free_colour(self.marks.values())

    def action_mark_all(self) -> None:
        """Marks all that are listed (the first twenty), or none."""
        if self.marked:
            self.marks.clear()
        else:
            for run in self.listed[:20]:
                self._mark(run)
        self.refresh_runs()

    def action_metric(self, by: int) -> None:
        """Another metric."""
        self.overlay.turn(self.lessons, by)
        self._show()

    def action_smooth(self) -> None:
        """The next smoothing."""
        place = SMOOTHINGS.index(self.overlay.smoothing) + 1
        self.overlay.smoothing = SMOOTHINGS[place % len(SMOOTHINGS)]
        self._show()

    def action_axis(self) -> None:
        """Steps, seconds or tokens."""
        place = AXES.index(self.overlay.axis) + 1
        self.overlay.axis = AXES[place % len(AXES)]
        picture = self.plot.chart.picture
        picture.span = picture.cursor = None
        self._show()

    def action_log_x(self) -> None:
        """Logarithmic width, or linear."""
        picture = self.plot.chart.picture
        picture.log_x = not picture.log_x
        self._show()

    # Order and filter

    def action_order(self, by: int) -> None:
        """The next order."""
        place = filtering.ORDERS.index(self.order) + by
        self.order, self.backwards = filtering.ORDERS[place % len(filtering.ORDERS)], False
        self.refresh_runs()

    def action_reverse(self) -> None:
        """The order backwards."""
        self.backwards = not self.backwards
        self.refresh_runs()

    async def action_filter(self) -> None:
        """Opens the line of the filter."""
        if not self.query(AskLine):
            hint = "gpt  lr=0.001  best<1.9"
            await self.mount(AskLine("filter /", hint=hint, id="filter"), before="#keys")
        self.query_one(AskLine).again()

    def on_ask_line_changed(self, event: AskLine.Changed) -> None:
        self.words = event.value
        self.refresh_runs()

    def on_ask_line_taken(self, event: AskLine.Taken) -> None:
        """Keeps the filter, and goes to the list."""
        if not event.value:
            self.query(AskLine).remove()
        self.to(1)

    # What is done to a run

    def action_open(self) -> None:
        """Opens the run on its lesson's screen."""
        run = self.chosen
        entry = self.session.entry(run.folder.lesson) if run else None
        if run is not None and entry is None:
            self.notify(f"the lesson {run.folder.lesson} is not here", severity="warning")
        elif run is not None and entry is not None:
            self.session.doors.lesson(entry, run=run.folder.name)

    def action_pause(self) -> None:
        """Pauses or resumes the run."""
        if self.chosen is not None:
            self.session.pause_or_resume(self.chosen.folder)

    def action_note(self) -> None:
        """Edits the note."""
        if self.chosen is not None:
            changes.note(self.session, self.chosen)

    def action_rename(self) -> None:
        """Edits the name; the run keeps its mark."""
        if self.chosen is not None:
            changes.rename(self.session, self.chosen, self.marks)

    def action_delete(self) -> None:
        """Asks, then deletes."""
        if self.chosen is not None:
            changes.delete(self.session, self.chosen)

    def action_export(self) -> None:
        """Asks for a format, then writes the runs in the chart into the working directory."""
        picture = self.plot.chart.picture
        changes.export(self.session, self.overlay, self.lessons, picture)

    # Panes

    def lay_out(self) -> None:
        self.panes.arrange()
        self._follow_console()

    def to(self, number: int) -> None:
        """Goes to a pane."""
        self.panes.to(number)
        self._follow_console()

    def action_to(self, number: int) -> None:
        """A pane by its number."""
        self.to(number)

    def action_pane(self, by: int) -> None:
        """The next pane."""
        self.to((self.panes.current - 1 + by) % 4 + 1)

    def action_console(self) -> None:
        """The console; again to come back."""
        self.to(1 if self.panes.current == 4 else 4)

    def action_zoom(self) -> None:
        """One pane alone, or all again."""
        self.panes.zoom()
        self._follow_console()

    def action_back(self) -> None:
        """Puts away the filter's line, the crosshair, the zoom, the filter, then the screen."""
        typing = isinstance(self.focused, AskLine)
        if self.focused is self.plot.chart and self.plot.chart.clear_cursor():
            self._show_differences()
        elif self.panes.zoomed and not typing:
            self.action_zoom()
        elif self.query(AskLine):
            self.words = ""
            self.query(AskLine).remove()
            self.refresh_runs()
            self.to(1)
        else:
            self.dismiss(None)


def _shown(room: str, current: int) -> set[int]:
    """The numbers of the panes that a room shows; the console stands where the table would."""
    beside = 4 if current == 4 else 3
    return {ONE: {current}, TWO: {1, 2, beside}, ALL: {1, 2, 3, 4}}.get(room, set())
