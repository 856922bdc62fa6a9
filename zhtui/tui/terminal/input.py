"""What is typed: Textual's reader of a terminal, but quick to know an escape.

The byte that the escape key sends also begins what every arrow key sends. Textual looks each tenth
of a second whether more has come; here it is looked for as long as `ESCDELAY` says, and no longer.
"""

from __future__ import annotations

import os
import signal
import termios
import tty
from codecs import getincrementaldecoder
from contextlib import suppress
from selectors import EVENT_READ, SelectSelector
from typing import Any, cast

from textual._parser import ParseError
from textual.constants import ESCAPE_DELAY
from textual.drivers.linux_driver import LinuxDriver
from textual.events import CursorPosition, Resize
from textual.geometry import Size

from zhtui.tui.terminal.ambiguous import Width
from zhtui.tui.terminal.sequences import ESCAPE, Typed
from zhtui.tui.terminal.size import size

LOOK = 0.1  # seconds between two looks whether the lab has ended
X10 = b"\x1b[M"
SCREEN = "\x1b[?1049h\x1b[?25l\x1b[?1004h\x1b[?7l"  # the other one, no cursor, focus, no wrap


class OldReports:
    """Takes the mouse's reports in the form of X10 out of what was typed.

    That form has a byte a number, of any value: no text. A terminal sends it where something (a
    multiplexer that was left and joined again) forgot that the lab had asked for the other one.
    """

    def __init__(self) -> None:
        self.came = False  # in the bytes that were looked at last
        self._begun = b""  # a report whose end has not come yet

    def left_out(self, data: bytes) -> bytes:
        """The bytes without reports; one that is cut off is waited for."""
        data, self._begun = self._begun + data, b""
        self.came = X10 in data
        while (at := data.find(X10)) >= 0:
            end = at + len(X10) + 3
            if end > len(data):
                self._begun, data = data[at:], data[:at]
                break
            data = data[:at] + data[end:]
        return data


class TypedDriver(LinuxDriver):
    """Textual's driver with a reader of our own. `width` is asked, where the lab wants to know."""

    width: Width | None = None

    def _get_terminal_size(self) -> tuple[int, int]:
        return size()

    def _query_in_band_window_resize(self) -> None:
        """The terminal is not asked to type its size."""

    def start_application_mode(self) -> None:
        """Takes the terminal. Its changes of size are told once, however many come at a time:
        each signal's handler would else begin within that of the one before, without end.
        """
        self._size_due = False
        cast(Any, super()).start_application_mode()
        signal.signal(signal.SIGWINCH, self._resized)
        if self.width is not None and (question := self.width.question()):
            self.write(question)

    def _resized(self, *_: object) -> None:
        if not self._size_due:
            self._size_due = True
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._tell_size)

    def _tell_size(self) -> None:
        self._size_due = False
        now = Size(*size())
        self._app.post_message(Resize(now, now))
        if self._app.screen_stack and self._app.screen.outer_size == now:
            self._app.screen.refresh()  # small and back in a moment: what was there may be lost

    def _sigtstp_application(self, *_: object) -> None:
        """Stops, and gives the terminal back before, once it was taken."""
        if self._key_thread is None:
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            super()._sigtstp_application()

    def _sigcont_application(self, *_: object) -> None:
        """Goes on after a stop. Where it was none of ours, the terminal has a reader already."""
        if self._must_signal_resume:
            super()._sigcont_application()
        elif self.attrs_before is not None and self._key_thread is not None:
            self._take_again()

    def _take_again(self) -> None:
        """Sets the terminal up once more, if it is ours, and has all drawn."""
        with suppress(OSError, termios.error):
            if os.tcgetpgrp(self.fileno) != os.getpgrp():
                return
            modes = termios.tcgetattr(self.fileno)
            modes[tty.LFLAG] = self._patch_lflag(modes[tty.LFLAG])
            modes[tty.IFLAG] = self._patch_iflag(modes[tty.IFLAG])
            termios.tcsetattr(self.fileno, termios.TCSANOW, modes)
        self._loop.call_soon_threadsafe(self._draw_again)

    def _draw_again(self) -> None:
        self.write(SCREEN)
        self._enable_mouse_support()
        self._enable_bracketed_paste()
        self._app.screen.refresh(layout=True)
        self._app.screen.refresh()

    def run_input_thread(self) -> None:
        """Reads what is typed and posts it, until the lab ends; the thread of the driver."""
        parser, reports = Typed(self._debug), OldReports()
        decode = getincrementaldecoder("utf-8")("ignore").decode
        open_end = False  # an escape came, and nothing after it yet
        with SelectSelector() as selector:
            selector.register(self.fileno, EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(ESCAPE_DELAY if open_end else LOOK):
                    data = self._read()
                    if not data:
                        break  # the other end was closed
                    text = decode(reports.left_out(data))
                    if reports.came:
                        self._loop.call_soon_threadsafe(self._enable_mouse_support)
                    open_end = text.endswith(ESCAPE)
                    events = list(parser.feed(text)) if text else []
                else:
                    events = list(parser.tick())
                    open_end = open_end and not events
                for event in events:
                    if not isinstance(event, CursorPosition):
                        self.process_message(event)
                    elif self.width is not None and self.width.told(event.y + 1, event.x + 1):
                        self._loop.call_soon_threadsafe(self.width.wide)
        with suppress(EOFError, ParseError):
            list(parser.feed(""))

    def _read(self) -> bytes:
        with suppress(OSError):  # of a terminal that hung up
            return os.read(self.fileno, 4096)
        return b""
