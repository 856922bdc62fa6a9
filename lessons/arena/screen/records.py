"""A game's record as a file of the learner's own."""

from __future__ import annotations

from pathlib import Path

from lessons.arena.match import read
from lessons.arena.screen.sitting import Sitting
from zhtui.lab import LabError

LARGEST = 1 << 16  # bytes of a record


def save(sitting: Sitting, name: str) -> str:
    """Writes the record into a new file; says so. Raises `LabError`."""
    path = Path(name).expanduser()
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(sitting.record().text())
    except OSError as error:
        raise LabError(f"{name or 'nothing'}: {error.strerror}; name another file") from error
    return f"saved {path}"


def load(sitting: Sitting, name: str) -> str:
    """Takes the game of a file; says what it has. Raises `LabError`."""
    path = Path(name).expanduser()
    try:
        with path.open(encoding="utf-8") as file:
            sitting.take(read(file.read(LARGEST)))
    except OSError as error:
        raise LabError(f"{name or 'nothing'}: {error.strerror}; name another file") from error
    except UnicodeDecodeError as error:
        raise LabError(f"{name} is not a text file; name a record that was saved here") from error
    return f"{path.name}: {len(sitting.moves)} moves; left and right go through them"
