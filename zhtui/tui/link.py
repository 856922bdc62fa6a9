"""The line to the terminal: what waits to be sent, and how much was sent a second.

Textual queues thirty frames and then blocks on a slow terminal, so the app asks here before it
draws
what nobody asked for: while the last frame is unsent, or the second's bytes are spent, it waits.
What
answers a key is always drawn.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, cast

from textual.drivers.linux_driver import LinuxDriver

from zhtui.tui.lean import lean

BYTES_A_SECOND = 64_000


class Link:
    """Counts bytes on their way. `clock` gives seconds."""

    def __init__(
        self, rate: float = BYTES_A_SECOND, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate, self.clock = rate, clock
        self.queued = self.sent = 0
        self._left, self._then = rate, clock()

    def queue(self, size: int) -> None:
        """So many bytes were handed to the writer's thread."""
        self._fill()
        self._left -= size
        self.queued += size

    def flushed(self, size: int) -> None:
        """The terminal took so many bytes."""
        self.sent += size

    def free(self) -> bool:
        """Whether a frame that nobody waits for may be drawn now."""
        self._fill()
        return self.sent >= self.queued and self._left > 0

    def _fill(self) -> None:
        now = self.clock()
        self._left = min(self.rate, self._left + (now - self._then) * self.rate)
        self._then = now


class Counted:
    """A text file that tells a link what it has written, and is otherwise the file itself."""

    def __init__(self, file: IO[str], link: Link) -> None:
        self._file, self._link, self._waiting = file, link, 0

    def write(self, text: str) -> int:
        """Writes, and remembers how much; a flush says that it is out."""
        self._waiting += len(text.encode(errors="replace"))
        with suppress(OSError):  # the terminal was closed: nobody reads on
            return self._file.write(text)
        return 0

    def flush(self) -> None:
        """Sends what was written."""
        with suppress(OSError):
            self._file.flush()
        self._link.flushed(self._waiting)
        self._waiting = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def driver(link: Link) -> type[LinuxDriver]:
    """Textual's own driver for terminals, counting what it sends."""

    class CountingDriver(LinuxDriver):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._file = cast(Any, Counted(cast(Any, self._file), link))

        def write(self, data: str) -> None:
            frame = lean(data)
            link.queue(len(frame.encode(errors="replace")))
            super().write(frame)

    return CountingDriver
