"""Plain files of a run: how they are opened, read, tailed, appended to and replaced.

A run folder may come from a stranger. So no link is followed, neither the file's own nor that of
the folder it lies in, and what is not a regular file is not opened: every other file of the lab
that reads or writes in a run folder does it through this one.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from zhtui.errors import StoreError
from zhtui.wording import json_text

T = TypeVar("T")
LONGEST = 1 << 20  # bytes of one line or one small file; anything longer is not ours


class Tail:
    """Reads what has been appended to a JSON-lines file since the last look; complete lines only.

    A line that is longer than 1 MiB is passed over. A file that shrank or was replaced is read from
    its beginning.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.offset = offset
        self._rest = b""
        self._skipping = False

    def read(self, shape: Callable[[bytes], T | None]) -> list[T]:
        """The new lines as what they hold, oldest first; empty where nothing is new or nothing can
        be read. `shape` is one of `zhtui.runs.border`; a line of which it makes None is passed
        over.
        """
        shaped = (shape(line) for lines in self.lines() for line in lines)
        return [value for value in shaped if value is not None]

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
                if self._skipping:
                    self.offset = _after_hole(file, self.offset)

    def _moved(self) -> bool:
        """Whether the file's size is another than what was read: one call where nothing is new."""
        try:
            return self.path.lstat().st_size != self.offset
        except OSError:
            return False

    def _whole(self, chunk: bytes) -> list[bytes]:
        if self._skipping:
            end = chunk.find(b"\n")
            if end < 0:
                return []
            chunk, self._skipping = chunk[end + 1 :], False
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LONGEST:
            self._rest, self._skipping = b"", True
        return [line for line in lines if len(line) <= LONGEST]


def open_plain(path: Path) -> BinaryIO | None:
    """A regular file for reading; None for a link, a pipe, a folder, or what cannot be opened."""
    try:
        return open(_opened(path, os.O_RDONLY), "rb")
    except (OSError, StoreError):
        return None


def open_own(path: Path, flags: int) -> int:
    """A descriptor of a file that is written to in place; it is made where there is none.

    Raises `StoreError` where something else bears the name: a link, a second name of a file that
    lies elsewhere, a pipe.
    """
    descriptor = _opened(path, flags | os.O_CREAT)
    if os.fstat(descriptor).st_nlink > 1:
        os.close(descriptor)
        raise _foreign(path)
    return descriptor


def read_plain(path: Path, size: int = LONGEST) -> bytes | None:
    """The content of a regular file of at most `size` bytes, else None."""
    file = open_plain(path)
    if file is None:
        return None
    with file:
        content = file.read(size + 1)
    return content if len(content) <= size else None


def read_settings(path: Path, size: int = LONGEST) -> bytes:
    """The content of a file of the user's own, which may well be a link to another place.

    Raises `OSError`, also where it is a pipe, a device or larger than `size` bytes.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file")
        content = file.read(size + 1)
    if len(content) > size:
        raise OSError(errno.EFBIG, f"it has more than {size:,} bytes")
    return content


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replaces a small JSON file in one move, so that a reader sees the old or the new one."""
    replace_file(path, json_text(value).encode() + b"\n")


def rewrite_json(path: Path, value: Mapping[str, Any]) -> None:
    """The same, as old as the one that it replaces: how old a run is its card says."""
    replace_file(path, json_text(value).encode() + b"\n", of=path.lstat().st_mtime_ns)


def replace_file(path: Path, content: bytes, *, of: int | None = None) -> None:
    """Replaces a file in one move. What bore its name before is not written to, whatever it was.

    It is written aside first, under a name that nobody can have laid a link at; `of` is its time in
    nanoseconds, if not now. Raises `OSError`, and `StoreError` where its folder is a link.
    """
    with _folder(path) as folder:
        aside = f".{path.name}.{secrets.token_hex(8)}"
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=folder)
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                if of is not None:
                    os.utime(descriptor, ns=(of, of))
            os.replace(aside, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(aside, dir_fd=folder)
            raise


def make_folder(path: Path) -> None:
    """A folder, where there is none. Raises `StoreError` where a link or a file has its name."""
    with suppress(FileExistsError):
        path.mkdir()
    check_plain(path, is_folder)


def is_folder(path: Path) -> bool:
    """Whether it is a folder itself, not a link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def is_file(path: Path) -> bool:
    """Whether it is a regular file itself, not a link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def check_plain(path: Path, kind: Callable[[Path], bool] = is_file) -> None:
    """Raises `StoreError` where something is there that is not of the kind."""
    if os.path.lexists(path) and not kind(path):
        raise _foreign(path)


def _opened(path: Path, flags: int) -> int:
    """A descriptor of a regular file. Raises `OSError`, or `StoreError` where it is another."""
    with _folder(path) as folder:
        try:
            safe = flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(path.name, safe, 0o666, dir_fd=folder)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
                raise _foreign(path) from error
            raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _foreign(path)
    return descriptor


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    """A descriptor of the folder that a file lies in."""
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if path.parent.is_symlink():
            raise _foreign(path.parent) from error
        raise
    try:
        yield folder
    finally:
        os.close(folder)


def _foreign(path: Path) -> StoreError:
    return StoreError(
        f"{path} is a link or no plain file, and a run has none; look where it leads, then remove "
        "it"
    )


def _after_hole(file: BinaryIO, offset: int) -> int:
    """Goes to where a file has bytes again: gigabytes of a hole are no line."""
    try:
        offset = os.lseek(file.fileno(), offset, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:  # none to its end
            offset = os.fstat(file.fileno()).st_size
    return file.seek(offset)


class Appender:
    """A JSON-lines file kept open: one write a line, a fresh one where the last was cut short."""

    def __init__(self, path: Path) -> None:
        self._descriptor = open_own(path, os.O_RDWR | os.O_APPEND)
        size = os.fstat(self._descriptor).st_size
        self._torn = size > 0 and os.pread(self._descriptor, 1, size - 1) != b"\n"

    def append(self, value: Mapping[str, Any]) -> None:
        """Appends one line. Raises `OSError` where the disk is full."""
        line = json_text(value).encode() + b"\n"
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


def scan(path: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder; nothing where it is a link or cannot be read."""
    if not is_folder(path):
        return []
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except OSError:
        return []
