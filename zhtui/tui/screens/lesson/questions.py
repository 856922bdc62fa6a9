"""The questions of a lesson as cards: an answer is given, a run or a scene answers, both are
compared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from textual.app import ComposeResult
from textual.message import Message

from zhtui.data.noted import noted
from zhtui.draw.cells import Cells
from zhtui.draw.inks import FAINT, SERIES, TITLE
from zhtui.draw.picture import Level
from zhtui.lesson import answer
from zhtui.lesson.card import LINES, NUMBER, Question
from zhtui.lesson.catalog import Entry
from zhtui.runs import learner
from zhtui.runs.figures import named_on
from zhtui.runs.learner import Did
from zhtui.tui import run_words
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import keyboard_of
from zhtui.tui.messages import Coalesced
from zhtui.tui.reading.history import History
from zhtui.tui.reading.watch import Seen
from zhtui.tui.screens.lesson import question_picture
from zhtui.tui.screens.lesson.card_answers import CellAnswers, RunAnswers
from zhtui.tui.screens.lesson.question_picture import Card
from zhtui.tui.screens.shared.dialogs import EditKnob
from zhtui.tui.screens.shared.pane import Pane
from zhtui.tui.session import Session
from zhtui.tui.widgets.drawn import Drawn
from zhtui.wording import number

ENDED = ("finished", "failed")  # what was stopped or lost can still go on
FAR = 4.0  # times the height of the curves: so far the axis goes to meet a guess


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
    """The lesson's questions, one at a time, with what answered them."""

    class Opened(Message):
        """A run is to be looked at that answers a question."""

        def __init__(self, seen: Seen, question: Question) -> None:
            super().__init__()
            self.seen, self.question = seen, question

    class Turned(Message):
        """Another card is shown, or more is known of it."""

    class Heard(Coalesced):
        """The engine has said something of a card's cells."""

    def __init__(self, session: Session, entry: Entry) -> None:
        super().__init__(7, "questions", "cards")
        self.session, self.entry = session, entry
        self.widget = CardWidget()
        self.questions = list(entry.card.questions)
        self.place = 0
        self.runs = RunAnswers(session, entry)
        self.cells = CellAnswers(session, entry, self._hear)
        self.did: dict[str, Did] = {}  # the last answer to each question
        self.kept: set[str] = set()  # the runs whose answer is in the learner's record
        self.loaded = False  # whether that record was read
        self._seen: tuple[Seen | None, History] = (None, History())  # the run in sight
        self._awaited: Seen | None = None  # the run in sight, while it is live

    def compose(self) -> ComposeResult:
        yield self.widget

    async def on_mount(self) -> None:
        """What was answered before."""
        known = await asyncio.to_thread(learner.answered, self.session.root, self.entry.name)
        self.did = {each.name: each for each in known} | self.did
        self.kept |= {each.run for each in known if each.run}
        self.loaded = True
        self.post_message(self.Turned())

    @property
    def question(self) -> Question:
        """The one in sight."""
        return self.questions[self.place]

    @property
    def origin(self) -> tuple[str, str]:
        """The metric that is asked for."""
        asked = self.questions and self.question.metric
        return ("metric", self.question.metric) if asked else super().origin

    # What the card shows

    def show(self, seen: Seen | None, history: History) -> None:
        """Draws the card, and what the run in sight has said of it; tells when that has ended."""
        self._seen = (seen, history)
        if self.questions and self.is_attached and self.display:
            self.cells.ask(self.question)
            if self.runs.untimed(self.question):
                self.run_worker(self._time(self.question), exit_on_error=False)
        if self.questions:
            self.widget.show(self._card())
        self._tell()
        self._await()

    def on_show(self) -> None:
        """It came into sight: what is asked of scenes and of the store is asked now."""
        self.show(*self._seen)

    async def _time(self, question: Question) -> None:
        await self.runs.time(question)
        self.post_message(self.Turned())

    def _tell(self) -> None:
        """The pane's title and its keys."""
        played = [question for question in self.questions if self._played(question)]
        right = sum(self._right(question) for question in played)
        done = f" · {len(played)} played, {right} right" if played else ""
        self.name_it(f"question {self.place + 1} of {len(self.questions)}{done}")
        first = keyboard_of(self.app).first
        ways = f"{first('card.before')} {first('card.after')} question"
        if self.questions and self._played(self.question):
            enter = "look at the run" if self._elsewhere() else "next question"
            ways = f"{first('card.play')} {enter}   {first('card.again')} guess again   {ways}"
        self.border_subtitle = ways.replace("[", "\\[")

    def _played(self, question: Question) -> bool:
        if question.cells:
            return question.ask in self.did
        return self.runs.run_of(question) is not None

    def _right(self, question: Question) -> bool:
        did = self.did.get(question.ask)
        return did is not None and did.right

    def _elsewhere(self) -> bool:
        """Whether the run that answers is not the one in sight."""
        run = None if self.question.cells else self.runs.run_of(self.question)
        seen = self._seen[0]
        return run is not None and (seen is None or seen.folder != run.folder)

    def _card(self) -> Card:
        question = self.question
        bare = Card(question, takes=self.runs.takes(question))
        if question.cells:
            did, cells = self.did.get(question.ask), self.cells
            mine = cells.question is question
            card = replace(bare, ended=True, error=cells.error if mine else "")
            card = replace(card, truth=cells.truth, lines=cells.lines) if mine else card
            return card if did is None else replace(card, answer=_answer(did.answer, did.value))
        run = self.runs.run_of(question)
        return bare if run is None else self._card_of(run, bare)

    def _card_of(self, run: Seen, bare: Card) -> Card:
        """A card whose run was begun."""
        assert run.guess is not None, "a run that was begun with a guess"
        question, (seen, history) = bare.question, self._seen
        here = seen is not None and seen.folder == run.folder
        status = (history.status if here else None) or run.status
        sign, _ = run_words.sign(status.state)
        state = f"{sign} {status.state} · step {status.step:,} of {status.steps:,}"
        read = noted(run.card)
        card = replace(
            bare,
            answer=_answer(run.guess.answer, run.guess.value),
            truth=self._truth(question, run, history if here else History(status=status)),
            ended=status.state in ENDED,
            state=state,
            run=run.folder.name,
            data=question.data if question.data in read else ", ".join(read),
            ink=SERIES + self._colour(question.metric),
        )
        self._score(card)
        return card

    def _colour(self, metric: str) -> int:
        charts = self.entry.card.charts.values()
        return next((list(names).index(metric) % 8 for names in charts if metric in names), 0)

    def _truth(self, question: Question, run: Seen, history: History) -> dict[str, float]:
        """The numbers that were guessed: as the run in sight has them, else as it ended."""
        found = self.runs.shown(question, history)
        live = history.status is None or history.status.live
        if found or live:
            return found
        known = self.runs.known(run.folder)
        if known is None:
            self.run_worker(self._read(question, run), exit_on_error=False)
        return known or {}

    async def _read(self, question: Question, run: Seen) -> None:
        await self.runs.read(question, run.folder)
        self.post_message(self.Turned())

    def levels(self, seen: Seen | None, data: str, metrics: Sequence[str]) -> list[Level]:
        """The guess that a run on `data` was begun with, and what was known, as lines of its
        chart.
        """
        kept = seen.guess if seen is not None else None
        if kept is None or kept.metric not in metrics or kept.answer:
            return []
        guess = Level(kept.value, "your guess", TITLE, FAR)
        asked = next((q for q in self.questions if q.ask == kept.question), None)
        if asked is None:
            return [guess]
        own = not data or asked.data in ("", data)
        told = [
            Level(number, name if own else named_on(name, asked.data), FAINT)
            for name, number in asked.known.items()
        ]
        return [guess, *told]

    # What came of it

    def _score(self, card: Card) -> None:
        """Takes an answer into the learner's record, once a run."""
        verdict = card.verdict
        if verdict is None or card.run in self.kept or not self.loaded:
            return
        self.kept.add(card.run)
        self._keep(card, verdict.right)

    def _keep(self, card: Card, right: bool) -> None:
        question, plain = card.question, card.question.kind == NUMBER
        did = Did(
            "card", self.entry.name, question.ask, right=right, run=card.run,
            value=float(card.answer) if plain else None, truth=card.truth[""] if plain else None,
            answer="" if plain else card.answer,
        )  # fmt: skip
        self.did[question.ask] = did
        self.session.do(lambda: learner.did(self.session.root, did))

    def _await(self) -> None:
        """Reads an answer aloud when the run in sight ends."""
        seen, history = self._seen
        if seen is None or seen.guess is None or history.status is None:
            self._awaited = None
        elif history.status.live:
            self._awaited = seen
        elif self._awaited is not None and self._awaited.folder == seen.folder:
            self._awaited = None
            self.run_worker(self._say(seen), exit_on_error=False)

    async def _say(self, seen: Seen) -> None:
        """What came of a guess, where its card is not in sight."""
        assert seen.guess is not None, "a run that was begun with a guess"
        asked = next((q for q in self.questions if q.ask == seen.guess.question), None)
        if asked is None:
            return
        truth = await self.runs.read(asked, seen.folder)
        self.post_message(self.Turned())
        bare = Card(asked, _answer(seen.guess.answer, seen.guess.value), truth, True)
        card = replace(bare, run=seen.folder.name)
        verdict = card.verdict
        if verdict is None:
            return
        self._score(card)
        if not self.display:
            key = keyboard_of(self.app).first("lesson.cards")
            figure = f"{asked.metric} {number(truth[''])}, your guess: " if "" in truth else ""
            self.notify(f"{figure}{verdict.words}; {key} tells why", markup=False)

    def _hear(self) -> None:
        """The engine speaks, on another thread."""
        try:
            self.post_message(self.Heard())
        except RuntimeError:
            pass  # the screen was left, nobody looks any more

    def on_card_pane_heard(self, message: Heard) -> None:
        """Takes what the engine said."""
        message.stop()
        if self.cells.look():
            self.post_message(self.Turned())

    # What its keys do

    def on_card_widget_asked(self, message: CardWidget.Asked) -> None:
        """Turns to another card, plays this one, or goes on after it."""
        if not self.questions:
            return
        if message.by:
            self._turn(message.by)
        elif message.again or not self._played(self.question):
            self._ask(self.question)
        elif self._elsewhere():
            run = self.runs.run_of(self.question)
            assert run is not None, "a run that is elsewhere"
            self.post_message(self.Opened(run, self.question))
        else:
            self._turn(1)

    def _turn(self, by: int) -> None:
        self.place = (self.place + by) % len(self.questions)
        self.post_message(self.Turned())

    def _ask(self, question: Question) -> None:
        card = self._card()
        if question.cells and not card.truth:
            self.notify(card.error or "the scene is still being computed; ask again in a moment")
            return

        def taken(text: str | None) -> None:
            if text is not None:
                self._take(question, card, text)

        def check(text: str) -> None:
            if question.kind == NUMBER:
                learner.number(text)
            else:
                answer.read(question, card.names, text)

        named = "   ".join(question_picture.options(replace(card, answer="")))
        how = question_picture.how(question, card.names)
        rest = ". The run starts; the guess cannot be changed." if question.metrics else "."
        about = f"{named}\n{how}{rest}" if named and question.kind != LINES else f"{how}{rest}"
        lines = question.kind == LINES
        title = "Which line is which?" if lines else question.predict
        self.app.push_screen(EditKnob(title, about, "", check, low=lines), taken)

    def _take(self, question: Question, card: Card, text: str) -> None:
        """An answer that was typed: it starts the run, or is held against the cells."""
        plain = question.kind == NUMBER
        value = learner.number(text) if plain else 0.0
        letters = "" if plain else answer.read(question, card.names, text)
        if question.metrics:
            self.run_worker(self._begin(question, value, letters), exit_on_error=False)
            return
        done = replace(card, answer=letters or str(value), run="")
        verdict = done.verdict
        assert verdict is not None, "cells are known before there is an answer"
        self._keep(done, verdict.right)
        self.post_message(self.Turned())

    async def _begin(self, question: Question, value: float, letters: str) -> None:
        seen = await self.session.predict(self.entry, question, value, letters)
        if seen is not None:
            self.runs.begun = seen
            self.post_message(self.Opened(seen, question))


def _answer(letters: str, value: float | None) -> str:
    """An answer as it was typed: its letters, else its number."""
    return letters or str(value)
