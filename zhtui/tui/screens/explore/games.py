"""Two games: a number of a frame is predicted; a mistake is switched on, or found by its meters."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from zhtui.ask.shown import Shown
from zhtui.lesson.explore import NONE, Spot
from zhtui.tui.screens.explore import guesses
from zhtui.tui.screens.explore.guesses import Verdict
from zhtui.tui.screens.explore.inquiry import MISTAKE
from zhtui.tui.screens.shared.dialogs import Ask

if TYPE_CHECKING:
    from zhtui.tui.screens.explore.parts import Exploring

GUESS = "g"  # the answer that draws a mistake


class NumberGame:
    """`hidden` is the cell that is asked for; `verdict` what came of the last guess."""

    def __init__(self, screen: Exploring) -> None:
        self.screen = screen
        self.hidden: Spot | None = None
        self.looking = False  # the frame to come is one that asks
        self.verdict: tuple[tuple[str, str], ...] = ()

    def begin(self, looking: bool) -> None:
        """Another frame is asked for."""
        self.hidden, self.verdict, self.looking = None, (), looking

    def take(self, shown: Shown) -> None:
        """A frame came: where one was looked for that asks, it asks."""
        if self.looking and shown.predict is not None:
            self.hidden, self.looking = shown.predict, False
            self.screen.type(self.asked, "", self._guess)

    @property
    def asked(self) -> str:
        """The cell that is asked for, by its names; "" where none is."""
        shown = self.screen.inquiry.shown
        return guesses.question(shown) if self.hidden is not None and shown is not None else ""

    def _guess(self, text: str) -> None:
        screen = self.screen
        assert screen.inquiry.shown is not None, "a frame that asks"
        scene = screen.inquiry.scene
        self.judge(guesses.judged(screen.inquiry.shown, text, screen.entry.name, scene))
        self.reveal()

    def judge(self, verdict: Verdict) -> None:
        """Tells what came of a guess, and keeps it."""
        self.verdict = verdict.words
        self.screen.note(verdict.did)
        self.screen.tell()

    def reveal(self) -> None:
        """Shows what was hidden."""
        shown = self.screen.inquiry.shown
        if self.hidden is not None and shown is not None:
            self.hidden = None
            self.screen.tiles.show(shown, None)


class MistakeGame:
    """`on` while a mistake was drawn and is not found yet; then its name is shown nowhere."""

    def __init__(self, screen: Exploring) -> None:
        self.screen, self.dice = screen, random.Random()
        self.on = False

    def over(self) -> None:
        """Nothing is to be found any more."""
        self.on = False
        self.screen.knobs.hidden = ()

    def ask(self) -> None:
        """Asks which one to switch on, or, where one was drawn, which one it is."""
        names = self.screen.inquiry.mistakes
        if not names:
            self.screen.notify("this scene has no mistake to switch on")
            return
        answers = [(str(number), name) for number, name in enumerate(names)]
        if self.on:
            question, last = "Which one is it? Its meters tell.", ("escape", "look on")
        else:
            question, last = "A mistake that was really made:", ("escape", "leave it")
            answers.append((GUESS, "draw one for me to find"))
        self.screen.app.push_screen(Ask(question, [*answers, last]), self._answered)

    def _answered(self, key: str | None) -> None:
        names = self.screen.inquiry.mistakes
        if key == GUESS:
            self.on, self.screen.knobs.hidden = True, (MISTAKE,)
            self.screen.turn(MISTAKE, self.dice.choice(names))
        elif key is not None and key.isdigit() and int(key) < len(names):
            self._take(names[int(key)])

    def _take(self, name: str) -> None:
        screen = self.screen
        if not self.on:
            screen.turn(MISTAKE, name)
            self._tell(name)
            return
        truth = str(screen.inquiry.values.get(MISTAKE, NONE))
        self.over()
        screen.knobs.refill()
        scene, entry = screen.inquiry.scene, screen.entry
        screen.numbers.judge(guesses.found(entry.card, entry.name, scene, truth, name))

    def _tell(self, name: str) -> None:
        mistake = guesses.about(self.screen.entry.card, name)
        if mistake is not None:
            meters = f"; look at {', '.join(mistake.meters)}" if mistake.meters else ""
            self.screen.notify(f"{mistake.what_it_did}{meters}", title=name, markup=False)

    def origin(self) -> tuple[str, str]:
        """What the source shows: the line of the mistake, the knob at the cursor, the scene."""
        screen = self.screen
        row, scene = screen.knobs.row, screen.inquiry.scene
        name = "" if self.on else str(screen.inquiry.values.get(MISTAKE, NONE))
        mistake = guesses.about(screen.entry.card, name)
        if mistake is not None and mistake.line:
            return "reference", mistake.line
        if screen.focused is screen.knobs and row is not None:
            return "knob", row.name
        return "reference", f"explore/{scene}.py#explore" if scene else "explore.py#explore"
