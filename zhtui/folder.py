"""A run's folder: the one place that knows its file names. The reading side; standard library only.

Every file is write-once, append-only or atomically replaced, so a reader needs no lock. Nothing in
a folder is trusted: links are not followed, long lines are passed over, nothing is executed.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from zhtui import lease
from zhtui.errors import StoreError

FORMAT = 1
CARD, STATUS, METRICS, EVENTS = "run.json", "status.json", "metrics.jsonl", "events.jsonl"
CONTROL, OUTPUT, LEASE, ARTIFACTS = "control.jsonl", "output.log", "lease", "artifacts"
NOTE, GUESS = "note.txt", "guess.json"
STEP = re.compile(r"step-(\d{6,12})")
ARTIFACT = re.compile(r"(\d{6,12})-([a-z0-9][a-z0-9 _.-]{0,63})\.json")
LIVE = ("starting", "running", "paused")
YOUTH = 60.0  # seconds within which a new worker says something
LONGEST = 1 << 20  # bytes of one line or one small file; anything longer is not ours


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
    time: float = 0.0
    promise: float = 0.0  # the next sign of life comes by then
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
        for entry in _scan(self.path):
            match = STEP.fullmatch(entry.name)
            if match and entry.is_dir(follow_symlinks=False):
                found.append((int(match[1]), Path(entry.path)))
        return sorted(found)

    def artifacts(self) -> list[tuple[int, str]]:
        """(step, name) of each view that was shown, oldest first."""
        found = []
        for entry in _scan(self.path / ARTIFACTS):
            match = ARTIFACT.fullmatch(entry.name)
            if match:
                found.append((int(match[1]), match[2]))
        return sorted(found)

    def artifact(self, step: int, name: str) -> Any:
        """The view that was shown under a name at a step. Raises `StoreError`."""
        from zhtui import artifact  # deferred: it needs numpy, a listing does not

        return artifact.read(self.path / ARTIFACTS / f"{step:06d}-{name}.json")

    def rows(self) -> list[dict[str, Any]]:
        """All recorded rows in order of step; where a step stands twice, the last one counts."""
        by_step = {row["step"]: row for row in Tail(self.path / METRICS).read() if "step" in row}
        return [by_step[step] for step in sorted(by_step)]

    def events(self) -> list[dict[str, Any]]:
        """All events, oldest first."""
        return Tail(self.path / EVENTS).read()

    def note(self) -> str:
        """What the learner wrote about the run, or ""."""
        file = open_plain(self.path / NOTE)
        if file is None:
            return ""
        with file:
            return file.read(LONGEST).decode("utf-8", errors="replace").strip()

    def _young(self, status: Status) -> bool:
        """A run that was created a moment ago and whose worker is still importing torch. A promise
        for long after is one of before the clock was set back.
        """
        return status.state == "starting" and 0 < status.promise - time.time() <= YOUTH


class Tail:
    """Reads what has been appended to a JSON-lines file since the last look; complete lines only.

    A line that is no JSON object or longer than 1 MiB is passed over. A file that shrank or was
    replaced is read from its beginning.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.offset = offset
        self._rest = b""
        self._skipping = False

    def read(self) -> list[dict[str, Any]]:
        """The new objects, oldest first; empty where nothing is new or nothing can be read."""
        parsed = (_parsed(line) for lines in self.lines() for line in lines)
        return [value for value in parsed if value is not None]

    def lines(self) -> Iterator[list[bytes]]:
        """The new complete lines, a mebibyte at a time; a reader may stop between two and go on
        later.
        """
        file = open_plain(self.path) if self._moved() else None
        if file is None:
            return
        with file:
            if os.fstat(file.fileno()).st_size < self.offset:
                self.offset, self._rest, self._skipping = 0, b"", False
            file.seek(self.offset)
            while chunk := file.read(LONGEST):
                self.offset += len(chunk)
                yield self._whole(chunk)

    def _moved(self) -> bool:
        """Whether the file's size is another than what was read: one call where nothing is new."""
        try:
            return self.path.lstat().st_size != self.offset
        except OSError:
            return False

    def _whole(self, chunk: bytes) -> list[bytes]:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if self._skipping and lines:
            lines, self._skipping = lines[1:], False
        if len(self._rest) > LONGEST:
            self._rest, self._skipping = b"", True
        return [line for line in lines if len(line) <= LONGEST]


def open_plain(path: Path) -> BinaryIO | None:
    """A regular file for reading; None for a link, a pipe, a folder, or what cannot be opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    return open(descriptor, "rb")


def read_json(path: Path) -> dict[str, Any] | None:
    """A small JSON object, or None where there is none to be read."""
    file = open_plain(path)
    if file is None:
        return None
    with file:
        return _parsed(file.read(LONGEST + 1))


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replaces a small JSON file in one move, so that a reader sees the old or the new one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(json.dumps(value) + "\n", encoding="utf-8")
    aside.replace(path)


class Appender:
    """A JSON-lines file kept open: one write a line, a fresh one where the last was cut short."""

    def __init__(self, path: Path) -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        self._descriptor = os.open(path, flags, 0o644)
        size = os.fstat(self._descriptor).st_size
        self._torn = size > 0 and os.pread(self._descriptor, 1, size - 1) != b"\n"

    def append(self, value: Mapping[str, Any]) -> None:
        """Appends one line. Raises `OSError` where the disk is full."""
        line = json.dumps(value).encode() + b"\n"
        line = b"\n" + line if self._torn else line
        self._torn = os.write(self._descriptor, line) != len(line)
        if self._torn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        """Gives the file back."""
        os.close(self._descriptor)


def append_json(path: Path, value: Mapping[str, Any]) -> None:
    """Appends one line to a file that is not kept open."""
    appender = Appender(path)
    try:
        appender.append(value)
    finally:
        appender.close()


def _sound(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a status that have the type they should have."""
    kinds = {"state": str, "unit": str, "device": str, "host": str, "error": str, "row": dict}
    known = {key: raw[key] for key in Status.__dataclass_fields__ if raw.get(key) is not None}
    return {k: v for k, v in known.items() if isinstance(v, kinds.get(k, (int, float)))}


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _scan(path: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except OSError:
        return []
