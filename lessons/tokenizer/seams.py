"""Every state of a text from its bytes to its last merge, in one array.

Between two neighbouring bytes of a chunk is a seam. Training closes seams and opens none, so it
is enough to note for each seam the rank of the merge that closed it: at rank k the text is cut at
the seams whose number is k or more. A token's own rank is the last that closed a seam inside it.
So stepping back costs no more than stepping on, and a jump costs a few numpy calls.

The text's different chunks lie end to end, each once; `weights` says how often a byte's chunk
occurs.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lessons.tokenizer.bpe import Tokenizer, split, to_bytes
from lessons.tokenizer.fast import NEVER, Integers, Trainer


@dataclass(frozen=True)
class PairCount:
    """Two neighbours and how often they stand side by side."""

    left: int
    right: int
    count: int


@dataclass(frozen=True)
class State:
    """The text at one rank: where tokens start among the different chunks' bytes, and which."""

    starts: NDArray[np.int64]  # (tokens,)
    ids: NDArray[np.int64]  # (tokens,)


class Seams:
    """A text, its chunks, and for each seam the rank that closed it."""

    def __init__(self, text: str, tokenizer: Tokenizer, trainer: Trainer | None = None) -> None:
        """`trainer`, where it has learned from this very text, spares encoding it again."""
        self.text, self.tokenizer = text, tokenizer
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
            self.seams = np.delete(trainer.seams, self.offsets[1:] + np.arange(len(self.chunks)))
        self._bytes = np.array([tokenizer.ranks[bytes([byte])] for byte in range(256)])
        self._first = np.zeros(len(self.bytes) + 1, dtype=bool)  # (N + 1,) starts a chunk?
        self._first[self.offsets] = True

    def at(self, rank: int) -> State:
        """The text when every merge below `rank` is done. Some 1 ms for 1 MB."""
        if not len(self.seams):
            return State(np.zeros(0, np.int64), np.zeros(0, np.int64))
        open_ = self.seams >= rank
        starts = np.flatnonzero(open_)
        last = np.maximum.reduceat(np.where(open_, -1, self.seams), starts)
        return State(starts, np.where(last < 0, self._bytes[self.bytes[starts]], last))

    @cached_property
    def remaining(self) -> NDArray[np.int64]:
        """(ranks + 1,) how many tokens the whole text has at each rank: the compression curve."""
        closed = self.seams < NEVER
        size = len(self.tokenizer.ranks)
        joined = np.bincount(self.seams[closed], self.weights[closed], minlength=size)
        total = int(self.weights.sum())
        return total - np.concatenate(([0], np.cumsum(joined))).astype(np.int64)

    def pairs(self, rank: int, most: int = 200) -> list[PairCount]:
        """The most frequent pairs at a rank; equals in the order in which the text shows them."""
        state = self.at(rank)
        inside = ~self._first[state.starts[1:]]
        left, right = state.ids[:-1][inside], state.ids[1:][inside]
        weights = self.weights[state.starts[:-1][inside]]
        if not len(left):
            return []
        order = np.argsort(left << 32 | right)
        keys = (left << 32 | right)[order]
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        counts = np.add.reduceat(weights[order], starts)
        first = np.minimum.reduceat(order, starts)
        best = np.lexsort((first, -counts))[:most]
        pairs = zip(keys[starts[best]].tolist(), counts[best].tolist(), strict=True)
        return [PairCount(key >> 32, key & 0xFFFFFFFF, count) for key, count in pairs]

    def count_of(self, left: int, right: int, rank: int) -> int:
        """How often two tokens stand side by side at a rank."""
        state = self.at(rank)
        if not len(state.ids):
            return 0
        here = (state.ids[:-1] == left) & (state.ids[1:] == right)
        here &= ~self._first[state.starts[1:]]
        return int(self.weights[state.starts[:-1][here]].sum())

    def counts(self, rank: int) -> NDArray[np.int64]:
        """(ranks,) how often each token stands in the text at a rank."""
        state = self.at(rank)
        size = len(self.tokenizer.ranks)
        return np.bincount(state.ids, self.weights[state.starts], minlength=size).astype(np.int64)

    def places(self, token: int, rank: int) -> NDArray[np.int64]:
        """Where a token stands: the characters of the text in which it begins, in order."""
        state = self.at(rank)
        starts = state.starts[state.ids == token]
        if not len(starts):
            return np.zeros(0, dtype=np.int64)
        found = []
        for start in starts.tolist():
            chunk = int(self.owner[start])
            inside = start - int(self.offsets[chunk])
            characters = len(self.chunks[chunk][:inside].decode(errors="ignore"))
            found.append(self.begins[:-1][self._uses(chunk)] + characters)
        return np.sort(np.concatenate(found))

    def _uses(self, chunk: int) -> NDArray[np.int64]:
        """Which of the text's chunks are that one."""
        order, bounds = self._by_chunk
        return order[bounds[chunk] : bounds[chunk + 1]]

    @cached_property
    def _by_chunk(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        bounds = np.concatenate(([0], np.cumsum(np.bincount(self.order))))
        return np.argsort(self.order, kind="stable"), bounds

    def touching(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """The chunks that touch characters start … stop: (where it begins, which different one)."""
        first = int(np.searchsorted(self.begins, start, side="right")) - 1
        after = int(np.searchsorted(self.begins, stop, side="left"))
        for place in range(max(first, 0), min(after, len(self.order))):
            yield int(self.begins[place]), int(self.order[place])

    def tokens(self, start: int, stop: int, rank: int) -> Iterator[tuple[int, int, bytes, int]]:
        """The tokens of the chunks that touch characters start … stop at a rank, in order:

        (character of the text where the token's chunk begins, byte in the chunk, bytes, number).
        """
        for begin, chunk in self.touching(start, stop):
            for inside, token, number in self.cut(chunk, rank):
                yield begin, inside, token, number

    def cut(self, chunk: int, rank: int) -> list[tuple[int, bytes, int]]:
        """One different chunk at a rank: (byte where a token begins, its bytes, its number)."""
        whole = self.chunks[chunk]
        seams = self.seams[self.offsets[chunk] : self.offsets[chunk + 1]].tolist()
        starts = [i for i, seam in enumerate(seams) if seam >= rank]
        ranks = self.tokenizer.ranks
        stops = [*starts[1:], len(whole)]
        spans = zip(starts, stops, strict=True)
        return [(start, whole[start:stop], ranks[whole[start:stop]]) for start, stop in spans]


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
