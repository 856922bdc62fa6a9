"""What a learner guesses: a number of a frame, and which mistake is on. Judged in words."""

from __future__ import annotations

from dataclasses import dataclass

from zhtui import wording
from zhtui.ask import cells
from zhtui.ask.shown import Shown
from zhtui.lesson.card import Lesson
from zhtui.lesson.explore import NONE, Mistake
from zhtui.runs.learner import Did, number

SHARE = 0.1  # of a view's range: right within it, where the frame says nothing else


@dataclass(frozen=True)
class Verdict:
    """What came of a guess: for the learner's eyes, and for the learner's record."""

    words: tuple[tuple[str, str], ...]
    did: Did


def question(shown: Shown) -> str:
    """What is asked for: the cell by its names."""
    spot = shown.predict
    assert spot is not None, "a frame that asks for a number"
    return f"{spot.view}[{cells.name(shown.views[spot.view], spot.row, spot.column)}]"


def judged(shown: Shown, text: str, lesson: str, scene: str) -> Verdict:
    """Holds a guess against the cell. Raises `ConfigError` for what is not a number."""
    spot, asked = shown.predict, question(shown)
    assert spot is not None, "a frame that asks for a number"
    view = shown.views[spot.view]
    truth = cells.value(view, spot.row, spot.column)
    if isinstance(truth, str):
        return _spelled(asked, truth, text, Did("guess", lesson, asked, scene))
    value = number(text)
    within = SHARE * cells.extent(view) if shown.within is None else shown.within
    right = abs(value - truth) <= within + 1e-12
    off = "" if right else " too high" if value > truth else " too low"
    near = f" (right within {wording.number(within)})" if right and value != truth else ""
    said = f"{asked} = {wording.number(truth)}"
    answer = f"you said {text.strip()}{off}{near}"
    did = Did("guess", lesson, asked, scene, right, value, float(truth))
    return Verdict(_told(right, said, answer), did)


def _spelled(asked: str, truth: str, text: str, about: Did) -> Verdict:
    right = text.strip() == truth.strip()
    did = Did("guess", about.lesson, about.name, about.scene, right)
    return Verdict(_told(right, f"{asked} = {truth}", f"you said {text.strip()}"), did)


def _told(right: bool, said: str, answer: str) -> tuple[tuple[str, str], ...]:
    return (
        ("right: " if right else "no: ", "good" if right else "wrong"),
        (said, "lit"),
        (f", {answer}", ""),
    )


def about(card: Lesson, name: str) -> Mistake | None:
    """A mistake of the card by its name."""
    known = (each for each in card.mistakes if isinstance(each, Mistake))
    return next((each for each in known if each.name == name), None)


def found(card: Lesson, lesson: str, scene: str, truth: str, guess: str) -> Verdict:
    """Holds a guessed mistake against the one that is on; tells what it did."""
    right, mistake = truth == guess, about(card, truth)
    did_what = "nothing was wrong" if truth == NONE else truth
    why = f": {mistake.what_it_did}" if mistake is not None else ""
    did = Did("mistake", lesson, truth, scene, right)
    return Verdict(_told(right, did_what + why, f"you said {guess}"), did)
