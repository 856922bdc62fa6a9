"""When the lab is tidied up: while nobody types.

Python collects garbage where many objects are new, and that is when a screen opens: it walks the
new ones for 10 to 40 ms, all of them for 30 to 90. Here both wait for a moment without a key.
"""

from __future__ import annotations

import gc
import sys

HURRY = 100_000  # new objects that are looked at whoever types
NEVER = 1 << 30
EVERY = 0.5  # seconds between two looks whether it is time
SOME, PAUSE = 3_000, 0.25  # new objects worth a look, after so many seconds without a key
LOOKS, QUIET = 4, 2.0  # such looks that make one at everything worth it, after so many seconds
OVERDUE = 60  # looks after which it waits no longer


class Tidy:
    """What start-up made is never walked again; what screens leave behind is, in a pause."""

    def __init__(self) -> None:
        self._looks = 0  # at what was new, since all was looked at
        self._modules = 0  # that had been imported when what lives was set aside

    def begin(self) -> None:
        """After the first frame: before it, nothing is collected at all."""
        self._set_aside()
        gc.set_threshold(HURRY, NEVER, NEVER)
        gc.enable()

    def look(self, quiet: float, home: bool) -> None:
        """Collects what is due, after `quiet` seconds without a key.

        `home`: whether nothing is open that will be left, so that what was imported since may be
        set aside, too.
        """
        if (self._looks >= LOOKS and quiet >= QUIET) or self._looks >= OVERDUE:
            self._looks = 0
            gc.collect()
        elif quiet >= PAUSE and gc.get_count()[0] >= SOME:
            self._looks += 1
            gc.collect(1)
        if home and quiet >= PAUSE and len(sys.modules) > self._modules:
            gc.collect()
            self._set_aside()

    def _set_aside(self) -> None:
        self._modules = len(sys.modules)
        gc.freeze()
