"""Several views in one room: how many stand side by side, how the rows of them share the height.

Three squares stand side by side: grid([Want(26, 17)] * 3, 86, 28) is (3, [28]). A line of text
stands over one: grid([Want(14, 4, False), Want(26, 17)], 86, 28) is (1, [4, 24]).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from zhtui.draw import board, graph, table, tree, words
from zhtui.draw.scale import matrix
from zhtui.lesson import views
from zhtui.lesson.views import View, plain

BORDER = 2
LEAST = (24, 6)  # columns and rows of a tile, its border too
USUAL = (40, 14)  # of a picture that fits any room
BROAD, SLIM = 2.5, 2.0  # times what a matrix has in one direction, for what it has in the other
NUMBER = 6  # columns of a number in a matrix
VALUED, SIDED = (8, 2), (12, 4)  # columns and rows of a square with a number, with four
STEP = 4  # rows: heights come in steps, so that a table that grows does not move all others
SAID = (views.Text, views.Table, views.Bars, views.Graph, views.Tree)  # more room says no more


@dataclass(frozen=True)
class Want:
    """The room in which a view can be read whole, its border too; whether more makes it larger."""

    wide: int
    high: int
    grows: bool = True


def wants(view: View) -> Want:
    """What a view asks for; at most what a large one takes."""
    match view:
        case views.Heatmap():
            rows, columns = matrix(view.values).shape
            side = max((words.width(str(name)) for name in view.rows), default=0)
            above = bool(len(view.columns)) + bool(plain(view.note))
            room = 2 * columns + min(side, 12) + 1, rows + above + 1
        case views.Text():
            lines = view.text.split("\n")
            room = min(max(map(len, lines)), 34), min(len(lines), 12) + 1
        case views.Table():
            room = table.measure(view).total, min(len(view.rows), 16) + table.HEAD
        case views.Bars():
            room = 34, min(len(view.labels), 20) + 1
        case views.Graph():
            cells = graph.draw(view, 1, 1)
            room = cells.width, cells.height
        case views.Tree():
            cells = tree.draw(view, 1, 1)
            room = cells.width, cells.height
        case views.Board() if view.values is not None or view.sides is not None:
            room = _squares(view)
        case _:
            room = USUAL
    wide, high = min(room[0], 120) + BORDER, min(room[1], 48) + BORDER
    return Want(wide, high, not isinstance(view, SAID))


def _squares(view: views.Board) -> tuple[int, int]:
    """The columns and rows of a board whose squares show their numbers, or those at their sides;
    as of any picture where that is no more.
    """
    rows, columns = board.shape(view)
    wide, tall = VALUED if view.sides is None else SIDED
    names = max((words.width(name) for name in view.rows), default=-1) + 1
    above = bool(view.columns) + bool(plain(view.note))
    room = names + columns * wide + 1, above + rows * tall + 1
    return room if view.sides is not None or room[0] > USUAL[0] else USUAL


def grid(asked: Sequence[Want], width: int, height: int) -> tuple[int, list[int]]:
    """How many tiles stand side by side, and how many lines each row of them has.

    Where there is no room for all, the rows are fewer than they would need.
    """
    most = max(min(len(asked), width // LEAST[0]), 1)
    found = [_rows(asked, columns, height) for columns in range(1, most + 1)]
    worth = [_worth(asked, i + 1, rows, width) for i, rows in enumerate(found)]
    best = max(range(most), key=lambda i: worth[i])
    return best + 1, found[best]


def together(shown: Sequence[View], width: int, height: int) -> tuple[int, list[int]] | None:
    """The same in a small room, where a view stands alone unless all can be read there, each number
    of them: side by side, or one above the other, as is better with a line of text.
    """
    asked = [_legible(view) for view in shown]
    ways = (1, len(asked)) if any(isinstance(v, views.Text) for v in shown) else (len(asked), 1)
    for columns in ways:
        rows = [max(w.high for w in asked[i : i + columns]) for i in range(0, len(asked), columns)]
        if max(w.wide for w in asked) * columns <= width and sum(rows) <= height:
            return columns, [*rows[:-1], height - sum(rows[:-1])]
    return None


def _legible(view: View) -> Want:
    """The room in which each number of a view can be read, its border too."""
    want = wants(view)
    match view:
        case views.Heatmap():
            columns = matrix(view.values).shape[1]
            wide = want.wide + (NUMBER - 2) * columns
            return replace(want, wide=wide, high=max(want.high, LEAST[1]))
        case views.Text():
            return replace(want, high=want.high - 1 + bool(plain(view.note)))
    return want


def _rows(asked: Sequence[Want], columns: int, height: int) -> list[int]:
    """The lines of each row, as many rows as there is room for: what it asks for, in steps, and of
    what is left what it can use.
    """
    rows = [asked[i : i + columns] for i in range(0, len(asked), columns)]
    rows = rows[: max(height // LEAST[1], 1)]
    asks = [-(-max(each.high for each in row) // STEP) * STEP for row in rows]
    can = [any(each.grows for each in row) for row in rows]
    if sum(asks) > height or not any(can):
        return [max(height * ask // sum(asks), 1) for ask in asks]
    left, shares = height - sum(asks), sum(ask for ask, more in zip(asks, can, strict=True) if more)
    return [ask + left * ask * more // shares for ask, more in zip(asks, can, strict=True)]


def _worth(
    asked: Sequence[Want], columns: int, rows: Sequence[int], width: int
) -> tuple[int, float, float]:
    """How many can be seen; how much of what they ask for they get; how much larger they are, less
    for each place that is left empty.
    """
    shown = asked[: columns * len(rows)]
    part, more = 0.0, float(len(shown) - columns * len(rows))
    for index, want in enumerate(shown):
        places = columns - index % columns if index == len(shown) - 1 else 1
        across, down = width / columns * places / want.wide, rows[index // columns] / want.high
        low = min(down, 0.5) if want.grows else down  # a matrix has whole rows of cells, or half
        part += min(across, 1) * (1 if down >= 1 else low)
        more += _grown(across, down) * want.grows
    return len(shown), round(part, 2), more


def _grown(across: float, down: float) -> float:
    """How many times as large a matrix is, by its side: it grows in whole steps both ways, and is
    neither very broad nor very slim.
    """
    wide = math.floor(2 * across) / 2 or across
    high = float(math.floor(down)) or min(down, 0.5)
    return math.sqrt(min(wide, BROAD * high) * min(high, SLIM * wide))
