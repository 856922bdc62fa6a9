"""An app at the pace of its terminal and of who types: frames, news, late keys, garbage, guests.

A frame waits until the line has room, and so does news. A key goes to whom it was aimed at. What is
garbage is collected while nobody types. A guest, a stranger's screen, is taken off where it fails.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from textual._styles_cache import StylesCache
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.driver import Driver
from textual.events import Event, Key
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from zhtui.tui.terminal.garbage import SOON, Tidy
from zhtui.tui.terminal.output import Link

T = TypeVar("T")
FULL_AGAIN, NEWS_AGAIN = 0.05, 0.1  # seconds until a full line is looked at again
Failed = Callable[[str, Exception], Screen[Any]]  # (whose, why) -> what is shown instead


class PacedApp(App[T]):
    """What stands between Textual's app and the lab's. `failed` makes the screen that is shown
    where a guest's was.
    """

    def __init__(
        self, link: Link, driver: type[Driver], failed: Failed, *, ansi_color: bool | None = None
    ) -> None:
        super().__init__(driver_class=driver, ansi_color=ansi_color)
        self.link, self.tidy, self.failed = link, Tidy(), failed
        self._tidying: tuple[float, Timer] | None = None  # when
        self._owing = False  # a frame was left out
        self._untold: set[type[Message]] = set()  # news that wait for the line
        self._aims: WeakKeyDictionary[Key, Widget | None] = WeakKeyDictionary()  # who had the keys
        self._guest: tuple[str, Screen[Any] | None] = ("", None)

    # Garbage

    def tidy_in(self, seconds: float) -> None:
        """Tidies up after so many seconds, or earlier where that was settled."""
        due = time.monotonic() + seconds
        if self._tidying is None or due < self._tidying[0]:
            if self._tidying is not None:
                self._tidying[1].stop()
            self._tidying = (due, self.set_timer(seconds, self._tidy_up))

    def _tidy_up(self) -> None:
        self._tidying = None
        again = self.tidy.look(self.link.quiet, home=len(self.screen_stack) == 1)
        if again is not None:
            self.tidy_in(again)

    def pop_screen(self) -> AwaitComplete:
        """Takes the screen off, and lets go of its pictures: a cache of Textual's would keep them
        of the last sixty screens.
        """
        popped = super().pop_screen()
        StylesCache.get_inner_outer.cache_clear()
        self.tidy.left()
        if not self.is_headless:
            self.tidy_in(SOON)
        return popped

    # Frames

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Sends a frame; where the line is full it is left out, and all is drawn when there is room
        again, so that no old frame ever stands before a new one.
        """
        if not self.link.full:
            super()._display(screen, renderable)
        elif not self._owing:
            self._owing = True
            self.set_timer(FULL_AGAIN, self._draw_owed)

    def _draw_owed(self) -> None:
        if self.link.full:
            self.set_timer(FULL_AGAIN, self._draw_owed)
        else:
            self._owing = False
            self.screen.refresh()

    # News

    def tell(self, news: type[Message]) -> None:
        """Tells the screen in sight as soon as the line has room: it is told only once."""
        if self.link.free():
            for screen in self.screen_stack[-1:]:
                screen.post_message(news())
        elif news not in self._untold:
            self._untold.add(news)
            self.set_timer(NEWS_AGAIN, partial(self._tell_now, news))

    def _tell_now(self, news: type[Message]) -> None:
        self._untold.discard(news)
        self.tell(news)

    # Late keys

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key) and not event.is_forwarded:
            self._aims[event] = self.focused
        await super().on_event(event)

    def on_key(self, event: Key) -> None:
        """A key that was aimed at another widget before a line to type in opened is typed once
        more: one packet of a slow link holds many.
        """
        line = self.focused
        typing = line is not None and line.check_consume_key("x", "x")
        if typing and self._aims.get(event, line) is not line:
            event.stop().prevent_default()
            self.post_message(Key(event.key, event.character))

    # Guests

    def show_guest(self, name: str, screen: Screen[Any]) -> None:
        """A lesson's own screen. Should it fail, it goes and its error is shown; the lab lives."""
        self._guest = (name, screen)
        self.push_screen(screen)

    def _handle_exception(self, error: Exception) -> None:
        name, guest = self._guest
        if guest is None or guest not in self.screen_stack:
            super()._handle_exception(error)
            return
        self._guest = ("", None)
        self.call_later(self._dismiss_guest, guest, self.failed(name, error))

    def _dismiss_guest(self, guest: Screen[Any], instead: Screen[Any]) -> None:
        """Takes a failed screen off, whatever it had put over itself."""
        while guest in self.screen_stack:
            self.pop_screen()
        self.push_screen(instead)
