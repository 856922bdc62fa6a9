"""Every state of a text from its bytes to its last merge, in one array.

Between two neighbouring bytes of a chunk is a seam. Training closes seams and opens none, so it
is enough to note for each seam the rank of the merge that closed it: at rank k the text is cut at
the seams whose number is k or more. A token's own rank is the last that closed a seam inside it.
So stepping back costs no more than stepping on, and a jump costs a few numpy calls.

The text's different chunks lie end to end, each once; `weights` says how often a byte's chunk
occurs.
"""

from __future__ import annotations

import copy
import heapq
from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lessons.tokenizer.bpe import Pair, Tokenizer, split, to_bytes
from lessons.tokenizer.fast import NEVER, Integers, Trainer
from lessons.tokenizer.state import LOST, State

FIRST = 256  # the rank of the first merge
ALWAYS = 0  # closed from the start: inside a character that is one symbol, or none that is known


class Seams:
    """A text, its chunks, and for each seam the rank that closed it."""

    def __init__(self, text: str, tokenizer: Tokenizer, trainer: Trainer | None = None) -> None:
        """`trainer`, where it has learned from this very text, spares encoding it again."""
        self.text, self.tokenizer = text, tokenizer
        self.merges: list[Pair] = trainer.merges if trainer else []  # where they are known
        chunks = split(text, tokenizer.pattern)
        index: dict[str, int] = {}
        order = [index.setdefault(chunk, len(index)) for chunk in chunks]
        self.texts = list(index)
        self.chunks = [to_bytes(chunk) for chunk in index]
        self.order = np.array(order, dtype=np.int64)  # (chunks,) which of `self.chunks`
        lengths = np.fromiter(map(len, chunks), dtype=np.int64, count=len(chunks))
        self.begins = np.concatenate(([0], np.cumsum(lengths)))  # (chunks + 1,) characters
        sizes = np.array([len(chunk) for chunk in self.chunks], dtype=np.int64)
        self.offsets = np.concatenate(([0], np.cumsum(sizes)))  # (different + 1,) bytes
        self.bytes = np.frombuffer(b"".join(self.chunks), dtype=np.uint8)  # (N,)
        uses = np.bincount(self.order, minlength=len(self.chunks))
        self.weights = np.repeat(uses, sizes)  # (N,)
        self.owner = np.repeat(np.arange(len(self.chunks)), sizes)  # (N,) the chunk of a byte
        if trainer is None:
            closed = [rank for chunk in self.chunks for rank in close(chunk, tokenizer.ranks)]
            self.seams: Integers = np.array(closed, dtype=np.int32)
        else:
            self.seams = self._noted(trainer)
        of_byte = [tokenizer.ranks[bytes([byte])] for byte in range(256)]
        self._bytes = np.array(of_byte, dtype=np.int32)
        self.first = np.zeros(len(self.bytes) + 1, dtype=bool)  # (N + 1,) starts a chunk?
        self.first[self.offsets] = True

    def _noted(self, trainer: Trainer) -> Integers:
        """The trainer's seams without the gaps behind its chunks."""
        return np.delete(trainer.seams, self.offsets[1:] + np.arange(len(self.chunks)))

    def grown(self, tokenizer: Tokenizer, trainer: Trainer) -> Seams:
        """The same text after more merges of the same training."""
        other = self.with_seams(self._noted(trainer))
        other.tokenizer = tokenizer
        return other

    def with_seams(self, seams: Integers) -> Seams:
        """The same text, cut otherwise."""
        other = copy.copy(self)
        other.seams = seams
        other.__dict__.pop("remaining", None)
        return other

    def at(self, rank: int) -> State:
        """The text when every merge below `rank` is done. Some 1 ms for 1 MB."""
        starts = np.flatnonzero(self.seams >= rank)
        if not len(starts):
            return State(self, rank, starts, np.zeros(0, np.int32))
        inside = np.where(self.seams >= rank, np.int32(-1), self.seams)
        last = np.maximum.reduceat(inside, starts)  # (T,) what closed its last seam; -1: a byte
        ids = np.where(last < 0, self._bytes[self.bytes[starts]], last)
        ids[last == ALWAYS] = LOST
        return State(self, rank, starts, ids)

    @cached_property
    def remaining(self) -> NDArray[np.int64]:
        """(ranks + 1,) how many tokens the whole text has at each rank: the compression curve."""
        closed = self.seams < NEVER
        size = len(self.tokenizer.ranks)
        joined = np.bincount(self.seams[closed], self.weights[closed], minlength=size)
        total = int(self.weights.sum())
        return total - np.concatenate(([0], np.cumsum(joined))).astype(np.int64)

    def halves(self, number: int) -> Pair:
        """The two tokens that the merge of a rank joins."""
        if number - FIRST < len(self.merges):
            return self.merges[number - FIRST]
        pair = halves(self.tokenizer, self.tokenizer.tokens[number])
        assert pair is not None, "a token above 255 has two halves"
        return self.tokenizer.ranks[pair[0]], self.tokenizer.ranks[pair[1]]

    @cached_property
    def by_chunk(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The text's chunks sorted by which they are, and where each one's stretch begins there."""
        bounds = np.concatenate(([0], np.cumsum(np.bincount(self.order))))
        return np.argsort(self.order, kind="stable"), bounds

    @cached_property
    def starts_character(self) -> NDArray[np.bool_]:
        """(N + 1,) whether a character begins at a byte; one does behind the last."""
        return np.append(self.bytes & 0xC0 != 0x80, True)

    @cached_property
    def characters(self) -> Integers:
        """(N,) which character of its chunk a byte belongs to."""
        begun = np.cumsum(self.starts_character[:-1], dtype=np.int32)
        return begun - begun[self.offsets[:-1]][self.owner]

    def byte_of(self, chunk: int, character: int) -> int:
        """The byte at which a character of a different chunk begins, or that after its last."""
        low, high = int(self.offsets[chunk]), int(self.offsets[chunk + 1])
        return low + int(np.searchsorted(self.characters[low:high], character))


def close(chunk: bytes, ranks: Mapping[bytes, int]) -> list[int]:
    """For each byte of a chunk the rank that closed the seam before it; NEVER where it stays.

    `Tokenizer.encode_chunk` with a heap instead of a search: n log n for a chunk of n bytes.
    """
    size = len(chunk)
    seams = [NEVER] * size
    stop = list(range(1, size + 1))  # where the token that begins here ends; 0 where none begins
    start = list(range(-1, size))  # where the token that ends here begins
    heap = [(ranks.get(chunk[i : i + 2], NEVER), i) for i in range(size - 1)]
    heapq.heapify(heap)
    while heap:
        rank, i = heapq.heappop(heap)
        if rank == NEVER:
            break
        middle = stop[i]
        if not middle or middle == size or ranks.get(chunk[i : stop[middle]]) != rank:
            continue  # one of the two was joined to something else meanwhile
        end = stop[middle]
        seams[middle], stop[i], stop[middle], start[end] = rank, end, 0, i
        if end < size:
            heapq.heappush(heap, (ranks.get(chunk[i : stop[end]], NEVER), i))
        if i > 0:
            heapq.heappush(heap, (ranks.get(chunk[start[i] : end], NEVER), start[i]))
    return seams


def halves(tokenizer: Tokenizer, token: bytes) -> tuple[bytes, bytes] | None:
    """`Tokenizer.parts` for a token of any length: without a cut some have thousands of bytes."""
    rank = tokenizer.ranks.get(token)
    closed = close(token, tokenizer.ranks)
    if rank is None or rank not in closed:
        return None
    middle = closed.index(rank)
    return token[:middle], token[middle:]
