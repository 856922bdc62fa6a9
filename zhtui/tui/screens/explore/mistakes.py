"""The game of mistakes: one is switched on by name, or drawn unseen and found by its meters."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from zhtui.lesson.explore import NONE
from zhtui.tui.screens.explore import guesses
from zhtui.tui.screens.explore.inquiry import MISTAKE
from zhtui.tui.screens.shared.dialogs import Ask

if TYPE_CHECKING:
    from zhtui.tui.screens.explore.screen import ExploreScreen

GUESS = "g"  # the answer that draws one


class MistakeGame:
    """`on` while one was drawn and is not found yet; then its name is shown nowhere."""

    def __init__(self, screen: ExploreScreen, dice: random.Random) -> None:
        self.screen, self.dice = screen, dice
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
            drawn = guesses.drawn(names, self.dice)
            self.on, self.screen.knobs.hidden = True, (MISTAKE,)
            self.screen.turn(MISTAKE, drawn)
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
        scene, lesson = screen.inquiry.scene, screen.entry
        screen.judge(guesses.found(lesson.card, lesson.name, scene, truth, name))

    def _tell(self, name: str) -> None:
        mistake = guesses.about(self.screen.entry.card, name)
        if mistake is not None:
            meters = f"; look at {', '.join(mistake.meters)}" if mistake.meters else ""
            self.screen.notify(f"{mistake.what_it_did}{meters}", title=name, markup=False)

    def origin(self) -> tuple[str, str]:
        """What the source shows: the knob at the cursor, the line of the mistake, the scene."""
        screen = self.screen
        row, scene = screen.knobs.row, screen.inquiry.scene
        name = "" if self.on else str(screen.inquiry.values.get(MISTAKE, NONE))
        mistake = guesses.about(screen.entry.card, name)
        if mistake is not None and mistake.line:
            return "reference", mistake.line
        if screen.focused is screen.knobs and row is not None:
            return "knob", row.name
        return "reference", f"explore/{scene}.py#explore" if scene else "explore.py#explore"
