"""Texts of any size as pieces to tokenize, from any place on: .txt, .jsonl with "text", .parquet.

    for piece in pieces(paths, Place()):
        piece.text, piece.place.begins      # a document's beginning has its sign put in front

A document of a .jsonl or .parquet is one line or row. A .txt is one document, unless lines that
are `<|endoftext|>` part it. It is cut every megabyte, only after a line's end before a character
that is no blank: GPT-2's pattern cuts there itself, so that the tokens are those of the whole.

Leaves out: web pages, compressed files, and finding documents that are there twice.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from lessons.blocks.files import open_text
from zhtui.lab import DataError

END = "<|endoftext|>"
PART = 1 << 20  # bytes of a piece, about
LONGEST = 64 << 20  # bytes of a line
KINDS = (".txt", ".jsonl", ".parquet")


class Place(NamedTuple):
    """Where a piece begins: in which source, at which byte (of a .parquet: row), and whether a
    document begins there.
    """

    source: int = 0
    at: int = 0
    begins: bool = True


class Piece(NamedTuple):
    place: Place
    text: str


def check(paths: Sequence[Path]) -> None:
    """Raises `DataError` for what cannot be read as text."""
    if not paths:
        raise DataError("No text was named; give .txt, .jsonl or .parquet files.")
    for path in paths:
        if not path.is_file():
            raise DataError(f"{path} is no file; give .txt, .jsonl or .parquet files.")
        if path.suffix not in KINDS:
            raise DataError(f"{path} is none of {', '.join(KINDS)}; save it as one of them.")


def pieces(paths: Sequence[Path], start: Place) -> Iterator[Piece]:
    """Every piece from a place on, in order. Raises `DataError`."""
    readers = {".txt": plain, ".jsonl": objects, ".parquet": rows}
    for number in range(start.source, len(paths)):
        place = start if number == start.source else Place(number)
        path = paths[number]
        try:
            yield from readers[path.suffix](path, place)
        except OSError as error:
            raise DataError(f"{path} cannot be read ({error}); check the file.") from error


def lines_of(file: BinaryIO, path: Path) -> Iterator[bytes]:
    """Each line with its end, of which none may be endless."""
    while line := file.readline(LONGEST):
        if len(line) == LONGEST:
            raise DataError(f"{path} has a line above {LONGEST >> 20} MB; break it into lines.")
        yield line


def plain(path: Path, start: Place) -> Iterator[Piece]:
    """A .txt in pieces."""
    with open_text(path) as file:
        if start.at:
            file.seek(start.at)
        at, begins, held = file.tell(), start.begins, list[bytes]()
        here, size = at, 0
        for line in lines_of(file, path):
            over = line.strip() == END.encode()
            cut = size >= PART and held[-1].strip() and not line[:1].isspace()
            if (over or cut) and held:
                yield piece(path, Place(start.source, here, begins), held)
                held, size, begins = [], 0, False
            at += len(line)
            if over:
                begins = True
            else:
                here = at - len(line) if not held else here
                held.append(line)
                size += len(line)
        if held:
            yield piece(path, Place(start.source, here, begins), held)


def piece(path: Path, place: Place, held: list[bytes]) -> Piece:
    try:
        return Piece(place, b"".join(held).decode())
    except UnicodeDecodeError as error:
        where = place.at + error.start
        raise DataError(f"{path} is no UTF-8 text (byte {where:,}); save it as UTF-8.") from error


def objects(path: Path, start: Place) -> Iterator[Piece]:
    """A document a line of a .jsonl."""
    with path.open("rb") as file:
        file.seek(start.at)
        at = start.at
        for line in lines_of(file, path):
            if line.strip():
                yield Piece(Place(start.source, at), text_in(path, at, line))
            at += len(line)


def text_in(path: Path, at: int, line: bytes) -> str:
    try:
        found = json.loads(line.removeprefix(codecs.BOM_UTF8))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} has no JSON object at byte {at:,}; correct that line.") from error
    if not isinstance(found, dict) or not isinstance(found.get("text"), str):
        raise DataError(f'{path} has no "text" at byte {at:,}; give each line one.')
    return str(found["text"])


def rows(path: Path, start: Place) -> Iterator[Piece]:
    """A document a row of a .parquet's column `text`."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        told = f"{path} needs pyarrow, which is not here"
        raise DataError(
            f"{told}; `python -m pip install pyarrow`, or save it as .jsonl."
        ) from error
    try:
        at = 0  # of the batch's first row
        for batch in pyarrow.parquet.ParquetFile(path).iter_batches(1024, columns=["text"]):
            column: list[Any] = batch.column(0).to_pylist()
            for row in range(max(at, start.at), at + len(column)):
                text = column[row - at] or ""
                if not isinstance(text, str):
                    raise KeyError(f"row {row:,} is no text")
                yield Piece(Place(start.source, row), text)
            at += len(column)
    except (pyarrow.ArrowException, IndexError, KeyError) as error:
        told = f"{path} has no column of texts ({str(error).splitlines()[0][:100]})"
        raise DataError(f"{told}; give a .parquet with a column `text`.") from error
