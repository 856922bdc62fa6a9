"""A player: a place in a row of moments, moved by keys, or running by itself.

A screen has one, and takes its keys by being `Played`, too:

    class SortScreen(Played, LabScreen):
        BINDINGS = keys.bindings(HERE)  # of which some are of the place "player"

        def __init__(self) -> None:
            super().__init__()
            self.player = Player(self, self._show, last=9)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual.screen import Screen
from textual.timer import Timer

EVERY = 0.1  # seconds between two moves of a player that runs
FAR = 10**9  # a moment that is surely behind the last one


def one(at: int) -> int:
    """A single moment at a time."""
    return 1


class Player:
    """`at` is the moment in sight, from 0; `last` the last one, None while that is not known.

    `show` is called with the moment that is wanted and draws it, at once or later: where it turns
    out to be another one, it says so by `stands`. While the player runs, the next move waits until
    `ready` says that the one before is in sight; `pace` tells how many moments it takes.
    """

    def __init__(
        self,
        screen: Screen[Any],
        show: Callable[[int], object],
        *,
        last: int | None = None,
        ready: Callable[[], bool] = lambda: True,
        pace: Callable[[int], int] = one,
        every: float = EVERY,
    ) -> None:
        self.screen, self.show, self.last = screen, show, last
        self.ready, self.pace, self.every = ready, pace, every
        self.at = 0
        self.running = False
        self._ticker: Timer | None = None

    def stands(self, at: int, last: int | None) -> None:
        """Where it stands after all, and what is the last moment as far as is known."""
        self.at, self.last = at, last
        if self.running and self.at_end:
            self.stop()

    @property
    def at_end(self) -> bool:
        """Whether no moment comes after this one."""
        return self.last is not None and self.at >= self.last

    @property
    def place(self) -> str:
        """The moment among all, as it is shown: `4 / 17`, or `4 / …`. Counts from 1."""
        of = "…" if self.last is None else f"{self.last + 1:,}"
        return f"{self.at + 1:,} / {of}"

    def to(self, at: int) -> None:
        """To a moment, or to the nearest that there is."""
        last = FAR if self.last is None else self.last
        self.at = min(max(at, 0), max(last, 0))
        self.show(self.at)

    def move(self, by: int) -> None:
        """So many moments on, or back."""
        self.to(self.at + by)

    def to_last(self) -> None:
        """To the last moment, wherever that is."""
        self.to(FAR)

    def run(self) -> None:
        """Goes on by itself from here; from the first moment where it stands at the last."""
        if self.at_end:
            self.to(0)
        self.running = True
        if self._ticker is None:
            self._ticker = self.screen.set_interval(self.every, self.tick, pause=True)
        self._ticker.resume()

    def stop(self) -> None:
        """Stays where it is."""
        self.running = False
        if self._ticker is not None:
            self._ticker.pause()

    def tick(self) -> None:
        """One move of a player that runs, if the screen is in sight and the last move is done."""
        if not self.running:
            return
        if self.at_end:
            self.stop()
        elif self.screen.is_active and self.ready():
            self.move(max(self.pace(self.at), 1))


class Played:
    """A screen with a player: what the keys of the place "player" call."""

    player: Player
    WHERE: ClassVar = "go to"  # what is asked for when a moment is to be typed

    def action_move(self, by: int) -> None:
        """So many moments on, or back."""
        self.player.move(by)

    def action_to(self, at: int) -> None:
        """To a moment."""
        self.player.to(at)

    def action_to_last(self) -> None:
        """To the last moment."""
        self.player.to_last()

    def action_run(self) -> None:
        """Runs, or stops."""
        if self.player.running:
            self.player.stop()
        else:
            self.player.run()
