"""The axes of charts: what they span, round numbers beside them, levels, the names of lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zhtui.draw import braille, ticks, words
from zhtui.draw.cells import Cells
from zhtui.draw.inks import FAINT, RULE
from zhtui.draw.labels import Area, spot
from zhtui.draw.picture import Level
from zhtui.draw.series import Floats
from zhtui.wording import number as reading

Mark = tuple[int, str]  # a row and what stands beside it
End = tuple[float, str, int]  # a line's last place as a share of the height, its name, its ink


@dataclass(frozen=True)
class Frame:
    """What the axes span, and how."""

    left: float
    right: float
    low: float
    high: float
    log: bool = False
    log_x: bool = False

    def across(self, x: float) -> float:
        """A place on the x axis as a share of the width, 0 at the left."""
        if not self.log_x:
            return (x - self.left) / (self.right - self.left)
        left, right = math.log(self.left), math.log(self.right)
        return (math.log(max(x, self.left)) - left) / (right - left)

    def height(self, values: Floats) -> Floats:
        """Values as shares of the height, 0 at the bottom; at most 9 heights outside."""
        values = np.clip(values, -ticks.HUGE, ticks.HUGE)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            if not self.log:
                return np.clip((values - self.low) / (self.high - self.low), -9.0, 9.0)
            low, high = math.log10(self.low), math.log10(self.high)
            return np.clip((np.log10(values) - low) / (high - low), -9.0, 9.0)

    def told(self, value: float) -> str:
        """A height in words, to a hundredth of the axis."""
        return ticks.within(value, self.low, self.high, self.log, reading)

    def told_x(self, x: float) -> str:
        """The same of a place on the x axis."""
        return ticks.within(x, self.left, self.right, self.log_x, reading)


def y_marks(frame: Frame, rows: int, width: int) -> list[Mark]:
    """(row, text) of the y labels, rows counted from the top of the plot; fewer of them where many
    would take too much of `width` columns.
    """
    room = max(width // 3, 10)
    for count in (max(rows // 3, 2), 2, 1):
        known = ticks.told(frame.low, frame.high, count, frame.log)
        if known and max(len(text) for _, text in known) <= room:
            break
    else:
        text = ticks.ends(frame.low, frame.high)[0]
        return [(rows - 1, text)] if len(text) <= room else []
    shares = frame.height(np.array([value for value, _ in known], dtype=np.float64))
    seen: dict[int, str] = {}
    for share, (_, text) in zip(shares.tolist(), known, strict=True):
        seen.setdefault(min(rows - 1, int((1 - share) * rows)), text)
    return list(seen.items())


def margin(marks: Sequence[Mark]) -> int:
    """The columns left of the plot: the y labels and the axis."""
    return max((len(text) for _, text in marks), default=0) + 2


def draw(cells: Cells, frame: Frame, marks: Sequence[Mark], area: Area, name: str) -> None:
    """The lines of both axes, their numbers, and the name of the lower one."""
    x, y, width, height = area
    for row in range(height):
        cells.put(x - 1, y + row, "│", RULE)
    for row, text in marks:
        cells.put(x - 2 - len(text), y + row, text, FAINT)
        cells.put(x - 1, y + row, "┤", RULE)
    cells.put(x - 1, y + height, "└" + "─" * width, RULE)
    count = max(width // (8 if frame.log_x else 14), 1)
    free = 0
    for value, text in ticks.told(frame.left, frame.right, count, frame.log_x):
        at = x + column_of(frame, value, width)
        start = min(max(at - len(text) // 2, 0), cells.width - len(text))
        if start >= free:
            cells.put(at, y + height, "┬", RULE)
            free = cells.put(start, y + height + 1, text, FAINT) + 1
    if free + len(name) + 1 < x + width:
        cells.put(x + width - len(name), y + height + 1, name, RULE)


def column_of(frame: Frame, value: float, width: int) -> int:
    """The column of the plot that a value of x falls into."""
    share = min(max(frame.across(value), 0.0), 1.0)
    return min(int(share * width), width - 1)


def dot_of(frame: Frame, value: float, height: int) -> tuple[int, str]:
    """The row of dots of a horizontal line, and an arrow where it lies outside the axes."""
    share, dots = float(frame.height(np.array([value]))[0]), 4 * height
    arrow = "↑ " if share > 1.02 else "↓ " if share < -0.02 else ""
    return min(max(int((1 - share) * (dots - 1e-6)), 0), dots - 1), arrow


def level_lines(cells: Cells, levels: Sequence[Level], frame: Frame, area: Area) -> None:
    """The dotted lines of the published figures and baselines, under the curves and as exact."""
    x, y, width, height = area
    for level in levels:
        dot, arrow = dot_of(frame, level.value, height)
        if not arrow:
            cells.put(x, y + dot // 4, braille.LEVEL[dot % 4] * width, level.ink)


def level_names(cells: Cells, levels: Sequence[Level], frame: Frame, area: Area) -> None:
    """What each of these lines is, written where no curve runs, else on the row beside it."""
    x, y, width, height = area
    taken, places = np.zeros((height, width), dtype=bool), np.arange(height)
    dots = [dot_of(frame, level.value, height) for level in levels]
    rows = [dot // 4 for dot, _ in dots]
    for level, row, (_, arrow) in zip(levels, rows, dots, strict=True):
        value = frame.told(level.value)
        foreign = taken.copy()  # a label that is no nearer to its own line would name another
        for other in set(rows) - {row}:
            foreign[np.abs(places - other) <= np.abs(places - row)] = True
        for text in (f" {arrow}{level.label} {value} ", f" {arrow}{value} "):
            found = spot(cells, area, foreign, row, len(text))
            if found is not None:
                start, place = found
                taken[place, start : start + len(text)] = True
                cells.put(x + start, y + place, text, level.ink)
                break


def line_names(cells: Cells, ends: Sequence[End], area: Area, room: int) -> None:
    """The name of each line at the height of its end, in the order of their last values; names
    that collide move apart.
    """
    x, y, width, height = area
    known = sorted((1 - share, name, ink) for share, name, ink in ends if math.isfinite(share))
    known = known[:height]
    wanted = [min(max(int(down * height), 0), height - 1) for down, _, _ in known]
    for row, (_, name, ink) in zip(apart(wanted, height), known, strict=True):
        words.put(cells, x + width + 1, y + row, name, ink, room=room)


def apart(wanted: Sequence[int], height: int) -> list[int]:
    """Rising rows, each its own, as near to the rising `wanted` ones as that allows: those that
    collide stand around the middle of what they want.
    """
    blocks: list[tuple[float, int]] = []  # the sum of places less their number, how many
    for index, want in enumerate(wanted):
        total, count = float(want - index), 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            before = blocks.pop()
            total, count = total + before[0], count + before[1]
        blocks.append((total, count))
    starts = [round(total / count) for total, count in blocks for _ in range(count)]
    last = max(height - len(wanted), 0)
    return [min(max(start, 0), last) + index for index, start in enumerate(starts)]
