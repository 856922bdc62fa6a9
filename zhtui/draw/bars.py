"""Labelled values as horizontal bars, to an eighth of a cell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from zhtui.draw import words
from zhtui.draw.cells import Cells
from zhtui.draw.inks import CHOSEN, CURSOR, FAINT, INVERSE, LIT, PLAIN, PUBLISHED, SERIES, WRONG
from zhtui.draw.marks import BAD, MOVED, NOTHING, QUIET, Marks
from zhtui.draw.scale import short
from zhtui.draw.spots import Box, Queue
from zhtui.draw.ticks import TINY, clamped, number
from zhtui.lesson.views import Bars
from zhtui.wording import number as reading

EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(share: float, width: int) -> str:
    """A bar over `share` of `width` cells."""
    if math.isnan(share):
        return ""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + (EIGHTHS[rest] if rest else "")


@dataclass(frozen=True)
class Reach:
    """What the bars span: from `least` (0 or less) to `most`, or two positive ends by logarithm."""

    least: float
    most: float
    log: bool

    def share(self, value: float) -> float:
        """A value's place from the left end (0) to the right (1); NaN where it has none."""
        if math.isnan(value) or (self.log and value <= 0):
            return math.nan
        if math.isinf(value):
            return float(value > 0)
        value = clamped(value)
        if not self.log:
            return (value - self.least) / ((self.most - self.least) or 1.0)
        least, most = math.log(self.least), math.log(self.most)
        return (math.log(max(value, TINY)) - least) / ((most - least) or 1.0)

    @property
    def zero(self) -> float:
        """Where bars begin."""
        return 0.0 if self.log else self.share(0.0)


def reach(view: Bars) -> Reach:
    """From the values and the levels; logarithmic where it is asked for and can be."""
    known = [clamped(float(v)) for v in (*view.values, *view.levels.values()) if math.isfinite(v)]
    positive = [value for value in known if value > 0]
    if view.log and positive:
        return Reach(max(min(positive) / 2, TINY), max(*positive, TINY), True)
    return Reach(min([0.0, *known]), max([0.0, *known]), False)


@dataclass(frozen=True)
class Layout:
    """The columns of labels, bars and numbers, and the rows a bar."""

    margin: int
    length: int
    first: int
    pitch: int  # rows from one bar to the next
    thick: int  # rows a bar


def layout(view: Bars, texts: Sequence[str], width: int, height: int, first: int) -> Layout:
    """Bars as thick as there is room for."""
    margin = _margin(view, width)
    wide = max((len(text) for text in texts), default=1)
    count = max(len(view.values), 1)
    pitch = min(max((height - first - (view.cut is not None)) // count, 1), 3)
    return Layout(margin, max(width - margin - wide - 2, 1), first, pitch, max(pitch - 1, 1))


def _margin(view: Bars, width: int) -> int:
    """The columns of the labels, and one between them and the bars."""
    labels = max((words.width(str(label)) for label in view.labels), default=0)
    return min(labels, width // 3) + 1


def _text(value: float, room: int) -> str:
    """The number beside a bar; a shorter one where it is wider than `room`, or else a sign."""
    texts = reading(value), number(value), short(value)
    return next((text for text in texts if len(text) <= room), "…"[: max(room, 0)])


def draw(view: Bars, width: int, height: int, marks: Marks = NOTHING, rich: bool = True) -> Cells:
    """A bar a value; a line where the cut falls, and what it cut off drawn faint."""
    count = min(len(view.labels), len(view.values))
    texts = [_text(float(value), width - _margin(view, width)) for value in view.values[:count]]
    note = words.caption(view.note, width, height)
    first = len(note) + bool(view.levels)
    place = layout(view, texts, width, height, first)
    rows = first + count * place.pitch + (view.cut is not None)
    cells = Cells(width, max(height, rows))
    words.put_rows(cells, note)
    span = reach(view)
    _levels(cells, view, span, place, rows)
    states = marks.states(count, 1)[:, 0].tolist()
    boxes: list[Box] = []
    y = first
    for index in range(count):
        if index == view.cut:
            cells.put(place.margin, y, " cut here ".center(place.length, "─"), PUBLISHED)
            y += 1
        boxes.append((0, y, width, place.thick))
        _bar(cells, view, span, place, index, y, states[index], marks, texts[index])
        y += place.pitch
    cells.spots = Queue(boxes)
    return cells


def _ink(view: Bars, index: int, state: int) -> int:
    if view.cut is not None and index >= view.cut:
        return FAINT
    told = {MOVED: LIT, QUIET: FAINT, BAD: WRONG}.get(state)
    role = view.roles[index] if index < len(view.roles) else ""
    plain = SERIES if not view.values[index] < 0 else WRONG
    return words.role_ink(role, plain) if told is None else told


def _bar(
    cells: Cells,
    view: Bars,
    span: Reach,
    place: Layout,
    index: int,
    y: int,
    state: int,
    marks: Marks,
    text: str,
) -> None:
    """The label, the bar from zero on, and the number."""
    value, label = float(view.values[index]), str(view.labels[index])
    ink = _ink(view, index, state)
    pale = FAINT if ink == FAINT else PLAIN
    room = place.margin - 1
    size = min(words.width(label), room)
    role = view.roles[index] if index < len(view.roles) else ""
    words.put(cells, room - size, y, label, words.role_ink(role, pale), room=room)
    here = marks.cursor is not None and marks.cursor[0] == index
    if here:
        cells.put(room, y, "▸", CURSOR)
    elif state == BAD:
        cells.put(room, y, "!", WRONG)
    if marks.hidden is not None and marks.hidden[0] == index:
        cells.put(place.margin, y, "?", INVERSE, CURSOR)
        cells.put(cells.width - 1, y, "?", CURSOR)
        return
    for row in range(place.thick):
        _stroke(cells, span, place, value, y + row, ink)
    cells.put(cells.width - len(text), y, text, CHOSEN if here else pale)


def _stroke(cells: Cells, span: Reach, place: Layout, value: float, y: int, ink: int) -> None:
    zero, end = round(span.zero * place.length), span.share(value)
    if math.isnan(end):
        return
    if span.log or value >= 0:
        free = place.length - zero
        share = end if span.log else (end - span.zero) / ((1 - span.zero) or 1.0)
        cells.put(place.margin + zero, y, bar(share, free), ink)
    else:
        size = max(zero - round(end * place.length), 0)
        cells.put(place.margin + zero - size, y, "█" * size, ink)


def _levels(cells: Cells, view: Bars, span: Reach, place: Layout, rows: int) -> None:
    """The named values: dotted lines through all bars, their names on top, cut where they meet."""
    known = [(span.share(float(v)), name, float(v)) for name, v in view.levels.items()]
    known = sorted((share, name, v) for share, name, v in known if not math.isnan(share))
    places = [place.margin + min(round(s * place.length), place.length - 1) for s, _, _ in known]
    texts = [f"{name} {reading(value)}" for _, name, value in known]
    starts = list(places)
    if starts and starts[-1] + words.width(texts[-1]) > cells.width:
        least = places[-2] + 2 if len(places) > 1 else 0
        starts[-1] = max(cells.width - words.width(texts[-1]), least)
    for place_x in places:
        for y in range(place.first, rows):
            cells.put(place_x, y, "┊", PUBLISHED)
    for x, after, text in zip(starts, [*starts[1:], cells.width + 1], texts, strict=False):
        words.put(cells, x, place.first - 1, text, PUBLISHED, room=max(after - x - 1, 0))
