"""A view without one cell's value: what a learner is asked to predict is in no part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from zhtui.draw.board import sides_of
from zhtui.draw.marks import Cell
from zhtui.draw.scale import matrix
from zhtui.draw.series import Floats
from zhtui.lesson.views import (
    Bars,
    Board,
    Curves,
    Graph,
    Heatmap,
    Histogram,
    Node,
    Table,
    Text,
    Tree,
    View,
)

ASKED = "?"


def hide(view: View, cell: Cell) -> View:
    """The view with NaN for the number of a cell, "?" for its words."""
    row, column = cell
    if isinstance(view, Heatmap):
        texts = _words(view.texts, row, column)
        return replace(view, values=_lost(matrix(view.values), cell), texts=texts)
    if isinstance(view, Bars):
        values = [float("nan") if i == row else value for i, value in enumerate(view.values)]
        return replace(view, values=values)
    if isinstance(view, Histogram):
        counts = {
            name: _lost(np.asarray(each, dtype=np.float64), (column,)) if i == row else each
            for i, (name, each) in enumerate(view.series.items())
        }
        return replace(view, series=counts)
    if isinstance(view, Text):
        return replace(view, text=view.text[:column] + ASKED + view.text[column + 1 :])
    if isinstance(view, Table):
        return replace(view, rows=_words(view.rows, row, column))
    if isinstance(view, Board):
        return _board(view, row, column)
    if isinstance(view, Graph):
        nodes = [_node(node) if i == row else node for i, node in enumerate(view.nodes)]
        return replace(view, nodes=nodes)
    if isinstance(view, Curves):
        lines = dict(view.lines)
        if 0 <= row < len(lines):
            name = list(lines)[row]
            x, y = lines[name]
            lines[name] = x, _lost(np.asarray(y, dtype=np.float64), (column,))
        return replace(view, lines=lines)
    return _tree(view, [row]) if isinstance(view, Tree) else view


def _lost(values: Floats, place: tuple[int, ...]) -> Floats:
    """A copy with NaN in one place; as it is where there is no such place."""
    inside = all(0 <= i < size for i, size in zip(place, values.shape, strict=False))
    copied = values.copy()
    if inside:
        copied[place] = np.nan
    return copied


def _words(rows: Sequence[Sequence[object]], row: int, column: int) -> list[list[str]]:
    """Rows of words with a question mark in one place."""
    copied = [list(each) for each in rows]
    if 0 <= row < len(copied) and 0 <= column < len(copied[row]):
        copied[row][column] = ASKED
    return copied  # type: ignore[return-value]


def _board(view: Board, row: int, column: int) -> Board:
    values, sides = view.values, view.sides
    if values is not None:
        values = _lost(matrix(values), (row, column))
    if sides is not None:
        sides = sides_of(view)
        sides[row, column] = np.nan
    arrows = [
        ["" if (i, j) == (row, column) else each for j, each in enumerate(line)]
        for i, line in enumerate(view.arrows)
    ]
    cells = _words(view.cells, row, column)
    return replace(view, cells=cells, values=values, sides=sides, arrows=arrows)


def _node(node: Node) -> Node:
    """A node keeps its name, the first line, where there are more."""
    lines = list(node.lines)
    return replace(node, lines=[*lines[:1], *[ASKED] * (len(lines) - 1)] if lines[1:] else [ASKED])


def _tree(tree: Tree, left: list[int]) -> Tree:
    """Counts down through a walk from the root; the node at which it ends is asked for."""
    here = left[0] == 0
    left[0] -= 1
    children = [_tree(child, left) if left[0] >= 0 else child for child in tree.children]
    return replace(tree, label=ASKED if here else tree.label, children=children)
