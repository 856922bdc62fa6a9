"""Plain files of a run: how they are opened, read, tailed, appended to and replaced."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

LONGEST = 1 << 20  # bytes of one line or one small file; anything longer is not ours


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
