"""What the learner predicted of a run, before it began: one number, kept with the run.

It is written once, by the client that makes the run. Standard library only.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from zhtui.errors import ConfigError, StoreError
from zhtui.lesson.card import Question
from zhtui.runs.files import read_json, replace_file, write_json
from zhtui.runs.folder import GUESS, NOTE, RunFolder


@dataclass(frozen=True)
class Guess:
    """A number for a run's metric at "last", "best", "first" or a step, and what was asked."""

    question: str
    metric: str
    at: str | int
    value: float


def number(text: str) -> float:
    """What the learner typed, as a number. Raises `ConfigError`."""
    value = _finite(text.strip())
    if value is None:
        raise ConfigError(f"{text.strip() or 'nothing'} is no number; type one, such as 2.5")
    return value


def write(folder: RunFolder, question: Question, value: float) -> Guess:
    """Keeps a guess with a run that has not begun. Raises `StoreError`, also where one is kept."""
    if read(folder) is not None or folder.status().step:
        raise StoreError(f"{folder.name} has begun; guess before the next run")
    guess = Guess(question.ask, question.metric, question.at, value)
    try:
        write_json(folder.path / GUESS, asdict(guess))
    except OSError as error:
        raise StoreError(
            f"the guess cannot be kept ({error.strerror}); look at {folder.path}"
        ) from error
    return guess


def read(folder: RunFolder) -> Guess | None:
    """The guess that a run was begun with; None where there is none, or none that can be read."""
    raw = read_json(folder.path / GUESS) or {}
    question, metric, at, value = (raw.get(key) for key in ("question", "metric", "at", "value"))
    if not (isinstance(question, str) and isinstance(metric, str) and isinstance(at, str | int)):
        return None
    known = _finite(value) if isinstance(value, int | float) else None
    return None if known is None else Guess(question, metric, at, known)


def _finite(value: str | float) -> float | None:
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


LONGEST_NOTE = 4096  # characters


def write_note(folder: RunFolder, text: str) -> None:
    """Replaces the run's note; an empty one takes it away. Raises `StoreError`."""
    text = text.strip()
    if len(text) > LONGEST_NOTE:
        raise StoreError(
            f"a note has {LONGEST_NOTE:,} characters at most, this one {len(text):,}; shorten it"
        )
    folder.claim()
    path = folder.path / NOTE
    try:
        if text:
            replace_file(path, (text + "\n").encode())
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"the note of {folder.name} cannot be written ({error.strerror}); look at {folder.path}"
        ) from error
