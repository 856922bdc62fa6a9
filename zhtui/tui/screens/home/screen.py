"""Home: the lessons by part, and at the side what the one at the cursor is about."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical
from textual.events import ScreenResume
from textual.widget import Widget

from zhtui.draw.grid import Grid
from zhtui.draw.inks import CHOSEN, FAINT, GOOD, PLAIN, PUBLISHED, TITLE, WRONG, YOURS
from zhtui.lesson.card import Lesson
from zhtui.lesson.catalog import Entry
from zhtui.runs import figures
from zhtui.tui import run_words
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import keyboard_of, no_run
from zhtui.tui.messages import DeviceRead, RunsChanged
from zhtui.tui.reading.watch import Seen
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.screens.shared.layout import ONE, SMALL, layout
from zhtui.tui.session import Session
from zhtui.tui.widgets.about import About, Words
from zhtui.tui.widgets.lines import Line, Rule, words
from zhtui.tui.widgets.rows import Item, Paint, Rows
from zhtui.wording import number

if TYPE_CHECKING:
    from zhtui.tui.screens.home.newest import Newest
    from zhtui.tui.widgets.ask import AskLine

BREADTH = 50
HELP = """
On the left, the lessons, part by part. The number at the right of a lesson is the best figure of
your runs: ✓ reached what is published, ▶ a run is training now. What is typed to find a lesson may
be words of its name, its part or what it is about; all of them must hold.

On the right, what the lesson at the cursor is about: the published figure and yours, the curve of
its newest run, and the last thing that this run wrote. The line at the bottom shows every run that
trains.
"""


class HomeScreen(LabScreen):
    """Every lesson that was found, a broken one with its error."""

    BINDINGS = keys.bindings("home")
    explained = (HELP, (("Here", "home"), ("In the list", "list")))

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.newest: Newest | None = None  # comes after the first frame
        self.shown_run: Seen | None = None
        self.words = ""  # what the list is filtered by

    def stage(self) -> Iterable[Widget]:
        with Horizontal(id="stage"):
            yield Rows(empty="no lessons were found: see `zhtui lessons`", id="lessons")
            with Vertical(id="side"):
                yield About("about")
        yield Rule()
        yield Line(id="live")

    def on_mount(self) -> None:
        self.refresh_runs()
        self.query_one("#lessons").focus()

    async def complete(self) -> None:
        """Puts the newest run at the side: numpy, a fifth of the start-up, is loaded meanwhile."""
        await asyncio.to_thread(importlib.import_module, "zhtui.tui.screens.home.newest")
        from zhtui.tui.screens.home.newest import Newest  # deferred: not part of the first frame

        if not self.wanted:
            return
        newest = Newest(self.session)
        if await self.add(self.query_one("#side"), newest) and newest.chart.is_attached:
            self.newest = newest
            self._fill()

    def lay_out(self) -> None:
        self.query_one("#side").display = layout(*self.app.size) not in (SMALL, ONE)
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        """Draws the side for the room there is now."""
        if self.wanted:
            self._show_side()

    def on_screen_suspend(self) -> None:
        if self.newest is not None:
            self.newest.leave()

    def on_screen_resume(self, event: ScreenResume) -> None:
        self.refresh_runs()

    def on_runs_changed(self, message: RunsChanged) -> None:
        self.refresh_runs()

    def on_device_read(self, message: DeviceRead) -> None:
        self._show_top()

    def on_rows_moved(self, message: Rows.Moved) -> None:
        self._show_side()

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        self.action_open()

    def on_ask_line_changed(self, event: AskLine.Changed) -> None:
        self.words = event.value
        self.refresh_runs()

    def on_ask_line_taken(self, event: AskLine.Taken) -> None:
        """Keeps what was typed, and goes to the list."""
        if not event.value:
            self.action_back()
        self.query_one("#lessons").focus()

    async def action_find(self) -> None:
        """Opens the line to find a lesson."""
        from zhtui.tui.widgets.ask import AskLine  # deferred: not part of the first frame

        if not self.query(AskLine):
            await self.mount(AskLine("find /", hint="attention", id="find"), before="#keys")
        self.set_focus(self.query_one(AskLine))

    def action_back(self) -> None:
        """Puts away the line, and shows all lessons."""
        self.words = ""
        self.query("#find").remove()
        self.query_one("#lessons").focus()
        self.refresh_runs()

    @property
    def entry(self) -> Entry | None:
        """The lesson at the cursor."""
        return self.session.entry(self.query_one("#lessons", Rows).chosen)

    def refresh_runs(self) -> None:
        """Draws the list, the live runs and the side afresh."""
        lessons = self.query_one("#lessons", Rows)
        if self.words:
            back = keyboard_of(self.app).first("home.back")
            lessons.empty = f"no lesson is about {self.words}; {back} shows all"
        lessons.show(list(self._items()))
        self._show_top()
        live = [run for run in self.session.runs() if run.status.live]
        parts = [
            run_words.run_parts(self._lesson(r), r.folder.lesson, r.folder.name, r.status)
            for r in live
        ]
        self.query_one("#live", Line).show(parts or [words("no run is training", FAINT)])
        self._show_side()

    def action_open(self) -> None:
        """Opens the lesson at the cursor."""
        if self.entry is not None:
            self.session.doors.lesson(self.entry)

    def action_run(self) -> None:
        """Opens the lesson and starts a run."""
        if self.entry is not None:
            self.session.doors.lesson(self.entry, start=True)

    def action_runs(self) -> None:
        """All runs."""
        self.session.doors.runs()

    def action_console(self) -> None:
        """Lets the newest run write."""
        if self.shown_run is not None:
            self.session.doors.console(self.shown_run.folder)
        else:
            self.notify(self._none())

    def action_inspect(self) -> None:
        """Looks inside the newest run's model, or at the lesson's mechanism without one."""
        entry = self.entry
        if self.shown_run is not None:
            self.session.doors.inspect(self.shown_run.folder)
        elif entry is not None and entry.scenes():
            self.session.doors.explore(entry)
        else:
            self.notify(self._none())

    def action_pause(self) -> None:
        """Pauses or resumes the newest run of the lesson."""
        if self.shown_run is not None:
            self.session.pause_or_resume(self.shown_run.folder)

    def _none(self) -> str:
        return no_run(self.app, "home.run")

    def _lesson(self, run: Seen) -> Lesson | None:
        entry = self.session.entry(run.folder.lesson)
        return entry.lesson if entry else None

    def _show_top(self) -> None:
        live = [run.status.state for run in self.session.runs() if run.status.live]
        runs = run_words.live_words(live)
        parts = [words("zhtui", TITLE, 9), words(self.session.reading(), FAINT, 5)]
        parts.append(words(runs, YOURS if live else FAINT, 6))
        self.top.show(parts)

    def _items(self) -> Iterable[Item]:
        part = None
        for entry in self.session.entries:
            if not _is_about(entry, self.words):
                continue
            lesson = entry.lesson
            name = lesson.part if lesson else "broken"
            if name != part:
                if part is not None:
                    yield Item("", lambda cells, y, chosen: None)
                yield Item("", _head(name))
                part = name
            yield Item(entry.name, _row(entry, self.session.runs(entry.name)))

    def _show_side(self) -> None:
        entry = self.entry
        self.query_one("#side").visible = entry is not None
        runs = self.session.runs(entry.name) if entry else []
        run = next((each for each in runs if each.status.live), runs[0] if runs else None)
        self.shown_run = run
        if entry is not None:
            self.query_one("#about", About).show(self._about(entry, runs))
        if self.newest is not None and self.is_active:  # below another screen it follows no run
            lesson = entry.lesson if entry else None
            self.newest.show(lesson, run, self._none() if lesson else "")

    def _about(self, entry: Entry, runs: Sequence[Seen]) -> list[Words]:
        lesson = entry.lesson
        if lesson is None:
            return [
                ((entry.name, WRONG),),
                (),
                *[((line, PLAIN),) for line in entry.error.split("\n")],
            ]
        lines: list[Words] = [
            ((f"{lesson.number:g}  {lesson.title}", TITLE),),
            *[((text, PLAIN),) for text in wrap(lesson.summary, self._breadth())],
            (),
        ]
        best = _best(lesson, runs)
        data = figures.data_name(best[0].card) if best is not None else ""
        for reference in figures.published(lesson)[:2]:
            goal, label, own = f"{number(reference.value):>9}", reference.label, True
            if best is not None and reference.data not in ("", data):
                label, own = figures.named_on(label, reference.data), False
            ink = PUBLISHED if own else FAINT
            lines.append((("published ", FAINT), (goal, ink), (f"   {label}", FAINT)))
        if best is None:
            lines.append((("yours     ", FAINT), ("        –", YOURS), ("   no run yet", FAINT)))
        else:
            run, value = best
            where = f"   {run.folder.name} · {self._age(run)}"
            lines.append((("yours     ", FAINT), (f"{number(value):>9}", YOURS), (where, FAINT)))
        return [*lines, ()]

    def _breadth(self) -> int:
        """Cells of a line at the side that is easily read."""
        return min(self.query_one("#about", About).room.width or BREADTH, BREADTH)

    def _age(self, run: Seen) -> str:
        if run.status.live:
            return run.status.state
        return run_words.ago(self.session.clock() - run.status.time)


def _is_about(entry: Entry, words: str) -> bool:
    """Whether every word is somewhere in what is known of the lesson."""
    card = entry.lesson
    known = (f"{card.number:g}", card.title, card.part, card.summary) if card else (entry.error,)
    text = " ".join((entry.name, *known)).lower()
    return all(word in text for word in words.lower().split())


def _head(part: str) -> Paint:
    def paint(cells: Grid, y: int, chosen: bool) -> None:
        cells.put(2, y, part.upper(), FAINT)

    return paint


def _row(entry: Entry, runs: Sequence[Seen]) -> Paint:
    """Number, title, summary, and the best figure at the right."""

    def paint(cells: Grid, y: int, chosen: bool) -> None:
        lesson = entry.lesson
        if lesson is None:
            cells.put(2, y, f" ✗ {entry.name}", WRONG)
            cells.put(20, y, entry.error, FAINT)
            return
        mark, ink, value = _mark(lesson, runs)
        right = max(cells.width - 11, 24)
        cells.put(2, y, f"{lesson.number:>3g}", FAINT)
        title = cells.put(7, y, lesson.title, CHOSEN if chosen else TITLE)
        start = max(21, title + 2)
        room = max(right - start - 1, 0)
        short = len(lesson.summary) <= room
        text = lesson.summary if short else f"{lesson.summary[: room - 1].rstrip()}…"
        cells.put(start, y, text if room > 6 else "", PLAIN if chosen else FAINT)
        cells.put(right, y, f"{mark} {value:>7}", ink)

    return paint


def _mark(lesson: Lesson, runs: Sequence[Seen]) -> tuple[str, int, str]:
    """The sign, its ink and the figure of a lesson."""
    live = sorted(  # one that trains before one that waits
        (run for run in runs if run.status.live), key=lambda run: run.status.state == "paused"
    )
    if live:
        value = run_words.figure(lesson, live[0].status)
        mark, ink = run_words.sign(live[0].status.state)
        return mark, ink, number(value) if value is not None else ""
    best = _best(lesson, runs)
    if best is None:
        return " ", FAINT, ""
    if figures.reached(lesson, best[1], figures.data_name(best[0].card)):
        return "✓", GOOD, number(best[1])
    return " ", PLAIN, number(best[1])


def _best(lesson: Lesson, runs: Sequence[Seen]) -> tuple[Seen, float] | None:
    """The run with the best figure: of those on the data of what is published, where there are
    any, since a figure on other data is no better or worse.
    """
    known = [(run, run.status.best) for run in runs if run.status.best is not None]
    theirs = {each.data for each in figures.published(lesson) if each.metric == lesson.figure}
    comparable = [pair for pair in known if figures.data_name(pair[0].card) in theirs]
    known = comparable or known
    best = figures.better(lesson, [value for _, value in known])
    return next(((run, value) for run, value in known if value == best and value is not None), None)
