"""Lines over any x, in braille: on the axes of the charts, with levels, marks and a crosshair."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhtui.draw import axes, braille, ticks, words
from zhtui.draw.axes import Frame
from zhtui.draw.cells import Cells
from zhtui.draw.inks import (
    BAND,
    CURSOR,
    FAINT,
    INVERSE,
    PLAIN,
    RULE,
    SERIES,
    SERIES_COUNT,
    TITLE,
    WRONG,
)
from zhtui.draw.labels import Area
from zhtui.draw.marks import BAD, NOTHING, QUIET, Cell, Marks
from zhtui.draw.picture import Level
from zhtui.draw.series import Floats
from zhtui.draw.spots import Box, Spots, clamped
from zhtui.lesson.views import Curves

Pixels = NDArray[np.int64]
LONGEST = 14  # cells of a name at the end of a line
GUTTER_FROM = 44  # columns from which line ends are labelled at the right


@dataclass(frozen=True)
class Course:
    """A line with its places: (n,) in pixels, -1 where it has none."""

    name: str
    x: Floats
    y: Floats
    ink: int
    across: Pixels
    down: Pixels


@dataclass(frozen=True)
class Points(Spots):
    """Point j of line i, where it lies in the picture."""

    courses: list[Course]
    area: Area

    def box(self, cell: Cell) -> Box | None:
        course = self.courses[clamped(cell[0], len(self.courses))]
        index = clamped(cell[1], len(course.x))
        if not len(course.x) or course.across[index] < 0:
            return None
        x, y = self.area[0] + course.across[index] // 2, self.area[1] + course.down[index] // 4
        return int(x), int(y), 1, 1

    def at(self, x: int, y: int) -> Cell | None:
        left, top, width, height = self.area
        if not (left <= x < left + width and top <= y < top + height):
            return None
        found: list[tuple[float, Cell]] = []
        for i, course in enumerate(self.courses):
            far = np.abs(course.across - 2 * (x - left)) + np.abs(course.down - 4 * (y - top)) / 4
            far = np.where(course.across < 0, np.inf, far)
            if len(far):
                j = int(np.argmin(far))
                found.append((float(far[j]), (i, j)))
        return min(found)[1] if found else None

    def beside(self, cell: Cell, down: int, right: int) -> Cell:
        row = clamped(cell[0] + down, len(self.courses))
        before = self.courses[clamped(cell[0], len(self.courses))]
        course = self.courses[row]
        index = clamped(cell[1], len(before.x))
        if row != clamped(cell[0], len(self.courses)) and len(course.x) and len(before.x):
            index = int(np.argmin(np.abs(course.across - before.across[index])))
        for _ in range(abs(right)):
            index = _next(course.across, clamped(index, len(course.x)), 1 if right > 0 else -1)
        return row, clamped(index, len(course.x))


def _next(across: Pixels, index: int, step: int) -> int:
    """The next point that lies in another column of cells; the last one where there is none."""
    ahead = across[index + 1 :] if step > 0 else across[:index][::-1]
    other = np.flatnonzero((ahead // 2 != across[index] // 2) & (ahead >= 0))
    return index + step * int(other[0] + 1) if len(other) else index


def data(view: Curves) -> list[tuple[str, Floats, Floats]]:
    """(name, x, y) of each line; what is not finite is NaN."""
    lines = []
    for name, (across, up) in view.lines.items():
        x, y = (np.asarray(part, dtype=np.float64).ravel() for part in (across, up))
        size = min(len(x), len(y))
        x, y = x[:size].copy(), y[:size].copy()
        x[~np.isfinite(x)] = np.nan
        y[~np.isfinite(y)] = np.nan
        lines.append((str(name), x, y))
    return lines


def frame_of(view: Curves, lines: list[tuple[str, Floats, Floats]]) -> Frame:
    """The range of all points, levels and marks, in round numbers upwards."""
    levels = [float(v) for v in view.levels.values() if math.isfinite(v)]
    marks = [float(at) for at, _ in view.marks if math.isfinite(at)]
    x = np.concatenate([*(x for _, x, _ in lines), np.array(marks, dtype=np.float64)])
    y = np.concatenate([*(y for _, _, y in lines), np.array(levels, dtype=np.float64)])
    left, right, log_x = _ends(x, view.log_x)
    low, high, log_y = _ends(y, view.log_y)
    if not log_y:
        low, high = ticks.grown(low, high, 8)
    return Frame(left, right, low, high, log_y, log_x)


def _ends(values: Floats, log: bool) -> tuple[float, float, bool]:
    """The least and the greatest, apart from each other; logarithmic where that can be."""
    values = values[np.isfinite(values)]
    values = np.clip(values, -1e300, 1e300)
    log = log and bool((values > 0).any())
    if log:
        values = np.maximum(values[values > 0], 1e-300)
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if log:
        return low, max(high, low * 1.01), True
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        pad = 0.05 * abs(low) or 0.5
        low, high = low - pad, high + pad
    return low, high, False


def draw(view: Curves, width: int, height: int, marks: Marks = NOTHING, rich: bool = True) -> Cells:
    """The note or a reading, the plot with its levels and marks, the axes."""
    cells = Cells(width, height)
    if width < 16 or height < 6:
        cells.put(0, 0, "too small for a chart", FAINT)
        return cells
    lines = data(view)
    note = [] if marks.cursor is not None else words.caption(view.note, width, height)
    words.put_rows(cells, note)
    top = max(len(note), 1)
    if not any(np.isfinite(y).any() for _, _, y in lines):
        cells.put(max((width - 15) // 2, 0), height // 2, "nothing to draw", FAINT)
        return cells
    frame, rows = frame_of(view, lines), height - top - 2
    labels = axes.y_marks(frame, rows, width)
    margin = axes.margin(labels)
    longest = max(words.width(name) for name, _, _ in lines)
    states = marks.states(len(lines), max(len(x) for _, x, _ in lines)).max(axis=1, initial=0)
    bad = bool((states == BAD).any())  # such a line has a sign before its name
    gutter = min(longest + bad, LONGEST) + 1 if width >= GUTTER_FROM else 0
    area = (margin, top, max(width - margin - gutter, 4), rows)
    courses = [
        _course(line, frame, area, _ink(index, int(states[index])))
        for index, line in enumerate(lines)
    ]
    axes.draw(cells, frame, labels, area, view.x_name)
    levels = _levels(view, frame)
    axes.level_lines(cells, levels, frame, area)
    places = _marks(cells, view, frame, area)
    for course in sorted(courses, key=lambda course: course.ink // 8 != BAND // 8):
        _stroke(cells, course, area)
    _mark_words(cells, places, area)
    axes.level_names(cells, levels, frame, area)
    _names(cells, courses, states.tolist(), area, gutter - 1)
    cells.spots = Points(courses, area)
    if marks.hidden is not None:
        _ask(cells, courses, frame, area, marks.hidden)
    _read(cells, view, courses, marks, frame, area)
    return cells


def _levels(view: Curves, frame: Frame) -> list[Level]:
    """The levels that have a height on these axes."""
    known = [(str(name), float(value)) for name, value in view.levels.items()]
    return [
        Level(value, name)
        for name, value in known
        if math.isfinite(value) and (value > 0 or not frame.log)
    ]


def _ink(index: int, state: int) -> int:
    """A line's colour; faint where it stays, red where it must stay and moved."""
    if state == BAD:
        return WRONG
    return (BAND if state == QUIET else SERIES) + index % SERIES_COUNT


def _course(line: tuple[str, Floats, Floats], frame: Frame, area: Area, ink: int) -> Course:
    name, x, y = line
    with np.errstate(all="ignore"):
        if frame.log_x:
            left, right = math.log(frame.left), math.log(frame.right)
            across = (np.log(x) - left) / (right - left)
        else:
            across = (x - frame.left) / (frame.right - frame.left)
        up = frame.height(y)
    good = np.isfinite(across) & np.isfinite(up)
    places = []
    for shares, size in ((across, 2 * area[2]), (1 - up, 4 * area[3])):
        pixels = np.clip(np.where(good, shares, 0), 0, 1) * (size - 1e-6)
        places.append(np.where(good, np.minimum(pixels.astype(np.int64), size - 1), -1))
    return Course(name, x, y, ink, places[0], places[1])


def _thinned(across: Pixels, down: Pixels) -> tuple[Pixels, Pixels]:
    """One point where many fall on the same pixel, and of a long rising line the least and the
    greatest of each pixel column.
    """
    new = np.ones(len(across), dtype=bool)
    new[1:] = (np.diff(across) != 0) | (np.diff(down) != 0)
    across, down = across[new], down[new]
    steps = np.diff(across)
    if len(across) < 4000 or (across < 0).any() or (steps < 0).any():
        return across, down
    starts = np.flatnonzero(np.diff(across, prepend=-1))
    low, high = np.minimum.reduceat(down, starts), np.maximum.reduceat(down, starts)
    stops = np.append(starts[1:], len(down)) - 1
    parts = np.stack([down[starts], low, high, down[stops]], axis=1)
    return np.repeat(across[starts], 4), parts.ravel()


def _stroke(cells: Cells, course: Course, area: Area) -> None:
    """The points joined by straight lines of dots; a gap where one is missing."""
    x, y, width, height = area
    across, down = _thinned(course.across, course.down)
    dots = np.zeros((4 * height, 2 * width), dtype=bool)
    there = across >= 0
    dots[down[there], across[there]] = True
    a, b = np.flatnonzero(there[1:] & there[:-1]), 1
    run, rise = across[a + b] - across[a], down[a + b] - down[a]
    count = np.maximum(np.abs(run), np.abs(rise))
    which = np.repeat(np.arange(len(a)), count)
    step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    share = step / np.maximum(count[which], 1)
    rows = np.rint(down[a][which] + rise[which] * share).astype(np.int64)
    columns = np.rint(across[a][which] + run[which] * share).astype(np.int64)
    dots[rows, columns] = True
    codes = braille.pack(dots)
    lit = codes > 0
    cells.glyph[y : y + height, x : x + width][lit] = braille.GLYPHS[codes][lit]
    cells.ink[y : y + height, x : x + width][lit] = course.ink


def _marks(cells: Cells, view: Curves, frame: Frame, area: Area) -> list[tuple[int, str]]:
    """Dotted uprights at places on the x axis; returns their columns and words."""
    x, y, width, height = area
    places = []
    for at, word in sorted((float(at), str(word)) for at, word in view.marks):
        if math.isfinite(at) and (at > 0 or not frame.log_x):
            column = axes.column_of(frame, at, width)
            places.append((column, word))
            for row in range(height):
                if cells.glyph[y + row, x + column] == " ":
                    cells.put(x + column, y + row, "┊", RULE)
    return places


def _mark_words(cells: Cells, places: list[tuple[int, str]], area: Area) -> None:
    """The word of each upright beside it, on the highest row where no curve runs; else over other
    uprights, else over curves, but never so that two words read as one.
    """
    x, y, width, height = area
    taken = np.zeros((height, width), dtype=bool)
    for column, word in places:
        size = words.width(word) + 1
        start = column + 1 if column + 1 + size <= width else max(column - size, 0)
        room = min(size, width - start)
        rows = cells.glyph[y : y + height, x + start : x + start + room]
        apart = ~taken[:, max(start - 1, 0) : start + room].any(axis=1)
        choices = (rows == " ", np.isin(rows, [" ", "┊"]), rows != "")
        free = [np.flatnonzero(each.all(axis=1) & apart).tolist() for each in choices]
        row = next((found[0] for found in free if found), None)
        if row is not None:
            taken[row, start : start + size - 1] = True
            words.put(cells, x + start, y + row, word, FAINT, room=room)


def _names(cells: Cells, courses: list[Course], states: list[int], area: Area, room: int) -> None:
    """The names of the lines at their ends, in the order of their last values."""
    if room <= 0:
        return
    ends = []
    for course, state in zip(courses, states, strict=True):
        there = np.flatnonzero(course.across >= 0)
        if len(there):
            share = 1 - (course.down[there[-1]] + 0.5) / (4 * area[3])
            name = f"!{course.name}" if state == BAD else course.name
            ends.append((float(share), name, course.ink))
    axes.line_names(cells, ends, area, room)


def _ask(cells: Cells, courses: list[Course], frame: Frame, area: Area, cell: Cell) -> None:
    """A question mark over the place of a point whose height is asked for."""
    course = courses[clamped(cell[0], len(courses))]
    x = course.x[clamped(cell[1], len(course.x))] if len(course.x) else np.nan
    if np.isfinite(x) and (x > 0 or not frame.log_x):
        column = area[0] + axes.column_of(frame, float(x), area[2])
        cells.put(column, area[1] + area[3] // 2, "?", INVERSE, CURSOR)


def _read(
    cells: Cells, view: Curves, courses: list[Course], marks: Marks, frame: Frame, area: Area
) -> None:
    """The crosshair, and on the first line what the lines are there; else which lines there are."""
    assert cells.spots is not None, "the points have places"
    if marks.cursor is None:
        if not view.note:
            _legend(cells, courses, area)
        return
    box = cells.spots.box(marks.cursor)
    course = courses[clamped(marks.cursor[0], len(courses))]
    index = clamped(marks.cursor[1], len(course.x))
    if not len(course.x):
        return
    if box is not None:
        column = cells.glyph[area[1] : area[1] + area[3], box[0]]
        ink = cells.ink[area[1] : area[1] + area[3], box[0]]
        free = np.isin(column, list(f" ┊{braille.LEVEL}"))
        column[free], ink[free] = "│", CURSOR
        if marks.cursor != marks.hidden:
            cells.put(box[0], box[1], "◆", INVERSE, CURSOR)
    value = "?" if marks.cursor == marks.hidden else frame.told(float(course.y[index]))
    said = [
        (f"{view.x_name or 'x'} {frame.told_x(float(course.x[index]))}  ", CURSOR),
        (f"◆ {course.name} ", course.ink),
        (value, TITLE),
    ]
    for other in courses:
        if other is not course and len(other.x) and course.across[index] >= 0:
            near = int(np.argmin(np.abs(other.across - course.across[index])))
            if abs(int(other.across[near] - course.across[index])) <= 1:
                said.append((f"  ━ {other.name} ", other.ink))
                said.append((frame.told(float(other.y[near])), PLAIN))
    words.put_line(cells, 0, said)


def _legend(cells: Cells, courses: list[Course], area: Area) -> None:
    """The names of the lines on the first line, where they do not stand at their ends."""
    if cells.width < GUTTER_FROM:
        words.put_line(cells, 0, [(f"━ {c.name}  ", c.ink) for c in courses], area[0])
