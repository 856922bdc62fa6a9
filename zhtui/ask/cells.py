"""The cells of a view: what stands on each spot, what a frame or a poke has moved, what it is.

A spot is (row, column), counted from 0, with the meaning that `zhtui.lesson.explore.Spot` gives it
for each kind of view. A mask is an array of bool over the cells.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zhtui import wording
from zhtui.lesson import views
from zhtui.lesson.views import View, plain

if TYPE_CHECKING:
    from zhtui.lesson.views import Array

Shape = tuple[int, int]


def layers(view: View) -> list[Array]:
    """What stands on the cells: arrays (rows, columns) or (rows, columns, parts)."""
    match view:
        case views.Heatmap():
            return _known(np.atleast_2d(view.values), view.texts)
        case views.Bars():
            return [_column(view.values, float), _column(view.labels)]
        case views.Curves():
            return [_rows([y for _, y in view.lines.values()], math.nan, float)]
        case views.Histogram():
            return [_rows(list(view.series.values()), math.nan, float)]
        case views.Scatter():
            return [_column(view.x, float), _column(view.y, float)]
        case views.Text():
            marks = [] if view.weights is None else [np.atleast_2d(view.weights)]
            return [_rows([list(view.text)], ""), *marks]
        case views.Table():
            return [_rows([[_said(cell) for cell in row] for row in view.rows], "")]
        case views.Graph():
            said = ["\n".join(map(plain, node.lines)) for node in view.nodes]
            return [_column(said), _column([node.lit for node in view.nodes])]
        case views.Tree():
            return [_column([plain(each.label) for each in walk(view)])]
        case views.Board():
            more = [array for array in (view.values, view.sides) if array is not None]
            return [_rows([list(row) for row in view.cells], ""), *map(np.atleast_2d, more)]


def walk(tree: views.Tree) -> Iterator[views.Tree]:
    """The nodes of a tree from its root, each before its children."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def shape(view: View) -> Shape:
    """How many rows and columns of cells a view has."""
    rows, columns = layers(view)[0].shape[:2]
    return rows, columns


def value(view: View, row: int, column: int) -> Any:
    """What stands on a cell: a number, or a text. None where there is no such cell."""
    known = layers(view)
    top = known[1] if isinstance(view, views.Scatter) else known[0]
    found = _at(top, row, column)
    if isinstance(view, views.Board) and view.values is not None and not found:
        found = None if found is None else _at(view.values, row, column)
    return found.item() if isinstance(found, np.generic) else found


def whole(view: View) -> bool:
    """Whether a view's numbers are of a kind that knows no fractions."""
    return layers(view)[0].dtype.kind in "iub"


def extent(view: View) -> float:
    """From the lowest to the highest finite number of a view; 0 where it has none."""
    numbers = [array for array in layers(view) if array.dtype != object]
    finite = [array[np.isfinite(array)].astype(float) for array in numbers[:1]]
    return float(np.ptp(finite[0])) if finite and finite[0].size else 0.0


def name(view: View, row: int, column: int) -> str:
    """A cell's row and column as the view names them, else by their numbers."""
    match view:
        case views.Heatmap() | views.Board():
            return f"{_label(view.rows, row)}, {_label(view.columns, column)}"
        case views.Table():
            return f"{row}, {_label(view.columns, column)}"
        case views.Bars():
            return _label(view.labels, row)
        case views.Curves() | views.Histogram():
            series = view.lines if isinstance(view, views.Curves) else view.series
            return f"{_label(list(series), row)}, {column}"
        case views.Scatter() if row < len(view.labels):
            return view.labels[row]
        case views.Graph() if row < len(view.nodes):
            return view.nodes[row].id
        case views.Text():
            return str(column)
    return str(row)


def spelled(title: str, view: View, row: int, column: int) -> str:
    """One line about a cell, where the scene has nothing to say of it."""
    found = value(view, row, column)
    if isinstance(view, views.Text):
        return f"{title}[{column}] = {found!r}, character {column + 1} of {len(view.text)}"
    if isinstance(view, views.Histogram) and column + 1 < len(view.edges):
        low, high = (wording.number(float(edge)) for edge in view.edges[column : column + 2])
        return f"{wording.number(found)} of {list(view.series)[row]} lie between {low} and {high}"
    number = isinstance(found, (int, float)) and not isinstance(found, bool)
    said = wording.number(found) if number else str(found).replace("\n", " · ")
    return f"{title}[{name(view, row, column)}] = {said}"


def moved(before: View, after: View) -> Array:
    """Which cells of `after` differ from those of `before`; a cell that is new has moved.

    NaN equals NaN. (rows, columns) of bool; views of two kinds have nothing to compare.
    """
    here = np.zeros(shape(after), bool)
    if type(before) is not type(after):
        return here
    for old, new in zip(layers(before), layers(after), strict=False):
        known = new[: here.shape[0], : here.shape[1]]  # a layer may be smaller or larger
        rows, columns = (min(a, b) for a, b in zip(old.shape[:2], known.shape[:2], strict=True))
        changed = np.ones(known.shape[:2], bool)
        changed[:rows, :columns] = _unlike(old[:rows, :columns], known[:rows, :columns])
        here[: known.shape[0], : known.shape[1]] |= changed
    return here


def all_moved(before: Mapping[str, View], after: Mapping[str, View]) -> dict[str, Array]:
    """The masks of the views that both frames have, where anything has moved."""
    masks = {each: moved(before[each], after[each]) for each in after if each in before}
    return {each: mask for each, mask in masks.items() if mask.any()}


def pokeable(values: Any, view: View) -> bool:
    """Whether a view shows just what a scene offered to poke: the same shape of cells."""
    if isinstance(values, str):
        return isinstance(view, views.Text) and len(values) == len(view.text)
    if isinstance(values, (list, tuple)):
        rows = [len(row) for row in values if isinstance(row, (str, list, tuple))]
        return len(rows) == len(values) and shape(view) == (len(rows), max(rows, default=0))
    if not hasattr(values, "shape"):
        return False
    size = tuple(int(length) for length in values.shape)
    here = shape(view)
    return here == size if len(size) == 2 else len(size) == 1 and here in ((*size, 1), (1, *size))


def _at(array: Array, row: int, column: int) -> Any:
    inside = 0 <= row < array.shape[0] and 0 <= column < array.shape[1]
    return array[row, column] if inside else None


def _unlike(old: Array, new: Array) -> Array:
    unlike = (old != new) & ~((old != old) & (new != new))
    return np.asarray(unlike.any(axis=2) if unlike.ndim == 3 else unlike, bool)


def _known(values: Array, texts: Sequence[Sequence[str]]) -> list[Array]:
    return [values, _rows([list(row) for row in texts], "")] if len(texts) else [values]


def _column(values: Sequence[Any] | Array, kind: Any = object) -> Array:
    return np.asarray(list(values), kind).reshape(-1, 1)


def _rows(rows: Sequence[Sequence[Any] | Array], blank: Any, kind: Any = object) -> Array:
    """Rows of any lengths as one array; where a row has ended, `blank`."""
    grid: Array = np.full((len(rows), max(map(len, rows), default=0)), blank, kind)
    for i, row in enumerate(rows):
        grid[i, : len(row)] = row
    return grid


def _said(cell: Any) -> Any:
    cell = wording.plain_number(cell)
    if isinstance(cell, (int, float)):
        return cell
    return plain(cell) if isinstance(cell, (str, list, tuple)) else str(cell)


def _label(labels: Sequence[str], place: int) -> str:
    return str(labels[place]) if place < len(labels) else str(place)
