"""The vocabularies of GPT-2, GPT-4 and GPT-4o, read from their published ranks.

They are data sets of this lesson: looked for in `$ZHTUI_DATA`, then in tiktoken's cache, and
downloaded, only where the caller asks for it, into that cache, where tiktoken finds them too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from lessons.tokenizer.bpe import Tokenizer
from lessons.tokenizer.config import CL100K, GPT2, O200K
from zhtui.lab import DataError, DataSet, find_data, has_data


@dataclass(frozen=True)
class Published:
    """A published vocabulary: its file of ranks, how a text is split, its special tokens."""

    title: str
    data: DataSet
    pattern: str
    specials: Mapping[str, int]


PUBLISHED = {
    "gpt2": Published("GPT-2", GPT2, "gpt2", {"<|endoftext|>": 50256}),
    "cl100k": Published(
        "GPT-4",
        CL100K,
        "gpt4",
        {
            "<|endoftext|>": 100257,
            "<|fim_prefix|>": 100258,
            "<|fim_middle|>": 100259,
            "<|fim_suffix|>": 100260,
            "<|endofprompt|>": 100276,
        },
    ),
    "o200k": Published(
        "GPT-4o", O200K, "gpt4o", {"<|endoftext|>": 199999, "<|endofprompt|>": 200018}
    ),
}


@lru_cache(maxsize=len(PUBLISHED))
def published(name: str, download: bool = False) -> Tokenizer:
    """The vocabulary "gpt2", "cl100k" (GPT-4) or "o200k" (GPT-4o). Raises `DataError`."""
    if name not in PUBLISHED:
        raise DataError(
            f"no vocabulary {name!r} was published here; give one of {', '.join(PUBLISHED)}"
        )
    entry = PUBLISHED[name]
    content = find_data(entry.data, download=download).read_bytes()
    return Tokenizer(read_ranks(content), entry.pattern, entry.specials, name)


def published_as(content: bytes) -> Published | None:
    """The published vocabulary whose file this is, by its hash."""
    found = hashlib.sha256(content).hexdigest()
    return next((entry for entry in PUBLISHED.values() if entry.data.sha256 == found), None)


def available() -> list[str]:
    """The names of the vocabularies that are on this machine. Reads no file."""
    return [name for name, entry in PUBLISHED.items() if has_data(entry.data)]


def missing() -> str:
    """What to do where no published vocabulary is on this machine, in sentences."""
    wanted = {entry.title: entry.data for entry in PUBLISHED.values() if not has_data(entry.data)}
    if not wanted:
        return ""
    files = ", ".join(f"{data.filename} ({title})" for title, data in wanted.items())
    data = next(iter(wanted.values()))
    return (
        f"Not on this machine: {files}. Download one with: zhtui data get {data.name}. Or put the "
        "file into a folder of your own and name the folder in ZHTUI_DATA."
    )


def read_ranks(content: bytes) -> dict[bytes, int]:
    """tiktoken's format: a line a token, its bytes in base64 and its rank. Raises `ValueError`."""
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            token, rank = line.split()
            ranks[base64.b64decode(token, validate=True)] = int(rank)
        except (ValueError, binascii.Error):
            raise ValueError(f"line {number} is not a token in base64 with its rank") from None
    return ranks
