"""One way to print: what the command line says goes through here.

What it says may come from a run folder, a lesson, a server or the command line itself, and is
printed on a terminal that obeys what it reads. So whatever would command it (ESC, C0, C1, what
turns the direction of writing) is spelled out; and an output that lacks a sign gets another one.
"""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import suppress
from typing import TextIO

from zhtui.wording import several_lines

LONGEST = 2000  # characters of a complaint
# What stands for a sign where the output has ASCII or Latin-1 only.
SIGNS = {
    **dict.fromkeys("–—−─━╌┄", "-"),
    **dict.fromkeys("│┃", "|"),
    **dict.fromkeys("·•", "."),
    **dict.fromkeys("▸▶", ">"),
    **dict.fromkeys("●○", "o"),
    **{"…": "...", "×": "x", "✓": "+", "✗": "x", "◆": "*", "±": "+-", "→": "->", "←": "<-"},
    **{"≥": ">=", "≤": "<=", "“": '"', "”": '"', "‘": "'", "’": "'", "⏎": "\\n", "↑": "^"},
}


def say(text: str, *, to: TextIO | None = None, end: str = "\n", raw: bool = False) -> None:
    """Prints a text, its lines kept.

    `raw` is for what a program reads: it is spelled out on a terminal alone. Raises `OSError` where
    it cannot be written (a full disk, a closed pipe).
    """
    stream = sys.stdout if to is None else to
    plain = raw and not stream.isatty()
    stream.write((text if plain else several_lines(text)) + end)
    stream.flush()


def complain(text: str) -> None:
    """One sentence for standard error; an error there is nobody's to hear."""
    short = text if len(text) <= LONGEST else f"{text[: LONGEST - 200]} … {text[-200:]}"
    with suppress(OSError, ValueError):
        say(short.replace("\n", "\\n"), to=sys.stderr)


class Spelled:
    """A stream for what writes by itself (`csv`): as `say` with `raw`."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Writes a text."""
        say(text.replace("\r\n", "\n"), to=self.stream, end="", raw=True)
        return len(text)


def prepare() -> None:
    """Makes standard output take any text, in whatever encoding it is; a standard stream that was
    closed is an empty one.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    codecs.register_error("zhtui", _instead)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="zhtui")


def give_up() -> None:
    """Lets nothing more be written to standard output: nobody can read it."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def _instead(error: UnicodeError) -> tuple[str, int]:
    """What is written of characters that an encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    part = error.object[error.start : error.end]
    return "".join(map(_sign, part)), error.end


def _sign(character: str) -> str:
    if character in SIGNS:
        return SIGNS[character]
    if "⠀" <= character <= "⣿":  # a chart's dots
        return " " if character == "⠀" else "."
    if "─" <= character <= "▟":  # lines and blocks
        return "#" if character >= "▀" else "+"
    return ascii(character)[1:-1]
