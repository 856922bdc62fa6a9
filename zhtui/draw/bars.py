"""Labelled values as horizontal bars, to an eighth of a cell."""

from __future__ import annotations

from rich.cells import cell_len

from zhtui.draw.cells import Cells
from zhtui.draw.inks import FAINT, PLAIN, PUBLISHED, SERIES, WRONG
from zhtui.lesson.views import Bars
from zhtui.wording import number as reading

EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(share: float, width: int) -> str:
    """A bar over `share` of `width` cells."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + (EIGHTHS[rest] if rest else "")


def draw(view: Bars, width: int, height: int) -> Cells:
    """One line a bar; a line where the cut falls, and what it cut off drawn faint."""
    values = [float(value) for value in view.values]
    labels = [str(label) for label in view.labels]
    margin = min(max((cell_len(label) for label in labels), default=0), width // 3) + 1
    numbers = [reading(value) for value in values]
    wide = max((len(text) for text in numbers), default=1)
    length = max(width - margin - wide - 2, 1)
    least, most = min([0.0, *values]), max([0.0, *values])
    zero = round(length * -least / ((most - least) or 1.0))
    first = int(bool(view.note))
    cells = Cells(width, max(height, first + len(values) + (view.cut is not None)))
    cells.put(0, 0, view.note, FAINT)
    y = first
    for index, (label, value, text) in enumerate(zip(labels, values, numbers, strict=True)):
        if index == view.cut:
            cells.put(margin, y, " cut here ".center(length, "─"), PUBLISHED)
            y += 1
        gone = view.cut is not None and index >= view.cut
        ink = FAINT if gone else (SERIES if value >= 0 else WRONG)
        cells.put(margin - 1 - cell_len(label), y, label, FAINT if gone else PLAIN)
        if value >= 0:
            cells.put(margin + zero, y, bar(value / (most or 1.0), length - zero), ink)
        else:
            size = round(zero * value / least)
            cells.put(margin + zero - size, y, "█" * size, ink)
        cells.put(width - len(text), y, text, FAINT if gone else PLAIN)
        y += 1
    return cells
