"""Which of a screen's panes are in sight, and which one takes the keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from zhtui.draw.inks import CHOSEN, FAINT
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.screens.shared.layout import KINDS, ONE, SMALL, layout
from zhtui.tui.screens.shared.pane import Pane
from zhtui.tui.widgets.lines import Word

Choice = Callable[[str, int], set[int]]  # (room, current pane) -> the panes to show


class Arrangement:
    """The panes of a screen by number. `choose` says which are shown in which room."""

    def __init__(self, screen: LabScreen, panes: Iterable[Pane], choose: Choice) -> None:
        self.screen, self.choose = screen, choose
        self.panes = sorted(panes, key=lambda pane: pane.number)
        self.current, self.zoomed = 1, False

    @property
    def room(self) -> str:
        """How many panes the terminal has room for."""
        return layout(*self.screen.app.size)

    @property
    def shown(self) -> str:
        """How many panes are shown: one alone, where it was asked for."""
        return ONE if self.zoomed and self.room != SMALL else self.room

    @property
    def classes(self) -> Mapping[str, bool]:
        """The classes of a screen that shows so many."""
        return {f"-{each}": each == self.shown for each in KINDS}

    @property
    def here(self) -> Pane:
        """The pane that one went to."""
        return next(pane for pane in self.panes if pane.number == self.current)

    def arrange(self) -> None:
        """Shows the panes that there is room for."""
        self.screen.fit()
        shown = self.choose(self.shown, self.current)
        for pane in self.panes:
            pane.display = pane.number in shown
        self.screen.rule.name_all(self._names() if self.shown == ONE else ())
        if self.screen.focused is None or not self.screen.focused.is_on_screen:
            self._focus()

    def _names(self) -> list[Word]:
        """All panes by number and name, the one in sight lit."""
        return [
            (f"{pane.number} {pane.short}", CHOSEN if pane.number == self.current else FAINT)
            for pane in self.panes
        ]

    def to(self, number: int) -> None:
        """Goes to a pane."""
        self.current = number
        self.arrange()
        self._focus()
        self.screen.call_after_refresh(self._focus_later)

    def _focus(self) -> None:
        target = self.here.target
        if self.here.display and target is not None and target is not self.screen.focused:
            self.screen.set_focus(target)

    def _focus_later(self) -> None:
        """Where the pane could not take the keys at once; unless somebody types by now."""
        focused = self.screen.focused
        if focused is None or not focused.check_consume_key("x", "x"):
            self._focus()

    def turn(self, by: int) -> None:
        """The next pane in sight, or the next one at all where one is shown."""
        alone = self.zoomed or self.room == ONE
        numbers = [pane.number for pane in self.panes if alone or pane.display]
        if self.current in numbers:
            self.to(numbers[(numbers.index(self.current) + by) % len(numbers)])
        elif numbers:
            self.to(numbers[0])

    def zoom(self) -> None:
        """One pane alone, or all again."""
        self.zoomed = not self.zoomed
        self.to(self.current)
