"""What is in sight of a study: rows and pictures of its panes, and what each is drawn from.

Nothing here knows textual. A row's looks are all that it depends on: while they stay the same, it
need not be drawn again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lessons.tokenizer.export import shown
from lessons.tokenizer.published import missing
from lessons.tokenizer.screen import pictures
from lessons.tokenizer.screen.compare import GENRES, reading
from lessons.tokenizer.screen.inspector import Inspector, Page, Stretch
from lessons.tokenizer.screen.study import Study
from lessons.tokenizer.screen.traps import traps
from lessons.tokenizer.state import LOST
from lessons.tokenizer.views import tree
from zhtui.screen import Cells, draw


@dataclass
class Selection:
    """A study, its newest inspector, and what was chosen of it."""

    study: Study
    inspector: Inspector | None = None
    arrivals: int = 0  # inspectors that have come
    page: Page = field(default_factory=lambda: Page("", 8))
    here: Stretch | None = None  # what stands at the cursor
    numbers: NDArray[np.int64] = field(default_factory=lambda: np.arange(0))  # tokens listed
    wanted: bytes = b""  # what all of them hold
    chosen: int = 0  # the token whose tree is shown
    genre: str = next(iter(GENRES))
    by_chunk: bool = False
    plain: bool = False  # no colours: tokens must differ otherwise
    levels: list[tuple[str, float]] = field(default_factory=list)  # of the text, published

    def arrive(self, inspector: Inspector) -> None:
        """Another inspector."""
        self.inspector = inspector
        self.arrivals += 1
        self.numbers, self.wanted = self._all, b""

    def warm(self, inspector: Inspector) -> None:
        """Works out what two panes take long over at first, for a thread to do."""
        self.comparison(inspector, 80, 24)
        self.traps(inspector, 80, 24)

    def look(self) -> None:
        """Sees what stands at the cursor now."""
        self.here = None if self.inspector is None else self.inspector.here()

    def choose_here(self) -> None:
        """The tree is of the token at the cursor."""
        if self.here is not None and self.here.number != LOST:
            self.chosen = self.here.number

    def search(self, text: str) -> None:
        """Lists the tokens that hold `text`; a longer text is looked for among those found."""
        if self.inspector is None:
            return
        wanted, tokens = text.encode(errors="replace"), self.inspector.listed
        among = self.numbers if self.wanted and self.wanted in wanted else self._all
        self.wanted = wanted
        found = [number for number in among.tolist() if wanted in tokens[number]]
        self.numbers = np.array(found, dtype=np.int64)
        if found and self.chosen not in found:
            self.chosen = found[0]

    @property
    def _all(self) -> NDArray[np.int64]:
        return np.arange(0 if self.inspector is None else self.inspector.last)

    @property
    def listed(self) -> int:
        """The row of the chosen token in the list, or where it would be."""
        return int(np.searchsorted(self.numbers, self.chosen))

    @property
    def titles(self) -> dict[int, str]:
        """The panes' titles that change."""
        kind = "chunks" if self.by_chunk else "tokens"
        parts = [self.study.source, kind, self.study.title]
        if self.study.specimen != "none":
            parts.insert(0, f"MISTAKE: {self.study.specimen}")
        text = " · ".join(["text", *filter(None, parts)])
        held = f" that hold {shown(self.wanted)}" if self.wanted else ""
        return {1: text, 4: f"vocabulary · {len(self.numbers):,} tokens{held}"}

    @property
    def complaint(self) -> str:
        """What is wrong with the text as it is cut; "" where nothing is."""
        inspector = self.inspector
        if inspector is None or inspector.mistake is None:
            return ""
        return inspector.mistake.said(inspector.state)

    # Rows

    def text_row(self, inspector: Inspector, row: int, width: int) -> Cells:
        """One row of the text."""
        return pictures.text_row(inspector, self.page, row, chunks=self.by_chunk, plain=self.plain)

    def text_looks(self, row: int) -> Hashable:
        """The moment, how it is coloured, and the cursor's token where it stands there."""
        start, stop = self.page.row(row)
        here = self.here
        spot = here is not None and here.start < stop and here.stop > start and here[:2]
        return self.moment, self.page.width, self.by_chunk, spot

    def pair_row(self, inspector: Inspector, row: int, width: int) -> Cells:
        """One pair."""
        return pictures.pair_row(inspector, row, width)

    def pair_looks(self, row: int) -> Hashable:
        """The moment."""
        return self.moment

    def token_row(self, inspector: Inspector, row: int, width: int) -> Cells:
        """One token of the list."""
        number = int(self.numbers[row])
        return pictures.vocabulary_row(inspector, number, width, number == self.chosen)

    def token_looks(self, row: int) -> Hashable:
        """The moment, the token, and whether it is chosen."""
        return self.moment, int(self.numbers[row]), self.chosen == self.numbers[row]

    @property
    def moment(self) -> Hashable:
        """Which inspector, at which merge."""
        return self.arrivals, self.inspector and self.inspector.rank, self.plain

    # Pictures

    def tree(self, inspector: Inspector, width: int, height: int) -> Cells:
        """How the chosen token was joined."""
        tokenizer = inspector.tokenizer
        return draw(tree(tokenizer, tokenizer.tokens[self.chosen]), width, height)

    def comparison(self, inspector: Inspector, width: int, height: int) -> Cells:
        """The same texts through several vocabularies."""
        mine = self.study.column
        rest = [other for other in self.study.published if other[0] != mine]
        table = []
        for text in GENRES.values():
            row = [reading(text, inspector.tokenizer, mine, inspector.rank)]
            table.append(row + [reading(text, tokenizer, title) for title, tokenizer in rest])
        lacking = missing() if not self.study.published else ""
        return pictures.comparison(
            list(GENRES), self.genre, table, width, height, self.plain, lacking
        )

    def curve(self, inspector: Inspector, width: int, height: int) -> Cells:
        """Bytes a token against merges."""
        return pictures.curve(inspector, self.levels, width, height)

    def traps(self, inspector: Inspector, width: int, height: int) -> Cells:
        """What surprises people."""
        gpt2 = dict(self.study.published).get("GPT-2")
        return pictures.traps(traps(inspector.tokenizer, gpt2), width, height, self.plain)

    def painted(self, draw: Callable[[Inspector, int, int], Cells]) -> Callable[[int, int], Cells]:
        """`draw` with the inspector; an empty picture as long as there is none."""

        def paint(first: int, second: int) -> Cells:
            inspector = self.inspector
            return Cells(0, 0) if inspector is None else draw(inspector, first, second)

        return paint
