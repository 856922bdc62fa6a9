"""Paths as people type them, which may name what cannot be; files of the lab's own beside them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def expanded(text: str | Path) -> Path:
    """A path with its "~"; as it stands where there is no such home."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def there(path: Path) -> bool:
    """Whether something is there; a name that no disk takes is nowhere."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder is there, a link to one too."""
    return there(path) and path.is_dir()


def put(path: Path, content: bytes) -> None:
    """A file with this content, whole or not at all; its folder is made. Raises `OSError`.

    It is written aside under a name that others can guess, so a link that waits there is taken
    away, not followed.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.unlink(missing_ok=True)
        with aside.open("xb") as file:
            file.write(content)
        aside.replace(path)
    except OSError:
        with suppress(OSError):
            aside.unlink()
        raise
