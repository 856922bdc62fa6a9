"""What answers a lesson's cards: the runs that were begun with a guess, and cells of its scenes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from zhtui.ask import cards
from zhtui.ask.cards import Frame
from zhtui.ask.client import Reply
from zhtui.errors import LabError
from zhtui.lesson import knobs
from zhtui.lesson.card import LINES, Question
from zhtui.lesson.catalog import Entry
from zhtui.lesson.views import Curves
from zhtui.runs import durations
from zhtui.runs.figures import figure, figure_of, higher
from zhtui.runs.folder import RunFolder
from zhtui.tui.reading.history import History
from zhtui.tui.reading.watch import Seen
from zhtui.tui.session import Session

WORDS = {"tiny": "about a second", "quick": "under a minute"}  # where no run was measured here
UNKNOWN = "the line on top tells the time left once it runs"


class RunAnswers:
    """The runs of a lesson that were begun with a guess, and the numbers that they gave."""

    def __init__(self, session: Session, entry: Entry) -> None:
        self.session, self.entry = session, entry
        self.begun: Seen | None = None  # a run that the watcher has not listed yet
        self._read: dict[Path, dict[str, float]] = {}  # of runs that have ended
        self._takes: dict[str, str] = {}  # by the question: how long its run takes

    def runs(self) -> Sequence[Seen]:
        """The lesson's runs, the newest first."""
        listed, fresh = self.session.runs(self.entry.name), self.begun
        if fresh is None or any(run.folder == fresh.folder for run in listed):
            return listed
        return [fresh, *listed]

    def run_of(self, question: Question) -> Seen | None:
        """The newest run that was begun with a guess at the question."""
        known = (run for run in self.runs() if run.guess and run.guess.question == question.ask)
        return next(known, None)

    def shown(self, question: Question, history: History) -> dict[str, float]:
        """The question's numbers, as the run in sight has them."""
        found = {}
        for name, metric in question.metrics.items():
            series = history.series.get(metric)
            if series is not None and len(series):
                up = higher(self.entry.card, metric)
                value = figure(series.x.tolist(), series.y.tolist(), question.at, up)
                if value is not None:
                    found[name] = value
        return found if len(found) == len(question.metrics) else {}

    def known(self, folder: RunFolder) -> dict[str, float] | None:
        """What was read of an ended run; None where it was not read yet."""
        return self._read.get(folder.path)

    async def read(self, question: Question, folder: RunFolder) -> dict[str, float]:
        """Takes the numbers from an ended run's rows."""
        self._read[folder.path] = {}
        rows = await asyncio.to_thread(folder.rows)
        found = {
            name: figure_of(rows, metric, question.at, higher(self.entry.card, metric))
            for name, metric in question.metrics.items()
        }
        numbers = {name: value for name, value in found.items() if value is not None}
        self._read[folder.path] = numbers if len(numbers) == len(found) else {}
        return self._read[folder.path]

    def takes(self, question: Question) -> str:
        """How long the question's run takes here, as far as it is known by now."""
        return self._takes.get(question.ask, "")

    def untimed(self, question: Question) -> bool:
        """Whether nobody asked yet how long a question's run takes."""
        return not question.cells and question.ask not in self._takes

    async def time(self, question: Question) -> None:
        """Finds out how long a question's run takes here."""
        self._takes[question.ask] = ""
        preset = self.entry.card.presets[question.preset]
        config = knobs.to_json(knobs.replace(preset, question.knobs))
        folders = [run.folder for run in self.runs()]
        seconds = await asyncio.to_thread(durations.expected, folders, config)
        usual = UNKNOWN if question.knobs else WORDS.get(question.preset, UNKNOWN)
        here = usual if seconds is None else f"{durations.told(seconds)} here"
        self._takes[question.ask] = here


class CellAnswers:
    """Asks the engine for the cells of one card; `heard` is called, on any thread, as they come."""

    def __init__(self, session: Session, entry: Entry, heard: Callable[[], None]) -> None:
        self.session, self.entry, self.heard = session, entry, heard
        self.question: Question | None = None
        self.truth: dict[str, float] = {}
        self.lines: Curves | None = None
        self.error = ""
        self._replies: dict[Frame, Reply] = {}

    def ask(self, question: Question) -> None:
        """Asks for the cells of a card, unless they are known."""
        if question is self.question:
            return
        self.question, self.truth, self.lines, self.error = question, {}, None, ""
        self._replies = {}
        engine, name = self.session.explorer, self.entry.name
        for cell in question.cells.values():
            frame = cards.frame_of(cell)
            if frame not in self._replies:
                wanted = cards.request(cell)
                reply = engine.ask("explore", None, self.heard, lesson=name, **wanted)
                self._replies[frame] = reply

    def look(self) -> bool:
        """Takes what was answered; whether all is known now, or why it is not."""
        replies = self._replies
        if self.question is None or self.truth or self.error or not replies:
            return False
        self.error = next((reply.error for reply in replies.values() if reply.error), "")
        shown = {frame: each.shown for frame, each in replies.items() if each.shown is not None}
        if len(shown) < len(replies) or self.error:
            return bool(self.error)
        try:
            self.truth = cards.truth(self.question, shown)
            if self.question.kind == LINES:
                self.lines = cards.lines(self.question, shown)
        except LabError as error:
            self.error = str(error)
        return True
