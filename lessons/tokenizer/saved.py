"""Tokenizers from a run, a name or a file; text through them; exports.

Nothing here prints. Every mistake of the user is a `LabError` of one sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lessons.tokenizer import export as exports
from lessons.tokenizer import stream
from lessons.tokenizer.bpe import PATTERNS, Tokenizer
from lessons.tokenizer.published import PUBLISHED, published
from zhtui.lab import LabError


@dataclass(frozen=True)
class Piece:
    """Some tokens of a text in a row: their numbers and their bytes."""

    ids: list[int]
    tokens: list[bytes]


def tokenizer_of(source: str | Path, *, download: bool = False) -> Tokenizer:
    """A tokenizer by name ("gpt2", "cl100k", "o200k"), of a run's folder, or an exported file."""
    if str(source) in PUBLISHED:
        return published(str(source), download)
    path = Path(source)
    if path.is_dir():
        return from_run(path)
    if path.is_file():
        return exports.read(path)
    names = ", ".join(PUBLISHED)
    raise LabError(f"{source} is not a tokenizer; give a run, an exported file, or one of {names}")


def from_run(folder: Path) -> Tokenizer:
    """The tokenizer of a run's latest checkpoint: its merges, its split, its special tokens."""
    merges, _, settings = _learned(folder)
    specials = str(settings["specials"]).split()
    crosses = settings.get("specimen") == "cross chunks"
    pattern = "none" if crosses else str(settings["pattern"])
    if pattern not in PATTERNS:
        raise _damaged(folder, f"its split {pattern!r} is not known")
    try:
        return Tokenizer.from_merges(merges, pattern, specials, folder.name)
    except IndexError as error:
        raise _damaged(folder, "a merge joins a token that comes later") from error


def counts_of(folder: Path) -> list[int]:
    """How often the pair of each merge stood in the text that the run learned from."""
    return _learned(folder)[1]


def _learned(folder: Path) -> tuple[list[tuple[int, int]], list[int], dict[str, object]]:
    from safetensors import SafetensorError  # deferred: a published vocabulary needs neither
    from safetensors.numpy import load_file

    found = (
        (re.fullmatch("step-([0-9]{1,18})", path.name), path) for path in folder.glob("step-*")
    )
    done = {int(match[1]): path for match, path in found if match}
    if not done:
        raise LabError(f"{folder.name} has no checkpoint yet; let it run on, or give another run")
    try:
        card = json.loads((folder / "run.json").read_bytes())
        settings: dict[str, object] = {"specials": "", "pattern": "gpt4", **card["config"]}
        state = load_file(done[max(done)] / "tokenizer.safetensors")
        merges = [(int(left), int(right)) for left, right in state["merges"].tolist()]
        return merges, state["counts"].tolist(), settings
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise _damaged(folder, f"{error}".splitlines()[0]) from error


def _damaged(folder: Path, why: str) -> LabError:
    return LabError(
        f"{folder.name} holds no whole tokenizer ({why}); give a run of lesson tokenizer"
    )


def tokenize(tokenizer: Tokenizer, file: BinaryIO, special: str = "plain") -> Iterator[Piece]:
    """The tokens of a text or a pipe of any size, a piece at a time, in bounded memory.

    `special` as in `Tokenizer.encode`. Raises `LabError` where the bytes are no UTF-8.
    """
    tokens = tokenizer.tokens
    try:
        for ids in stream.encode_file(tokenizer, file, special):
            yield Piece(ids, [tokens[number] for number in ids])
    except ValueError as error:
        raise LabError(str(error)) from error


def export(folder: Path, to: str, into: Path | None = None) -> Path:
    """Writes a run's tokenizer as "tiktoken", "hf" or "text" into a folder (its own `export/`)."""
    merges_counts = counts_of(folder)
    return exports.write(from_run(folder), to, into or folder / "export", merges_counts)
