"""The specimens' mistakes on the text that the inspector shows: what each makes of it, and where.

Each says at any rank how it cuts the text, marks what is wrong there, and tells it in a sentence.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Protocol

import numpy as np

from lessons.tokenizer.bpe import split
from lessons.tokenizer.export import clipped
from lessons.tokenizer.fast import NEVER
from lessons.tokenizer.seams import ALWAYS, Seams, close
from lessons.tokenizer.specimens import first_found
from lessons.tokenizer.state import LOST, Flags, State

RUNS = re.compile(rb"[\0-\x7f]+|[\xc0-\xff][\x80-\xbf]*")  # known characters, or one that is not


class Mistake(Protocol):
    """A wrong way to cut a text. `quick` says whether a state costs no more than the right one."""

    name: str
    quick: bool

    def at(self, rank: int) -> State:
        """The text as it is cut wrongly at a rank."""

    def said(self, state: State) -> str:
        """What is wrong there, in a sentence for one line."""

    def instead(self, start: int, stop: int, rank: int) -> list[bytes]:
        """What should stand at characters start … stop."""


class IgnoreRank:
    """Joins from the left whatever pair is known, in every chunk of the text."""

    name, quick = "ignore rank", False

    def __init__(self, seams: Seams) -> None:
        self.seams = seams
        self.right: State | None = None  # of the rank last asked for

    def at(self, rank: int) -> State:
        """Some 60 ms for 1 MB: each different chunk is joined in Python."""
        right, ranks = self._right(rank), self.seams.tokenizer.ranks
        known = {token for token, number in ranks.items() if number < rank}
        tokens = [token for chunk in self.seams.chunks for token in first_found(chunk, known)]
        sizes = np.array([0, *map(len, tokens)], dtype=np.int64)
        starts = np.cumsum(sizes)[:-1]
        ids = np.array([ranks[token] for token in tokens], dtype=np.int32)
        return State(self.seams, rank, starts, ids, differs(starts, ids, right))

    def said(self, state: State) -> str:
        if not state.total_wrong:
            return "joined as found, not by rank: nothing differs at this merge; → makes the next"
        share = state.total_wrong / state.total
        return f"joined as found, not by rank: {share:.1%} of the tokens are not those of training"

    def instead(self, start: int, stop: int, rank: int) -> list[bytes]:
        return [token for _, token, _ in self._right(rank).tokens(start, stop)]

    def _right(self, rank: int) -> State:
        if self.right is None or self.right.rank != rank:
            self.right = self.seams.at(rank)
        return self.right


def differs(starts: np.ndarray, ids: np.ndarray, right: State) -> Flags:
    """Which tokens do not stand like that in the right state."""
    if not len(starts):
        return np.zeros(0, dtype=bool)
    same = np.searchsorted(right.starts, starts, side="right") - 1
    wrong: Flags = (right.starts[same] != starts) | (right.ids[same] != ids)
    return wrong


class Characters:
    """Begins with characters instead of bytes, and knows those of English text: ASCII."""

    name, quick = "characters", True

    def __init__(self, seams: Seams) -> None:
        self.right = seams
        ranks, closed = seams.tokenizer.ranks, []
        for chunk in seams.chunks:
            for run in RUNS.findall(chunk):
                known = run[0] < 0x80
                closed += close(run, ranks) if known else [NEVER] + [ALWAYS] * (len(run) - 1)
        self.seams = seams.with_seams(np.array(closed, dtype=np.int32))

    def at(self, rank: int) -> State:
        state = self.seams.at(rank)
        return State(self.seams, rank, state.starts, state.ids, state.ids == LOST)

    def said(self, state: State) -> str:
        size, lost = len(self.seams.text), state.total_wrong
        if not lost:
            return "characters, not bytes: all of these are known; press o and type café 안녕 👋"
        return f"characters, not bytes: {lost:,} of {size:,} were not seen in English, and are lost"

    def instead(self, start: int, stop: int, rank: int) -> list[bytes]:
        return [token for _, token, _ in self.right.at(rank).tokens(start, stop)]


class CrossChunks:
    """Learned from the whole text in one chunk; `pattern` says where it should have been cut."""

    name, quick = "cross chunks", True

    def __init__(self, seams: Seams, pattern: str) -> None:
        self.seams = seams
        sizes = [len(chunk.encode()) for chunk in split(seams.text, pattern)]
        begins = np.zeros(len(seams.bytes) + 1, dtype=np.int32)
        begins[np.cumsum(sizes[:-1], dtype=np.int64)] = 1
        self.borders = np.cumsum(begins, dtype=np.int32)  # (N + 1,) up to and with this byte

    def at(self, rank: int) -> State:
        state = self.seams.at(rank)
        stops = np.append(state.starts[1:], len(self.seams.bytes))
        crosses = self.borders[stops - 1] > self.borders[state.starts]
        return State(self.seams, rank, state.starts, state.ids, crosses)

    def said(self, state: State) -> str:
        if state.wrong is None or not state.total_wrong:
            return "no cut: no token crosses a chunk's end yet; → makes the next merge"
        most = int(np.bincount(state.ids[state.wrong]).argmax())
        token = clipped(self.seams.tokenizer.tokens[most])
        share = state.total_wrong / state.total
        return f"no cut: {share:.1%} of the tokens reach over a chunk's end, most often {token}"

    def instead(self, start: int, stop: int, rank: int) -> list[bytes]:
        low, high = self.seams.byte_of(0, start), self.seams.byte_of(0, stop)
        cuts = [low, *(np.flatnonzero(np.diff(self.borders[low:high])) + low + 1).tolist(), high]
        return [self.seams.bytes[one:two].tobytes() for one, two in pairwise(cuts)]
