"""Finds lessons. The lab knows none by name.

The entry-point group `zhtui.lessons` names packages of lessons; every sub-package with a `lesson`
is one. `ZHTUI_LESSONS` adds folders of one's own. Where two share a name the first found has it,
and the other is a row that says so.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import importlib.util
import io
import os
import pkgutil
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from zhtui.data.dataset import DataSet
from zhtui.data.paths import expanded
from zhtui.errors import LessonError, boundary
from zhtui.lesson import kept, knobs, vetting
from zhtui.lesson.card import Lesson
from zhtui.lesson.sampling import Sampling

GROUP = "zhtui.lessons"
VARIABLE = "ZHTUI_LESSONS"
_broken: dict[str, Entry] = {}  # packages of lessons that cannot be imported
OWN = "own_lessons_"  # how the name of a package of the learner's own begins


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

    @property
    def fault(self) -> str:
        """Why the lesson cannot be opened; "" where it can. Imports what a kept card left out."""
        try:
            self.card.config  # noqa: B018
        except LessonError as error:
            return str(error)
        return ""

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

    def sampling(self, given: Mapping[str, Any]) -> Sampling:
        """Settings of a stream, of the class `Sampling` of its generate.py where that has one.

        Unknown names are left out. Raises `ConfigError` for a value out of its bounds.
        """
        module = sys.modules[self.function("generate", "generate").__module__]
        own: type = getattr(module, "Sampling", Sampling)
        known: Sampling = knobs.from_json(own, given)
        return known

    def scenes(self) -> tuple[str, ...]:
        """The names of what can be explored, in order; a single explore.py is the scene ""."""
        named = tuple(self.lesson.scenes) if self.lesson else ()
        return named or (("",) if self.has("explore") else ())

    def scene(self, name: str = "") -> Scene:
        """A scene, imported now; without a name the first. Raises `LessonError`."""
        known = self.scenes()
        if not known:
            raise LessonError(
                f"lesson {self.name} has nothing to explore; `zhtui lessons` lists all"
            )
        name = name or known[0]
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = (
                f"did you mean {near[0]}?" if near else "it has " + ", ".join(filter(None, known))
            )
            raise LessonError(f"lesson {self.name} has no scene {name!r}; {hint}")
        part = f"explore.{name}" if name else "explore"
        with boundary(f"loading {part} of lesson {self.name}"):
            module = importlib.import_module(f"{self.package}.{part}")
        if not callable(getattr(module, "explore", None)):
            raise LessonError(
                f"{part} of lesson {self.name} has no explore(run, ask, poke); write it"
            )
        return Scene(self, name, module)


@dataclass(frozen=True)
class NoKnobs:
    """What is asked of a scene that has no knobs."""


@dataclass(frozen=True)
class Scene:
    """One thing that can be explored: a module with `explore`, and maybe `Ask` and `point`."""

    entry: Entry
    name: str
    module: ModuleType

    @property
    def title(self) -> str:
        """As the command line and notes name it: attention.head."""
        return f"{self.entry.name}.{self.name}" if self.name else self.entry.name

    @property
    def ask(self) -> type:
        """The class of its knobs."""
        found: type = getattr(self.module, "Ask", NoKnobs)
        return found

    @property
    def takes_run(self) -> bool:
        """Whether it looks at a run, where there is one."""
        return bool(getattr(self.module, "TAKES_RUN", True))


def owner(config: object) -> Entry:
    """The lesson that a run's config is of. Raises `LessonError` where it is of none."""
    file = getattr(sys.modules.get(type(config).__module__), "__file__", None)
    parents = Path(file).parents if file else ()
    for name, (package, folder) in _places().items():
        if folder in parents:
            return _load(name, package, folder)
    raise LessonError(f"{type(config).__name__} is the config of no lesson; open a lesson's run")


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
    places, doubles = _found()
    return _ordered(places, {}, doubles)


def shown() -> list[Entry]:
    """All lessons, for a list: of those that came with the lab only what their cards say, where
    that was kept. The rest of such a card is imported when it is asked for.
    """
    (places, doubles), ready = _found(), dict[str, Entry]()
    own = {name: place for name, place in places.items() if vetting.built_in(place[1])}
    for name, said in kept.cards([folder for _, folder in own.values()]).items():
        if name in own:
            package, folder = own[name]
            card = kept.Kept(said, partial(_card, name, package, folder))
            ready[name] = Entry(name, f"{package}.{name}", folder, card)
    return _ordered(places, ready, doubles)


def keep() -> None:
    """Imports all cards, and keeps what those say that came with the lab."""
    own = [entry for entry in all_lessons() if vetting.built_in(entry.folder)]
    folders = [folder for _, folder in _places().values() if vetting.built_in(folder)]
    if not any(entry.error for entry in own) and not kept.cards(folders):
        kept.keep({entry.name: entry.card for entry in own}, folders)


def _ordered(
    places: Mapping[str, tuple[str, Path]], ready: Mapping[str, Entry], doubles: list[Entry]
) -> list[Entry]:
    entries = [ready.get(name) or _load(name, *place) for name, place in places.items()]
    entries = [
        each for each in (*entries, *doubles, *_broken.values()) if each.lesson or each.error
    ]
    return sorted(entries, key=lambda e: (e.lesson.number if e.lesson else float("inf"), e.name))


def _card(name: str, package: str, folder: Path) -> Lesson:
    return _load(name, package, folder).card


def data_sets() -> list[DataSet]:
    """The data sets that lessons declare, each name once."""
    found = [data for entry in all_lessons() if entry.lesson for data in entry.lesson.data]
    return list({data.name: data for data in reversed(found)}.values())[::-1]


@lru_cache(maxsize=256)
def _load(name: str, package: str, folder: Path) -> Entry:
    failed = f"lesson {name} could not be loaded"
    try:
        with boundary(f"{failed}: importing {folder / '__init__.py'}"):
            card = getattr(_imported(f"{package}.{name}", folder, failed), "lesson", None)
            if isinstance(card, Lesson) and not vetting.built_in(folder):
                _check(card, failed)
    except LessonError as error:
        return Entry(name, f"{package}.{name}", folder, error=str(error))
    if not isinstance(card, Lesson):
        return Entry(name, f"{package}.{name}", folder)  # a shelf, not a lesson
    return Entry(name, f"{package}.{name}", folder, card)


def _imported(module: str, folder: Path, failed: str) -> ModuleType:
    """A module; a stranger's only where Python lived through it elsewhere, and without a word."""
    if vetting.built_in(folder):
        return importlib.import_module(module)
    if why := vetting.vetted(module, folder):
        raise LessonError(f"{failed}: {why}; correct {folder / '__init__.py'}")
    with contextlib.redirect_stdout(io.StringIO()):
        return importlib.import_module(module)


def _check(card: Lesson, failed: str) -> None:
    from zhtui.lesson import card_shape  # deferred: the lab's own are checked by its tests

    if fault := card_shape.wrong(card):
        raise LessonError(f"{failed}: its card does not fit, {fault}; correct it")


def _places() -> dict[str, tuple[str, Path]]:
    """name -> (package that holds it, its folder)."""
    return _found()[0]


def _found() -> tuple[dict[str, tuple[str, Path]], list[Entry]]:
    """The places, and a row for each lesson whose name another one has."""
    found, doubles = dict[str, tuple[str, Path]](), dict[Path, Entry]()
    own = [str(folder) for folder in _own_folders()]
    for package in _packages():
        for path in package.__path__ if package.__name__.startswith(OWN) else _theirs(package, own):
            for module in pkgutil.iter_modules([path]):
                folder = Path(path) / module.name
                if not (module.ispkg and _is_lesson(folder)):
                    continue
                first = found.setdefault(module.name, (package.__name__, folder))[1]
                if first != folder and first.resolve() != folder.resolve():
                    doubles[folder] = _double(module.name, package.__name__, folder)
    return found, list(doubles.values())


def _double(name: str, package: str, folder: Path) -> Entry:
    error = f"lesson {name} in {folder} has the name of another; rename its folder"
    return Entry(f"{folder.parent.name}/{name}", package, folder, error=error)


def _is_lesson(folder: Path) -> bool:
    """Told from a shelf of blocks without running it: a lesson's folder has a train.py."""
    return (folder / "train.py").is_file() or (folder / "config.py").is_file()


def _packages() -> Iterator[ModuleType]:
    for point in _installed(tuple(sys.path)):
        failed = f"the package of lessons {point.value!r} could not be loaded"
        try:
            with boundary(failed):
                spec = importlib.util.find_spec(point.value)
                place = Path(spec.origin).parent if spec and spec.origin else Path()
                package = _imported(point.value, place, failed)
        except LessonError as error:
            _broken[point.value] = Entry(point.name, point.value, Path(), error=str(error))
        else:
            yield package
    yield from own_packages()


@lru_cache(maxsize=4)
def _installed(path: tuple[str, ...]) -> list[EntryPoint]:
    """What is installed to be found there; to read all that is installed takes 7 ms each time."""
    return sorted(entry_points(group=GROUP), key=lambda point: point.name)


def own_packages() -> list[ModuleType]:
    """The learner's own folders of lessons, as packages."""
    return [_own_package(folder) for folder in _own_folders()]


def _own_folders() -> list[Path]:
    texts = filter(None, os.environ.get(VARIABLE, "").split(os.pathsep))
    return [expanded(text).absolute() for text in texts]


def _theirs(package: ModuleType, own: list[str]) -> list[str]:
    """The folders of an installed package of lessons.

    Behind them it gets the learner's own, so that a lesson that was moved out of it still imports
    its parts by their old names.
    """
    spec = package.__spec__
    paths = list(spec.submodule_search_locations or ()) if spec is not None else []
    package.__path__ = [*paths, *own]
    return paths


def _own_package(folder: Path) -> ModuleType:
    """A folder of lessons as a package, without touching `sys.path`."""
    if not folder.is_dir():
        raise LessonError(f"{VARIABLE} names {folder}, which is not a folder; correct or unset it")
    name = f"{OWN}{zlib.crc32(str(folder).encode()):08x}"
    if name not in sys.modules:
        module = sys.modules[name] = ModuleType(name, f"Lessons in {folder}.")
        module.__path__ = [str(folder)]
    return sys.modules[name]
