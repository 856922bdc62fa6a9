"""Lines of fixed height: the state of a run on top, the keys below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zhtui.draw.grid import Page
from zhtui.draw.inks import CHOSEN, FAINT, PLAIN, RULE, WRONG
from zhtui.draw.words import role_ink
from zhtui.tui.keys.keyboard import keyboard_of
from zhtui.tui.keys.table import Place
from zhtui.tui.widgets.drawn import Drawn

Word = tuple[str, int | str]  # text, and an ink or a role


def ink_of(look: int | str) -> int:
    """An ink, or that of a role."""
    return look if isinstance(look, int) else role_ink(look)


@dataclass(frozen=True)
class Part:
    """A stretch of a line that stays or goes as a whole; the least `weight` goes first."""

    words: tuple[Word, ...]
    weight: int = 1

    @property
    def length(self) -> int:
        """Its cells."""
        return sum(len(text) for text, _ in self.words)


class Line(Drawn, can_focus=False):
    """Parts from left to right; where they do not fit, the lightest are left out."""

    DEFAULT_CSS = "Line { height: 1; width: 1fr; overflow: hidden hidden; }"
    GAP = 3

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.parts: Sequence[Part] = ()

    def show(self, parts: Sequence[Part]) -> None:
        """Other parts."""
        self.parts = parts
        self.redraw()

    def draw(self, width: int, height: int) -> Page:
        cells = Page(width, max(height, 1))
        kept = list(self.parts)
        while len(kept) > 1 and sum(p.length + self.GAP for p in kept) - self.GAP + 2 > width:
            kept.remove(min(kept, key=lambda part: part.weight))
        x = 1
        for part in kept:
            for text, look in part.words:
                x = cells.put(x, 0, text, ink_of(look))
            x += self.GAP
        return cells


class KeyLine(Line):
    """The keys of some places, from the one table; as many as fit."""

    GAP = 2

    def __init__(self, *places: Place, id: str | None = None) -> None:
        super().__init__(id=id)
        self._places = places
        self._idle: frozenset[str] = frozenset()

    def idle(self, ids: Iterable[str]) -> None:
        """The keys that do nothing now are left out."""
        if (found := frozenset(ids)) != self._idle:
            self._idle = found
            self.redraw()

    def places(self, *places: Place) -> None:
        """The keys of other places."""
        if places != self._places:
            self._places = places
            self.redraw()

    def draw(self, width: int, height: int) -> Page:
        pairs = keyboard_of(self.app).line(*self._places, idle=self._idle)
        parts = []
        for index, (key, word) in enumerate(pairs):
            last = index >= len(pairs) - 2  # how to leave, and the help: never left out
            weight = 100 if last else 50 - index
            parts.append(Part(((key, CHOSEN), (f" {word}", FAINT)), weight))
        self.parts = parts
        return super().draw(width, height)


class Rule(Drawn, can_focus=False):
    """A thin line from edge to edge, with the names of what can be turned to; or a sentence that
    must be seen.
    """

    DEFAULT_CSS = "Rule { height: 1; width: 1fr; overflow: hidden hidden; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.text = ""
        self.names: Sequence[Word] = ()

    def name_all(self, names: Sequence[Word]) -> None:
        """What the line names: panes, where one of them is shown alone."""
        if names != self.names:
            self.names = names
            self.redraw()

    def show(self, text: str) -> None:
        """A sentence, or "" for the line."""
        if text != self.text:
            self.text = text
            self.redraw()

    def draw(self, width: int, height: int) -> Page:
        cells = Page(width, 1)
        cells.put(0, 0, "─" * width, RULE)
        if self.text:
            cells.put(1, 0, f" {self.text} ", WRONG)
            return cells
        x = 1
        for text, look in self.names:
            x = cells.put(x, 0, f" {text} ", ink_of(look))
        return cells


def words(text: str, ink: int | str = PLAIN, weight: int = 1) -> Part:
    """A part of one colour."""
    return Part(((text, ink),), weight)
