"""The text at one rank: which tokens it has, how often each pair stands there, and where.

The tokens are those of the text's different chunks, end to end; what is counted is weighed by how
often a chunk occurs, and what is asked by a place in the text is answered through its chunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lessons.tokenizer.seams import Seams

Flags = NDArray[np.bool_]
Places = NDArray[np.int64]
PAIRS = 200  # rows of the table of pairs
NUMBER, PLACE = 18, 28  # bits of a token's number, and of a place among the different chunks' bytes
LOST = (1 << NUMBER) - 1  # stands for a character that a specimen does not know


@dataclass(frozen=True)
class PairCount:
    """Two neighbours and how often they stand side by side."""

    left: int
    right: int
    count: int


@dataclass(frozen=True, eq=False)
class State:
    """Tokens of a text at a rank. `wrong` marks those that a specimen gets wrong."""

    seams: Seams
    rank: int
    starts: Places  # (T,) the byte at which each token begins
    ids: NDArray[np.int32]  # (T,) its number
    wrong: Flags | None = None  # (T,)

    @cached_property
    def total(self) -> int:
        """How many tokens the whole text has."""
        return int(self.seams.weights[self.starts].sum())

    @cached_property
    def total_wrong(self) -> int:
        """How many of them are wrong."""
        return 0 if self.wrong is None else int(self.seams.weights[self.starts[self.wrong]].sum())

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(ranks,) how often each token stands in the text."""
        size = len(self.seams.tokenizer.ranks)
        counts = np.bincount(self.ids, self.seams.weights[self.starts], minlength=size)
        return counts[:size].astype(np.int64)

    @cached_property
    def pairs(self) -> list[PairCount]:
        """The most frequent pairs; equals in the order in which the text shows them.

        Pair and place are sorted as one number: that brings equal pairs together, the first first.
        """
        inside = np.flatnonzero(~self.seams.first[self.starts[1:]])
        ids = self.ids.astype(np.uint64)
        keys = (ids[inside] << NUMBER | ids[inside + 1]) << PLACE
        keys |= self.starts[inside].astype(np.uint64)
        if not len(keys):
            return []
        keys.sort()
        pairs, places = keys >> PLACE, (keys & ((1 << PLACE) - 1)).astype(np.int64)
        starts = np.flatnonzero(np.concatenate(([True], pairs[1:] != pairs[:-1])))
        if len(self.seams.chunks) == 1:  # each place counts once
            counts = np.diff(starts, append=len(keys))
        else:
            counts = np.add.reduceat(self.seams.weights[places], starts)
        least = np.partition(counts, -PAIRS)[-PAIRS] if len(counts) > PAIRS else 0
        best = np.flatnonzero(counts >= least)
        best = best[np.lexsort((places[starts[best]], -counts[best]))][:PAIRS]
        found = zip(pairs[starts[best]].tolist(), counts[best].tolist(), strict=True)
        return [PairCount(pair >> NUMBER, pair & LOST, count) for pair, count in found]

    def count_of(self, left: int, right: int) -> int:
        """How often two tokens stand side by side."""
        here = np.flatnonzero((self.ids[:-1] == left) & (self.ids[1:] == right))
        here = here[~self.seams.first[self.starts[here + 1]]]
        return int(self.seams.weights[self.starts[here]].sum())

    def places(self, token: int) -> Places:
        """Where a token stands: the characters of the text in which it begins, in order."""
        return self._in_text(self.starts[self.ids == token])

    def places_wrong(self) -> Places:
        """The same for what is wrong."""
        return self._in_text(self.starts[:0] if self.wrong is None else self.starts[self.wrong])

    def places_joined(self) -> Places:
        """The same for what the merge of this rank joins."""
        seams = self.seams.seams
        joined = np.flatnonzero(seams[self.starts] == self.rank)
        return self._in_text(self.starts[joined - 1])

    def _in_text(self, starts: Places) -> Places:
        """Bytes of the different chunks as characters of the text, wherever those chunks stand."""
        seams = self.seams
        chunks = seams.owner[starts]
        order, bounds = seams.by_chunk
        uses = bounds[chunks + 1] - bounds[chunks]
        ends = np.cumsum(uses)
        nth = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - uses, uses)
        which = order[np.repeat(bounds[chunks], uses) + nth]
        return np.sort(seams.begins[which] + np.repeat(seams.characters[starts], uses))

    def spans(self, start: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
        """The tokens that touch characters start … stop, chunk by chunk:

        (character of the text where the chunk begins, which different chunk, first token, the one
        after the last, both as places in `starts`).
        """
        seams = self.seams
        first = max(int(np.searchsorted(seams.begins, start, side="right")) - 1, 0)
        after = int(np.searchsorted(seams.begins[:-1], stop, side="left"))
        if after <= first:
            return
        chunks, begins = seams.order[first:after], seams.begins[first:after].tolist()
        low, high = seams.offsets[chunks], seams.offsets[chunks + 1]
        low[0] = seams.byte_of(int(chunks[0]), start - begins[0])
        high[-1] = seams.byte_of(int(chunks[-1]), stop - begins[-1])
        lows = np.searchsorted(self.starts, low, side="right") - 1
        highs = np.searchsorted(self.starts, high, side="left")
        yield from zip(begins, chunks.tolist(), lows.tolist(), highs.tolist(), strict=True)

    def tokens(self, start: int, stop: int) -> Iterator[tuple[int, bytes, int]]:
        """The tokens that touch characters start … stop: (character in which it begins, its bytes,
        its number).
        """
        seams = self.seams
        for begin, _, low, high in self.spans(start, stop):
            for i in range(low, high):
                at = int(self.starts[i])
                yield begin + int(seams.characters[at]), self.token(i), int(self.ids[i])

    def token(self, i: int) -> bytes:
        """The bytes of token `i` of `starts`."""
        stop = self.starts[i + 1] if i + 1 < len(self.starts) else len(self.seams.bytes)
        return self.seams.bytes[self.starts[i] : stop].tobytes()
