"""An answer to a card's question: read as it is typed, held against the numbers, judged in words.

Standard library only: home and the command line may ask, too.
"""

from __future__ import annotations

import math
import random
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from zhtui.errors import ConfigError
from zhtui.lesson.card import CHOOSE, LINES, Question
from zhtui.wording import number

RIGHT, CLOSE, FAR = 0.1, 0.3, 1.0  # of the spread of the numbers that a card tells
APART = re.compile(r"[\s,;>]+")  # what may stand between letters


@dataclass(frozen=True)
class Verdict:
    """What came of an answer."""

    right: bool
    words: str


def lettered(question: Question, names: Iterable[str]) -> dict[str, str]:
    """Each name under a letter, in an order that tells nothing and is always the same.

    ["high", "low", "mid"] -> {"a": "mid", "b": "high", "c": "low"}
    """
    mixed = sorted(names)
    random.Random(question.predict).shuffle(mixed)
    return dict(zip(string.ascii_lowercase, mixed, strict=False))


def solution(question: Question, truth: Mapping[str, float]) -> str:
    """The letters of the right answer: of the one to choose, of all in order, or of each line in
    the order of their names.
    """
    letters = {name: letter for letter, name in lettered(question, truth).items()}
    if question.kind == LINES:
        return "".join(letters[name] for name in sorted(truth))
    ranked = sorted(truth, key=lambda name: truth[name], reverse=not question.lowest)
    found = "".join(letters[name] for name in ranked)
    return found[:1] if question.kind == CHOOSE else found


def read(question: Question, names: Iterable[str], text: str) -> str:
    """The letters that were typed: "b > a, c" -> "bac". Raises `ConfigError`."""
    letters = "".join(lettered(question, names))
    typed = APART.sub("", text).lower()
    if question.kind == CHOOSE:
        if len(typed) == 1 and typed in letters:
            return typed
        raise ConfigError(f"{text.strip() or 'nothing'} is not one of them; type {_or(letters)}")
    if sorted(typed) == list(letters):
        return typed
    every = f"type each of {', '.join(letters)} once, such as {letters[::-1]}"
    raise ConfigError(f"{text.strip() or 'nothing'} does not name them all; {every}")


def judged(question: Question, truth: Mapping[str, float], answer: str) -> Verdict:
    """Holds letters against the numbers."""
    right, names = solution(question, truth), lettered(question, truth)
    if answer == right:
        return Verdict(True, "right")
    if question.kind == CHOOSE:
        said = names.get(answer, answer)
        return Verdict(False, f"no: it is {names[right]}; you said {said}")
    places = sum(a == b for a, b in zip(answer, right, strict=False))
    return Verdict(False, f"{places} of {len(right)} are right; {right} is, you said {answer}")


def weighed(guess: float, truth: float, known: Mapping[str, float]) -> Verdict:
    """Holds a number against what it is: right within a tenth of the spread of all that the card
    tells, or of the number itself where that is all.

    (3.0, 2.7, {"before": 1.7}) -> "close: too high by 0.3", for the spread is 1
    """
    off, numbers = guess - truth, [truth, *known.values()]
    spread = (max(numbers) - min(numbers)) or abs(truth) or 1.0
    by = f"too {'high' if off > 0 else 'low'} by {number(float(f'{abs(off):.2g}'))}"
    share = abs(off) / spread
    if not math.isfinite(truth):
        return Verdict(False, f"it is {truth}, no number any more")
    if not off:
        return Verdict(True, "right, exactly")
    if share <= RIGHT:
        return Verdict(True, f"right: {by} only")
    said = f"close: {by}" if share <= CLOSE else by if share <= FAR else f"far off: {by}"
    return Verdict(False, f"{said}{_turned(guess, truth, known)}")


def _turned(guess: float, truth: float, known: Mapping[str, float]) -> str:
    """What a guess has the wrong way round, of the numbers that were told."""
    for name, value in known.items():
        if (guess - value) * (truth - value) < 0:
            more, less = ("more", "less") if truth > value else ("less", "more")
            return f". Not {less} than {name}, but {more}"
    return ""


def _or(letters: str) -> str:
    return f"{', '.join(letters[:-1])} or {letters[-1]}"
