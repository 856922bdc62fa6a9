"""A run's numbers for other programs: CSV, JSON lines, TensorBoard, a picture of its chart.

A lesson may offer more: a mapping `EXPORTS` in its `command.py`, from a name to a function of (the
run's folder, the folder to write into) that returns what it wrote.
"""

from __future__ import annotations

import csv
import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from zhtui.errors import ConfigError, StoreError, boundary
from zhtui.lesson import catalog
from zhtui.runs import tensorboard
from zhtui.runs.folder import CARD, RunFolder
from zhtui.wording import json_text

PRINTED = ("csv", "json")  # go to a stream where no file is named
WRITTEN = ("tensorboard", "svg")
Export = Callable[[Path, Path], Path]


class Stream(Protocol):
    """What rows are written to."""

    def write(self, text: str, /) -> object: ...


def names(folder: RunFolder) -> list[str]:
    """Every export that can be had of a run."""
    return [*PRINTED, *WRITTEN, *_own(folder)]


def write(folder: RunFolder, to: str, into: Path) -> Path:
    """Writes an export beside other files in `into`; returns what was written.

    Raises `ConfigError` where there is no such export, `StoreError` where it cannot be written.
    """
    own = _own(folder)
    if to not in names(folder):
        raise ConfigError(f"there is no export {to!r}; use one of {', '.join(names(folder))}")
    try:
        into.mkdir(parents=True, exist_ok=True)
        if to in own:
            with boundary(f"the export {to!r} of lesson {folder.lesson}"):
                return own[to](folder.path, into)
        return _write(folder, to, into)
    except OSError as error:
        raise StoreError(
            f"{into} cannot be written ({error.strerror}); choose another place with --into"
        ) from error


def _write(folder: RunFolder, to: str, into: Path) -> Path:
    if to == "tensorboard":
        path = into / folder.lesson / folder.name
        path.mkdir(parents=True, exist_ok=True)
        events = path / f"events.out.tfevents.{int(_started(folder)):010d}.zhtui"
        tensorboard.write(events, folder.rows(), _started(folder))
        return path
    path = into / f"{folder.name}.{to}"
    with path.open("w", encoding="utf-8", newline="") as file:
        if to == "svg":
            file.write(_svg(folder))
        else:
            stream(folder, to, file)
    return path


def stream(folder: RunFolder, to: str, out: Stream) -> None:
    """Writes rows as "csv" (a column a metric, empty where a row has none) or "json" lines."""
    rows = folder.rows()
    if to == "json":
        for row in rows:
            out.write(json_text(row) + "\n")
        return
    columns = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    writer.writerows(rows)


def _svg(folder: RunFolder) -> str:
    """The run's first chart with its published figures."""
    import numpy as np

    from zhtui.draw import vector  # draws with numpy alone
    from zhtui.runs.figures import own_references

    card = catalog.one(folder.lesson).card
    title, metrics = next(iter(card.charts.items()))
    rows = folder.rows()
    curves = []
    for name in metrics:
        points = [(row["step"], row[name]) for row in rows if row.get(name) is not None]
        if points:
            x, y = np.array(points, dtype=np.float64).T
            curves.append(vector.Curve(name, x, y))
    levels = [(r.label, r.value) for r in own_references(folder, card) if r.metric in metrics]
    return vector.draw(f"{folder.lesson} {folder.name}: {title}", curves, levels, "step")


def _started(folder: RunFolder) -> float:
    """When the run was made, in seconds since the epoch."""
    return (folder.path / CARD).stat().st_mtime


def _own(folder: RunFolder) -> Mapping[str, Export]:
    """What the run's lesson offers beside; nothing where it is not here."""
    if folder.lesson not in catalog.names():
        return {}
    entry = catalog.one(folder.lesson)
    if not entry.has("command"):
        return {}
    with boundary(f"loading command.py of lesson {entry.name}"):
        module = importlib.import_module(f"{entry.package}.command")
    own: Mapping[str, Export] = getattr(module, "EXPORTS", {})
    return own
