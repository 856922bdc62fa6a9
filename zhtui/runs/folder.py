"""A run's folder: the one place that knows its file names. The reading side.

Every file is write-once, append-only or atomically replaced, so a reader needs no lock. Nothing in
a folder is trusted: links are not followed, long lines are passed over, nothing is executed, and
what is read has its type from `border`. That one is imported when something is read: it is no part
of the first frame.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from zhtui.errors import StoreError
from zhtui.lesson.views import NAME
from zhtui.runs import lease
from zhtui.runs.files import Tail, check_plain, is_folder, read_plain, scan

FORMAT = 1
CARD, STATUS, METRICS, EVENTS = "run.json", "status.json", "metrics.jsonl", "events.jsonl"
CONTROL, OUTPUT, LEASE, ARTIFACTS = "control.jsonl", "output.log", "lease", "artifacts"
NOTE, GUESS, ROOM = "note.txt", "guess.json", ".room"
PLAIN = (CARD, STATUS, METRICS, EVENTS, CONTROL, OUTPUT, LEASE, NOTE, GUESS)
STEP = re.compile(r"step-(\d{6,12})")
ARTIFACT = re.compile(rf"(\d{{6,12}})-({NAME.pattern})\.json")
LIVE = ("starting", "running", "paused", "silent")
YOUTH = 60.0  # seconds within which a new worker says something


@dataclass(frozen=True)
class Status:
    """What a run last said of itself; "lost" where it says alive and its lease is free, "silent"
    where its worker holds the lease and has not said a word for longer than it promised.
    """

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

    @cached_property
    def lesson(self) -> str:  # asked for of each run whenever one lesson's runs are picked out
        return self.path.parent.name

    def card(self) -> dict[str, Any]:
        """run.json. Raises `StoreError` where it is missing, broken or of a newer format."""
        from zhtui.runs import border

        try:
            card = border.card(read_plain(self.path / CARD) or b"", FORMAT)
        except border.Misfit as error:
            raise StoreError(
                f"{self.name} has no readable {CARD} ({error}); delete {self.path} or restore it"
            ) from error
        if card["format"] > FORMAT:
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
        """The last status; "lost" or "silent" where it is not what it says."""
        from zhtui.runs import border

        known = border.status(read_plain(self.path / STATUS) or b"")
        status = Status(**known)
        if not status.live:
            return status
        if not self.alive():
            return status if self._young(status) else replace(status, state="lost")
        late = 0 < status.promise < time.time()  # stopped by a signal, or its disk does not answer
        return replace(status, state="silent") if late else status

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
        from zhtui.runs import border

        by_step = {row["step"]: row for row in Tail(self.path / METRICS).read(border.row)}
        return [by_step[step] for step in sorted(by_step)]

    def events(self) -> list[dict[str, Any]]:
        """All events, oldest first."""
        from zhtui.runs import border

        return Tail(self.path / EVENTS).read(border.event)

    def note(self) -> str:
        """What the learner wrote about the run, or ""."""
        return (read_plain(self.path / NOTE) or b"").decode("utf-8", errors="replace").strip()

    def _young(self, status: Status) -> bool:
        """A run that was created a moment ago and whose worker has not come yet: one that came, and
        holds no lease, has ended. A promise for long after is one of before the clock was set back.
        """
        soon = 0 < status.promise - time.time() <= YOUTH
        return status.state == "starting" and not status.pid and soon


def measured_of(folder: RunFolder, name: str, of: str) -> float | None:
    """What a run measured at its beginning; a run that goes on takes it again."""
    for event in folder.events():
        value = event.get("value")
        if (event.get("event"), event.get("name"), event.get("of")) == ("measured", name, of):
            return float(value) if isinstance(value, int | float) else None
    return None
