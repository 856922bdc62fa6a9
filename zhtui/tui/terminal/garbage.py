"""When the lab is tidied up: while nobody types.

Python collects garbage where many objects are new, and that is when a screen opens: it walks the
new ones for 10 to 40 ms, all of them for 30 to 90. Here a screen that was left is collected once
the one below it is drawn, and all that lives is walked in a longer pause.
"""

from __future__ import annotations

import gc
import sys

HURRY = 100_000  # new objects that are walked at any time, lest memory runs out
NEVER = 1 << 30
SOON = 0.1  # seconds until the screen below is drawn
PAUSE, QUIET = 0.05, 2.0  # seconds without a key, short and long
LEFT, OVERDUE = 4, 60  # screens whose rest is worth a walk over all; that it waits no longer for


class Tidy:
    """What start-up made is never walked again; what screens leave behind is, in a pause."""

    def __init__(self) -> None:
        self._left = self._rest = 0  # screens: to be collected; since all was walked
        self._modules = 0  # that had been imported when what lives was set aside
        self._kept = False  # what the screen in sight made, too

    def begin(self) -> None:
        """After the first frame: before it, nothing is collected at all."""
        self._set_aside()
        gc.set_threshold(HURRY, NEVER, NEVER)
        gc.enable()

    def stays(self) -> None:
        """What lives now is not walked until a screen is left: one has made much that it keeps."""
        gc.freeze()
        self._kept = True

    def left(self) -> None:
        """A screen was."""
        self._left += 1
        if self._kept:
            gc.unfreeze()
            self._kept, self._rest = False, self._rest + LEFT

    def look(self, quiet: float, home: bool) -> float | None:
        """Collects what is due after `quiet` seconds without a key. Returns in how many seconds
        more will be, if nothing happens.

        `home`: whether nothing is open that will be left. Else the screen that is open must stay
        young, to be collected young; there, what was imported since is set aside, too.
        """
        if quiet < PAUSE and self._rest < OVERDUE:
            return PAUSE
        if (self._rest >= LEFT and quiet >= QUIET) or self._rest >= OVERDUE:
            self._left = self._rest = 0
            gc.collect()
            if home:
                self._set_aside()
        elif self._left:
            self._rest += self._left
            self._left = 0
            gc.collect(1 if home else 0)
        if home and len(sys.modules) > self._modules:
            gc.collect()
            self._set_aside()
        return max(QUIET - quiet, PAUSE) if self._rest >= LEFT else None

    def _set_aside(self) -> None:
        self._modules = len(sys.modules)
        gc.freeze()
