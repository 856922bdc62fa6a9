"""A line chart in braille: ours on purpose, 20 to 700 times faster to draw than plotting widgets.

Each pixel column shows the least and the greatest point that falls into it, joined to its
neighbour, so
no spike is hidden and a streaming curve does not shimmer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from zhtui.draw import braille, ticks
from zhtui.draw.cells import Cells
from zhtui.draw.inks import BAND, CURSOR, FAINT, PLAIN, PUBLISHED, RULE, SERIES, WRONG
from zhtui.draw.labels import Area, spot
from zhtui.draw.series import Columns, Floats, Series, Singles
from zhtui.wording import number as reading


@dataclass(frozen=True)
class Line:
    """One series of a chart. A `dotted` line is drawn as it is; another smoothed, over its raw
    band.
    """

    name: str
    series: Series
    colour: int = 0
    dotted: bool = False

    @property
    def last(self) -> Singles:
        """(n,) what is drawn bright: the values of a dotted line, the average of another."""
        return self.series.y if self.dotted else self.series.smooth


@dataclass(frozen=True)
class Level:
    """A labelled horizontal line: a published figure, or a baseline."""

    value: float
    label: str
    ink: int = PUBLISHED


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
        return math.log(max(x, self.left) / self.left) / math.log(self.right / self.left)

    def height(self, values: Floats) -> Floats:
        """Values as shares of the height, 0 at the bottom."""
        if not self.log:
            return (values - self.low) / (self.high - self.low)
        low, high = math.log10(self.low), math.log10(self.high)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (np.log10(values) - low) / (high - low)


@dataclass
class Picture:
    """A chart to draw: its data and what the user did to the axes."""

    lines: Sequence[Line] = ()
    levels: Sequence[Level] = ()
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


GUTTER_FROM = 56  # columns from which line ends are labelled at the right


def window(picture: Picture) -> tuple[float, float]:
    """The x window: the user's, or from the start to the next round number."""
    if picture.span is not None:
        left, right = picture.span
        return (max(left, right / 1e6), right) if picture.log_x else picture.span
    last = max((float(line.series.x[-1]) for line in picture.lines if len(line.series)), default=0)
    first = min((float(line.series.x[0]) for line in picture.lines if len(line.series)), default=0)
    right = ticks.horizon(last, picture.total) if picture.whole else max(last, 1e-3)
    if not picture.log_x:
        return min(first, 0.0), right
    starts = [line.series.x for line in picture.lines]
    positive = [
        float(x[np.searchsorted(x, 0.0, side="right")]) for x in starts if len(x) and x[-1] > 0
    ]
    return min([*positive, right / 10]), right


def usable_log(picture: Picture, low: float) -> bool:
    """Whether a logarithmic axis is asked for and makes sense."""
    return picture.log and low > 0


def bounds(picture: Picture, columns: Sequence[Columns]) -> tuple[float, float, bool]:
    """The y range in round numbers, and whether it is logarithmic. Levels near the data are
    included.
    """
    lows = [float(np.nanmin(c.low)) for c in columns if np.isfinite(c.low).any()]
    highs = [float(np.nanmax(c.high)) for c in columns if np.isfinite(c.high).any()]
    levels = [level.value for level in picture.drawable]
    if not lows:
        lows = highs = levels or [0.0, 1.0]
    low, high = min(lows), max(highs)
    log = usable_log(picture, min([low, *levels]))
    reach = (high - low) or abs(high) or 1.0
    near = [v for v in levels if log or low - reach <= v <= high + reach]
    low, high = min([low, *near]), max([high, *near])
    if not log:
        return (*picture.range.fit(low, high, 8), False)
    floor = 10 ** (math.floor(math.log10(low) * 4) / 4)
    ceiling = 10 ** (math.ceil(math.log10(high) * 4 + 1e-9) / 4)
    return floor, max(ceiling, floor * 1.8), True


def draw(picture: Picture, width: int, height: int) -> Cells:
    """The chart in `width` x `height` cells: a reading line, the plot, its axes and labels."""
    cells = Cells(width, height)
    if width < 16 or height < 5:
        cells.put(0, 0, "too small for a chart", FAINT)
        return cells
    if not any(len(line.series) for line in picture.lines):
        cells.put(max((width - len(picture.empty)) // 2, 0), height // 2, picture.empty, FAINT)
        return cells
    left, right = window(picture)
    ends = _gutter(picture, width)
    rows = height - 3
    rough = max(width - picture.margin - ends, 4)
    log_x = picture.log_x
    columns = [line.series.columns(left, right, 2 * rough, log_x) for line in picture.lines]
    low, high, log = bounds(picture, columns)
    frame = Frame(left, right, low, high, log, log_x)
    marks = _y_marks(frame, rows)
    margin = picture.margin = max(len(text) for _, text in marks) + 2
    plot = max(width - margin - ends, 4)
    if plot != rough:
        columns = [line.series.columns(left, right, 2 * plot, log_x) for line in picture.lines]
    area = (margin, 1, plot, rows)
    _axes(cells, frame, marks, area, picture.x_name)
    _levels(cells, picture, frame, area)
    for line, column in zip(picture.lines, columns, strict=True):
        if not line.dotted:
            _stroke(cells, frame, area, column.low, column.high, column.broken, BAND + line.colour)
    for line, column in zip(picture.lines, columns, strict=True):
        values = column.high if line.dotted else column.smooth
        ink = SERIES + line.colour
        _stroke(cells, frame, area, values, values, column.broken, ink, line.dotted)
    _points(cells, picture, frame, area)
    _labels(cells, picture, frame, area)
    if ends:
        _ends(cells, picture, frame, area)
    _failures(cells, picture, frame, area)
    _read(cells, picture, frame, area)
    return cells


def _gutter(picture: Picture, width: int) -> int:
    """Columns kept free at the right for the names of the lines."""
    if width < GUTTER_FROM or not picture.lines:
        return 0
    return min(max(len(line.name) for line in picture.lines), 14) + 1


def _y_marks(frame: Frame, rows: int) -> list[tuple[int, str]]:
    """(row, text) of the y labels, rows counted from the top of the plot."""
    count = max(rows // 3, 2)
    if frame.log:
        values = ticks.logarithmic(frame.low, frame.high, count)
        texts = [ticks.number(value) for value in values]
    else:
        step = ticks.nice_step(frame.high - frame.low, count)
        values = ticks.linear(frame.low, frame.high, count)
        texts = [ticks.number(value, step) for value in values]
    shares = frame.height(np.array(values, dtype=np.float64))
    places = [min(rows - 1, int((1 - share) * rows)) for share in shares.tolist()]
    seen: dict[int, str] = {}
    for place, text in zip(places, texts, strict=True):
        seen.setdefault(place, text)
    return list(seen.items()) or [(rows - 1, ticks.number(frame.low))]


def _axes(cells: Cells, frame: Frame, marks: list[tuple[int, str]], area: Area, name: str) -> None:
    x, y, width, height = area
    for row in range(height):
        cells.put(x - 1, y + row, "│", RULE)
    for row, text in marks:
        cells.put(x - 2 - len(text), y + row, text, FAINT)
        cells.put(x - 1, y + row, "┤", RULE)
    cells.put(x - 1, y + height, "└" + "─" * width, RULE)
    rounded = ticks.logarithmic if frame.log_x else ticks.linear
    values = rounded(frame.left, frame.right, max(width // (8 if frame.log_x else 14), 1))
    step = ticks.nice_step(frame.right - frame.left, max(width // 14, 1))
    free = 0
    for value in values:
        at = x + _column(frame, value, width)
        fine = step if step != int(step) else max(step, 1.0)
        text = ticks.number(value, 0.0 if frame.log_x else fine)
        start = min(max(at - len(text) // 2, 0), cells.width - len(text))
        if start >= free:
            cells.put(at, y + height, "┬", RULE)
            free = cells.put(start, y + height + 1, text, FAINT) + 1
    if free + len(name) + 1 < x + width:
        cells.put(x + width - len(name), y + height + 1, name, RULE)


def _column(frame: Frame, value: float, width: int) -> int:
    return min(max(int(frame.across(value) * width), 0), width - 1)


def _dot(frame: Frame, value: float, height: int) -> tuple[int, str]:
    """The row of dots of a horizontal line, and an arrow where it lies outside the axes."""
    share, dots = float(frame.height(np.array([value]))[0]), 4 * height
    arrow = "↑ " if share > 1.02 else "↓ " if share < -0.02 else ""
    return min(max(int((1 - share) * (dots - 1e-6)), 0), dots - 1), arrow


def _levels(cells: Cells, picture: Picture, frame: Frame, area: Area) -> None:
    """The dotted lines of the published figures and baselines, under the curves and as exact."""
    x, y, width, height = area
    for level in picture.drawable:
        dot, arrow = _dot(frame, level.value, height)
        if not arrow:
            cells.put(x, y + dot // 4, braille.LEVEL[dot % 4] * width, level.ink)


def _labels(cells: Cells, picture: Picture, frame: Frame, area: Area) -> None:
    """What each of these lines is, written where no curve runs, else on the row beside it."""
    x, y, width, height = area
    taken, places = np.zeros((height, width), dtype=bool), np.arange(height)
    dots = [_dot(frame, level.value, height) for level in picture.drawable]
    rows = [dot // 4 for dot, _ in dots]
    for level, row, (_, arrow) in zip(picture.drawable, rows, dots, strict=True):
        value = reading(level.value)
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


def _filled(values: Floats, broken: braille.Dots) -> Floats:
    """Columns between two known ones, interpolated, unless the line is broken between them."""
    known = np.flatnonzero(np.isfinite(values))
    if len(known) < 2 or known[-1] - known[0] + 1 == len(known):
        return values
    places = np.arange(len(values))
    full = np.interp(places, known, values[known], left=np.nan, right=np.nan)
    after = np.searchsorted(known, places)  # the known column at or after each
    count = np.cumsum(broken)
    inner = (after > 0) & (after < len(known)) & np.isnan(values)
    before, behind = known[after[inner] - 1], known[after[inner]]
    full[np.flatnonzero(inner)[count[behind] > count[before]]] = np.nan
    return full


def _stroke(
    cells: Cells,
    frame: Frame,
    area: Area,
    low: Floats,
    high: Floats,
    broken: braille.Dots,
    ink: int,
    dotted: bool = False,
) -> None:
    """Draws the spans of one line; its cells replace whatever stood there."""
    x, y, width, height = area
    pixels = 4 * height
    low, high = _filled(low, broken), _filled(high, broken)
    with np.errstate(invalid="ignore"):
        tops, bottoms = frame.height(high), frame.height(low)
        there = np.isfinite(tops) & np.isfinite(bottoms) & (tops >= -0.001) & (bottoms <= 1.001)
    scale = pixels - 1e-6  # as of a level's dot
    top = np.clip((1 - np.where(there, tops, 0)) * scale, 0, pixels - 1).astype(np.int64)
    bottom = np.clip((1 - np.where(there, bottoms, 0)) * scale, 0, pixels - 1).astype(np.int64)
    top, bottom = braille.joined(top, bottom, there, broken)
    if dotted:
        there = there & (np.arange(len(there)) % 4 < 2)
    codes = braille.pack(braille.spans(top, bottom, there, pixels))
    lit = codes > 0
    cells.glyph[y : y + height, x : x + width][lit] = braille.GLYPHS[codes][lit]
    cells.ink[y : y + height, x : x + width][lit] = ink


def _points(cells: Cells, picture: Picture, frame: Frame, area: Area) -> None:
    """A mark on each point of a sparse line: a first evaluation is seen before it is a line."""
    x, y, width, height = area
    for line in picture.lines:
        if not line.dotted or len(line.series) > width // 3:
            continue
        shares = frame.height(line.series.y.astype(np.float64))
        for step, share in zip(line.series.x.tolist(), shares.tolist(), strict=True):
            if frame.left <= step <= frame.right and 0 <= share <= 1:
                row = min(int((1 - share) * height), height - 1)
                cells.put(x + _column(frame, step, width), y + row, "•", SERIES + line.colour)


def _ends(cells: Cells, picture: Picture, frame: Frame, area: Area) -> None:
    """The name of each line at the height of its end; names that collide move apart."""
    x, y, width, height = area
    taken: set[int] = set()
    for line in picture.lines:
        index = line.series.at(frame.right)
        if index is None:
            continue
        share = float(frame.height(line.last[index : index + 1].astype(np.float64))[0])
        if not math.isfinite(share):
            continue
        want = min(max(int((1 - share) * height), 0), height - 1)
        free = [row for row in range(height) if row not in taken]
        if not free:
            return
        row = min(free, key=lambda place: abs(place - want))
        taken.add(row)
        cells.put(x + width + 1, y + row, line.name[:14], SERIES + line.colour)


def _failures(cells: Cells, picture: Picture, frame: Frame, area: Area) -> None:
    """A red note where the first NaN or infinity came."""
    x, y, width, height = area
    found = [(line.series.first_bad, line.name) for line in picture.lines]
    steps = [(step, name) for step, name in found if step is not None]
    if not steps:
        return
    step, name = min(steps)
    if frame.left <= step <= frame.right:
        at = x + _column(frame, step, width)
        for row in range(height):
            if cells.glyph[y + row, at] == " ":
                cells.put(at, y + row, "┊", WRONG)
    text = f" NaN at {picture.x_name} {int(step):,} · {name} "
    cells.put(max(x + width - len(text), x), y, text, WRONG)


def place(picture: Picture) -> str:
    """Where the crosshair stands, in words."""
    cursor = picture.cursor or 0.0
    return f"{int(cursor):,}" if picture.whole else reading(cursor)


def _read(cells: Cells, picture: Picture, frame: Frame, area: Area) -> None:
    """The reading line on top: every series at the crosshair, or at the end; and the crosshair."""
    x, y, width, height = area
    at = x - 1
    if picture.cursor is not None:
        column = x + _column(frame, picture.cursor, width)
        for row in range(height):
            if (
                cells.ink[y + row, column] < SERIES
                and cells.glyph[y + row, column] in f" {braille.LEVEL}"
            ):
                cells.put(column, y + row, "│", CURSOR)
        at = cells.put(at, 0, f"{picture.x_name} {place(picture)}", CURSOR) + 3
    for line in picture.lines:
        index = line.series.at(frame.right if picture.cursor is None else picture.cursor)
        if index is None:
            continue
        sign = "┄" if line.dotted else "━"
        at = cells.put(at, 0, f"{sign} {line.name} ", SERIES + line.colour)
        at = cells.put(at, 0, reading(float(line.series.y[index])), PLAIN)
        if not line.dotted:
            smooth = float(line.series.smooth[index])
            at = cells.put(at, 0, f" ({reading(smooth)})", FAINT)
        at += 3
