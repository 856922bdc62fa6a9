"""A line chart in braille: ours on purpose, 20 to 700 times faster to draw than plotting widgets.

Each pixel column shows the least and the greatest point that falls into it, joined to its
neighbour, so no spike is hidden and a streaming curve does not shimmer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from zhtui.draw import axes, braille, happened, ticks, words
from zhtui.draw.axes import Frame, column_of
from zhtui.draw.cells import Cells
from zhtui.draw.inks import BAND, CURSOR, FAINT, LIT, PLAIN, SERIES, WRONG
from zhtui.draw.labels import Area
from zhtui.draw.picture import Line, Picture
from zhtui.draw.series import Columns, Floats

GUTTER_FROM, WIDE = 56, 90  # columns from which line ends are labelled at the right, and longer


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
    low, high = ticks.clamped(min(lows)), ticks.clamped(max(highs))
    log = usable_log(picture, min([low, *levels]))
    reach = (high - low) or abs(high) or 1.0
    near = [
        level.value
        for level in picture.drawable
        if log or low - level.within * reach <= level.value <= high + level.within * reach
    ]
    low, high = min([low, *near]), max([high, *near])
    if not log:
        return (*picture.range.fit(low, high, 8), False)
    low, high = (ticks.clamped(max(end, ticks.TINY)) for end in (low, high))
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
    bottom, top, log = bounds(picture, columns)
    frame = Frame(left, right, bottom, top, log, log_x)
    marks = axes.y_marks(frame, rows, width)
    margin = picture.margin = axes.margin(marks)
    plot = max(width - margin - ends, 4)
    if plot != rough:
        columns = [line.series.columns(left, right, 2 * plot, log_x) for line in picture.lines]
    area = (margin, 1, plot, rows)
    axes.draw(cells, frame, marks, area, picture.x_name)
    axes.level_lines(cells, picture.drawable, frame, area)
    happened.uprights(cells, picture.happened, frame, area)
    for line, column in zip(picture.lines, columns, strict=True):
        if line.noisy:
            _stroke(cells, frame, area, column.low, column.high, column.broken, BAND + line.colour)
    for line, column in zip(picture.lines, columns, strict=True):
        low, high = _course(line, column)
        _stroke(cells, frame, area, low, high, column.broken, SERIES + line.colour, line.dotted)
    _points(cells, picture, frame, area)
    happened.stars(cells, picture.lines, frame, area)
    axes.level_names(cells, picture.drawable, frame, area)
    happened.names(cells, picture.happened, frame, area)
    if ends:
        axes.line_names(cells, _ends(picture, frame), area, ends - 1)
    _failures(cells, picture, frame, area)
    _read(cells, picture, frame, area)
    return cells


def _gutter(picture: Picture, width: int) -> int:
    """Columns kept free at the right for the names of the lines."""
    if width < GUTTER_FROM or not picture.lines:
        return 0
    longest = max(words.width(line.name) for line in picture.lines)
    return min(longest, 14 if width < WIDE else 22) + 1


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


def _course(line: Line, column: Columns) -> tuple[Floats, Floats]:
    """What is drawn bright of a line: the span of its values a column, or the smoothed one."""
    if line.noisy:
        return column.smooth, column.smooth
    return (column.high if line.dotted else column.low), column.high


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
                cells.put(x + column_of(frame, step, width), y + row, "•", SERIES + line.colour)


def _ends(picture: Picture, frame: Frame) -> list[axes.End]:
    """Where each line ends, and its name."""
    ends = []
    for line in picture.lines:
        index = line.series.at(frame.right)
        if index is not None:
            last = line.last[index : index + 1].astype(np.float64)
            ends.append((float(frame.height(last)[0]), line.name, SERIES + line.colour))
    return ends


def _failures(cells: Cells, picture: Picture, frame: Frame, area: Area) -> None:
    """A red note where the first NaN or infinity came."""
    x, y, width, height = area
    found = [(line.series.first_bad, line.name) for line in picture.lines]
    steps = [(step, name) for step, name in found if step is not None]
    if not steps:
        return
    step, name = min(steps)
    if frame.left <= step <= frame.right:
        at = x + column_of(frame, step, width)
        for row in range(height):
            if cells.glyph[y + row, at] == " ":
                cells.put(at, y + row, "┊", WRONG)
    where = f"NaN at {picture.x_name} {_whole(step, picture)}"
    texts = (f" {where} · {name} ", f" {where} ", where, "NaN")
    text = next((each for each in texts if words.width(each) <= width), "NaN")
    cells.put(x + width - words.width(text), y, text, WRONG)


def place(picture: Picture) -> str:
    """Where the crosshair stands, in words."""
    return _whole(picture.cursor or 0.0, picture)


def _whole(x: float, picture: Picture) -> str:
    """A place on the x axis, in words."""
    if picture.whole:
        return f"{int(x):,}"
    return Frame(*window(picture), 0.0, 1.0, False, picture.log_x).told_x(x)


def _read(cells: Cells, picture: Picture, frame: Frame, area: Area) -> None:
    """The reading line on top: every series at the crosshair, or at the end; and the crosshair."""
    x, y, width, height = area
    said: list[words.Stretch] = []
    if picture.cursor is not None:
        column = x + column_of(frame, picture.cursor, width)
        for row in range(height):
            if (
                cells.ink[y + row, column] < SERIES
                and cells.glyph[y + row, column] in f" ┊{braille.LEVEL}"
            ):
                cells.put(column, y + row, "│", CURSOR)
        said.append((f"{picture.x_name} {place(picture)}   ", CURSOR))
        if happening := happened.here(picture.happened, frame, width, picture.cursor):
            said.append((f"{happening}   ", LIT))
    at = frame.right if picture.cursor is None else picture.cursor
    for line in picture.lines:
        said += _values(line, at, picture, frame)
    for line in picture.lines if picture.cursor is None else ():
        if line.best is not None:
            where, best = line.best
            text = f"{happened.BEST} {frame.told(best)} at {_whole(where, picture)}"
            said += [(text, SERIES + line.colour), ("   ", PLAIN)]
    words.put_line(cells, 0, said[:-1] or said, x - 1)


def _values(line: Line, at: float, picture: Picture, frame: Frame) -> list[words.Stretch]:
    """A line's sign, name and value at a place; where a line that was measured seldom was
    measured elsewhere, that place.
    """
    index = line.series.at(at)
    if index is None:
        return []
    said = [
        (f"{'┄' if line.dotted else '━'} {line.name} ", SERIES + line.colour),
        (frame.told(float(line.series.y[index])), PLAIN),
    ]
    if line.noisy:
        said.append((f" (smoothed {frame.told(float(line.series.smooth[index]))})", FAINT))
    measured = float(line.series.x[index])
    if line.dotted and picture.cursor is not None and measured != at:
        said.append((f" (of {picture.x_name} {_whole(measured, picture)})", FAINT))
    return [*said, ("   ", PLAIN)]
