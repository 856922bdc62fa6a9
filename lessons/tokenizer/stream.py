"""Texts of any size: cut where no chunk can cross, counted or encoded piece by piece.

A file is read a piece at a time and each piece ends where every pattern is sure to end a chunk,
so the pieces' chunks are those of the whole text. Memory is bounded by the piece and by the
number of *different* chunks. Encoding in bulk is tiktoken's, built from our own ranks: same
numbers, Rust's speed.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import BinaryIO

import regex
import tiktoken

from lessons.blocks.bulk import encode_plain
from lessons.tokenizer.bpe import PATTERNS, Tokenizer, split, to_bytes

PIECE = 1 << 20  # bytes read at a time
LONGEST = 1 << 23  # characters; where nothing ends a chunk for so long, a piece is cut anyway
DIFFERENT = 4_000_000  # chunks kept while counting; beyond it those seen once are dropped

# (?r) searches from the end. Where a space follows something that is none, a chunk ends in every
# pattern; but GPT-4's let a mark take the newlines behind it, and cut between newline and letter.
_NEWER = r"(?r)(?<=[\p{L}\p{N}])(?=\s)|(?<=\S)(?=[^\S\r\n])|(?<=[\r\n])(?=[\p{L}\p{N}])"
ENDS = {
    "gpt2": regex.compile(r"(?r)(?<=\S)(?=\s)"),
    "gpt4": regex.compile(_NEWER),
    "gpt4o": regex.compile(_NEWER),
}


def pieces(file: BinaryIO, pattern: str, size: int = PIECE) -> Iterator[str]:
    """The file's text in pieces. Raises `ValueError` with the place of a byte that is no UTF-8.

    A pipe gives what it has so far, and is not waited for until it has filled a whole piece.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    take = getattr(file, "read1", file.read)
    kept, read, ends = "", 0, ENDS.get(pattern)
    while True:
        block = take(size)
        looked_at = max(0, len(kept) - 1)  # no chunk ends before: a piece would have been cut there
        kept += _decode(decoder, block, read)
        read += len(block)
        end = ends.search(kept, looked_at) if ends else None
        if not block:
            break
        if end is not None and end.start() > 0:
            yield kept[: end.start()]
            kept = kept[end.start() :]
        elif len(kept) >= LONGEST:
            yield kept
            kept = ""
    if kept:
        yield kept


def _decode(decoder: codecs.IncrementalDecoder, block: bytes, read: int) -> str:
    waiting = len(decoder.getstate()[0])
    try:
        return decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"byte {read - waiting + error.start:,} is no UTF-8, so this is no text; "
            "give a text file in UTF-8 (iconv converts other encodings)"
        ) from None


def count_chunks(
    file: BinaryIO,
    pattern: str,
    progress: Callable[[int], None] = lambda characters: None,
    different: int = DIFFERENT,
) -> Counter[str]:
    """How often each chunk of the file occurs, in the order of first appearance.

    `progress` is told the characters read so far. Where there are more than `different` chunks,
    those seen once are dropped: no merge of a large text is learned from them.
    """
    counts: Counter[str] = Counter()
    done = 0
    for piece in pieces(file, pattern):
        counts.update(split(piece, pattern))
        done += len(piece)
        progress(done)
        if len(counts) > different:
            counts = Counter({chunk: count for chunk, count in counts.items() if count > 1})
    return counts


@lru_cache(maxsize=8)
def bulk(tokenizer: Tokenizer) -> tiktoken.Encoding:
    """The same tokenizer in tiktoken. Built once, as that takes longer than to encode a page."""
    return tiktoken.Encoding(
        tokenizer.name or "own",
        pat_str=PATTERNS.get(tokenizer.pattern, tokenizer.pattern),
        mergeable_ranks=dict(tokenizer.ranks),
        special_tokens=dict(tokenizer.specials),
    )


def encode(tokenizer: Tokenizer, text: str, special: str = "refuse") -> list[int]:
    """`tokenizer.encode(text, special)`, in bulk."""
    to_bytes(text)
    encoding, ids = bulk(tokenizer), []
    for part in tokenizer.cut_specials(text, special):  # tiktoken takes any of overlapping ones
        if special == "allow" and part in tokenizer.specials:
            ids.append(tokenizer.specials[part])
        else:
            ids += encode_plain(encoding, part)
    return ids


def encode_file(
    tokenizer: Tokenizer, file: BinaryIO, special: str = "plain"
) -> Iterator[list[int]]:
    """The tokens of a file of any size, a piece at a time."""
    for piece in pieces(file, tokenizer.pattern):
        yield encode(tokenizer, piece, special)
