"""The vocabularies of GPT-2, GPT-4 and GPT-4o, read from their published ranks.

Looked for in `$ZHTUI_DATA`, then in tiktoken's cache; downloaded only where the caller asks for
it, into tiktoken's cache, where tiktoken finds it too. A file counts only if it has the pinned
sha256; a download that was cut goes on where it was cut.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lessons.tokenizer.bpe import Tokenizer
from zhtui.lab import DataError, download

ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
PATIENCE = 20.0  # seconds without an answer


@dataclass(frozen=True)
class Published:
    """A published vocabulary: its file (there and here), bytes, hash, split, special tokens."""

    title: str
    file: str
    size: int
    sha256: str
    pattern: str
    specials: Mapping[str, int]
    here: str = ""

    @property
    def address(self) -> str:
        """Where it is published."""
        return ADDRESS.format(self.file)

    @property
    def cached(self) -> Path:
        """Its place in tiktoken's cache: the hash of its address."""
        temporary = str(Path(tempfile.gettempdir()) / "data-gym-cache")
        folder = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
        return Path(folder or temporary) / hashlib.sha1(self.address.encode()).hexdigest()

    @property
    def local(self) -> str:
        """The file's name in `$ZHTUI_DATA`."""
        return f"{self.here or self.file}.tiktoken"


PUBLISHED = {
    "gpt2": Published(
        "GPT-2",
        "r50k_base",
        835_554,
        "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
        "gpt2",
        {"<|endoftext|>": 50256},
        here="gpt2",
    ),
    "cl100k": Published(
        "GPT-4",
        "cl100k_base",
        1_681_126,
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
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
        "GPT-4o",
        "o200k_base",
        3_613_922,
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        "gpt4o",
        {"<|endoftext|>": 199999, "<|endofprompt|>": 200018},
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
    damaged = ""
    for path in places(entry):
        if path.is_file():
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() == entry.sha256:
                return Tokenizer(read_ranks(content), entry.pattern, entry.specials, name)
            damaged = f"{path} is damaged (its sha256 is another); "
    if download:
        return Tokenizer(read_ranks(_download(entry)), entry.pattern, entry.specials, name)
    raise DataError(
        f"{damaged}the vocabulary of {entry.title} is not on this machine; put {entry.local} into "
        f"$ZHTUI_DATA, or run `zhtui tokenize {name}` once where there is a network"
    )


def published_as(content: bytes) -> Published | None:
    """The published vocabulary whose file this is, by its hash."""
    found = hashlib.sha256(content).hexdigest()
    return next((entry for entry in PUBLISHED.values() if entry.sha256 == found), None)


def available() -> list[str]:
    """The names of the vocabularies that are on this machine. Reads no file."""
    return [name for name, entry in PUBLISHED.items() if any(p.is_file() for p in places(entry))]


def places(entry: Published) -> list[Path]:
    """Where the file may lie: `$ZHTUI_DATA`, and tiktoken's cache."""
    folder = os.environ.get("ZHTUI_DATA")
    names = (entry.local, f"{entry.file}.tiktoken") if folder else ()
    return [*(Path(folder or "") / name for name in names), entry.cached]


def _download(entry: Published) -> bytes:
    place, size, pinned = entry.cached, entry.size, entry.sha256
    try:
        download(entry.address, place, size=size, sha256=pinned, patience=PATIENCE)
        return place.read_bytes()
    except (DataError, OSError) as error:
        raise DataError(
            f"the vocabulary of {entry.title} could not be downloaded ({error}); "
            f"try again, or put {entry.local} into $ZHTUI_DATA"
        ) from error


def read_ranks(content: bytes) -> dict[bytes, int]:
    """tiktoken's format: a line a token, its bytes in base64 and its rank. Raises `ValueError`."""
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            token, rank = line.split()
            ranks[base64.b64decode(token, validate=True)] = int(rank)
        except (ValueError, binascii.Error):
            raise ValueError(f"line {number} is no token in base64 with its rank") from None
    return ranks
