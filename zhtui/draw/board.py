"""A board of squares: a game's, or a map's; its marks, values, arrows and a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from zhtui.draw import words
from zhtui.draw.cells import Cells
from zhtui.draw.inks import CURSOR, FAINT, GROUP, HEAT, INVERSE, LIT, SERIES, TITLE, WRONG
from zhtui.draw.marks import BAD, MOVED, NOTHING, QUIET, Cell, Marks
from zhtui.draw.scale import Matrix, scale, short
from zhtui.draw.series import Floats
from zhtui.draw.spots import Lattice, Span
from zhtui.draw.wires import Wires
from zhtui.lesson.views import Board

SINGLE = {"u": "↑", "r": "→", "d": "↓", "l": "←", "ud": "↕", "rl": "↔"}
CORNERS = {"ur": "↗", "rd": "↘", "dl": "↙", "ul": "↖"}
CROSSES = {"urd": "├", "rdl": "┬", "udl": "┤", "url": "┴", "urdl": "┼"}
ARROWS = {**SINGLE, **CORNERS, **CROSSES}
LARGE = {"X": ("╲ ╱", " ╳ ", "╱ ╲"), "O": ("╭─╮", "│ │", "╰─╯")}
TINT = GROUP  # the paper of a lit square


@dataclass(frozen=True)
class Layout:
    """The inside of a square, the corner of the first, and the border between two (1 or none)."""

    wide: int
    tall: int
    border: int
    x: int
    y: int

    def rows(self, count: int) -> list[Span]:
        """Where the rows of squares lie."""
        return [(self.y + i * (self.tall + self.border), self.tall) for i in range(count)]

    def columns(self, count: int) -> list[Span]:
        """Where the columns of squares lie."""
        return [(self.x + j * (self.wide + self.border), self.wide) for j in range(count)]


def shape(view: Board) -> Cell:
    """Rows and columns of a board."""
    return len(view.cells), max((len(row) for row in view.cells), default=0)


def sides_of(view: Board) -> Floats:
    """(rows, columns, 4) the values at the sides, NaN where there are none."""
    full = np.full((*shape(view), 4), np.nan)
    if view.sides is not None and np.ndim(view.sides) == 3:
        part = np.asarray(view.sides, dtype=np.float64)[: full.shape[0], : full.shape[1], :4]
        full[: part.shape[0], : part.shape[1], : part.shape[2]] = part
    return full


def _need(view: Board) -> tuple[int, int]:
    """The columns and rows that a square takes to show all it has."""
    mark = max((words.width(str(each)) for row in view.cells for each in row), default=1)
    if view.sides is not None:
        return max(11, mark + 2), 3
    if view.values is not None:
        return max(7, mark + 2), 3
    return max(3, mark), 1


def layout(view: Board, width: int, height: int, first: int) -> Layout:
    """The largest squares that fit: with borders, else without, else two columns a square."""
    rows, columns = shape(view)
    labels = min(max((words.width(name) for name in view.rows), default=0), width // 3)
    left, top = labels + bool(labels), first + bool(view.columns)
    need, least = _need(view)
    valued = view.values is not None or view.sides is not None
    for tall in (7, 5, 3, 1):
        wide = min((width - left - 1) // max(columns, 1) - 1, max(need, 2 * tall + 1, 3))
        fits = rows * (tall + 1) + 1 <= height - top
        if fits and wide >= (need if tall >= least and valued else min(2 * tall + 1, 7)):
            break
    else:
        tall, wide, border = 1, min((width - left) // max(columns, 1), need), 0
        if rows <= height - top and wide >= 1:
            return Layout(wide, tall, border, left, top)
        wide = max(min((width - left - 1) // max(columns, 1) - 1, need), 3)
        border = int(rows <= 4)  # a large map scrolls without borders
        return Layout(wide if border else 2, tall, border, left + border, top + border)
    total = columns * (wide + 1) + 1
    return Layout(wide, tall, 1, left + (width - left - total) // 2 + 1, top + 1)


def draw(view: Board, width: int, height: int, marks: Marks = NOTHING, rich: bool = True) -> Cells:
    """The board in the middle of its room, as large as it fits."""
    rows, columns = shape(view)
    note = words.caption(view.note, width, height)
    place = layout(view, width, height, len(note))
    right = place.x + columns * (place.wide + place.border)
    bottom = place.y + rows * (place.tall + place.border)
    cells = Cells(max(width, right), max(height, bottom))
    words.put_rows(cells, note)
    cells.spots = Lattice((rows, columns), place.rows(rows), place.columns(columns))
    states = marks.states(rows, columns)
    lit = {(int(i), int(j)) for i, j in view.lit}
    _wires(cells, view, place, lit)
    values = _values(view, rows, columns)
    finite = values[np.isfinite(values)]
    counts = bool(finite.any() and (finite == np.rint(finite)).all() and np.abs(finite).max() < 1e4)
    levels = scale(values, None, None, False).levels(values)
    for i, row in enumerate(view.cells):
        for j, mark in enumerate(row):
            square = Square(cells, place, view, (i, j), int(states[i, j]), marks, counts)
            square.ground(int(levels[i, j]) if rich else 0, (i, j) in lit)
            square.draw(str(mark), float(values[i, j]))
    _labels(cells, view, place)
    return cells


def _values(view: Board, rows: int, columns: int) -> Matrix:
    """(rows, columns) what shades the squares: the values, else the best of the sides."""
    values = np.full((rows, columns), np.nan)
    if view.values is not None:
        part = np.atleast_2d(np.asarray(view.values, dtype=np.float64))[:rows, :columns]
    elif view.sides is not None:
        sides = sides_of(view)
        part = np.where(np.isnan(sides), -np.inf, sides).max(axis=-1)
    else:
        return values
    values[: part.shape[0], : part.shape[1]] = part
    return values


@dataclass(frozen=True)
class Square:
    """One square to draw."""

    cells: Cells
    place: Layout
    view: Board
    cell: Cell
    state: int
    marks: Marks
    counts: bool  # all values of the board are whole numbers

    @property
    def corner(self) -> tuple[int, int]:
        """Its first column and row of cells."""
        (i, j), place = self.cell, self.place
        return place.x + j * (place.wide + place.border), place.y + i * (place.tall + place.border)

    def ground(self, level: int, lit: bool) -> None:
        """The colour of its value, of what is lit, of what must not have moved."""
        paper = TINT if lit else min(level, HEAT + 9)
        if self.state == QUIET:
            paper = 0
        (x, y), place = self.corner, self.place
        if paper:
            for line in range(place.tall):
                self.cells.paper[y + line, x : x + place.wide] = paper

    def draw(self, mark: str, value: float) -> None:
        """The mark in the middle, arrows beside it, numbers below or at the sides."""
        (x, y), (wide, tall) = self.corner, (self.place.wide, self.place.tall)
        middle, hidden = y + tall // 2, self.marks.hidden == self.cell
        if hidden:
            self.cells.put(x + wide // 2, middle, "?", INVERSE, CURSOR)
        else:
            mark = mark.strip()
            empty = mark in ("", ".", "·")  # a dot is an empty square
            text = self._number(value, "" if empty else mark)
            beside = len(text) + 1 if text and tall < 3 else 0  # columns that the mark leaves
            if not (empty and (self._letters() or beside)):
                self._mark(mark, wide - beside)
            self._arrows(empty)
            self._numbers(value, not empty, text)
        if self.state == BAD:
            self.cells.put(x, y, "!", WRONG)
        if self.marks.cursor == self.cell and not self.place.border:
            self.cells.ink[middle, x : x + wide] = INVERSE
            self.cells.paper[middle, x : x + wide] = CURSOR
        elif self.marks.cursor == self.cell:
            self.cells.put(x - self.place.border, middle, "[", CURSOR)
            self.cells.put(x + wide - 1 + self.place.border, middle, "]", CURSOR)

    @property
    def ink(self) -> int:
        """Of the mark."""
        i, j = self.cell
        told = {MOVED: LIT, QUIET: FAINT, BAD: WRONG}.get(self.state)
        role = self.view.roles[i][j] if _has(self.view.roles, i, j) else ""
        known = {"X": SERIES, "O": SERIES + 5}
        plain = known.get(str(self.view.cells[i][j]).strip().upper(), TITLE)
        return words.role_ink(role, plain) if told is None else told

    def _mark(self, mark: str, wide: int) -> None:
        (x, y), tall = self.corner, self.place.tall
        bare = self.view.values is None and self.view.sides is None
        if mark in LARGE and bare and tall >= 3 and wide >= 5:
            for line, text in enumerate(LARGE[mark]):
                self.cells.put(x + (wide - 3) // 2, y + tall // 2 - 1 + line, text, self.ink)
            return
        size = min(words.width(mark), wide)
        start = x + (wide - max(size, 1)) // 2
        words.put(self.cells, start, y + tall // 2, mark, self.ink, room=wide)

    def _letters(self) -> str:
        """The directions that point out of it, in order."""
        i, j = self.cell
        known = self.view.arrows[i][j] if _has(self.view.arrows, i, j) else ""
        return "".join(letter for letter in "urdl" if letter in known)

    def _arrows(self, empty: bool) -> None:
        letters = self._letters()
        if not letters:
            return
        (x, y), (wide, tall) = self.corner, (self.place.wide, self.place.tall)
        ink = LIT if self.state == MOVED else FAINT if self.state == QUIET else SERIES + 6
        middle = x + (wide - 1) // 2, y + tall // 2
        if empty or wide < 3:
            self.cells.put(*middle, ARROWS[letters] * empty, ink)
            return
        if tall < 3:  # one sign for all of them
            self.cells.put(x + wide - 1, middle[1], ARROWS[letters], ink)
            return
        ends = {"l": (x, middle[1]), "r": (x + wide - 1, middle[1])}
        ends |= {"u": (middle[0], y), "d": (middle[0], y + tall - 1)}
        for letter in letters:
            self.cells.put(*ends[letter], SINGLE[letter], ink)

    def _number(self, value: float, mark: str) -> str:
        """The text of its value, where it has room below its mark or beside it."""
        wide, tall = self.place.wide, self.place.tall
        if not np.isfinite(value) or self.view.sides is not None:
            return ""
        text = f"{value:.0f}" if self.counts else short(value)
        free = wide
        if mark and tall < 3:
            free = wide - words.width(mark) - 1 if wide >= 7 and not self._letters() else 0
        return text if wide >= 4 and len(text) <= free else ""

    def _numbers(self, value: float, marked: bool, text: str) -> None:
        (x, y), (wide, tall) = self.corner, (self.place.wide, self.place.tall)
        ink = FAINT if self.state == QUIET else TITLE
        if self.view.sides is not None and wide >= 11 and tall >= 3:
            known = ["" if np.isnan(side) else short(side) for side in self._sides()]
            if len(known[1]) + len(known[3]) + 2 + marked <= wide:  # the best has its arrow
                signs = [SINGLE[way] * (way in self._letters()) for way in "urdl"]
                known = [sign + text for sign, text in zip(signs, known, strict=True)]
            elif letters := self._letters():
                self.cells.put(x, y, ARROWS[letters], ink)
            up, right, down, left = known
            middle = y + tall // 2
            self.cells.put(x + (wide - len(up)) // 2, y, up, ink)
            self.cells.put(x + (wide - len(down)) // 2, y + tall - 1, down, ink)
            self.cells.put(x, middle, left, ink)
            self.cells.put(x + wide - len(right), middle, right, ink)
        elif self.view.sides is not None and wide >= 5 and not marked and np.isfinite(value):
            four = self._sides()  # the best of the four, and where it is
            best = max(range(4), key=lambda side: np.nan_to_num(four[side], nan=-np.inf))
            one = "" if min(four) == max(four) else SINGLE["urdl"[best]]
            best_one = f"{ARROWS.get(self._letters(), one)}{short(four[best])}"
            self.cells.put(x + (wide - len(best_one)) // 2, y + tall // 2, best_one, ink)
        elif text and tall >= 3:
            self.cells.put(x + (wide - len(text)) // 2, y + tall - 1, text, ink)
        elif text:
            self.cells.put(x + wide - len(text), y, text, ink)

    def _sides(self) -> list[float]:
        four: list[float] = sides_of(self.view)[self.cell].tolist()
        return four


def _has(rows: Sequence[Sequence[str]], i: int, j: int) -> bool:
    return i < len(rows) and j < len(rows[i])


def _wires(cells: Cells, view: Board, place: Layout, lit: set[Cell]) -> None:
    """The borders, brighter around lit squares, and the path from middle to middle."""
    rows, columns = shape(view)
    wires = Wires(cells.width, cells.height)
    wide, tall = place.wide + 1, place.tall + 1
    x, y = place.x - 1, place.y - 1
    if place.border and rows and columns:
        for i in range(rows + 1):
            wires.across(y + i * tall, x, x + columns * wide)
        for j in range(columns + 1):
            wires.along(x + j * wide, y, y + rows * tall)
        for i, j in lit:
            if 0 <= i < rows and 0 <= j < columns:
                wires.box(x + j * wide, y + i * tall, wide, tall)
    middles = [
        (place.columns(columns)[j][0] + place.wide // 2, place.rows(rows)[i][0] + place.tall // 2)
        for i, j in view.path
        if 0 <= i < rows and 0 <= j < columns
    ]
    for (left, top), (right, bottom) in pairwise(middles):
        wires.across(top, min(left, right), max(left, right), True)
        wires.along(right, top, bottom, True)
    wires.paint(cells)
    for at in middles[:1] + middles[-1:]:
        cells.put(*at, "•", LIT)


def _labels(cells: Cells, view: Board, place: Layout) -> None:
    """The names of rows at the left and of columns on top."""
    rows, columns = shape(view)
    for name, (y, tall) in zip(view.rows, place.rows(rows), strict=False):
        size = words.width(name)
        x = max(place.x - place.border - 1 - size, 0)
        words.put(cells, x, y + tall // 2, name, FAINT, room=place.x - place.border)
    widest = max(map(words.width, view.columns), default=0)
    every = 1  # column that is named: with no border between them two names would join
    if not place.border and widest >= place.wide and widest > 1:
        every = -(-(widest + 1) // place.wide)
    named = list(zip(view.columns, place.columns(columns), strict=False))[::every]
    for name, (x, wide) in named:
        start = x + max(wide - words.width(name), 0) // 2
        y = place.y - place.border - 1
        words.put(cells, start, y, name, FAINT, room=every * wide)
