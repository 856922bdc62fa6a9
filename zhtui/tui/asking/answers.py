"""How a screen hears of the engine's answers: at most so often, and when the terminal is free."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.message_pump import MessagePump

from zhtui.tui.messages import Coalesced
from zhtui.tui.terminal.output import Link

GAP = 0.1  # seconds between two looks at answers that stream in


class Answered(Coalesced, bubble=False):
    """A reply of the engine has grown."""


class Listener:
    """`tell` may be called on any thread; `look` is called on the app's own, seldom enough."""

    def __init__(
        self, target: MessagePump, link: Link, look: Callable[[], None], gap: float = GAP
    ) -> None:
        self.target, self.link, self.look, self.gap = target, link, look, gap
        self.looked = 0.0
        self.waiting = False
        self.news = False  # something was heard that was not looked at yet

    def tell(self) -> None:
        """Tells the target; the reader's thread calls this."""
        self.news = True
        try:
            self.target.post_message(Answered())
        except RuntimeError:
            pass  # the app has ended, nobody looks any more

    def soon(self) -> None:
        """Looks now, or a little later."""
        if self.waiting:
            return
        wait = self.looked + self.gap - time.monotonic()
        if wait <= 0 and self.link.free():
            self._look()
        else:
            self.waiting = True
            self.target.set_timer(max(wait, 0.01), self._again)

    def _again(self) -> None:
        self.waiting = False
        if self.link.free():
            self._look()
        else:
            self.soon()

    def _look(self) -> None:
        self.looked = time.monotonic()
        self.news = False
        self.look()
