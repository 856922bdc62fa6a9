"""The line to the terminal: what waits to be sent, and how much was sent a second.

Textual queues thirty frames and then blocks on a slow terminal, so the app asks here before it
draws what nobody asked for: while the last frame is unsent, or the second's bytes are spent, or
drawing took most of the time, it waits. What answers a key is drawn as soon as the line has room.
However much that took, what nobody asked for waits for a second at most.
Who leaves waits for nothing: what was not sent yet never will be.
"""

from __future__ import annotations

import io
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, Any, TextIO, cast

from textual.message import Message

from zhtui.tui.terminal.ambiguous import Width
from zhtui.tui.terminal.escapes import lean
from zhtui.tui.terminal.input import TypedDriver

BYTES_A_SECOND = 64_000
SECOND = 1.15  # what is sent in so long may arrive within one
REST, LONGEST_REST = 3.0, 0.5  # times as long as a frame took, and seconds, without another one
ROOM = 8_000  # bytes that may wait when another frame is drawn
WHOLE = "\x1b[0m\x1b[?2026l"  # no style, and what was sent is shown: a frame may have been cut off
PIECE = 2_048  # bytes at least that are written at once: who leaves waits for no more than that


class Link:
    """Counts bytes on their way. `clock` gives seconds."""

    def __init__(
        self, rate: float = BYTES_A_SECOND, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate, self.clock = rate, clock
        self.queued = self.sent = 0
        self._left, self._then = rate, clock()
        self._frames: deque[tuple[float, int]] = deque()  # (when, bytes) of the last `SECOND`
        self._begun: float | None = None  # since when something that nobody asked for is drawn
        self._rested = 0.0  # until then nothing of the kind is
        self.leaving = False
        self.typed = clock()  # when something last came from the terminal

    @property
    def quiet(self) -> float:
        """Seconds since something came from the terminal."""
        return self.clock() - self.typed

    @property
    def full(self) -> bool:
        """Whether so much waits that another frame would come too late."""
        return self.queued - self.sent > ROOM

    def queue(self, size: int) -> None:
        """So many bytes were handed to the writer's thread."""
        self._fill()
        self._left = max(self._left - size, -self.rate)
        self.queued += size
        self._frames.append((self._then, size))
        if self._begun is not None:
            self._rested = self._then + min(REST * (self._then - self._begun), LONGEST_REST)
            self._begun = None

    def flushed(self, size: int) -> None:
        """The terminal took so many bytes."""
        self.sent += size

    def free(self) -> bool:
        """Whether a frame that nobody waits for may be drawn now: all before it is out, what was
        sent too much is made up for, one like the largest of this second still fits into it, and
        drawing has left most of the time to keys.
        """
        self._fill()
        sizes = [size for _, size in self._frames]
        fits = sum(sizes) + max(sizes, default=0) <= self.rate or not sizes
        free = self.sent >= self.queued and self._left > 0 and fits and self._then >= self._rested
        if free:
            self._begun = self._then
        return free

    def _fill(self) -> None:
        now = self.clock()
        self._left = min(self.rate, self._left + (now - self._then) * self.rate)
        self._then = now
        while self._frames and self._frames[0][0] <= now - SECOND:
            self._frames.popleft()


class Frame(str):
    """What is drawn, as against what sets the terminal up and gives it back."""

    __slots__ = ()


class Counted:
    """A text file that tells a link what it has written, and is otherwise the file itself."""

    def __init__(self, file: IO[str], link: Link) -> None:
        self._file, self._link = file, link

    def write(self, text: str) -> int:
        """Writes piece by piece and says when each is out. Of a frame the rest is left out as soon
        as the lab is left.
        """
        for piece in pieces(text):
            if not (self._link.leaving and isinstance(text, Frame)):
                with suppress(OSError):  # the terminal was closed: nobody reads on
                    self._file.write(piece)
                    self._file.flush()
            self._link.flushed(len(piece.encode(errors="replace")))
        return len(text)

    def flush(self) -> None:
        """Nothing waits: every piece was sent."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def kept(file: TextIO) -> TextIO:
    """A file of its own to the same terminal, which sends on what a signal cut off, such as that of
    a new size: where Python does not buffer (PYTHONUNBUFFERED), a text file forgets it.
    """
    raw = io.BufferedWriter(io.FileIO(file.fileno(), "wb", closefd=False))
    return io.TextIOWrapper(raw, encoding=file.encoding, errors=file.errors, newline="")


def pieces(text: str) -> Iterator[str]:
    """A text in parts that end before an escape sequence, never within one."""
    start = 0
    while (cut := text.find("\x1b", start + PIECE)) >= 0:
        yield text[start:cut]
        start = cut
    yield text[start:]


def driver(link: Link, width: Width | None = None) -> type[TypedDriver]:
    """The driver for terminals, counting what it sends; it asks for a width, if it is given one."""

    class CountingDriver(TypedDriver):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._size = self._size or self._get_terminal_size()
            if self._file is None or not self._file.isatty():  # it is where complaints go
                self._file = sys.__stdout__
            self._file = cast(Any, Counted(kept(cast(Any, self._file)), link))
            self.width = width

        def write(self, data: str) -> None:
            text = data if link.leaving else Frame(lean(data))
            link.queue(len(text.encode(errors="replace")))
            super().write(text)

        def process_message(self, message: Message) -> None:
            link.typed = link.clock()
            super().process_message(message)

        def start_application_mode(self) -> None:
            link.leaving = False  # once more, after it was suspended
            cast(Any, super()).start_application_mode()

        def stop_application_mode(self) -> None:
            link.leaving = True
            self.write(WHOLE)
            super().stop_application_mode()

    return CountingDriver
