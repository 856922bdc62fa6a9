"""Views for property tests: of any kind, ragged and strange, with any marks in them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from zhtui.draw import pictures
from zhtui.draw.marks import Marks
from zhtui.lesson.views import (
    KINDS,
    Bars,
    Board,
    Curves,
    Graph,
    Heatmap,
    Histogram,
    Node,
    Scatter,
    Table,
    Text,
    Tree,
    View,
)

numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, 1.0, -1.0, 1e-300, 1e300, -1e300]),
    st.integers(-999, 99999).map(float),
)
texts = st.text(max_size=12)
roles = st.sampled_from(["", "title", "good", "wrong", "lit", "faint", "unknown"])
phrases = st.one_of(texts, st.lists(st.tuples(texts, roles), max_size=4))
few = st.integers(0, 6)


@st.composite
def arrays(draw: st.DrawFn, *shape: int) -> np.ndarray:
    size = int(np.prod(shape))
    values = draw(st.lists(numbers, min_size=size, max_size=size))
    return np.array(values, dtype=float).reshape(shape)


def rows_of(each: st.SearchStrategy[Any]) -> st.SearchStrategy[list[list[Any]]]:
    return st.lists(st.lists(each, max_size=6), max_size=6)


@st.composite
def views(draw: st.DrawFn) -> View:
    """Any view, ragged and strange."""
    rows, columns = draw(few), draw(few)
    names = draw(st.lists(texts, max_size=6))
    note = draw(phrases)
    kind = draw(st.sampled_from(KINDS))
    if kind is Heatmap:
        lettered = draw(st.one_of(st.just([]), rows_of(texts)))
        signed = draw(st.booleans())
        values = draw(arrays(rows, columns))
        return Heatmap(values, names, names, note=note, signed=signed, texts=lettered)
    if kind is Histogram:
        series = {name: draw(arrays(columns)) for name in names}
        return Histogram(draw(arrays(columns + 1)), series, note)
    if kind is Bars:
        values, levels = draw(arrays(rows)).tolist(), draw(st.dictionaries(texts, numbers))
        cut = draw(st.one_of(st.none(), few))
        bar_roles, log = draw(st.lists(roles, max_size=3)), draw(st.booleans())
        labels = [*names, *map(str, range(rows))][:rows]
        return Bars(labels, values, cut, note, levels, bar_roles, log)
    if kind is Curves:
        lines = {name: (draw(arrays(columns)), draw(arrays(columns))) for name in names}
        levels = draw(st.dictionaries(texts, numbers, max_size=3))
        marks = draw(st.lists(st.tuples(numbers, texts), max_size=3))
        logs = draw(st.booleans()), draw(st.booleans())
        return Curves(lines, levels, marks, "x", *logs, note)
    if kind is Scatter:
        field = draw(st.one_of(st.none(), arrays(rows, columns)))
        return Scatter(draw(arrays(rows)), draw(arrays(rows)), names, [2, 1], field, None, note)
    if kind is Text:
        text = draw(st.text(max_size=60))
        spans = [(1, 4, 2), (50, 99, 9)]
        weights = draw(st.one_of(st.none(), arrays(columns)))
        return Text(text, weights, spans, note, [(0, 3, draw(roles))])
    if kind is Table:
        cells = st.one_of(phrases, numbers, st.integers())
        return Table(names, draw(rows_of(cells)), draw(st.one_of(st.none(), few)), note)
    if kind is Graph:
        nodes = [Node(str(i), draw(st.lists(phrases, max_size=3))) for i in range(rows)]
        ends = st.integers(0, 7).map(str)
        edges = draw(st.lists(st.tuples(ends, ends), max_size=9))
        labels = {edge: draw(texts) for edge in edges[:3]}
        return Graph(nodes, edges, edges[1:3], note, labels)
    if kind is Tree:
        leaves = st.builds(Tree, phrases, lit=st.booleans())
        return draw(st.recursive(leaves, lambda t: st.builds(Tree, phrases, st.lists(t, max_size=3)), max_leaves=8))  # fmt: skip # noqa: E501
    cells = [[draw(texts) for _ in range(columns)] for _ in range(rows)]
    valued = draw(st.one_of(st.none(), arrays(rows, columns)))
    sides = draw(st.one_of(st.none(), arrays(rows, columns, 4)))
    arrows = draw(rows_of(st.text("urdlx", max_size=5)))
    path = draw(st.lists(st.tuples(few, few), max_size=5))
    return Board(cells, valued, note, sides, arrows, path, path, draw(rows_of(roles)), names, names)


@st.composite
def marks_of(draw: st.DrawFn, view: View) -> Marks:
    shape = pictures.shape(view)
    masks = st.one_of(
        st.none(),
        st.just(np.ones(shape, dtype=bool)),
        st.just(np.eye(3, 4, dtype=bool)),
        st.just(np.array([True, False])),
    )
    cells = st.one_of(st.none(), st.tuples(few, few))
    cursor = draw(cells)
    inside = None if cursor is None else pictures.inside(view, cursor)
    hidden = draw(cells)
    asked = None if hidden is None else pictures.inside(view, hidden)
    return Marks(inside, draw(masks), draw(masks), asked)
