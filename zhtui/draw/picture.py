"""What a line chart is made of: its lines, its levels, and what the user did to the axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from zhtui.draw import ticks
from zhtui.draw.inks import LIT, PUBLISHED
from zhtui.draw.series import Floats, Series


@dataclass(frozen=True)
class Line:
    """One series of a chart. A `noisy` line is drawn smoothed, over its raw band; every other as it
    is, and one that has few points `dotted`. `best` is the (x, y) of its best point, where it has
    a mark.
    """

    name: str
    series: Series
    colour: int = 0
    dotted: bool = False
    noisy: bool = False
    best: tuple[float, float] | None = None

    @property
    def last(self) -> Floats:
        """(n,) what is drawn bright: the average of a noisy line, the values of another."""
        return self.series.smooth if self.noisy else self.series.y


@dataclass(frozen=True)
class Level:
    """A labelled horizontal line: a published figure, or a baseline. The axis grows as far as it,
    where it lies within so many of the curves' own heights of them.
    """

    value: float
    label: str
    ink: int = PUBLISHED
    within: float = 1.0


@dataclass(frozen=True)
class Happening:
    """Something that was done to a run at a place of x: a knob turned, a fork, a resumption."""

    at: float
    text: str
    ink: int = LIT


@dataclass
class Picture:
    """A chart to draw: its data and what the user did to the axes."""

    lines: Sequence[Line] = ()
    levels: Sequence[Level] = ()
    happened: Sequence[Happening] = ()
    span: tuple[float, float] | None = None  # the user's x window; None follows the tail
    total: float = 0.0  # steps in all, 0 where unknown
    log: bool = False
    log_x: bool = False
    cursor: float | None = None
    x_name: str = "step"
    whole: bool = True  # x counts in whole numbers
    empty: str = "no numbers yet"
    range: ticks.Range = field(default_factory=ticks.Range)
    margin: int = 6  # columns that the y labels took when it was last drawn

    @property
    def drawable(self) -> list[Level]:
        """The levels that are numbers."""
        return [level for level in self.levels if math.isfinite(level.value)]
