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

from zhtui.draw.inks import FAINT, PLAIN, PUBLISHED, TITLE, WRONG, YOURS
from zhtui.lesson.card import Lesson
from zhtui.lesson.catalog import Entry
from zhtui.runs import figures, learner
from zhtui.runs.learner import Progress
from zhtui.tui import run_words
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import keyboard_of, no_run
from zhtui.tui.messages import DeviceRead, RunsChanged
from zhtui.tui.reading.watch import Seen
from zhtui.tui.screens.home.lesson_rows import best, done_words, head, is_about, own, row
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.screens.shared.layout import ONE, SMALL, layout
from zhtui.tui.session import Session
from zhtui.tui.widgets.about import About, Words
from zhtui.tui.widgets.lines import Line, Part, Rule, words
from zhtui.tui.widgets.rows import Item, Rows
from zhtui.wording import number

if TYPE_CHECKING:
    from zhtui.tui.screens.home.newest import Newest
    from zhtui.tui.widgets.ask import AskLine

BREADTH = 50
DONE = "done      "  # as wide as "published "
HELP = """
On the left stand the lessons, part by part. At the right of each are the questions that you have
played (2/5) and the best figure of your runs: ✓ it reached the published figure, ▶ a run is
training now. To find a lesson, type words of its name, its part or what it is about; a lesson is
shown where all of them match.

On the right is what the lesson at the cursor is about: the published figure and yours, what you
have done in it, the curve of its newest run, and the last thing that this run wrote. The line at
the bottom shows every run that trains, or what to do first.
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
        self.progress: dict[str, Progress] = {}

    def stage(self) -> Iterable[Widget]:
        with Horizontal(id="stage"):
            yield Rows(empty="no lessons were found; `zhtui lessons` says why", id="lessons")
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
        self.run_worker(self._read(), exit_on_error=False)

    async def _read(self) -> None:
        """What was done so far; another thread reads it, as a disk may be slow."""
        found = await asyncio.to_thread(learner.progress, self.session.root)
        if found != self.progress:
            self.progress = found
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
        self.query_one(AskLine).again()

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
        self.query_one("#live", Line).show(parts or [self._first_step()])
        self._show_side()

    def _first_step(self) -> Part:
        """What to do first, as long as the learner has done nothing; then which lesson is next."""
        key = keyboard_of(self.app).first("home.open")
        begun = self.progress.keys() | {
            run.folder.lesson for run in self.session.runs() if own(run)
        }
        fresh = [e.lesson for e in self.session.entries if e.lesson and e.name not in begun]
        if not fresh:
            return words("no run is training", FAINT)
        card = fresh[0]
        if begun:
            return words(f"no run is training · next: {card.number:g} {card.title}", FAINT)
        return words(f"Start here: {card.number:g} {card.title}, five minutes, {key}", YOURS)

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

    @property
    def idle(self) -> dict[str, str]:
        """The keys that do nothing on the lesson at the cursor, each with what would."""
        entry, found = self.entry, dict[str, str]()
        if entry is None or entry.lesson is None:
            return found
        if self.shown_run is None:
            found["home.console"] = self._none()
        if not entry.has("generate"):
            found["home.console"] = f"{entry.card.title} does not write text; enter opens it"
        if not (entry.scenes() or entry.has("screen")):
            found["home.explore"] = f"{entry.card.title} has no scenes to explore; enter opens it"
        return found

    def refused(self, id: str) -> bool:
        """Whether a key does nothing here; then what would is said."""
        why = self.idle.get(id, "")
        if why:
            self.notify(why, markup=False)
        return bool(why)

    def action_console(self) -> None:
        """Lets the newest run write."""
        if not self.refused("home.console") and self.shown_run is not None:
            self.session.doors.console(self.shown_run.folder)

    def action_explore(self) -> None:
        """The lesson's mechanism, in its newest run where it has one; else its own screen."""
        entry = self.entry
        if self.refused("home.explore") or entry is None:
            return
        run = None if self.shown_run is None else self.shown_run.folder
        if entry.scenes():
            self.session.doors.explore(entry, run)
        else:
            self.session.doors.own(entry, run)

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
            if not is_about(entry, self.words):
                continue
            lesson = entry.lesson
            name = lesson.part if lesson else "broken"
            if name != part:
                if part is not None:
                    yield Item("", lambda cells, y, chosen: None)
                yield Item("", head(name))
                part = name
            known = self.progress.get(entry.name, Progress())
            yield Item(entry.name, row(entry, self.session.runs(entry.name), known))

    def _show_side(self) -> None:
        entry = self.entry
        self.query_one("#side").visible = entry is not None
        runs = self.session.runs(entry.name) if entry else []
        run = next((each for each in runs if each.status.live), runs[0] if runs else None)
        self.shown_run = run
        if entry is not None:
            self.query_one("#about", About).show(self._about(entry, runs))
        self.keys.idle(self.idle)
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
        found = best(lesson, runs)
        data = figures.data_name(found[0].card) if found is not None else ""
        for reference in figures.published(lesson)[:2]:
            goal = f"{number(reference.value):>9} {lesson.unit_of(reference.metric)}"
            label, ink = reference.label, PUBLISHED
            if found is not None and reference.data not in ("", data):
                label, ink = figures.named_on(label, reference.data), FAINT
            lines.append((("published ", FAINT), (goal, ink), (f"   {label}", FAINT)))
        lines.append(self._yours(lesson, runs))
        done = done_words(lesson, runs, self.progress.get(entry.name, Progress()))
        for i, text in enumerate(wrap(done, max(self._breadth() - len(DONE), 1))):
            lines.append(((" " * len(DONE) if i else DONE, FAINT), (text, PLAIN)))
        return [*lines, ()]

    def _yours(self, lesson: Lesson, runs: Sequence[Seen]) -> Words:
        """The best figure of the learner's runs, with its unit and its run."""
        found = best(lesson, runs)
        if found is None:
            return (("yours     ", FAINT), ("        –", YOURS), ("   no run yet", FAINT))
        run, value = found
        figure = f"{number(value):>9} {lesson.unit_of(lesson.figure)}"
        where = f"   {run.folder.name} · {self._age(run)}"
        return (("yours     ", FAINT), (figure, YOURS), (where, FAINT))

    def _breadth(self) -> int:
        """Cells of a line at the side that is easily read."""
        return min(self.query_one("#about", About).room.width or BREADTH, BREADTH)

    def _age(self, run: Seen) -> str:
        if run.status.live:
            return run.status.state
        return run_words.ago(self.session.clock() - run.status.time)
