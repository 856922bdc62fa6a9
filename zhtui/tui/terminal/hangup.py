"""The end of the lab: with its terminal and at a signal, whatever the lab is doing.

The app is asked to leave first. It may not get to it: it draws without end, waits for a dialog, or
has not begun. So a thread looks from outside and, after a grace, ends the process itself.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

LOOK = 0.5  # seconds between two looks at the terminal
GRACE = 3.0  # seconds that the app has to leave by itself
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
# Off: pasting, the mouse, focus, the other keyboard, lines that do not wrap, the other screen.
RESTORE = (
    b"\x1b[0m\x1b[?2026l\x1b[?2004l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l"
    b"\x1b[<u\x1b[?7h\x1b[?1049l\x1b[?25h"
)


class Hangup(threading.Thread):
    """Watches the terminal of this process. `leave(code)` asks the app to end; it may be called
    from any thread, and more than once.
    """

    def __init__(self, leave: Callable[[int], None], grace: float = GRACE) -> None:
        super().__init__(name="zhtui-hangup", daemon=True)
        self.leave, self.grace = leave, grace
        self.terminal = os.isatty(0)
        self.modes = _modes() if self.terminal else None
        self._woken = threading.Event()
        self._code = 0

    def begin(self) -> None:
        """From now on; also takes the signals that end a process."""
        for number in SIGNALS:
            signal.signal(number, self._signalled)
        self.start()

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        self._code = self._code or 128 + number
        self._woken.set()

    def run(self) -> None:
        """Looks until there is a reason to leave; then gives the app its time."""
        while not self._woken.wait(LOOK):
            if self._gone():
                self._code = 128 + signal.SIGHUP
                break
        end = time.monotonic() + self.grace
        while time.monotonic() < end:
            self.leave(self._code)  # again and again: it may have had no ears yet
            time.sleep(0.1)
        self._end()

    def _gone(self) -> bool:
        """Whether nobody is at the other end of standard input any more."""
        poll = select.poll()
        poll.register(0, 0)
        if any(
            what & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, what in poll.poll(0)
        ):
            return True
        return self.terminal and _modes() is None

    def _end(self) -> None:
        """Gives the terminal back, if it takes anything, and ends without further ado."""
        back = threading.Thread(target=self._restore, daemon=True)
        back.start()
        back.join(0.5)
        os._exit(self._code)

    def _restore(self) -> None:
        if self.terminal and not self._gone():
            with suppress(OSError):
                os.write(sys.__stderr__.fileno() if sys.__stderr__ else 1, RESTORE)
            with suppress(termios.error):
                termios.tcsetattr(0, termios.TCSANOW, self.modes or [])


def _modes() -> list[Any] | None:
    """How the terminal is set; None where there is none any more."""
    try:
        return termios.tcgetattr(0)
    except termios.error:
        return None
