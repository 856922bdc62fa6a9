"""Where runs lie, and how one is found by name. Standard library only."""

from __future__ import annotations

import difflib
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path

from zhtui.data.paths import expanded, is_folder
from zhtui.errors import StoreError
from zhtui.runs.files import Tail
from zhtui.runs.folder import CARD, RunFolder, Status

__all__ = ["RunFolder", "Status", "Tail", "find", "fresh_name", "root", "runs"]

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
LONGEST = 4096  # characters of a path
FIRST = [
    "brisk",
    "calm",
    "bold",
    "keen",
    "quiet",
    "sunny",
    "swift",
    "amber",
    "plain",
    "merry",
    "lucid",
    "noble",
    "vivid",
    "gentle",
]
SECOND = [
    "otter",
    "heron",
    "fox",
    "wren",
    "lynx",
    "hare",
    "crane",
    "finch",
    "seal",
    "robin",
    "badger",
    "swan",
    "vole",
    "stork",
]


def root(option: Path | None = None) -> Path:
    """The store: --store, else $ZHTUI_STORE, else ./checkpoints if it is there, else the user's
    own.
    """
    if option is not None:
        return expanded(option).absolute()
    if given := os.environ.get("ZHTUI_STORE"):
        return expanded(given).absolute()
    if Path("checkpoints").is_dir():
        return Path("checkpoints").absolute()
    from platformdirs import user_data_path  # deferred: 4 ms that most starts do not need

    return user_data_path("zhtui") / "checkpoints"


def runs(store: Path, lesson: str = "") -> list[RunFolder]:
    """All runs (of one lesson), newest first by their folder's own name and age."""
    found = [run for folder in _lessons(store, lesson) for run in _runs(folder)]
    return sorted(found, key=_age, reverse=True)


def find(store: Path, text: str) -> RunFolder:
    """The run named `otter`, `gpt/otter`, by an unambiguous beginning, or by its path.

    What the store holds comes first. A path counts only where it is written as one (`./otter`) and
    leads to a run in a store. Raises `StoreError` naming the nearest run.
    """
    if not text.strip("./"):
        raise StoreError("give the name of a run; `zhtui runs` lists them")
    if len(text) > LONGEST:
        raise StoreError(f"{text[:40]!r}… is too long for a run's name; `zhtui runs` lists them")
    known = runs(store)
    exact = [run for run in known if text in (run.name, f"{run.lesson}/{run.name}")]
    near = exact or [run for run in known if run.name.startswith(text)]
    if len(near) == 1:
        return near[0]
    if near:
        several = ", ".join(f"{run.lesson}/{run.name}" for run in near[:4])
        raise StoreError(f"{text!r} may be any of {several}; write one of these")
    if os.sep in text and is_folder(expanded(text)):
        folder = RunFolder(expanded(text).absolute())
        folder.claim()
        return folder
    close = difflib.get_close_matches(text, [run.name for run in known], n=1)
    hint = f"did you mean {close[0]}?" if close else "`zhtui runs` lists them"
    raise StoreError(f"there is no run {text!r} in {store}; {hint}")


def fresh_name(store: Path, lesson: str, wish: str = "") -> str:
    """A name that no run of the lesson has. Raises `StoreError` where a wished one is taken."""
    taken = {run.name for run in runs(store)}
    if wish:
        if not NAME.fullmatch(wish):
            raise StoreError(
                f"{wish!r} cannot be a run's name; use a-z, 0-9, dot and dash, at most 64"
            )
        if wish in taken or (store / lesson / wish).exists():
            raise StoreError(f"there is already a run {wish}; choose another --name")
        return wish
    dice = random.Random()
    while True:
        name = f"{dice.choice(FIRST)}-{dice.choice(SECOND)}"
        if name in taken:
            name = f"{name}-{dice.randrange(2, 1000)}"
        if name not in taken:
            return name


def _lessons(store: Path, lesson: str) -> Iterator[Path]:
    try:
        with os.scandir(store) as entries:
            for entry in entries:
                wanted = entry.name == lesson if lesson else not entry.name.startswith(".")
                if wanted and entry.is_dir(follow_symlinks=False):
                    yield Path(entry.path)
    except OSError:
        return


def _runs(folder: Path) -> Iterator[RunFolder]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                named = NAME.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
                if named and (Path(entry.path) / CARD).is_file():
                    yield RunFolder(Path(entry.path))
    except OSError:
        return


def _age(run: RunFolder) -> float:
    """When the run was created: a card that is written again stays as old as it was."""
    try:
        return (run.path / CARD).stat().st_mtime
    except OSError:
        return 0.0
