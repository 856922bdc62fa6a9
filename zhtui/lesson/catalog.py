"""Finds lessons. The lab knows none by name.

The entry-point group `zhtui.lessons` names packages of lessons; every sub-package with a `lesson`
is one. `ZHTUI_LESSONS` adds folders of one's own. Where two share a name the first found has it.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import pkgutil
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from zhtui.errors import LessonError, boundary
from zhtui.lesson.card import Lesson

GROUP = "zhtui.lessons"
VARIABLE = "ZHTUI_LESSONS"


@dataclass(frozen=True)
class Entry:
    """A lesson found: its card, or the sentence that says why it has none."""

    name: str
    package: str
    folder: Path
    lesson: Lesson | None = None
    error: str = ""

    @property
    def card(self) -> Lesson:
        """The lesson's card. Raises `LessonError` where it could not be loaded."""
        if self.lesson is None:
            raise LessonError(self.error)
        return self.lesson

    def has(self, part: str) -> bool:
        """Whether the lesson has a module or a folder of that name (`generate`, `screen` …)."""
        package = self.folder / part / "__init__.py"
        return (self.folder / f"{part}.py").is_file() or package.is_file()

    def function(self, part: str, name: str) -> Any:
        """A function of one of the lesson's modules, imported now. Raises `LessonError`."""
        if not self.has(part):
            raise LessonError(f"lesson {self.name} has no {part}.py; it offers no {part}")
        with boundary(f"loading {part}.py of lesson {self.name}"):
            return getattr(importlib.import_module(f"{self.package}.{part}"), name)

    def offer(self, part: str, name: str, default: Any) -> Any:
        """A value of one of the lesson's modules, or what stands for it. Raises `LessonError`."""
        with boundary(f"loading {part}.py of lesson {self.name}"):
            return getattr(importlib.import_module(f"{self.package}.{part}"), name, default)


def names() -> list[str]:
    """The names of all lessons, without importing any."""
    return sorted(_places())


def one(name: str) -> Entry:
    """The lesson of that name. Raises `LessonError` naming the nearest one."""
    places = _places()
    if name not in places:
        near = difflib.get_close_matches(name, places, n=1)
        hint = f"did you mean {near[0]}?" if near else "`zhtui lessons` lists them"
        raise LessonError(f"there is no lesson {name!r}; {hint}")
    entry = _load(name, *places[name])
    if entry.lesson is None:
        raise LessonError(entry.error)
    return entry


def all_lessons() -> list[Entry]:
    """Every lesson by number; one that cannot be loaded is a row with its error, at the end."""
    entries = [_load(name, *place) for name, place in _places().items()]
    kept = [entry for entry in entries if entry.lesson is not None or entry.error]
    return sorted(kept, key=lambda e: (e.lesson.number if e.lesson else float("inf"), e.name))


@lru_cache(maxsize=256)
def _load(name: str, package: str, folder: Path) -> Entry:
    try:
        with boundary(f"lesson {name} could not be loaded: importing {folder / '__init__.py'}"):
            card = getattr(importlib.import_module(f"{package}.{name}"), "lesson", None)
    except LessonError as error:
        return Entry(name, f"{package}.{name}", folder, error=str(error))
    if not isinstance(card, Lesson):
        return Entry(name, f"{package}.{name}", folder)  # a shelf, not a lesson
    return Entry(name, f"{package}.{name}", folder, card)


def _places() -> dict[str, tuple[str, Path]]:
    """name -> (package that holds it, its folder)."""
    found: dict[str, tuple[str, Path]] = {}
    for package in _packages():
        for path in package.__path__:
            for module in pkgutil.iter_modules([path]):
                folder = Path(path) / module.name
                if module.ispkg and _is_lesson(folder):
                    found.setdefault(module.name, (package.__name__, folder))
    return found


def _is_lesson(folder: Path) -> bool:
    """Told from a shelf of blocks without running it: a lesson's folder has a train.py."""
    return (folder / "train.py").is_file() or (folder / "config.py").is_file()


def _packages() -> Iterator[ModuleType]:
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        with boundary(f"loading the package of lessons {point.value!r}"):
            yield importlib.import_module(point.value)
    for text in filter(None, os.environ.get(VARIABLE, "").split(os.pathsep)):
        yield _own_package(Path(text).expanduser().absolute())


def _own_package(folder: Path) -> ModuleType:
    """A folder of lessons as a package, without touching `sys.path`."""
    if not folder.is_dir():
        raise LessonError(f"{VARIABLE} names {folder}, which is not a folder; correct or unset it")
    name = f"own_lessons_{zlib.crc32(str(folder).encode()):08x}"
    if name not in sys.modules:
        module = sys.modules[name] = ModuleType(name, f"Lessons in {folder}.")
        module.__path__ = [str(folder)]
    return sys.modules[name]
