"""Texts into shards of tokens: two bytes a token, so many tokens a file, and a list of them all.

    prepare([Path("fineweb.jsonl")], Path("fineweb"), ranks=Path("gpt2.tiktoken"))

Each document has `<|endoftext|>` in front. The list, `shards.json`, is written anew after each
shard with its sha256 and the place in the texts where the next one begins, so that a preparation
that was killed goes on from there, and makes the very same files.

Leaves out: shuffling (FineWeb-Edu is shuffled as it comes), and shards of other programs.
"""

from __future__ import annotations

import errno
import hashlib
import json
import multiprocessing
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lessons.blocks import tokens
from lessons.blocks.files import created, read_bytes
from lessons.blocks.tokens import Vocabulary
from lessons.gpt2.documents import END, Piece, Place, check, pieces
from zhtui.lab import DataError, say

NAME = re.compile(r"shard-\d{6,9}\.bin")
LARGEST = 64 << 20  # bytes of the list
LIST, RANKS = "shards.json", "vocabulary.tiktoken"
SHARD = 100_000_000  # tokens a file, 200 MB
FORMAT = 1
AT_ONCE = 4 << 20  # characters a core gets before the next are read: all is never held
Ids = NDArray[np.uint16]


@dataclass(frozen=True)
class Shard:
    """A file of tokens, and where the one after it begins: a place, and how many of its piece's
    tokens are in this one already.
    """

    file: str
    tokens: int
    bytes: int  # of text
    sha256: str
    after: Place
    skip: int


@dataclass(frozen=True)
class Listed:
    """`shards.json`: what the folder holds, and from what."""

    size: int
    vocabulary: str  # sha256 of its ranks
    sources: tuple[tuple[str, int], ...]  # name and bytes
    shards: tuple[Shard, ...] = ()
    whole: bool = False
    format: int = field(default=FORMAT)

    @property
    def total(self) -> int:
        return sum(shard.tokens for shard in self.shards)


def read_list(folder: Path) -> Listed:
    """What a folder holds. Raises `DataError`."""
    path = folder / LIST
    try:
        said = json.loads(read_bytes(path, LARGEST))
        if said["format"] > FORMAT:
            raise DataError(f"{path} was written by a newer zhtui; update zhtui to read it.")
        shards = tuple(shard_of(one) for one in said["shards"])
        sources = tuple((str(name), whole_number(size)) for name, size in said["sources"])
        size, whole = whole_number(said["size"], 1), bool(said["whole"])
        far = [one.file for one in shards if one.tokens > size or one.after.source > len(sources)]
        if far or (whole and not shards):
            raise ValueError(f"{far[0] if far else 'none'} in {len(shards)} shards")
        return Listed(size, str(said["vocabulary"]), sources, shards, whole)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        told = f"{path} is no list of shards ({error!r})"
        raise DataError(f"{told}; make it with `zhtui gpt2 shards`.") from error


def shard_of(said: Mapping[str, Any]) -> Shard:
    """A shard of the list; its file lies beside it and nowhere else."""
    source, at, begins = said["after"]
    file, n, size = str(said["file"]), whole_number(said["tokens"], 1), whole_number(said["bytes"])
    if not NAME.fullmatch(file):
        raise ValueError(f"a shard with the name {file!r}")
    place = Place(whole_number(source), whole_number(at), bool(begins))
    return Shard(file, n, size, str(said["sha256"]), place, whole_number(said["skip"]))


def whole_number(value: Any, least: int = 0) -> int:
    """A whole number of the list. Raises `ValueError`."""
    if type(value) is not int or not least <= value < 1 << 62:
        raise ValueError(f"{str(value)[:20]} for a whole number")
    return value


def write_list(folder: Path, listed: Listed) -> None:
    """Written aside, then renamed: a reader finds the old one or the new one."""
    aside = folder / f".{LIST}"
    with created(aside) as file:
        file.write(json.dumps(asdict(listed), indent=1).encode())
    aside.replace(folder / LIST)


def wrong(folder: Path, shard: Shard) -> str:
    """What is wrong with a shard's file; "" where it is as it was written."""
    path = folder / shard.file
    if not path.is_file():
        return f"{path} is missing"
    if path.stat().st_size != 2 * shard.tokens:
        return f"{path} is cut short"
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return "" if found == shard.sha256 else f"{path} has changed (its sha256 is another)"


# --- Tokens, on all cores -------------------------------------------------------------------------

_here: dict[str, Any] = {}  # of this process: the vocabulary, and each token's length in bytes


def open_vocabulary(path: Path) -> Vocabulary:
    """Raises `DataError` where it has no sign for a text's end, or too many tokens."""
    try:
        found = tokens.read(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} cannot be used ({error}); give a .tiktoken file.") from error
    if END not in found.specials or len(found) > 1 << 16:
        told = f"{path} has {len(found):,} tokens" if END in found.specials else f"no {END} in it"
        raise DataError(f"{path} does not fit two bytes a token ({told}); give GPT-2's ranks.")
    return found


def begin(path: Path) -> None:
    """Opens the vocabulary in a process that is to encode."""
    found = open_vocabulary(path)
    sizes = np.array([len(token) for token in found.tokens], dtype=np.int64)
    sizes[found.specials[END]] = 0  # it stands for no byte of a text
    _here.update(vocabulary=found, sizes=sizes)


def encoded(piece: Piece) -> tuple[Place, Ids, NDArray[np.int64]]:
    """A piece's tokens, END in front where a document begins, and each one's length in bytes."""
    vocabulary: Vocabulary = _here["vocabulary"]
    ids = vocabulary.encode(piece.text.encode("utf-8", "replace").decode()).numpy()
    if piece.place.begins:
        ids = np.concatenate(([vocabulary.specials[END]], ids))
    return piece.place, ids.astype(np.uint16), _here["sizes"][ids]


def groups(found: Iterator[Piece], most: int) -> Iterator[list[Piece]]:
    """Pieces by about so many characters, so that no more than that is in memory."""
    held: list[Piece] = []
    size = 0
    for piece in found:
        held.append(piece)
        size += len(piece.text)
        if size >= most:
            yield held
            held, size = [], 0
    if held:
        yield held


def all_tokens(
    paths: Sequence[Path], start: Place, ranks: Path, workers: int
) -> Iterator[tuple[Place, Ids, NDArray[np.int64]]]:
    """The tokens of all pieces from a place on, in order, made on so many cores."""
    found = pieces(paths, start)
    if workers == 1:
        begin(ranks)
        yield from map(encoded, found)
        return
    method = multiprocessing.get_context("spawn")  # torch's threads do not live through a fork
    try:
        with ProcessPoolExecutor(workers, method, begin, (ranks,)) as pool:
            for group in groups(found, AT_ONCE * workers):
                yield from pool.map(encoded, group, chunksize=max(1, len(group) // (4 * workers)))
    except BrokenProcessPool as error:
        told = "A process that made tokens has ended (memory?)"
        raise DataError(f"{told}; give the same command again with fewer --workers.") from error


# --- Files ----------------------------------------------------------------------------------------


class Writer:
    """The shard that is being written; it has its name only when it is whole."""

    def __init__(self, folder: Path, number: int, size: int) -> None:
        self.folder, self.size = folder, size
        self.name = f"shard-{number:06d}.bin"
        self.file = created(folder / f".{self.name}")
        self.hash, self.tokens, self.bytes = hashlib.sha256(), 0, 0

    def take(self, ids: Ids, lengths: NDArray[np.int64]) -> int:
        """Writes as many as there is room for; returns how many."""
        n = min(len(ids), self.size - self.tokens)
        raw = ids[:n].astype("<u2").tobytes()
        self.file.write(raw)
        self.hash.update(raw)
        self.tokens, self.bytes = self.tokens + n, self.bytes + int(lengths[:n].sum())
        return n

    def done(self, after: Place, skip: int) -> Shard:
        self.file.close()
        (self.folder / f".{self.name}").replace(self.folder / self.name)
        digest = self.hash.hexdigest()
        return Shard(self.name, self.tokens, self.bytes, digest, after, skip)


def prepare(
    paths: Sequence[Path], to: Path, ranks: Path, *, size: int = SHARD, workers: int = 0,
    told: Callable[[str], None] = say,
) -> Listed:  # fmt: skip
    """Makes the shards, or goes on making them. Raises `DataError`."""
    check(paths)
    open_vocabulary(ranks)
    digest = hashlib.sha256(read_bytes(ranks, tokens.LARGEST)).hexdigest()
    sources = tuple((path.name, path.stat().st_size) for path in paths)
    listed = Listed(size, digest, sources)
    try:
        to.mkdir(parents=True, exist_ok=True)
        if (to / LIST).exists():
            listed = gone_on(to, listed, told)
        if listed.whole:
            return listed
        enough(paths, to, ranks, listed)
        for suffix in ("", ".json"):
            if (beside := ranks.with_name(ranks.name + suffix)).is_file():
                with created(to / (RANKS + suffix)) as file:
                    file.write(read_bytes(beside, tokens.LARGEST))
        return written(paths, to, ranks, listed, workers or os.cpu_count() or 1, told)
    except OSError as error:
        again = "make room and give the same command again: it goes on"
        what = again if error.errno == errno.ENOSPC else "choose another folder"
        raise DataError(f"{to} cannot be written ({error.strerror}); {what}.") from error


def gone_on(to: Path, asked: Listed, told: Callable[[str], None]) -> Listed:
    """What stands already, up to the first shard that is damaged."""
    found = read_list(to)
    if (found.size, found.vocabulary, found.sources) != (
        asked.size, asked.vocabulary, asked.sources,
    ):  # fmt: skip
        told_ = f"{to} was begun with other texts, another tokenizer or another size"
        raise DataError(f"{told_}; give those again, or choose another folder.")
    for number, shard in enumerate(found.shards):
        if why := wrong(to, shard):
            told(f"{why}; made again from there on")
            return replace(found, shards=found.shards[:number], whole=False)
    told(f"{len(found.shards)} shards stand, {found.total:,} tokens")
    return found


def enough(paths: Sequence[Path], to: Path, ranks: Path, listed: Listed) -> None:
    """Raises `DataError` where the disk has no room for what is still to come."""
    start, total, here = resumed(listed)[0], 0, 0
    for place, ids, lengths in all_tokens(paths, start, ranks, 1):
        total, here = total + int(lengths.sum()), here + len(ids)
        if total >= 1 << 20 or place.source > start.source + 8:
            break
    if not total:
        return
    whole = sum(path.stat().st_size for path in paths[start.source :]) - start.at
    need = int(max(0, whole) * 2.1 * here / total)
    free = shutil.disk_usage(to).free
    if need > free:
        told = f"the shards need about {need / 1e9:,.1f} GB, {to} has {free / 1e9:,.1f} GB"
        raise DataError(f"There is no room: {told}; make room, or take fewer texts.")


def resumed(listed: Listed) -> tuple[Place, int]:
    """Where the next shard begins, and how many tokens of that piece are written already."""
    if not listed.shards:
        return Place(), 0
    last = listed.shards[-1]
    return last.after, last.skip


def written(
    paths: Sequence[Path], to: Path, ranks: Path, listed: Listed, workers: int,
    told: Callable[[str], None],
) -> Listed:  # fmt: skip
    """Writes shard after shard; the list grows by each."""
    start, skip = resumed(listed)
    over = Place(len(paths))
    nothing = over, np.zeros(0, np.uint16), np.zeros(0, np.int64)
    shards, writer = list(listed.shards), None
    try:
        for place, ids, lengths in chain(all_tokens(paths, start, ranks, workers), [nothing]):
            done, skip = skip, 0
            while done < len(ids) or (place == over and writer is not None):
                writer = writer or Writer(to, len(shards), listed.size)
                done += writer.take(ids[done:], lengths[done:])
                if writer.tokens == listed.size or place == over:
                    shards.append(writer.done(place, done))
                    writer = None
                    write_list(to, replace(listed, shards=tuple(shards)))
                    told(f"{shards[-1].file}: {shards[-1].tokens:,} tokens")
    finally:
        if writer is not None:
            writer.file.close()
    if not shards:
        raise DataError("There is no text in these files; give others.")
    listed = replace(listed, shards=tuple(shards), whole=True)
    write_list(to, listed)
    return listed
