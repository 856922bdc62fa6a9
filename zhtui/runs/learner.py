"""What the learner predicted of a run, noted of it, and has done in all lessons.

A guess is one number, kept with the run, written once by the client that makes it. What was done
is appended to `learner.jsonl` in the store, a line each. Standard library only.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from zhtui.errors import ConfigError, StoreError
from zhtui.lesson.card import Question
from zhtui.runs.files import Tail, read_plain, replace_file, write_json
from zhtui.runs.folder import GUESS, NOTE, RunFolder
from zhtui.wording import json_text


@dataclass(frozen=True)
class Guess:
    """A number for a run's metric at "last", "best", "first" or a step, and what was asked; where
    letters are the `answer`, the number counts for nothing.
    """

    question: str
    metric: str
    at: str | int
    value: float
    answer: str = ""


def number(text: str) -> float:
    """What the learner typed, as a number. Raises `ConfigError`."""
    value = _finite(text.strip())
    if value is None:
        raise ConfigError(f"{text.strip() or 'nothing'} is not a number; type one, such as 2.5")
    return value


def write(folder: RunFolder, question: Question, value: float, answer: str = "") -> Guess:
    """Keeps a guess with a run that has not begun. Raises `StoreError`, also where one is kept."""
    if read(folder) is not None or folder.status().step:
        raise StoreError(f"{folder.name} has already begun; guess before the next run")
    guess = Guess(question.ask, question.metric, question.at, value, answer)
    try:
        write_json(folder.path / GUESS, asdict(guess))
    except OSError as error:
        raise StoreError(
            f"the guess cannot be kept ({error.strerror}); look at {folder.path}"
        ) from error
    return guess


def read(folder: RunFolder) -> Guess | None:
    """The guess that a run was begun with; None where there is none, or none that can be read."""
    content = read_plain(folder.path / GUESS)
    if content is None:
        return None
    from zhtui.runs import border  # deferred: most runs have no guess

    known = border.guess(content)
    return None if known is None else Guess(**known)


def _finite(value: str) -> float | None:
    try:
        found = float(value)
    except ValueError:
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
    try:
        content = f"{text}\n".encode()
    except UnicodeEncodeError as error:
        raise StoreError("a note is text in UTF-8, and this one is not; type it anew") from error
    folder.claim()
    path = folder.path / NOTE
    try:
        if text:
            replace_file(path, content)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"the note of {folder.name} cannot be written ({error.strerror}); look at {folder.path}"
        ) from error


LEARNER = "learner.jsonl"
KINDS = ("guess", "card", "solved", "mistake")  # a cell predicted, a card, a task, a mistake found


@dataclass(frozen=True)
class Did:
    """One thing that the learner did: in which lesson and scene, which, and whether it was right.

    `value` was the answer and `truth` what is so, where these are numbers; `answer` are the letters
    that were the answer of a card, `run` names the run that answered it.
    """

    kind: str
    lesson: str
    name: str = ""
    scene: str = ""
    right: bool = True
    value: float | None = None
    truth: float | None = None
    answer: str = ""
    run: str = ""


@dataclass
class Progress:
    """What a learner has done in one lesson: how often, how often it was right, and which tasks
    and mistakes are done.
    """

    tried: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    right: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    done: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in KINDS})
    played: set[str] = field(default_factory=set)  # cards that have an answer, right or not

    def take(self, kind: str, name: str, right: bool) -> None:
        """One more thing that was done."""
        if kind == "card":
            self.played.add(name)
        self.tried[kind] += 1
        self.right[kind] += right
        if right and name:
            self.done[kind].add(name)


def did(store: Path, what: Did) -> None:
    """Appends what was done. Raises `StoreError`."""
    line = json_text({"time": time.time(), **asdict(what)}) + "\n"
    try:
        store.mkdir(parents=True, exist_ok=True)
        with (store / LEARNER).open("a", encoding="utf-8") as file:
            file.write(line)
    except OSError as error:
        raise StoreError(
            f"what you did cannot be kept ({error.strerror}); choose another --store"
        ) from error


def progress(store: Path) -> dict[str, Progress]:
    """What was done, by lesson; lines that are broken or of a newer zhtui are passed over."""
    found: dict[str, Progress] = {}
    if not (store / LEARNER).exists():
        return found
    from zhtui.runs import border  # deferred: a first frame may have nothing to read

    for line in Tail(store / LEARNER).read(border.did):
        if line["kind"] in KINDS:
            known = found.setdefault(line["lesson"], Progress())
            known.take(line["kind"], _name(line), line.get("right") is True)
    return found


def answered(store: Path, lesson: str) -> list[Did]:
    """The cards of a lesson that were answered, in the order in which they were; lines that are
    broken are passed over.
    """
    if not (store / LEARNER).exists():
        return []
    from zhtui.runs import border  # deferred, as above

    lines = Tail(store / LEARNER).read(border.did)
    return [Did(**line) for line in lines if line["kind"] == "card" and line["lesson"] == lesson]


def _name(line: dict[str, Any]) -> str:
    name, scene = str(line.get("name", "")), str(line.get("scene", ""))
    return f"{scene}.{name}" if scene and name else name
