"""Whether there is a terminal, and its size: what the kernel knows of it, within bounds.

A size has this one source. Reports that a terminal types (`ESC[48;…t`) are not believed: whoever
can type or paste could ask for a screen of a billion cells.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import IO

from zhtui.errors import TerminalError

LARGEST = 2_000  # columns, and rows
USUAL = (80, 24)  # of a terminal that does not know its own size yet
NO_SCREEN = ("", "dumb", "unknown")  # what TERM says where a cursor cannot be moved


def bounded(columns: int, rows: int) -> tuple[int, int]:
    """A size that can be drawn."""
    return min(max(columns, 1), LARGEST), min(max(rows, 1), LARGEST)


def size() -> tuple[int, int]:
    """(columns, rows) of the terminal; COLUMNS and LINES count where it does not say."""
    columns = rows = 0
    if sys.__stdout__ is not None:
        with suppress(OSError, ValueError):
            columns, rows = os.get_terminal_size(sys.__stdout__.fileno())
    return bounded(columns or _told("COLUMNS", USUAL[0]), rows or _told("LINES", USUAL[1]))


def _told(name: str, usual: int) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else usual


def require_terminal() -> None:
    """Raises `TerminalError` where the lab could not be drawn, or nobody could type."""
    for name, stream in (("input", sys.__stdin__), ("output", sys.__stdout__)):
        if not _is_terminal(stream):
            raise TerminalError(
                f"the lab needs a terminal, and standard {name} is not one; open the lab in one "
                "(`ssh -t` gives one), or run a lesson with --headless"
            )
    term = os.environ.get("TERM", "")
    if term.strip().lower() in NO_SCREEN:
        raise TerminalError(
            f"the lab cannot draw on a terminal with TERM={term or repr(term)}; "
            "set TERM (xterm-256color fits most), or run a lesson with --headless"
        )


def _is_terminal(stream: IO[str] | None) -> bool:
    try:
        return stream is not None and os.isatty(stream.fileno())
    except (OSError, ValueError):
        return False
