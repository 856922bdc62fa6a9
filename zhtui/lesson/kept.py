"""The cards of the lessons that came with the lab, as they were when their files were last read.

Home shows what a card says and no knob, but to import nineteen cards is a ninth of the first frame.
So what they say is kept in the user's cache until one of their files changes; what only code has
(knobs, presets, mistakes, data sets) comes with the card itself, once it is asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from zhtui.data.paths import put
from zhtui.lesson.card import Cell, Lesson, Question, Reference

LATER = ("config", "presets", "mistakes", "data")
MOST = 4 << 20  # bytes
SAID = tuple(field.name for field in fields(Lesson) if field.name not in LATER)


class Kept(Lesson):
    """A card that is there in words; `whole` imports it."""

    def __init__(self, said: Mapping[str, Any], whole: Callable[[], Lesson]) -> None:
        vars(self).update(said, whole=whole)


def _later(name: str) -> property:
    return property(lambda card: getattr(card.whole(), name))


for _name in LATER:
    setattr(Kept, _name, _later(_name))


def cards(folders: Collection[Path]) -> dict[str, dict[str, Any]]:
    """What is kept of the cards, by the lesson's name; nothing where a file is another by now."""
    try:
        with open(place(), "rb") as file:
            stamp, _, content = file.read(MOST).partition(b"\n")
        if stamp != _stamp(folders, content):
            return {}
        return {name: _read(said) for name, said in json.loads(content).items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def keep(lessons: Mapping[str, Lesson], folders: Collection[Path]) -> None:
    """Keeps what the cards say, if it can be; else they are imported again.

    A card that would not be read as it is (a knob of a question that JSON knows not) is left out.
    """
    found = {name: {key: getattr(card, key) for key in SAID} for name, card in lessons.items()}
    said = {name: text for name, card in found.items() if (text := _written(card)) is not None}
    content = f"{{{', '.join(f'{json.dumps(name)}: {text}' for name, text in said.items())}}}"
    with suppress(OSError):
        put(place(), _stamp(folders, content.encode()) + b"\n" + content.encode())


def place() -> Path:
    """The file."""
    from platformdirs import user_cache_path  # deferred: only for the app

    return user_cache_path("zhtui") / "cards.json"


def _written(said: Mapping[str, Any]) -> str | None:
    try:
        text = json.dumps(said, default=asdict, allow_nan=False)
        return text if _read(json.loads(text)) == _settled(said) else None
    except (TypeError, ValueError, RecursionError):
        return None


def _settled(value: Any) -> Any:
    """A value in the form that it is read in: every list is a tuple."""
    if isinstance(value, Mapping):
        return {key: _settled(each) for key, each in value.items()}
    return tuple(map(_settled, value)) if isinstance(value, (list, tuple)) else value


def _read(said: dict[str, Any]) -> dict[str, Any]:
    """What a card says, from JSON."""
    known = {key: _settled(value) for key, value in said.items()}
    if tuple(known) != SAID:
        raise ValueError("it is of another version")
    known["references"] = tuple(Reference(**each) for each in known["references"])
    known["questions"] = tuple(_question(each) for each in known["questions"])
    return known


def _question(said: dict[str, Any]) -> Question:
    cell = said["cell"] and Cell(**said["cell"])
    among = {
        name: Cell(**each) if isinstance(each, dict) else each
        for name, each in said["among"].items()
    }
    return Question(**{**said, "cell": cell, "among": among})


def _stamp(folders: Collection[Path], content: bytes) -> bytes:
    """What is another once what was kept is, or a file of a lesson or of what it is made of."""
    digest = hashlib.sha256(f"{sys.version} {__file__}".encode() + content)
    for file in sorted(_files(folders), key=lambda each: each.path):
        with suppress(OSError):
            status = file.stat()
            told = f"{file.path}\0{status.st_mtime_ns}\0{status.st_size}\n"
            digest.update(told.encode(errors="surrogateescape"))
    return digest.hexdigest().encode()


def _files(folders: Collection[Path]) -> Iterator[os.DirEntry[str]]:
    """The lab's own about cards, the lessons', and those of the shelves beside them."""
    rows = [os.scandir(each) for each in (Path(__file__).parents[1], Path(__file__).parent)]
    for shelf in {folder.parent for folder in folders}:
        rows += [os.scandir(each.path) for each in os.scandir(shelf) if each.is_dir()]
    for row in rows:
        with row:
            yield from (each for each in row if each.name.endswith(".py"))
