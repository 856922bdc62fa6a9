"""One file from a public address: resumed where it was cut, checked against its pinned sha256.

What has come so far lies beside the target as `<name>.part`; only a file with the right sha256 gets
the target's name. Two processes that want the same file take turns. A cache that other programs
share may be a folder of somebody else's: what waits there under the name and is not this user's
own plain file is not written to.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import http.client
import os
import queue
import stat
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import BinaryIO

BLOCK = 1 << 16  # bytes between two reports of progress
SAFE = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NOT_PLAIN = (errno.ELOOP, errno.EISDIR, errno.ENXIO)  # a link, a folder, a socket
SPAN, SLOWEST = 20.0, 256  # seconds in which at least so many bytes a second come
TRIES = 3  # connections an address gets, each going on where the last was cut

Progress = Callable[[int, int], None]


class Failed(Exception):
    """The network's fault, in a few words; a disk's fault stays an OSError."""


def fetch(
    urls: Iterable[str],
    target: Path,
    size: int,
    sha256: str,
    progress: Progress | None,
    patience: float,
) -> None:
    """Brings `target` from the first address that gives it.

    `patience` is in seconds without an answer. Raises `Failed`, and `OSError` where the disk is
    full or may not be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with _opened(part) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if target.is_file() and _sha256_at(target) == sha256:
            part.unlink(missing_ok=True)  # another process was quicker
            return
        reason = "it has no address"
        for url in urls:
            for _ in range(TRIES):
                try:
                    _go_on(url, file, size, progress, patience)
                    _settle(file, part, target, sha256)
                    return
                except Cut as error:
                    reason = str(error)
                except Failed as error:
                    reason = str(error)
                    break
    raise Failed(reason)


def _opened(part: Path) -> BufferedRandom:
    """The file for what comes, made where there is none.

    Raises `Failed` where a link, a pipe, another user's file, or a file with a second name bears
    its name. Others may read it, as those who share the cache do, and not write to it.
    """
    try:
        return open(os.open(part, SAFE | os.O_EXCL, 0o644), "a+b")
    except FileExistsError:  # what an earlier call left, or another process writes
        pass
    try:
        descriptor = os.open(part, SAFE, 0o644)
    except OSError as error:
        if error.errno in NOT_PLAIN:
            raise _foreign(part) from error
        raise
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink > 1:
        os.close(descriptor)
        raise _foreign(part)
    return open(descriptor, "a+b")


def _foreign(part: Path) -> Failed:
    return Failed(f"{part} is a link or no plain file of your own; remove it")


class Pace:
    """Whether a server sends fast enough to be waited for."""

    def __init__(self, have: int) -> None:
        self.since, self.had = time.monotonic(), have

    def check(self, host: str, have: int) -> None:
        """Raises `Failed` where too little came in the last `SPAN` seconds."""
        now = time.monotonic()
        if now - self.since < SPAN:
            return
        if have - self.had < SLOWEST * SPAN:
            raise Failed(f"{host} sends less than {SLOWEST} bytes a second")
        self.since, self.had = now, have


class Cut(Failed):
    """The connection ended early, after something had come: worth another try."""


def _go_on(url: str, file: BinaryIO, size: int, progress: Progress | None, patience: float) -> None:
    """Adds to `file` what it lacks of `size` bytes."""
    have = before = file.seek(0, os.SEEK_END)
    if have > size:
        have = before = file.truncate(0)
    if have == size:
        return
    request = urllib.request.Request(url, headers={"User-Agent": "zhtui"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    with _ask(request, patience) as answer:
        if have and not _continues(answer, have):
            have = before = file.truncate(0)
        pace = Pace(have)
        while block := _next_block(answer):
            have += file.write(block)
            pace.check(request.host, have)
            if have > size:
                file.truncate(0)
                raise Failed(f"{url} sends more than the {size:,} bytes of the file")
            if progress is not None:
                progress(have, size)
    file.flush()
    if have < size:
        cut = f"the connection was cut after {have:,} of {size:,} bytes"
        raise Cut(cut) if have > before else Failed(cut)


def _continues(answer: http.client.HTTPResponse, have: int) -> bool:
    """Whether the server goes on at byte `have`, rather than starting again."""
    where = answer.headers.get("Content-Range", "")
    return answer.status == http.client.PARTIAL_CONTENT and where.startswith(f"bytes {have}-")


def _next_block(answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read1(BLOCK)
    except (OSError, http.client.HTTPException):  # what has come so far stays in the .part
        return b""


def _ask(request: urllib.request.Request, patience: float) -> http.client.HTTPResponse:
    """The server's answer within `patience` seconds.

    It is asked from a thread because the look-up of a host's name obeys no timeout.
    """
    answers: queue.SimpleQueue[http.client.HTTPResponse | str] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(urllib.request.urlopen(request, timeout=patience))
        except urllib.error.HTTPError as error:
            error.close()
            answers.put(f"{request.host} answered {error.code} {error.reason}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            cause = getattr(error, "reason", error)
            reason = getattr(cause, "strerror", None) or cause
            answers.put(f"{request.host} cannot be reached, {reason}")

    threading.Thread(target=ask, daemon=True, name="download").start()
    try:
        answer = answers.get(timeout=patience + 0.5)
    except queue.Empty:
        raise Failed(f"{request.host} gave no answer within {patience:g} s") from None
    if isinstance(answer, str):
        raise Failed(answer)
    return answer


def _settle(file: BufferedRandom, part: Path, target: Path, sha256: str) -> None:
    """Gives the file its name, or empties it."""
    if _sha256(file) != sha256:
        file.truncate(0)
        raise Failed("the file that came has another sha256")
    part.replace(target)


def _sha256(file: BufferedRandom | BufferedReader) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


def _sha256_at(path: Path) -> str:
    with path.open("rb") as file:
        return _sha256(file)
