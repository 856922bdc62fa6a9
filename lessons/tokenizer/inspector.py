"""The inspector without its picture: a text, a vocabulary, and a place among its merges.

At rank k the merges below k are done, and the one that makes token k comes next. A cursor stands
on a character of the text; what is asked about it is answered as the text is cut at that rank.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from lessons.tokenizer.bpe import Tokenizer, split
from lessons.tokenizer.fast import Trainer
from lessons.tokenizer.seams import PairCount, Seams

FIRST = 256  # the rank of the first merge
FIRST_LOOK = 200  # merges done when the inspector opens
PAIRS = 200  # rows of the table of pairs


@dataclass(frozen=True)
class Stretch:
    """Characters of one token that stand side by side.

    `torn` marks a character whose bytes lie in more than one token: it stands alone, and `number`
    and `token` are those of its first byte.
    """

    start: int  # the first character's place in the text
    text: str
    number: int
    token: bytes
    chunk: str
    begin: int  # where its chunk begins
    torn: bool = False
    lit: bool = False  # joined by the next merge

    @property
    def stop(self) -> int:
        """The place after the last character."""
        return self.start + len(self.text)


class Inspector:
    """A text seen through a vocabulary, merge by merge."""

    def __init__(self, seams: Seams, title: str, source: str) -> None:
        """`title` names the vocabulary, `source` the text."""
        self.seams, self.title, self.source = seams, title, source
        self.tokenizer, self.text = seams.tokenizer, seams.text
        self.last = len(self.tokenizer.ranks)
        self.rank = FIRST
        self.cursor = 0
        self._looks: dict[int, Look] = {}

    @property
    def done(self) -> int:
        """Merges done."""
        return self.rank - FIRST

    @property
    def merges(self) -> int:
        """Merges in all."""
        return self.last - FIRST

    @property
    def tokens(self) -> int:
        """How many tokens the text has now."""
        return int(self.seams.remaining[self.rank])

    @property
    def bytes(self) -> int:
        """How many bytes the text has."""
        return int(self.seams.weights.sum())

    def go(self, done: int) -> None:
        """To the state after `done` merges, or the nearest there is."""
        self.rank = FIRST + min(max(done, 0), self.merges)

    @property
    def look(self) -> Look:
        """What is to be seen at this rank; the last few are remembered."""
        if self.rank not in self._looks:
            if len(self._looks) > 16:
                self._looks.pop(next(iter(self._looks)))
            self._looks[self.rank] = Look(self.seams, self.rank, self.last)
        return self._looks[self.rank]

    def here(self) -> Stretch | None:
        """The token under the cursor."""
        around = self.stretches(self.cursor, self.cursor + 1)
        return next((s for s in around if s.start <= self.cursor < s.stop), None)

    def move(self, tokens: int) -> None:
        """Moves the cursor by whole tokens."""
        reach = 200 * abs(tokens)
        around = self.stretches(max(self.cursor - reach, 0), self.cursor + reach)
        starts = [stretch.start for stretch in around]
        index = int(np.searchsorted(starts, self.cursor, side="right")) - 1 + tokens
        if starts:
            self.cursor = starts[min(max(index, 0), len(starts) - 1)]

    def start(self) -> None:
        """To a first state worth a look, the cursor on the longest token of the beginning."""
        self.go(FIRST_LOOK)
        beginning = self.stretches(0, min(400, len(self.text)))
        self.cursor = max(beginning, key=lambda s: len(s.token)).start if beginning else 0

    @property
    def end(self) -> int:
        """The last character's place."""
        return max(len(self.text) - 1, 0)

    def find(self, number: int, forward: bool = True) -> bool:
        """Puts the cursor on the next place where a token stands; False where it stands nowhere."""
        return self._find(self.seams.places(number, self.rank), forward)

    def find_next(self) -> bool:
        """Puts the cursor on the next place that the next merge joins; False without one."""
        joined = self.rank < self.last
        return joined and self._find(self.seams.places(self.rank, self.rank + 1), True)

    def _find(self, places: NDArray[np.int64], forward: bool) -> bool:
        if not len(places):
            return False
        if forward:
            index = int(np.searchsorted(places, self.cursor, side="right")) % len(places)
        else:
            index = int(np.searchsorted(places, self.cursor, side="left")) - 1
        self.cursor = int(places[index])
        return True

    def place_of(self, number: int) -> tuple[int, int]:
        """(which of a token's places the cursor is at, counted from 1; how many there are)."""
        places = self.seams.places(number, self.rank)
        return int(np.searchsorted(places, self.cursor, side="right")), len(places)

    def stretches(self, start: int, stop: int) -> list[Stretch]:
        """The tokens of the chunks that touch characters start … stop, as they are drawn."""
        found: list[Stretch] = []
        for begin, which in self.seams.touching(start, stop):
            cut = self.seams.cut(which, self.rank)
            lit = self._joined_next([number for _, _, number in cut])
            chunk = self.seams.texts[which]
            spots = _spots(chunk)
            for i, (inside, token, number) in enumerate(cut):
                here = spots[inside : inside + len(token)]
                for at, text, torn in _drawn(chunk, here):
                    place = begin + at
                    found.append(Stretch(place, text, number, token, chunk, begin, torn, i in lit))
        return found

    def _joined_next(self, numbers: list[int]) -> set[int]:
        """Which of a chunk's tokens the next merge joins, from the left."""
        pair, lit, i = self.look.next, set(), 0
        while pair is not None and i + 1 < len(numbers):
            if (numbers[i], numbers[i + 1]) == (pair.left, pair.right):
                lit |= {i, i + 1}
                i += 1
            i += 1
        return lit


@dataclass(frozen=True)
class Look:
    """The numbers at one rank."""

    seams: Seams
    rank: int
    last: int

    @cached_property
    def pairs(self) -> list[PairCount]:
        """The most frequent pairs."""
        return self.seams.pairs(self.rank, PAIRS)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(ranks,) how often each token stands in the text."""
        return self.seams.counts(self.rank)

    @cached_property
    def next(self) -> PairCount | None:
        """The pair that is joined next, and how often it stands there."""
        if self.rank >= self.last:
            return None
        tokenizer = self.seams.tokenizer
        halves = tokenizer.parts(tokenizer.tokens[self.rank])
        assert halves is not None, "a token above 255 has two parts"
        left, right = (tokenizer.ranks[half] for half in halves)
        return PairCount(left, right, self.seams.count_of(left, right, self.rank))


def learned(
    text: str,
    pattern: str,
    source: str,
    stops: Sequence[int] = (2_000, 50_000),
    going: Callable[[], bool] = lambda: True,
) -> Iterator[Inspector]:
    """What the text itself teaches: an inspector after so many merges, and again after more.

    The first comes at once, the last knows every merge there is, up to the last of `stops`.
    Learning ends early when `going` says no.
    """
    trainer = Trainer(Counter(split(text, pattern)))
    for stop in stops:
        while going() and len(trainer.merges) < stop and (best := trainer.best()) is not None:
            trainer.merge(*best)
        tokenizer = Tokenizer.from_merges(trainer.merges, pattern, ["<|endoftext|>"], "own")
        yield Inspector(Seams(text, tokenizer, trainer), "learned from this text", source)
        if trainer.best() is None:
            return


class Page:
    """A text in rows of a given width: the place where each row begins."""

    def __init__(self, text: str, width: int) -> None:
        self.text, self.width = text, max(width, 8)
        starts, place = [], 0
        for line in text.split("\n"):
            starts.append(place)
            if not line.isascii() or len(line) >= self.width:
                starts.extend(place + at for at in _wraps(line, self.width))
            place += len(line) + 1
        self.starts = np.array(starts, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.starts)

    def row(self, index: int) -> tuple[int, int]:
        """Where a row's characters begin and end; its newline is one of them."""
        after = index + 1
        stop = int(self.starts[after]) if after < len(self.starts) else len(self.text)
        return int(self.starts[index]), stop

    def row_of(self, place: int) -> int:
        """The row in which a character stands."""
        return int(np.searchsorted(self.starts, place, side="right")) - 1


def _wraps(line: str, width: int) -> list[int]:
    """Where a line is broken so that each row, and its newline, fits in `width` cells."""
    if line.isascii():
        return list(range(width - 1, len(line), width - 1))
    breaks, room = [], width - 1
    for at, character in enumerate(line):
        size = cell_len(character)
        if size > room:
            breaks.append(at)
            room = width - 1
        room -= size
    return breaks


def _spots(chunk: str) -> list[tuple[int, int, int]]:
    """(bytes,) for each byte of a chunk: its character, its place in that, that one's size."""
    if chunk.isascii():
        return [(index, 0, 1) for index in range(len(chunk))]
    sizes = [len(character.encode()) for character in chunk]
    return [(index, byte, size) for index, size in enumerate(sizes) for byte in range(size)]


def _drawn(chunk: str, spots: list[tuple[int, int, int]]) -> list[tuple[int, str, bool]]:
    """The characters that begin in a token: (place, text, torn); a torn one stands alone."""
    begun = [index for index, byte, _ in spots if byte == 0]
    if not begun:
        return []
    index, byte, size = spots[-1]
    first, stop = begun[0], begun[-1] + 1
    if byte == size - 1:
        return [(first, chunk[first:stop], False)]
    whole = [(first, chunk[first:index], False)] if first < index else []
    return [*whole, (index, chunk[index], True)]
