"""What is typed: Textual's reader of a terminal, but quick to know an escape.

The byte that the escape key sends also begins what every arrow key sends. Textual looks each tenth
of a second whether more has come; here it is looked for as long as `ESCDELAY` says, and no longer.
"""

from __future__ import annotations

import os
from codecs import getincrementaldecoder
from contextlib import suppress
from selectors import EVENT_READ, SelectSelector

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.constants import ESCAPE_DELAY
from textual.drivers.linux_driver import LinuxDriver

LOOK = 0.1  # seconds between two looks whether the lab has ended
ESCAPE = "\x1b"


class TypedDriver(LinuxDriver):
    """Textual's driver with a reader of our own."""

    def run_input_thread(self) -> None:
        """Reads what is typed and posts it, until the lab ends; the thread of the driver."""
        parser, decode = XTermParser(self._debug), getincrementaldecoder("utf-8")().decode
        open_end = False  # an escape came, and nothing after it yet
        with SelectSelector() as selector:
            selector.register(self.fileno, EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(ESCAPE_DELAY if open_end else LOOK):
                    data = os.read(self.fileno, 4096)
                    if not data:
                        break  # the other end was closed
                    text = decode(data)
                    open_end = text.endswith(ESCAPE)
                    events = list(parser.feed(text)) if text else []
                else:
                    events = list(parser.tick())
                    open_end = open_end and not events
                for event in events:
                    self.process_message(event)
        with suppress(EOFError, ParseError):
            list(parser.feed(""))
