"""A cell of a view in words: its place by the view's labels, and its value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zhtui.draw import board, curves, table, tree
from zhtui.draw.grid import glyphs
from zhtui.draw.histogram import counts_of
from zhtui.draw.scale import matrix
from zhtui.draw.series import Floats
from zhtui.lesson.explore import Spot
from zhtui.lesson.views import (
    Bars,
    Board,
    Curves,
    Graph,
    Heatmap,
    Histogram,
    Scatter,
    Table,
    Text,
    View,
    plain,
)
from zhtui.wording import number as reading

SIDES = ("up", "right", "down", "left")


def where(view: View, spot: Spot) -> str:
    """ "row 'c', column 't' = 0.6100"; "" where the view has no such cell."""
    try:
        return _where(view, spot.row, spot.column) if min(spot.row, spot.column) >= 0 else ""
    except IndexError:
        return ""


def _where(view: View, row: int, column: int) -> str:
    if isinstance(view, Heatmap):
        text = f" · {view.texts[row][column]}" if len(view.texts) else ""
        return f"{_place(view, row, column)} = {_number(matrix(view.values)[row, column])}{text}"
    if isinstance(view, Table):
        name = plain(view.columns[column])
        return f"row {row + 1}, {name} = {plain(table.at(view, (row, column)))}"
    if isinstance(view, Board):
        return _board(view, row, column)
    if isinstance(view, Text):
        shown = "".join(glyphs(view.text[column]))
        weight = "" if view.weights is None else f" = {_number(np.ravel(view.weights)[column])}"
        return f"character {column + 1} {shown!r}{weight}"
    if isinstance(view, Bars):
        return f"{view.labels[row]} = {_number(view.values[row])}"
    if isinstance(view, Scatter):
        label = f" {view.labels[row]!r}" if row < len(view.labels) else ""
        x, y = np.ravel(view.x)[row], np.ravel(view.y)[row]
        return f"point {row + 1}{label} at ({_number(x)}, {_number(y)})"
    if isinstance(view, Graph):
        return " · ".join(plain(line) for line in view.nodes[row].lines) or view.nodes[row].id
    if isinstance(view, Histogram):
        name, counts = list(view.series)[row], counts_of(view)[row]
        edges = " … ".join(_number(edge) for edge in np.ravel(view.edges)[column : column + 2])
        return f"{name}, {edges}: {_number(counts[column])}"
    if isinstance(view, Curves):
        name, x, y = curves.data(view)[row]
        return f"{name} at {view.x_name or 'x'} {_number(x[column])} = {_number(y[column])}"
    return plain(tree.place(view)[0][row][2].label)


def _place(view: Heatmap | Board, row: int, column: int) -> str:
    return f"row {_name(view.rows, row)}, column {_name(view.columns, column)}"


def _name(names: Sequence[str], index: int) -> str:
    """A label in quotes, or the number, counted from 1."""
    return repr(str(names[index])) if index < len(names) else str(index + 1)


def _number(value: float | Floats) -> str:
    return reading(float(value))


def _board(view: Board, row: int, column: int) -> str:
    mark = str(view.cells[row][column]).strip()
    parts = [f"{_place(view, row, column)}" + (f" {mark!r}" if mark else "")]
    if view.values is not None:
        parts.append(f"= {_number(matrix(view.values)[row, column])}")
    if view.sides is not None:
        sides = zip(SIDES, board.sides_of(view)[row, column].tolist(), strict=True)
        parts.append(", ".join(f"{name} {_number(value)}" for name, value in sides))
    return " ".join(parts)
