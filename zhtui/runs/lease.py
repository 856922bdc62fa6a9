"""The lease on a run folder: held by the worker while it lives, asked of the kernel by everyone
else.

POSIX record locks (`lockf`), because they are not inherited by children and end with the process.
Closing *any* descriptor of the file drops the lock, so a process never opens a lease that it holds.
"""

from __future__ import annotations

import fcntl
import os
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zhtui.errors import BusyError, StoreError
from zhtui.runs.files import open_own, open_plain

PATIENCE = 1.0  # seconds; a worker that was told to stop may still be closing its files
_held: set[Path] = set()


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Holds the lease at `path` while the block runs. Raises `BusyError` or `StoreError`."""
    path = _known(path)
    if path in _held:
        raise _busy(path)
    try:
        descriptor = open_own(path, os.O_RDWR)
    except OSError as error:
        why = f"cannot write to {path.parent}: {error.strerror}"
        raise StoreError(f"{why}; choose another place with --store") from error
    try:
        _lock(descriptor, path)
        _held.add(path)
        yield
    finally:
        _held.discard(path)
        os.close(descriptor)


@contextmanager
def turn(folder: Path) -> Iterator[int | None]:
    """The turn to start a worker at a run, or to move what no worker is at: a descriptor with a
    lock, None where somebody else has it. A worker keeps its starter's until it holds the lease.

    Raises `StoreError` where the folder is gone.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise StoreError(f"{folder.name} cannot be opened ({error.strerror}); try again") from error
    try:
        yield descriptor if _locked(descriptor) else None
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a disk without such locks
        return True
    return True


def held(path: Path) -> bool:
    """Whether a living process holds the lease; it is not taken to find out."""
    if _known(path) in _held:
        return True
    file = open_plain(path)
    if file is None:
        return False
    descriptor = file.fileno()
    try:
        answer = fcntl.fcntl(descriptor, fcntl.F_GETLK, _question())
        return _kind(answer) != fcntl.F_UNLCK
    except OSError:
        return False
    finally:
        file.close()


def _known(path: Path) -> Path:
    """One name for a lease, however its folder was reached."""
    return path.parent.resolve() / path.name


def _lock(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as error:
            if time.monotonic() > deadline:
                raise _busy(path) from error
            time.sleep(0.02)


def _busy(path: Path) -> BusyError:
    name = path.parent.name
    return BusyError(f"another worker is at {name}; stop it first with `zhtui runs stop {name}`")


def _question() -> bytes:
    """struct flock asking "who would stop me from writing?"."""
    if sys.platform == "darwin":
        return struct.pack("qqihh", 0, 0, 0, fcntl.F_WRLCK, os.SEEK_SET)
    return struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)


def _kind(answer: bytes) -> int:
    if sys.platform == "darwin":
        return int(struct.unpack("qqihh", answer)[3])
    return int(struct.unpack("hhqqi4x", answer)[0])
