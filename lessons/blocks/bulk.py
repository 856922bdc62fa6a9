"""Texts to tokens by tiktoken, whatever the text.

tiktoken's engine for patterns gives up, with a panic of Rust, within a run of about a million
blanks. A text with a long run is cut here by `regex`, which takes it, and tiktoken encodes each
chunk: the same numbers.

Leaves out: special tokens, which the caller cuts out first.
"""

from __future__ import annotations

from functools import lru_cache

import regex
import tiktoken

LONG_RUN = regex.compile(r"\s{50000}")


@lru_cache
def compiled(pattern: str) -> regex.Pattern[str]:
    """A pattern ready to match."""
    return regex.compile(pattern)


def encode_plain(encoding: tiktoken.Encoding, text: str) -> list[int]:
    """The text's tokens; the names of special tokens are read like any characters.

    "a" + 1,000,000 blanks -> [64, 220, 220, ...] in GPT-2's vocabulary.
    """
    if not LONG_RUN.search(text):
        return encoding.encode_ordinary(text)
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # as tiktoken does
    known: dict[str, list[int]] = {}
    ids: list[int] = []
    for chunk in compiled(encoding._pat_str).findall(whole):
        if chunk not in known:
            known[chunk] = encoding._encode_single_piece(chunk)
        ids += known[chunk]
    return ids
