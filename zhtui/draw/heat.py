"""A matrix as colours: each value is a whole number of columns wide and of half-rows high, with its
number or its text where there is room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from zhtui.draw import words
from zhtui.draw.cells import Cells, Codes
from zhtui.draw.grid import glyphs
from zhtui.draw.inks import CURSOR, FAINT, INVERSE, LIT, PLAIN, QUIETER, SHADES, TITLE, WRONG
from zhtui.draw.marks import BAD, MOVED, NOTHING, QUIET, Cell, Marks, States
from zhtui.draw.scale import (
    NEGATIVES,
    Matrix,
    Scale,
    blocks,
    legend,
    matrix,
    noisy,
    scale,
    short,
    shortest,
    spread,
)
from zhtui.draw.spots import Lattice, Span
from zhtui.lesson.views import Heatmap
from zhtui.wording import number as reading

TALL = (*range(24, 0, -2), 1)  # half-rows a value: whole rows of cells, or one half
SLIM, BROAD = 0.5, 4  # columns a half-row: a value is twice as high as wide, or four times as wide
MARGIN = 12  # columns that row labels take at most
BLANK = f" ·{SHADES}{NEGATIVES}"  # what a sign may stand on
GAP = 3  # columns between the scale of colours and a reading
CUT = 4  # columns in which a longer text is cut
LEGIBLE, LONGEST = 12, 24  # columns that a value may take, however low it is; with a long text


@dataclass(frozen=True)
class Layout:
    """Where a matrix lies: the size of a value, the corner, and the part in sight."""

    wide: int  # columns
    tall: int  # half-rows
    x: int
    y: int
    first: Cell
    shown: Cell

    @property
    def rows(self) -> list[Span]:
        """Where each row in sight lies, and how high it is."""
        size = max(self.tall // 2, 1)
        return [(self.y + i * self.tall // 2, size) for i in range(self.shown[0])]

    @property
    def columns(self) -> list[Span]:
        """Where each column in sight lies, and how wide it is."""
        return [(self.x + j * self.wide, self.wide) for j in range(self.shown[1])]

    @property
    def part(self) -> tuple[slice, slice]:
        """The part in sight."""
        (top, left), (rows, columns) = self.first, self.shown
        return slice(top, top + rows), slice(left, left + columns)


def texts_of(view: Heatmap, values: Matrix, brief: bool = False) -> list[list[str]]:
    """What stands on each cell: the view's texts, else short numbers, or shorter ones."""
    if len(view.texts):
        rows = [[*map(str, row), *[""] * values.shape[1]] for row in view.texts]
        rows += [[""] * values.shape[1]] * (len(values) - len(rows))
        return rows
    finite = values[np.isfinite(values)]
    if finite.size and (finite == np.rint(finite)).all() and np.abs(finite).max() < 1e4:
        return [[f"{value:.0f}" for value in row] for row in values.tolist()]  # counts
    if brief:
        return [[shortest(value) for value in row] for row in values.tolist()]
    exact = {0.0: "0", 1.0: "1"}
    return [[exact.get(value) or short(value) for value in row] for row in values.tolist()]


def _longest(texts: Sequence[Sequence[str]]) -> int:
    """The columns of the longest text, and one between two, which a minus sign saves."""
    every = [text for row in texts for text in row]
    return max((len(glyphs(t)) + (not t.startswith("-")) for t in every), default=LONGEST)


def layout(
    view: Heatmap, width: int, height: int, top: int, cursor: Cell, need: int, rich: bool
) -> Layout:
    """The largest cells that fit, in whole steps; else a window that holds the cursor. `need`
    columns hold a number or a text; the matrix begins at the line `top` and leaves the last one.
    """
    rows, columns = view.values.shape
    longest = max((words.width(text) for text in view.rows), default=0)
    margin = min(longest, MARGIN, width // 3)
    room = max(height - top - 1, 1)
    tall, wide = 1 if rich else 2, 1
    for size in TALL[: None if rich else -1]:
        left = _left(margin, size)
        fit = (width - left) // max(columns, 1)
        upright = size == 2 and fit >= 1 and (rows <= 4 or margin > 0)  # else a strip is too thin
        if rows * size <= 2 * room and (fit >= max(size * SLIM, 1) or upright):
            least = min(max(need + 2, LEGIBLE), LONGEST) if size > 1 else 0
            tall, wide = size, min(fit, max(BROAD * size, least))
            break
    left = _left(margin, tall)
    shown = min(rows, 2 * room // tall), min(columns, max((width - left) // wide, 1))
    shown = max(shown[0], 1), max(shown[1], 1)
    first = tuple(
        min(max(place - part // 2, 0), whole - part)
        for place, part, whole in zip(cursor, shown, (rows, columns), strict=True)
    )
    return Layout(wide, tall, left, top, (first[0] - first[0] % 2 * (tall == 1), first[1]), shown)


def _left(margin: int, tall: int) -> int:
    """Where the matrix begins: labels of one character stand in pairs where two rows share one."""
    return (2 if tall == 1 and margin == 1 else margin) + 1


def draw(
    view: Heatmap, width: int, height: int, marks: Marks = NOTHING, rich: bool = True
) -> Cells:
    """A note, the column labels, the matrix, and the scale of its colours with a reading."""
    cells = Cells(width, height)
    values = matrix(view.values)
    if not values.size or width < 8 or height < 4:
        cells.put(0, 0, "nothing to draw" if not values.size else "too small", FAINT)
        return cells
    view = replace(view, values=values)
    note = words.caption(view.note, width, height)
    words.put_rows(cells, note)
    top = len(note) + (len(view.columns) > 0)
    small = view.texts or max(values.shape) <= width // 3
    texts = texts_of(view, values) if small else []
    known = marks.states(*values.shape)
    signs = bool((known == BAD).any())  # a sign takes a column, too
    need = _longest(texts) + signs
    place, bare = _placed(view, (width, height), top, marks.cursor or (0, 0), need, rich)
    cells.spots = Lattice(values.shape, place.rows, place.columns, place.first)
    if texts and not view.texts and place.wide < need:
        texts = texts_of(view, values, brief=True)
        need = _longest(texts) + signs
    states = known[place.part]
    span = scale(values, view.low, view.high, view.signed)
    span = _paint(cells, place, values[place.part], span, states, rich)
    if texts and (place.wide >= need or (view.texts and place.wide > 1)) and place.tall > 1:
        part = [row[place.part[1]] for row in texts[place.part[0]]]
        room = place.wide - (bool(view.texts) and place.wide > 2)
        _write(cells, place, part, _inks(span, values[place.part], states, rich), room)
    _signs(cells, place, states, marks)
    _labels(cells, view, place, marks.cursor)
    _cursor(cells, place, marks)
    if not bare:
        at = legend(cells, span, rich)
        at = _read(cells, view, place, marks, values, at)
        _beyond(cells, place, values.shape, at)
    return cells


def _placed(
    view: Heatmap, room: tuple[int, int], top: int, cursor: Cell, need: int, rich: bool
) -> tuple[Layout, bool]:
    """The layout, and whether it is bare: with no row for the scale there is one for the numbers,
    which say more.
    """
    width, height = room
    place = layout(view, width, height, top, cursor, need, rich)
    rows, columns = matrix(view.values).shape
    if place.tall > 1 or rows != height - top:
        return place, False
    closer = layout(view, width, height + 1, top, cursor, need, rich)
    bare = closer.tall > 1 and closer.shown == (rows, columns) and closer.wide >= need
    return (closer if bare else place), bare


def _paint(
    cells: Cells, place: Layout, part: Matrix, span: Scale, states: States, rich: bool
) -> Scale:
    """The colours, or shades where there are none; returns the scale that was used."""
    if not rich:
        shades = span.shades(part)
        shades[states == QUIET] = "·"
        full = np.repeat(np.repeat(shades, place.tall // 2, axis=0), place.wide, axis=1)
        for row, text in enumerate(full[: cells.height - place.y - 1]):
            cells.put(place.x, place.y + row, "".join(text.tolist()))
        return span
    if noisy(spread(span.levels(part), place.tall, 1)):
        span = replace(span, coarse=True)
    levels = _stated(span.levels(part), states, span.coarse)
    blocks(cells, place.x, place.y, spread(levels, place.tall, place.wide))
    return span


def _stated(levels: Codes, states: States, coarse: bool) -> Codes:
    """Quiet colours where nothing moved, red where nothing may move."""
    if not states.any():
        return levels
    quiet = (states == QUIET) & (levels > 0)
    levels = np.where(quiet, 0 if coarse else levels + QUIETER, levels).astype(np.uint8)
    levels[states == BAD] = WRONG
    return levels


def _inks(span: Scale, part: Matrix, states: States, rich: bool) -> Codes:
    """The ink of each number: dark on bright colours, lit where it moved."""
    shares = span.shares(part)
    bright = np.abs(shares - 0.5) > 0.3 if span.signed else shares > 0.7
    inks = np.full(part.shape, PLAIN, dtype=np.uint8)
    inks[states == MOVED] = LIT
    if rich:
        inks[bright & np.isfinite(part)] = INVERSE
    inks[~np.isfinite(part) | (states == QUIET)] = FAINT
    inks[states == BAD] = INVERSE if rich else WRONG
    return inks


def _write(
    cells: Cells, place: Layout, texts: Sequence[Sequence[str]], inks: Codes, room: int
) -> None:
    """The numbers or texts in the middle of their cells, each in at most `room` columns; one of
    which no more than its beginning would be seen is left out.
    """
    for i, row in enumerate(texts):
        y = _middle(place, i)
        for j, text in enumerate(row):
            if room < CUT and words.width(text) > room:
                continue
            ink = int(inks[i, j])
            parts = words.cut([(text, ink)], room)
            size = sum(len(glyphs(part)) for part, _ in parts)
            x = place.x + j * place.wide + (place.wide - size + 1) // 2
            if size and cells.paper[min(y, cells.height - 1), min(x, cells.width - 1)] == 0:
                x = cells.put(x - 1, y, " ") if x > place.x + j * place.wide else x
                cells.put(x + size, y, " " * (x + size < place.x + (j + 1) * place.wide))
            for part, colour in parts:
                x = cells.put(x, y, part, colour)


def _middle(place: Layout, i: int) -> int:
    """The row of cells in the middle of row `i` of those in sight."""
    return place.y + i * place.tall // 2 + max(place.tall // 2 - 1, 0) // 2


def _signs(cells: Cells, place: Layout, states: States, marks: Marks) -> None:
    """What must not have moved has a sign, and what is asked for is a question mark."""
    for i, j in np.argwhere(states == BAD).tolist():
        x = place.x + j * place.wide
        y = min(_middle(place, i), cells.height - 1)
        if place.tall > 1 and x < cells.width:
            free = str(cells.glyph[y, x]) in BLANK  # else the number would be another one
            cells.put(x, y, "!" * free, WRONG if cells.paper[y, x] == 0 else INVERSE)
        else:
            cells.put(x, _middle(place, i), "!", INVERSE, WRONG)
    if marks.hidden is not None and cells.spots is not None:
        box = cells.spots.box(marks.hidden)
        if box is not None:
            x, y, wide, tall = box
            cells.put(x, y + (tall - 1) // 2, "?".center(wide), INVERSE, CURSOR)


def _labels(cells: Cells, view: Heatmap, place: Layout, cursor: Cell | None) -> None:
    """Row labels at the left and column labels on top: all that fit, and those of the cursor."""
    names = [str(name) for name in view.columns][place.part[1]]
    sizes = [words.width(name) for name in names]
    wide = max(sizes, default=0)
    stride = max(-(-(wide + (wide > 1)) // place.wide), 1)
    starts = [
        place.x + j * place.wide + max((place.wide - size) // 2, 0) for j, size in enumerate(sizes)
    ]
    lit = -1 if cursor is None else cursor[1] - place.first[1]
    inside = 0 <= lit < len(names)
    size = sizes[lit] if inside else 0
    x = max(min(starts[lit], cells.width - size), 0) if inside else -1
    for j in range(0, len(names), stride):
        apart = starts[j] + sizes[j] < x or starts[j] > x + size  # else they would read as one
        if not inside or wide == 1 or apart:
            room = min(stride * place.wide, cells.width - starts[j])
            words.put(cells, starts[j], place.y - 1, names[j], FAINT, room=room)
    if inside:
        cells.put(x, place.y - 1, names[lit], TITLE)
    _row_labels(cells, view, place, cursor)


def _row_labels(cells: Cells, view: Heatmap, place: Layout, cursor: Cell | None) -> None:
    names = [str(name) for name in view.rows][place.part[0]]
    pairs = place.tall == 1 and max(map(words.width, map(str, view.rows)), default=0) == 1
    for i, name in enumerate(names):
        here = cursor is not None and cursor[0] == place.first[0] + i
        ink = TITLE if here else FAINT
        y = _middle(place, i)
        if pairs:
            cells.put(i % 2, y, name[:1], ink)
        elif place.tall > 1 or i % 2 == 0 or here:
            room = place.x - 1
            cells.put(0, y, " " * room)
            size = min(words.width(name), room)
            words.put(cells, room - size, y, name, ink, room=room)


def _cursor(cells: Cells, place: Layout, marks: Marks) -> None:
    """Marks the cell at the cursor."""
    box = None if marks.cursor is None or cells.spots is None else cells.spots.box(marks.cursor)
    if box is None or marks.cursor is None:
        return
    x, y, wide, tall = box
    if place.tall == 1 and y < cells.height:
        _half(cells, x, y, wide, (marks.cursor[0] - place.first[0]) % 2 == 0)
    elif place.tall > 1:
        middle = y + (tall - 1) // 2
        text = "".join(cells.glyph[middle, x : x + wide].tolist()) if middle < cells.height else ""
        cells.put(x, middle, text, INVERSE, CURSOR)
        cells.put(x, middle, "[" * (text[:1] in BLANK), INVERSE, CURSOR)
        cells.put(x + wide - 1, middle, "]" * (text[-1:] in BLANK), INVERSE, CURSOR)


def _read(cells: Cells, view: Heatmap, place: Layout, marks: Marks, values: Matrix, at: int) -> int:
    """Reads out the cell at the cursor, behind the scale of colours, or in its place where not all
    is in sight; returns the next free column of the last line.
    """
    if marks.cursor is None or cells.spots is None or cells.spots.box(marks.cursor) is None:
        return at
    row, column = marks.cursor
    value = "?" if marks.cursor == marks.hidden else reading(float(values[row, column]))
    names = f"{_name(view.rows, row, 'row')} → {_name(view.columns, column, 'column')}"
    said = [(f"{names}  ", PLAIN), (value, CURSOR)]
    if len(view.texts) and marks.cursor != marks.hidden:
        said.append((f"  {texts_of(view, values)[row][column]}", TITLE))
    size = sum(words.width(text) for text, _ in said)
    whole = all(part == of for part, of in zip(place.shown, values.shape, strict=True))
    start = at + GAP if whole and at + GAP + size <= cells.width else 0
    cells.put(start, cells.height - 1, " " * (cells.width - start))
    room = cells.width - start
    free = room - len(value) - 2 * len(said[1:])  # the value stays whole, and apart from a sign
    named = words.cut([(names, PLAIN)], free) if free >= CUT else []
    x = start
    for text, ink in words.cut([*named, ("  " * bool(named), PLAIN), *said[1:]], room):
        x = cells.put(x, cells.height - 1, text, ink)
    return x


def _half(cells: Cells, x: int, y: int, wide: int, above: bool) -> None:
    """A cursor of half a row; the other half keeps its colour."""
    for column in range(x, min(x + wide, cells.width)):
        upper = cells.glyph[y, column] != "▄"  # which half the ink paints now
        other = cells.paper[y, column] if upper == above else cells.ink[y, column]
        cells.glyph[y, column] = "▀" if above else "▄"
        cells.ink[y, column], cells.paper[y, column] = CURSOR, other


def _name(names: Sequence[str], index: int, axis: str) -> str:
    """A row's or column's label, in quotes, or its number."""
    return f'"{names[index]}"' if index < len(names) else f"{axis} {index}"


def _beyond(cells: Cells, place: Layout, whole: tuple[int, ...], at: int) -> None:
    """Which part of a larger matrix is in sight, at the right end of the last line."""
    axes = zip(("rows", "columns"), place.first, place.shown, whole, strict=True)
    parts = [
        f"{name} {first + 1}–{min(first + shown, size)} of {size}"
        for name, first, shown, size in axes
        if shown < size
    ]
    if not parts:
        return
    seen = " x ".join(str(min(*pair)) for pair in zip(place.shown, whole, strict=True))
    room = cells.width - at - 2
    for text in (", ".join(parts), f"{seen} of {' x '.join(map(str, whole))}", "more …"):
        if words.width(text) <= room:
            cells.put(cells.width - words.width(text), cells.height - 1, text, LIT)
            return
