"""The inspector without its picture: a text, a vocabulary, and a place among its merges.

At rank k the merges below k are done, and the one that makes token k comes next. A cursor stands
on a character of the text; what is asked about it is answered as the text is cut at that rank.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from rich.cells import cell_len

from lessons.tokenizer.bpe import Tokenizer, split
from lessons.tokenizer.fast import Trainer
from lessons.tokenizer.screen.mistakes import Mistake
from lessons.tokenizer.seams import FIRST, Seams
from lessons.tokenizer.state import PairCount, Places, State

FIRST_LOOK = 200  # merges done when the inspector opens
REMEMBERED = 4  # states
WORD = 256  # characters


class Stretch(NamedTuple):
    """Characters of one token that stand side by side.

    `torn` marks a character whose bytes lie in more than one token: it stands alone, and `number`
    and `token` are those of its first byte.
    """

    start: int  # the first character's place in the text
    text: str
    number: int
    token: bytes
    begin: int  # where its chunk begins
    which: int  # of the different chunks
    torn: bool = False
    lit: bool = False  # joined by the next merge
    wrong: bool = False  # not what the tokenizer makes: a specimen does

    @property
    def stop(self) -> int:
        """The place after the last character."""
        return self.start + len(self.text)


class Inspector:
    """A text seen through a vocabulary, merge by merge."""

    def __init__(
        self, seams: Seams, title: str, source: str, mistake: Mistake | None = None
    ) -> None:
        """`title` names the vocabulary, `source` the text; a `mistake` cuts it in its own way."""
        self.seams, self.title, self.source, self.mistake = seams, title, source, mistake
        self.tokenizer, self.text = seams.tokenizer, seams.text
        self.last = len(self.tokenizer.ranks)
        self.rank: int = FIRST
        self.cursor = 0
        self._states: dict[int, State] = {}
        self._following: tuple[int, PairCount | None] = (-1, None)

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
        if self.mistake is not None:
            return self.state.total
        return int(self.seams.remaining[self.rank])

    @property
    def size(self) -> int:
        """How many bytes the text has."""
        return int(self.seams.remaining[0])

    def go(self, done: int) -> None:
        """To the state after `done` merges, or the nearest there is."""
        self.rank = FIRST + min(max(done, 0), self.merges)

    @property
    def state(self) -> State:
        """The text at this rank; the last few are remembered."""
        if self.rank not in self._states:
            at = self.seams.at if self.mistake is None else self.mistake.at
            found = at(self.rank)
            while len(self._states) >= REMEMBERED:
                self._states.pop(next(iter(self._states)))
            self._states[self.rank] = found
        return self._states[self.rank]

    @property
    def ready(self) -> bool:
        """Whether the state of this rank is there, or costs next to nothing."""
        return self.mistake is None or self.mistake.quick or self.rank in self._states

    def prepare(self) -> State:
        """That state, worked out wherever this is called: a specimen's may take a while."""
        assert len(self.listed) == self.last
        return self.state

    @property
    def following(self) -> PairCount | None:
        """The pair that is joined next, and how often it stands there."""
        if self.rank >= self.last:
            return None
        if self._following[0] != self.rank:
            left, right = self.seams.halves(self.rank)
            count = self.state.count_of(left, right)
            self._following = self.rank, PairCount(left, right, count)
        return self._following[1]

    @cached_property
    def listed(self) -> list[bytes]:
        """(ranks,) the tokens by number: a list is searched faster than a mapping."""
        return [self.tokenizer.tokens[number] for number in range(self.last)]

    def here(self) -> Stretch | None:
        """The token under the cursor."""
        around = self.stretches(self.cursor, self.cursor + 1)
        return next((s for s in around if s.start <= self.cursor < s.stop), None)

    def chunk_of(self, stretch: Stretch, most: int = 24) -> str:
        """The beginning of the chunk in which a stretch stands."""
        return self.seams.texts[stretch.which][:most]

    def instead(self, stretch: Stretch) -> list[bytes]:
        """The right tokens where a stretch is wrong; none where there is nothing to set right."""
        if not stretch.wrong or self.mistake is None:
            return []
        return self.mistake.instead(stretch.start, stretch.stop, self.rank)

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

    def show_made(self, start: int, stop: int) -> bool:
        """Puts the cursor on the first place of the token that the last merge made, where none of
        its places lies in the characters start … stop that are in sight; whether it did.
        """
        if self.mistake is not None or self.rank <= FIRST:
            return False
        places = self.state.places(self.rank - 1)
        hidden = len(places) > 0 and not bool(((places >= start) & (places < stop)).any())
        if hidden:
            self.cursor = int(places[0])
        return hidden

    @property
    def end(self) -> int:
        """The last character's place."""
        return max(len(self.text) - 1, 0)

    def find(self, number: int, forward: bool = True) -> bool:
        """Puts the cursor on the next place where a token stands; False where it stands nowhere."""
        return self._find(self.state.places(number), forward)

    def find_next(self) -> bool:
        """Puts the cursor on the next place that the next merge joins, or that a specimen gets
        wrong; False without one.
        """
        if self.mistake is not None:
            return self._find(self.state.places_wrong(), True)
        return self.rank < self.last and self._find(self.state.places_joined(), True)

    def _find(self, places: Places, forward: bool) -> bool:
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
        places = self.state.places(number)
        return int(np.searchsorted(places, self.cursor, side="right")), len(places)

    def stretches(self, start: int, stop: int) -> list[Stretch]:
        """The tokens that touch characters start … stop, as they are drawn."""
        found: list[Stretch] = []
        state, seams = self.state, self.state.seams
        for begin, which, low, high in state.spans(start, stop):
            offset, after = int(seams.offsets[which]), int(seams.offsets[which + 1])
            starts = [*state.starts[low : high + 1].tolist(), len(seams.bytes)]
            lit = [False] * (high - low + 1)
            if self.mistake is None:  # a seam that the next merge closes lights both its sides
                lit = [*(seams.seams[state.starts[low : high + 1]] == self.rank).tolist(), False]
            wrong = lit[:-1] if state.wrong is None else state.wrong[low:high].tolist()
            chunk = seams.texts[which]
            simple = len(chunk) == after - offset  # a byte a character
            for i, number in enumerate(state.ids[low:high].tolist()):
                at, end = starts[i], starts[i + 1]
                marks = lit[i] or lit[i + 1], state.wrong is not None and wrong[i]
                token = (number, seams.bytes[at:end].tobytes(), begin, which)
                if simple:
                    at, end = at - offset, end - offset
                    found.append(Stretch(begin + at, chunk[at:end], *token, False, *marks))
                    continue
                for place, text, torn in _drawn(seams, chunk, at, end):
                    found.append(Stretch(begin + place, text, *token, torn, *marks))
        return found


def learned(
    text: str,
    pattern: str,
    source: str,
    stops: Sequence[int] = (2_000, 50_000),
    going: Callable[[], bool] = lambda: True,
) -> Iterator[Inspector]:
    """What the text itself teaches: an inspector after so many merges, and again after more.

    The first comes at once, the last knows every merge there is, up to the last of `stops`.
    Learning ends early when `going` says no (nothing at all comes where it said so from the start);
    and in a text with chunks that are longer than any word when each pair stands there once: to
    join those would make one token of all the text.
    """
    chunks = Counter(split(text, pattern))
    once = 1 if max(map(len, chunks), default=0) > WORD else 0  # a count that is not worth a merge
    trainer, seams = Trainer(chunks), None
    for stop in stops:
        best = trainer.best()
        while going() and len(trainer.merges) < stop and best is not None and best[1] > once:
            trainer.merge(*best)
            best = trainer.best()
        if not trainer.merges and not going():
            return
        tokenizer = Tokenizer.from_merges(trainer.merges, pattern, ["<|endoftext|>"], "own")
        seams = seams.grown(tokenizer, trainer) if seams else Seams(text, tokenizer, trainer)
        yield Inspector(seams, "learned from this text", source)
        if best is None or best[1] <= once:
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

    def moved(self, place: int, rows: int) -> int:
        """The character so many rows below `place`, in its column where the row is as long."""
        row = self.row_of(place)
        column = place - self.row(row)[0]
        start, stop = self.row(min(max(row + rows, 0), len(self) - 1))
        return min(start + column, max(stop - 1, start))

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


def _drawn(seams: Seams, chunk: str, start: int, stop: int) -> list[tuple[int, str, bool]]:
    """The characters that begin in a token: (place, text, torn); a torn one stands alone."""
    first, last = int(seams.characters[start]), int(seams.characters[stop - 1])
    first += not seams.starts_character[start]
    if first > last:
        return []
    if seams.starts_character[stop]:
        return [(first, chunk[first : last + 1], False)]
    whole = [(first, chunk[first:last], False)] if first < last else []
    return [*whole, (last, chunk[last], True)]
