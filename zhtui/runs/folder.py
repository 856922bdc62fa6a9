"""A run's folder: the one place that knows its file names. The reading side; standard library only.

Every file is write-once, append-only or atomically replaced, so a reader needs no lock. Nothing in
a folder is trusted: links are not followed, long lines are passed over, nothing is executed.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zhtui.errors import StoreError
from zhtui.lesson.views import NAME
from zhtui.runs import lease
from zhtui.runs.files import Tail, check_plain, is_folder, read_json, read_plain, scan

FORMAT = 1
CARD, STATUS, METRICS, EVENTS = "run.json", "status.json", "metrics.jsonl", "events.jsonl"
CONTROL, OUTPUT, LEASE, ARTIFACTS = "control.jsonl", "output.log", "lease", "artifacts"
NOTE, GUESS = "note.txt", "guess.json"
PLAIN = (CARD, STATUS, METRICS, EVENTS, CONTROL, OUTPUT, LEASE, NOTE, GUESS)
STEP = re.compile(r"step-(\d{6,12})")
ARTIFACT = re.compile(rf"(\d{{6,12}})-({NAME.pattern})\.json")
LIVE = ("starting", "running", "paused")
YOUTH = 60.0  # seconds within which a new worker says something


@dataclass(frozen=True)
class Status:
    """What a run last said of itself; "lost" where it says alive and its lease is free."""

    state: str = "starting"
    step: int = 0
    steps: int = 0
    rate: float = 0.0  # units a second
    unit: str = "step"
    units: int = 0  # of that unit a step
    left: float | None = None  # seconds
    row: Mapping[str, float] = field(default_factory=dict)
    best: float | None = None
    device: str = ""
    pid: int = 0
    host: str = ""
    time: float = field(default=0.0, compare=False)  # a sign of life alone is no news
    promise: float = field(default=0.0, compare=False)  # the next sign of life comes by then
    mfu: float | None = None
    error: str = ""

    @property
    def live(self) -> bool:
        """Whether a worker is at it."""
        return self.state in LIVE


@dataclass(frozen=True)
class RunFolder:
    """One run on disk, read afresh at each call."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def lesson(self) -> str:
        return self.path.parent.name

    def card(self) -> dict[str, Any]:
        """run.json. Raises `StoreError` where it is missing, broken or of a newer format."""
        card = read_json(self.path / CARD)
        if card is None:
            raise StoreError(
                f"{self.name} has no readable {CARD}; delete {self.path} or restore it"
            )
        if not isinstance(card.get("format"), int) or card["format"] > FORMAT:
            raise StoreError(f"{self.name} was written by a newer zhtui; update zhtui to read it")
        return card

    def claim(self) -> dict[str, Any]:
        """run.json, of a run that may be written to or taken away. Raises `StoreError`.

        It must lie in a store, as lesson/run, and its card must say the same: a folder of another
        kind that happens to hold a run.json is let be. None of its files may be a link.
        """
        card = self.card()
        if card.get("lesson") != self.lesson or not is_folder(self.path):
            raise StoreError(
                f"{self.path} is no run in a store, where runs lie as LESSON/NAME; move it there"
            )
        for name in PLAIN:
            check_plain(self.path / name)
        check_plain(self.path / ARTIFACTS, is_folder)
        return card

    def status(self) -> Status:
        """The last status, "lost" where it says alive but nobody holds the lease."""
        known = _sound(read_json(self.path / STATUS) or {})
        status = Status(**known)
        if status.live and not self.alive() and not self._young(status):
            return Status(**{**known, "state": "lost"})
        return status

    def alive(self) -> bool:
        """Whether a worker holds the run, by the kernel's word."""
        return lease.held(self.path / LEASE)

    def checkpoints(self) -> list[tuple[int, Path]]:
        """(steps done, folder) of each checkpoint, oldest first."""
        found = []
        for entry in scan(self.path):
            match = STEP.fullmatch(entry.name)
            if match and entry.is_dir(follow_symlinks=False):
                found.append((int(match[1]), Path(entry.path)))
        return sorted(found)

    def artifacts(self) -> list[tuple[int, str]]:
        """(step, name) of each view that was shown, oldest first."""
        found = []
        for entry in scan(self.path / ARTIFACTS):
            match = ARTIFACT.fullmatch(entry.name)
            if match:
                found.append((int(match[1]), match[2]))
        return sorted(found)

    def artifact(self, step: int, name: str) -> Any:
        """The view that was shown under a name at a step. Raises `StoreError`."""
        from zhtui.runs import view_files  # deferred: it needs numpy, a listing does not

        return view_files.read(self.path / ARTIFACTS / f"{step:06d}-{name}.json")

    def rows(self) -> list[dict[str, Any]]:
        """All recorded rows in order of step; where a step stands twice, the last one counts. What
        was no number is NaN.
        """
        read = map(_with_nan, Tail(self.path / METRICS).read())
        by_step = {row["step"]: row for row in read if "step" in row}
        return [by_step[step] for step in sorted(by_step)]

    def events(self) -> list[dict[str, Any]]:
        """All events, oldest first."""
        return Tail(self.path / EVENTS).read()

    def note(self) -> str:
        """What the learner wrote about the run, or ""."""
        return (read_plain(self.path / NOTE) or b"").decode("utf-8", errors="replace").strip()

    def _young(self, status: Status) -> bool:
        """A run that was created a moment ago and whose worker is still importing torch. A promise
        for long after is one of before the clock was set back.
        """
        return status.state == "starting" and 0 < status.promise - time.time() <= YOUTH


def measured_of(folder: RunFolder, name: str, of: str) -> float | None:
    """What a run measured at its beginning; a run that goes on takes it again."""
    for event in folder.events():
        value = event.get("value")
        if (event.get("event"), event.get("name"), event.get("of")) == ("measured", name, of):
            return float(value) if isinstance(value, int | float) else None
    return None


def _with_nan(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it was recorded: JSON lacks NaN and the infinities, and has null instead."""
    return {name: math.nan if value is None else value for name, value in row.items()}


def _sound(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a status that have the type they should have."""
    kinds = {"state": str, "unit": str, "device": str, "host": str, "error": str, "row": dict}
    known = {key: raw[key] for key in Status.__dataclass_fields__ if raw.get(key) is not None}
    sound = {k: v for k, v in known.items() if isinstance(v, kinds.get(k, (int, float)))}
    row: Any = sound.get("row", {})
    return sound | {"row": _with_nan(row)}
