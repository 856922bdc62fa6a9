"""What a worker that was killed while it wrote has left in a run: whole checkpoints, often.

Only who holds the lease takes it away, and only under the names that a worker alone writes aside. A
run folder may come from a stranger: no link is followed, and what is of another kind stays.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from zhtui.runs.files import is_folder, scan
from zhtui.runs.folder import ARTIFACT, ARTIFACTS, ROOM, STATUS, STEP

ASIDE = "[0-9a-f]{16}"
SAVED = re.compile(rf"\.({STEP.pattern})\.(old|{ASIDE})")
FILE = re.compile(rf"\.({re.escape(STATUS)}|{re.escape(ROOM)})\.{ASIDE}")
VIEW = re.compile(rf"\.{ARTIFACT.pattern}\.{ASIDE}")


def clear(run: Path) -> None:
    """Takes away what was left. A checkpoint that had made way for another one of its step, which
    never came, is one again.
    """
    for entry in scan(run):
        found = SAVED.fullmatch(entry.name)
        if found and entry.is_dir(follow_symlinks=False):
            _checkpoint(Path(entry.path), run / found[1], old=found[3] == "old")
        elif FILE.fullmatch(entry.name):
            _file(entry)
    for entry in scan(run / ARTIFACTS):
        if VIEW.fullmatch(entry.name):
            _file(entry)


def _checkpoint(left: Path, final: Path, *, old: bool) -> None:
    if old and not os.path.lexists(final):
        with suppress(OSError):
            left.rename(final)
    elif not old or is_folder(final):
        shutil.rmtree(left, ignore_errors=True)


def _file(entry: os.DirEntry[str]) -> None:
    if entry.is_file(follow_symlinks=False):
        with suppress(OSError):
            Path(entry.path).unlink()
