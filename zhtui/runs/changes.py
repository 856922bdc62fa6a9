"""What is done to a run from outside, between its trainings: its note, its name, its end.

Standard library only.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zhtui.errors import BusyError, StoreError
from zhtui.runs import lease, store
from zhtui.runs.files import rewrite_json
from zhtui.runs.folder import CARD, RunFolder


def rename(place: Path, folder: RunFolder, wish: str) -> RunFolder:
    """Gives a run another name, and tells the forks that name it. Raises `StoreError`."""
    if wish == folder.name:
        return folder
    folder.claim()
    with _idle(folder):
        name = store.fresh_name(place, folder.lesson, wish or "?")
        renamed = RunFolder(folder.path.with_name(name))
        try:
            folder.path.rename(renamed.path)
        except OSError as error:
            raise StoreError(
                f"{folder.name} cannot be renamed ({error.strerror}); look at {folder.path}"
            ) from error
    for child in store.runs(place, folder.lesson):
        with suppress(StoreError):  # no sound card: none of ours
            card = child.card()
            parent = card.get("parent")
            if parent and parent["run"] == folder.name:
                rewrite_json(child.path / CARD, {**card, "parent": {**parent, "run": name}})
    return renamed


def delete(folder: RunFolder) -> None:
    """Deletes a run's folder. Raises `BusyError` where a worker is at it, or `StoreError`."""
    if not folder.path.exists():
        return  # somebody else was faster
    folder.claim()
    with _idle(folder):
        try:
            shutil.rmtree(folder.path)
        except FileNotFoundError:
            return  # somebody else was faster
        except OSError as error:
            raise StoreError(
                f"{folder.name} cannot be deleted whole ({error.strerror}); look at {folder.path}"
            ) from error


@contextmanager
def _idle(folder: RunFolder) -> Iterator[None]:
    """No worker is at the run, and none begins meanwhile. Raises `BusyError`."""
    with lease.turn(folder.path) as turn:
        if turn is None or folder.alive():
            name = folder.name
            raise BusyError(f"a worker is at {name}; stop it first: zhtui runs stop {name}")
        yield
