"""The merges of `bpe.learn`, fast. Four observations make it so.

1. A text repeats its chunks: Tiny Shakespeare has 263,198, of which 15,258 differ. Count them
   once each.
2. A merge touches only the places where its pair stands. So each pair has a list of its places,
   and all of them are joined at once, as numpy arrays.
3. A new pair always has the new token in it. So a pair's places are all made by one merge, and
   from then on some get lost, but none are added.
4. Therefore an old count is never too low. A heap of old counts gives the best pair: look at the
   top one again, and if nothing was lost it is the winner; if something was, put it back where it
   belongs.

Chunks lie end to end in one array in the order in which they are first seen, so a pair's lowest
place is also where the text first shows it, and settles ties as `bpe.learn` does. Left out:
several cores.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lessons.tokenizer.bpe import Pair, to_bytes

Integers = NDArray[np.int32]
GAP = -1  # stands between two chunks, and where a token was joined to its left neighbour
NEVER = 2**31 - 1
SAMPLE = 200


@dataclass(frozen=True)
class Merge:
    """One merge: the pair, its token, how often it stood in the text, how many tokens remain."""

    pair: Pair
    token: int
    count: int
    tokens: int


class Trainer:
    """Byte pair encoding learned from counted chunks, one merge at a time."""

    def __init__(self, chunks: Mapping[str, int]) -> None:
        """`chunks` says how often each chunk occurs, in the order of first appearance."""
        encoded = [to_bytes(chunk) for chunk in chunks]
        self.sample = encoded[:SAMPLE]  # the first chunks, kept to be looked at
        lengths = np.array([len(chunk) + 1 for chunk in encoded], dtype=np.int64)
        symbols = np.frombuffer(b"\0".join([*encoded, b""]), dtype=np.uint8).astype(np.int32)
        symbols[np.cumsum(lengths) - 1] = GAP
        places = np.arange(len(symbols), dtype=np.int32)
        self.symbols: Integers = symbols  # (N,) the token that begins at a place
        self.after: Integers = places + 1  # (N,) where the next token begins
        self.before: Integers = places - 1  # (N,) where the one before begins
        self.weights = np.repeat(np.array(list(chunks.values()), dtype=np.int64), lengths)  # (N,)
        self.seams: Integers = np.full(len(symbols), NEVER, dtype=np.int32)  # (N,) see `seams.py`
        self.tokens = self.bytes = int(self.weights[symbols != GAP].sum())
        self.merges: list[Pair] = []
        self.counts: list[int] = []
        self._places: dict[Pair, Integers] = {}
        self._heap: list[tuple[int, int, Pair]] = []  # (-count, lowest place, pair)
        inside = places[:-1][(symbols[:-1] != GAP) & (symbols[1:] != GAP)]
        self._add(symbols[inside].astype(np.int64) << 32 | symbols[inside + 1], inside)

    def __iter__(self) -> Iterator[Merge]:
        """Merges until no pair is left."""
        while (best := self.best()) is not None:
            yield self.merge(*best)

    def best(self) -> tuple[Pair, int] | None:
        """The most frequent pair and its count; of equals the first seen; None if none is left."""
        while self._heap:
            count, _, pair = self._heap[0]
            known = self._places.get(pair)
            places = None if known is None else self._still(pair, known)
            if known is None or places is None or not len(places):
                heapq.heappop(self._heap)
                self._places.pop(pair, None)
            elif len(places) == len(known):
                return pair, -count
            else:
                self._places[pair] = places
                count = -int(self.weights[places].sum())
                heapq.heapreplace(self._heap, (count, int(places[0]), pair))
        return None

    def merge(self, pair: Pair, count: int) -> Merge:
        """Joins the pair wherever it stands; places may not overlap (aaa has one aa, not two)."""
        new = 256 + len(self.merges)
        left = self._still(pair, self._places.pop(pair))
        if pair[0] == pair[1]:
            left = self._every_other(left)
        right = self.after[left]
        beyond = self.after[right]
        self.symbols[left] = new
        self.symbols[right] = GAP
        self.seams[right] = new
        self.after[left] = beyond
        self.before[beyond] = left
        self._add_neighbours(left, new)
        self.tokens -= int(self.weights[left].sum())
        self.merges.append(pair)
        self.counts.append(count)
        return Merge(pair, new, count, self.tokens)

    def top(self, most: int) -> list[tuple[Pair, int]]:
        """The most frequent pairs and their counts, the next winner first."""
        found: list[tuple[Pair, int]] = []
        aside = []
        while len(found) < most and (best := self.best()) is not None:
            found.append(best)
            aside.append(heapq.heappop(self._heap))
        for entry in aside:
            heapq.heappush(self._heap, entry)
        return found

    def looked_at(self) -> list[tuple[bytes, list[int]]]:
        """The chunks of `sample`, each with the tokens that it has now."""
        found, begin = [], 0
        for chunk in self.sample:
            symbols = self.symbols[begin : begin + len(chunk)]
            found.append((chunk, symbols[symbols != GAP].tolist()))
            begin += len(chunk) + 1
        return found

    def _still(self, pair: Pair, places: Integers) -> Integers:
        """Those of the places where the pair stands even now."""
        a, b = pair
        here = self.symbols[places] == a
        found: Integers = places[here & (self.symbols[self.after[places]] == b)]
        return found

    def _every_other(self, places: Integers) -> Integers:
        """The first, third, … place of every run of places that follow one another."""
        first = np.ones(len(places), dtype=bool)
        first[1:] = self.after[places[:-1]] != places[1:]
        starts = np.flatnonzero(first)
        run = np.repeat(starts, np.diff(starts, append=len(places)))
        found: Integers = places[(np.arange(len(places)) - run) % 2 == 0]
        return found

    def _add_neighbours(self, places: Integers, new: int) -> None:
        """The pairs that the new token forms: with what follows, and with what stands before."""
        following = self.symbols[self.after[places]]
        here = following != GAP
        self._add(np.int64(new) << 32 | following[here].astype(np.int64), places[here])
        before = self.before[places]
        preceding = self.symbols[before]
        here = (preceding != GAP) & (preceding != new)  # new before new is already counted above
        self._add(preceding[here].astype(np.int64) << 32 | new, before[here])

    def _add(self, keys: NDArray[np.int64], places: Integers) -> None:
        """Notes pairs (left << 32 | right) and their places, which are sorted."""
        if not len(keys):
            return
        order = np.argsort(keys, kind="stable")
        keys, places = keys[order], places[order]
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        counts = np.add.reduceat(self.weights[places], starts)
        stops = [*starts[1:].tolist(), len(keys)]
        found = zip(
            keys[starts].tolist(),
            starts.tolist(),
            stops,
            places[starts].tolist(),
            counts.tolist(),
            strict=True,
        )
        for key, start, stop, lowest, count in found:
            pair = key >> 32, key & 0xFFFFFFFF
            self._places[pair] = places[start:stop]
            heapq.heappush(self._heap, (-count, lowest, pair))

    def state_dict(self) -> dict[str, Any]:
        """The merges (k, 2) and how often each pair stood in the text (k,)."""
        merges = np.array(self.merges, dtype=np.int64).reshape(-1, 2)
        return {"merges": merges, "counts": np.array(self.counts, dtype=np.int64)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Does the merges again. Raises `ValueError` where the text is another one."""
        merges, counts = np.asarray(state["merges"]).tolist(), np.asarray(state["counts"]).tolist()
        for (left, right), count in zip(
            merges[len(self.merges) :], counts[len(self.counts) :], strict=True
        ):
            places = self._places.get((left, right))
            here = 0 if places is None else self.weights[self._still((left, right), places)].sum()
            if here != count:
                raise ValueError(
                    f"merge {len(self.merges)} is of another text; resume with the same data"
                )
            self.merge((left, right), count)
