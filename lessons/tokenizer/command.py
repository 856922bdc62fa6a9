"""`zhtui tokenize`, and what `zhtui runs export` can make of a run of this lesson."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from lessons.tokenizer import saved
from lessons.tokenizer.bpe import Tokenizer
from lessons.tokenizer.export import FORMATS
from lessons.tokenizer.published import PUBLISHED
from zhtui.lab import LabError, find_run, say

GROUNDS = ("\x1b[30;48;5;153m", "\x1b[30;48;5;223m")  # black on light blue, on light orange
PART = "\x1b[30;48;5;210m"  # on red: part of a character
PLAIN = "\x1b[0m"
Name = Annotated[
    str,
    typer.Argument(
        metavar="TOKENIZER", help=f"A run, an exported file, or {', '.join(PUBLISHED)}."
    ),
]


def tokenize(
    tokenizer: Name,
    text: Annotated[str | None, typer.Argument(help="The text; - or nothing reads a pipe.")] = None,
    ids: Annotated[bool, typer.Option("--ids", help="Their numbers, a space apart.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a token.")] = False,
    special: Annotated[
        str, typer.Option(help="Special tokens in the text: plain characters, allow, or refuse.")
    ] = "plain",
    where: Annotated[
        Path | None, typer.Option("--store", help="The folder that holds the runs.")
    ] = None,
) -> None:
    """Shows the tokens of a text, or of a pipe of any size as it comes."""
    found = named(tokenizer, where)
    if text is None and sys.stdin.isatty():
        say(about(found))
        return
    write = numbers if ids else objects if as_json else bars
    if write is bars and sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        write = colours
    for line in write(saved.tokenize(found, opened(text), special)):
        sys.stdout.write(line)
        sys.stdout.flush()


def named(name: str, store: Path | None = None) -> Tokenizer:
    """The tokenizer of a run, an exported file, or a published one; that may be downloaded."""
    online = os.environ.get("ZHTUI_OFFLINE", "0") in ("", "0")
    if name in PUBLISHED or Path(name).is_file():
        return saved.tokenizer_of(name, download=online)
    try:
        folder = find_run(name, store)
    except LabError as error:
        others = ", ".join(PUBLISHED)
        raise type(error)(f"{error}, or give an exported file or one of {others}") from error
    return saved.tokenizer_of(folder)


def opened(text: str | None) -> BinaryIO:
    """The text's bytes as they were typed, or the pipe."""
    if text is None or text == "-":
        return sys.stdin.buffer
    return io.BytesIO(text.encode(errors="surrogateescape"))


def about(tokenizer: Tokenizer) -> str:
    """One line on a tokenizer."""
    specials = ", ".join(tokenizer.specials) or "none"
    return f"{tokenizer.name}: {tokenizer.size:,} tokens; special: {specials}"


# ---------------------------------------------------------------------------------- what is written

Pieces = Iterator[saved.Piece]


def numbers(pieces: Pieces) -> Iterator[str]:
    """All numbers in one line."""
    gap = ""
    for piece in pieces:
        yield gap + " ".join(map(str, piece.ids))
        gap = " "
    yield "\n"


def objects(pieces: Pieces) -> Iterator[str]:
    """A line a token; its text is null where its bytes are part of a character."""

    @cache
    def line(number: int, token: bytes) -> str:
        text = None if partial_character(token) else token.decode()
        return json.dumps({"id": number, "text": text, "bytes": token.hex()}) + "\n"

    for piece in pieces:
        yield "".join(map(line, piece.ids, piece.tokens))


def bars(pieces: Pieces) -> Iterator[str]:
    """The text with a bar behind each token, where there are no colours."""
    for piece in pieces:
        yield "".join(f"{visible(token)}│" for token in piece.tokens).replace("⏎│", "⏎│\n")
    yield "\n"


def colours(pieces: Pieces) -> Iterator[str]:
    """The text on two grounds in turn, and on a third where a character is in parts."""
    grounds = cycle(GROUNDS)
    for piece in pieces:
        drawn = []
        for token in piece.tokens:
            ground = next(grounds)
            ground = PART if partial_character(token) else ground
            drawn.append(ground + visible(token).replace("⏎", f"⏎{PLAIN}\n{ground}") + PLAIN)
        yield "".join(drawn)
    yield "\n"


@cache
def partial_character(token: bytes) -> bool:
    """Whether the bytes begin or end inside a character."""
    try:
        token.decode()
    except UnicodeDecodeError:
        return True
    return False


@cache
def visible(token: bytes) -> str:
    """The token on a terminal: parts of a character and what would steer it as escapes."""
    text = token.decode(errors="backslashreplace").replace("\n", "⏎")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


# ----------------------------------------------------------------------------------------- exports


def exporter(to: str) -> Callable[[Path, Path], Path]:
    """What writes a run's tokenizer in one format."""

    def write(folder: Path, into: Path) -> Path:
        return saved.export(folder, to, into)

    return write


EXPORTS = {to: exporter(to) for to in FORMATS}
