"""Reads a run's device for a pane, on the watcher's thread: twice a second while it is seen."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from textual.message_pump import MessagePump

from zhtui.machine.vitals import Vitals

EVERY = 0.5  # seconds
QUIET_EVERY = 2.0  # seconds, where no worker is at the run: only a new one is worth telling
KEPT = 600  # looks


class Gauge:
    """Keeps the latest looks. While it is not `wanted` nothing is read, and a gap stays."""

    def __init__(self, look: Callable[[], Vitals], target: MessagePump) -> None:
        self.target = target
        self.behind = False
        self.wanted = False
        self._look = look
        self._lived = False  # at the last look
        self._looks: deque[Vitals | None] = deque(maxlen=KEPT)
        self._next, self._gap = 0.0, True
        self._lock = threading.Lock()

    def want(self, wanted: bool) -> None:
        """Somebody looks from now on, or nobody any more; called by the screen."""
        if wanted and not self.wanted:
            self._next, self._gap = 0.0, True
        self.wanted = wanted

    def look(self, now: float) -> bool:
        """Reads, where it is time; whether there is something to draw. Called by the thread."""
        if not self.wanted or now < self._next:
            return False
        seen = self._look()
        live, lived = seen.status.live, self._lived
        self._lived, self._next = live, now + (EVERY if live else QUIET_EVERY)
        if not (live or lived or self._gap):
            return False  # an idle lab sends nothing
        with self._lock:
            if self._gap and self._looks:
                self._looks.append(None)
            self._gap = False
            self._looks.append(seen)
        return True

    def looks(self) -> list[Vitals | None]:
        """What was read, oldest first; None where nobody looked for a while."""
        with self._lock:
            return list(self._looks)
