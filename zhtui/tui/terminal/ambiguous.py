"""How wide the terminal draws ● ◆ ▶ → and the frames' lines: one cell, or two as in East Asia.

Nobody but the terminal knows, and it tells where its cursor stands after one of them. It is asked
as the lab takes it, and nothing waits: until it answers, and if it never does, it is one cell.
"""

from __future__ import annotations

import time
from collections.abc import Callable

ROW = 2  # not the first: F3 with shift is typed as a report of column 2 there
SIGN = "●"
ASK = f"\x1b[{ROW};1H{SIGN}\x1b[6n\x1b[{ROW};1H\x1b[K\x1b[H"  # and nothing is left of it
WIDE = (3, 4)  # the column after two cells; after its three bytes, where they are no UTF-8
PATIENCE = 5.0  # seconds in which an answer counts


class Width:
    """Asks a terminal once, and hears one answer. `wide` is to be called where it is two cells."""

    def __init__(
        self, wide: Callable[[], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.wide, self.clock = wide, clock
        self._asked = self._answered = False
        self._since = 0.0

    def question(self) -> str:
        """What to send; "" where it was."""
        if self._asked:
            return ""
        self._asked, self._since = True, self.clock()
        return ASK

    def told(self, row: int, column: int) -> bool:
        """Whether it is two cells, now that the cursor is said to stand there, from 1. Whatever
        cannot be the answer is none.
        """
        late = self.clock() - self._since > PATIENCE
        if not self._asked or self._answered or late or row != ROW:
            return False
        self._answered = True
        return column in WIDE
