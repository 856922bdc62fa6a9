"""What is typed, in pieces: keys, pastes, the mouse, answers. What else is said there is left out.

Textual takes a sequence that it does not know for keys, one a character, and so it takes a sequence
within a paste: an answer that came late, or a pasted text with colours in it, would press them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

from textual._xterm_parser import (
    BRACKETED_PASTE_END,
    BRACKETED_PASTE_START,
    SPECIAL_SEQUENCES,
    XTermParser,
    _re_mouse_event,
    _re_terminal_mode_response,
)
from textual.constants import ESCAPE_DELAY
from textual.events import Key, Paste, Resize
from textual.message import Message
from textual.messages import InBandWindowResize

ESCAPE, BEGUN = "\x1b", "\x1b["
SOON = 0.1  # seconds in which alt+[ is followed by nothing
PATIENCE = 1.0  # seconds in which a sequence comes whole
MOST_PARTS = 4_096  # of a paste; a part is what was read at once
SIZES = (Resize, InBandWindowResize)
PIECE = re.compile(
    r"(?P<old>\x1b\[(?:\[|M|\d+\$(?!y)))"  # Linux, X10 and rxvt: more than the rules allow
    r"|(?P<string>\x1b[]P^_X][^\x07\x1b]*(?:\x07|\x1b\\))"
    r"|(?P<sequence>\x1b\[[ -?]*[@-~])"
    r"|(?P<open>\x1b(?:\[[ -?]*|[]P][\d$+>!][^\x07\x1b]*\x1b?)?\Z)"
    r"|(?P<broken>\x1b\[[ -?]+(?=[^ -~]))"
)
PASTED = re.compile(r"\x1b\[[ -?]*[@-~]|[\x00\x1b]")  # what a paste is read without
POSITION = re.compile(r"\x1b\[[1-9]\d{0,3};[1-9]\d{0,3}R", re.ASCII)
F3 = ("\x1b[R", "\x1b[1R")


class Typed(XTermParser):
    """Textual's parser, but strict. No report of a size counts; it would also turn the mouse to
    pixels.
    """

    mouse_pixels: Any = property(lambda _: False, lambda *_: None)

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._open, self._since = "", 0.0  # a sequence whose end has not come, and since when
        self._paste: list[str] | None = None  # the parts of one whose end has not come

    def feed(self, data: str) -> Iterator[Message]:
        """The messages in a text; "" ends it all."""
        messages = self._messages(data) if data else super().feed("")
        return (message for message in messages if not isinstance(message, SIZES))

    def tick(self) -> Iterator[Message]:
        """What is known once nothing more has come: an escape alone is that key."""
        waited, begun = time.monotonic() - self._since, self._open
        if begun == ESCAPE and waited >= ESCAPE_DELAY:
            self._open = ""
            yield Key("escape", ESCAPE)
        elif begun == BEGUN and waited >= SOON:
            self._open = ""
            yield from super().feed(begun)
        else:
            yield from super().tick()

    def _messages(self, data: str) -> Iterator[Message]:
        late = time.monotonic() - self._since > PATIENCE and self._open not in (ESCAPE, BEGUN)
        text, self._open = ("" if late else self._open) + data, ""
        while text:
            if self._paste is None:
                typed, text = self._strict(text)
                yield from super().feed(typed) if typed else ()
            else:
                whole, text = self._pasted(text, self._paste)
                if whole is not None:
                    yield Paste(PASTED.sub("", whole))

    def _strict(self, text: str) -> tuple[str, str]:
        """(what is typed, what is pasted behind it), without what is neither."""
        kept, at = [], 0
        for found in PIECE.finditer(text):
            kept.append(text[at : found.start()])
            piece, at = found[0], found.end()
            if found.lastgroup == "open":
                self._open, self._since = piece, time.monotonic()
            elif piece == BRACKETED_PASTE_START:
                self._paste = [""]
                return "".join(kept), text[at:]
            elif found.lastgroup == "old" or self._known(piece):
                kept.append(piece)
        return "".join(kept) + text[at:], ""

    def _pasted(self, text: str, parts: list[str]) -> tuple[str | None, str]:
        """(a whole paste, what is typed behind it); None where its end has not come."""
        before, end, rest = (parts.pop() + text).partition(BRACKETED_PASTE_END)
        if end:
            self._paste = None
            return "".join([*parts, before]), rest
        cut = max(0, len(before) - len(BRACKETED_PASTE_END) + 1)  # it may have come in part
        if len(parts) < MOST_PARTS:
            parts.append(before[:cut])
        parts.append(before[cut:])
        return None, ""

    def _known(self, sequence: str) -> bool:
        """Whether a whole sequence is one that means something to the lab."""
        if sequence.endswith("R"):
            return sequence in F3 or POSITION.fullmatch(sequence) is not None
        if sequence in SPECIAL_SEQUENCES or _re_mouse_event.fullmatch(sequence):
            return True
        known = _re_terminal_mode_response.fullmatch(sequence)
        return known is not None or any(self._sequence_to_key_events(sequence))

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterator[Key]:
        """The keys of a sequence; none where a number in it is that of no character."""
        try:
            keys = list(super()._sequence_to_key_events(sequence, alt))
        except (ValueError, OverflowError):
            return
        yield from (key for key in keys if not _halved(key))


def _halved(key: Key) -> bool:
    """Whether a key types half a character, which nobody can write down."""
    return any("\ud800" <= each <= "\udfff" for each in f"{key.key}{key.character or ''}")
