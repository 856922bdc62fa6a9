"""Run folders made of plain files: what a worker would have written, without a worker."""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from zhtui.lesson.views import View
from zhtui.machine.gpu import GIB
from zhtui.machine.vitals import Vitals, Worker
from zhtui.runs import lease, view_files
from zhtui.runs.folder import ARTIFACTS, CARD, EVENTS, FORMAT, LEASE, METRICS, STATUS, RunFolder

NOW = 1_700_000_000.0


def lines(path: Path, objects: list[dict[str, Any]]) -> None:
    """Appends JSON lines."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(value) + "\n" for value in objects)


def curve(
    steps: int, every: int = 50, start: float = 4.2, end: float = 1.7
) -> list[dict[str, Any]]:
    """Rows of a loss that falls with noise, and a val that is measured every so often."""
    dice = random.Random(7)
    rows = []
    for step in range(steps):
        course = end + (start - end) * math.exp(-4 * step / max(steps, 200))
        row = {"step": step, "time": step / 20, "loss": course + dice.gauss(0, 0.1), "lr": 1e-3}
        if (step + 1) % every == 0:
            row |= {"val": course + 0.05, "train": course}
        rows.append(row)
    return rows


def status_of(state: str, steps: int, total: int, **fields: Any) -> dict[str, Any]:
    """What status.json holds."""
    known = {"state": state, "step": steps, "steps": total, "rate": 41_200.0, "unit": "tok"}
    known |= {"left": 18.0, "device": "cpu", "pid": 1, "time": NOW - 120, "promise": NOW + 1e9}
    return {**known, **fields}


def record(
    store: Path,
    lesson: str = "gpt",
    name: str = "brisk-otter",
    *,
    state: str = "finished",
    steps: int = 600,
    total: int = 1000,
    config: Mapping[str, Any] | None = None,
    views: Mapping[str, View] | None = None,
    samples: Mapping[int, str] | None = None,
    rows: list[dict[str, Any]] | None = None,
    error: str = "",
) -> RunFolder:
    """A run folder in some state."""
    folder = store / lesson / name
    folder.mkdir(parents=True)
    card = {"format": FORMAT, "lesson": lesson, "preset": "quick", "seed": 1337, "device": "cpu"}
    card |= {"config": dict(config or {}), "data": None, "created": "", "versions": {}}
    (folder / CARD).write_text(json.dumps(card))
    rows = curve(steps) if rows is None else rows
    lines(folder / METRICS, rows)
    last = {key: value for row in rows for key, value in row.items() if key not in ("step", "time")}
    best = min((row["val"] for row in rows if "val" in row), default=None)
    events: list[dict[str, Any]] = [{"event": "started", "step": 0, "time": NOW}]
    for step, text in (samples or {}).items():
        events.append({"event": "sample", "step": step, "text": text})
    for view_name, view in (views or {}).items():
        view_files.write(folder / ARTIFACTS / f"{steps:06d}-{view_name}.json", view)
        kind = type(view).__name__
        events.append({"event": "shown", "step": steps, "name": view_name, "kind": kind})
    lines(folder / EVENTS, events)
    status = status_of(state, steps, total, row=last, best=best, error=error)
    (folder / STATUS).write_text(json.dumps(status))
    return RunFolder(folder)


def pulse(folder: RunFolder) -> Callable[[], Vitals]:
    """Reads a machine that is always the same; a live run has a worker that breathes."""
    breath = itertools.count()

    def look() -> Vitals:
        status, load = folder.status(), 90.0 + 8 * math.sin(next(breath) / 2)
        worker = Worker(load, 7, 1, 371 * 2**20) if status.live else None
        return Vitals(status, 2, load / 2, 0.0, 3 * GIB, 16 * GIB, "AMD EPYC · 2 cores", worker)

    return look


def alive(folder: RunFolder) -> AbstractContextManager[None]:
    """Holds the lease as the run's worker would."""
    return lease.hold(folder.path / LEASE)
