"""The questions of a lesson as cards: a number is predicted, a run answers, both are compared."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from textual.app import ComposeResult
from textual.message import Message

from zhtui.draw.cells import Cells
from zhtui.draw.inks import FAINT, SERIES, TITLE
from zhtui.draw.picture import Level
from zhtui.lesson.card import Question
from zhtui.lesson.catalog import Entry
from zhtui.runs import learner
from zhtui.runs.figures import data_name, figure, figure_of, higher, named_on
from zhtui.runs.folder import RunFolder
from zhtui.runs.learner import Guess
from zhtui.tui import run_words
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import keyboard_of
from zhtui.tui.reading.history import History
from zhtui.tui.reading.watch import Seen
from zhtui.tui.screens.lesson import question_picture
from zhtui.tui.screens.lesson.next_run import Draft
from zhtui.tui.screens.lesson.question_picture import Card
from zhtui.tui.screens.shared.dialogs import EditKnob
from zhtui.tui.screens.shared.pane import Pane
from zhtui.tui.session import Session
from zhtui.tui.widgets.drawn import Drawn
from zhtui.wording import number

ENDED = ("finished", "failed")  # what was stopped or lost can still go on


class CardWidget(Drawn):
    """One card, and its keys."""

    BINDINGS = keys.bindings("card")

    class Asked(Message):
        """A key of the card: another card by so many, or 0 to play this one."""

        def __init__(self, by: int, again: bool = False) -> None:
            super().__init__()
            self.by, self.again = by, again

    DEFAULT_CSS = "CardWidget { overflow: hidden auto; }"

    def __init__(self) -> None:
        super().__init__(id="card")
        self.card: Card | None = None

    def show(self, shown: Card) -> None:
        """Another card, or another state of it."""
        if shown != self.card:
            self.card = shown
            self.redraw()

    def draw(self, width: int, height: int) -> Cells:
        if self.card is None:
            cells = Cells(width, height)
            cells.put(1, 0, "this lesson asks no questions", FAINT)
            return cells
        return question_picture.draw(self.card, width, height)

    def action_card(self, by: int) -> None:
        """Another question."""
        self.post_message(self.Asked(by))

    def action_play(self) -> None:
        """Guesses, or looks at the run that answered."""
        self.post_message(self.Asked(0))

    def action_again(self) -> None:
        """Guesses once more, with a run of its own."""
        self.post_message(self.Asked(0, again=True))


class CardPane(Pane):
    """The lesson's questions, one at a time, with the runs that were begun with a guess."""

    class Opened(Message):
        """A run is to be looked at that answers a question."""

        def __init__(self, seen: Seen, question: Question) -> None:
            super().__init__()
            self.seen, self.question = seen, question

    class Turned(Message):
        """Another card is shown, or the number of an ended run was read."""

    def __init__(self, session: Session, entry: Entry, draft: Draft) -> None:
        super().__init__(7, "questions", "cards")
        self.session, self.entry, self.draft = session, entry, draft
        self.widget = CardWidget()
        self.questions = list(draft.lesson.questions)
        self.place = 0
        self._begun: Seen | None = None  # a run that the watcher has not listed yet
        self._figures: dict[Path, float | None] = {}  # of runs that have ended
        self._awaited: Path | None = None  # the run in sight, while it is live

    def compose(self) -> ComposeResult:
        yield self.widget

    @property
    def origin(self) -> tuple[str, str]:
        """The metric that is asked for."""
        return ("metric", self.questions[self.place].metric) if self.questions else super().origin

    # What the card shows

    def show(self, seen: Seen | None, history: History) -> None:
        """Draws the card, and what the run in sight has said of it; tells when that has ended."""
        if self.questions:
            self.widget.show(self._card(seen, history))
        answered = sum(self._run_of(question) is not None for question in self.questions)
        done = f" · {answered} played" if answered else ""
        self.name_it(f"question {self.place + 1} of {len(self.questions)}{done}")
        self._tell_keys()
        self._await(seen, history)

    def _tell_keys(self) -> None:
        first = keyboard_of(self.app).first
        ways = f"{first('card.before')} {first('card.after')} question"
        if self.questions and self._run_of(self.questions[self.place]) is not None:
            again = f"{first('card.again')} guess again"
            ways = f"{first('card.play')} look at the run   {again}   {ways}"
        self.border_subtitle = ways.replace("[", "\\[")

    def _await(self, seen: Seen | None, history: History) -> None:
        if seen is None or seen.guess is None or history.status is None:
            self._awaited = None
        elif history.status.live:
            self._awaited = seen.folder.path
        elif self._awaited == seen.folder.path:
            self._awaited = None
            self.run_worker(self._read(seen.folder, seen.guess, aloud=True), exit_on_error=False)

    def levels(self, seen: Seen | None, data: str, metrics: Sequence[str]) -> list[Level]:
        """The guess that a run on `data` was begun with, and what was known, as lines of its
        chart.
        """
        kept = seen.guess if seen is not None else None
        if kept is None or kept.metric not in metrics:
            return []
        asked = next((q for q in self.questions if q.ask == kept.question), None)
        if asked is None:
            return [Level(kept.value, "your guess", TITLE)]
        own = not data or asked.data in ("", data)
        told = [
            Level(number, name if own else named_on(name, asked.data), FAINT)
            for name, number in asked.known.items()
        ]
        return [Level(kept.value, "your guess", TITLE), *told]

    def _runs(self) -> list[Seen]:
        listed = self.session.runs(self.entry.name)
        fresh = self._begun
        if fresh is None or any(run.folder == fresh.folder for run in listed):
            return listed
        return [fresh, *listed]

    def _run_of(self, question: Question) -> Seen | None:
        """The newest run that was begun with a guess at the question."""
        runs = self._runs()
        return next((run for run in runs if run.guess and run.guess.question == question.ask), None)

    def _card(self, seen: Seen | None, history: History) -> Card:
        question = self.questions[self.place]
        run = self._run_of(question)
        if run is None or run.guess is None:
            return Card(question)
        here = seen is not None and seen.folder == run.folder
        status = (history.status if here else None) or run.status
        value = self._value(run, history if here else History(status=status))
        sign, _ = run_words.sign(status.state)
        state = f"{sign} {status.state} · step {status.step:,} of {status.steps:,}"
        ended = status.state in ENDED
        ink = SERIES + self._colour(question.metric)
        data = data_name(run.card)
        return Card(question, run.guess.value, value, state, run.folder.name, ended, data, ink)

    def _colour(self, metric: str) -> int:
        charts = self.draft.lesson.charts.values()
        return next((list(names).index(metric) % 8 for names in charts if metric in names), 0)

    def _value(self, run: Seen | None, history: History) -> float | None:
        """The metric that was guessed: as the run in sight has it, else as it was when it ended."""
        if run is None or run.guess is None:
            return None
        series = history.series.get(run.guess.metric)
        if series is not None and len(series):
            return figure(
                series.x.tolist(), series.y.tolist(), run.guess.at, self._higher(run.guess)
            )
        live = history.status is None or history.status.live
        if not live and run.folder.path not in self._figures:
            self._figures[run.folder.path] = None
            self.run_worker(self._read(run.folder, run.guess), exit_on_error=False)
        return self._figures.get(run.folder.path)

    def _higher(self, guess: Guess) -> bool:
        return higher(self.draft.lesson, guess.metric)

    async def _read(self, folder: RunFolder, kept: Guess, aloud: bool = False) -> None:
        """Takes the number from an ended run's rows; says it where the card is not in sight."""
        rows = await asyncio.to_thread(folder.rows)
        value = self._figures[folder.path] = figure_of(
            rows, kept.metric, kept.at, self._higher(kept)
        )
        self.post_message(self.Turned())
        if aloud and value is not None and not self.display:
            off = question_picture.distance(value, kept.value)
            key = keyboard_of(self.app).first("lesson.cards")
            said = f"{kept.metric} {number(value)}, {off} your guess; {key} tells why"
            self.notify(said, markup=False)

    # What its keys do

    def on_card_widget_asked(self, message: CardWidget.Asked) -> None:
        """Turns to another card, or plays this one."""
        if not self.questions:
            return
        if message.by:
            self.place = (self.place + message.by) % len(self.questions)
            self.post_message(self.Turned())
            return
        question = self.questions[self.place]
        run = self._run_of(question)
        if run is None or message.again:
            self._ask(question)
        else:
            self.post_message(self.Opened(run, question))

    def _ask(self, question: Question) -> None:
        def taken(text: str | None) -> None:
            if text is not None:
                value = learner.number(text)
                self.run_worker(self._begin(question, value), exit_on_error=False)

        def check(text: str) -> None:
            learner.number(text)

        about = f"a number for {question.metric}; the run starts with it, and then it stands"
        self.app.push_screen(EditKnob(question.predict, about, "", check), taken)

    async def _begin(self, question: Question, value: float) -> None:
        seen = await self.session.predict(self.entry, question, value)
        if seen is not None:
            self._begun = seen
            self.draft.adopt(question.preset, question.knobs)
            self.post_message(self.Opened(seen, question))
