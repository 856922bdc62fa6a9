"""What a lesson can show: plain data, drawn by the lab. One widget a view.

A view says *what* is seen, never how: arrays are numpy's, everything else is text and numbers.
Views are written to a run's `artifacts/` as JSON and read back by any process, with or without
torch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zhtui.errors import LabError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

# What a view may be called: also the name of a file, on any disk.
NAME = re.compile(r"[^\W_][\w .,+=()'-]{0,63}")
LONGEST_NAME = 200  # bytes of it
# A text, or stretches of it with a role each: what it means, never how it looks.
Words = str | Sequence[tuple[str, str]]
ROLES = ("", "title", "good", "wrong", "lit", "faint", "yours", "published")


@dataclass(frozen=True)
class Heatmap:
    """A matrix as colours. `signed` maps zero to the middle of the palette.

    `texts` stand on the cells (a timeline is a heatmap with a text a cell).
    """

    values: Array  # (rows, columns)
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    low: float | None = None
    high: float | None = None
    signed: bool = False
    note: Words = ""
    texts: Sequence[Sequence[str]] = ()  # (rows, columns)


@dataclass(frozen=True)
class Histogram:
    """Counts between common edges, one series a name (a layer, say)."""

    edges: Array  # (bins + 1,)
    series: Mapping[str, Array]  # name -> (bins,)
    note: Words = ""


@dataclass(frozen=True)
class Bars:
    """Labelled values; those from index `cut` on are drawn as cut off.

    `levels` are named values that all bars are held against; `roles` one role a bar. `log` draws
    lengths by their logarithm.
    """

    labels: Sequence[str]
    values: Sequence[float]
    cut: int | None = None
    note: Words = ""
    levels: Mapping[str, float] = field(default_factory=dict)
    roles: Sequence[str] = ()
    log: bool = False


@dataclass(frozen=True)
class Curves:
    """Lines over any x: learning rates, offsets, simulations. `levels` are named heights.

    `marks` are places on the x axis with a word each. A line is (x, y), both (n,).
    """

    lines: Mapping[str, tuple[Array, Array]]
    levels: Mapping[str, float] = field(default_factory=dict)
    marks: Sequence[tuple[float, str]] = ()
    x_name: str = ""
    log_x: bool = False
    log_y: bool = False
    note: Words = ""


@dataclass(frozen=True)
class Scatter:
    """Points in the plane over an optional field of values (a decision boundary)."""

    x: Array  # (n,)
    y: Array  # (n,)
    labels: Sequence[str] = ()
    groups: Sequence[int] = ()
    field: Array | None = None  # (rows, columns), row 0 on top
    extent: tuple[float, float, float, float] | None = None  # x low, x high, y low, y high
    note: Words = ""


@dataclass(frozen=True)
class Text:
    """A text; `weights` shades each character (0..1), `spans` colours stretches by group, `roles`
    by what they mean.
    """

    text: str
    weights: Array | None = None  # (characters,)
    spans: Sequence[tuple[int, int, int]] = ()  # (start, stop, group)
    note: Words = ""
    roles: Sequence[tuple[int, int, str]] = ()  # (start, stop, role)


@dataclass(frozen=True)
class Table:
    """Rows under named columns; row `mark` is lit."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Words | float | int]]
    mark: int | None = None
    note: Words = ""


@dataclass(frozen=True)
class Node:
    """One node of a `Graph`: an id, what stands on it, and whether it is lit."""

    id: str
    lines: Sequence[Words]
    lit: bool = False


@dataclass(frozen=True)
class Graph:
    """A directed graph drawn in layers from left to right; `lit` edges are active.

    `labels` stand on edges (a local slope, say).
    """

    nodes: Sequence[Node]
    edges: Sequence[tuple[str, str]]
    lit: Sequence[tuple[str, str]] = ()
    note: Words = ""
    labels: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tree:
    """A label and what hangs below it."""

    label: Words
    children: Sequence[Tree] = ()
    lit: bool = False


@dataclass(frozen=True)
class Board:
    """A board of squares: a game's, a map's. Everything but `cells` is optional.

    `values` are one number a square, `sides` four (up, right, down, left). `arrows` has a text of
    "urdl" letters a square: the directions that point out of it. `path` is walked from square to
    square; `lit` squares are active. `roles` give a mark its meaning.
    """

    cells: Sequence[Sequence[str]]
    values: Array | None = None  # (rows, columns)
    note: Words = ""
    sides: Array | None = None  # (rows, columns, 4)
    arrows: Sequence[Sequence[str]] = ()  # (rows, columns)
    path: Sequence[tuple[int, int]] = ()  # (row, column)
    lit: Sequence[tuple[int, int]] = ()
    roles: Sequence[Sequence[str]] = ()  # (rows, columns)
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()


View = Heatmap | Histogram | Bars | Curves | Scatter | Text | Table | Graph | Tree | Board
KINDS: tuple[type, ...] = (
    Heatmap, Histogram, Bars, Curves, Scatter, Text, Table, Graph, Tree, Board,
)  # fmt: skip


def check_name(name: str) -> str:
    """The name under which a view is shown, which becomes a file's. Raises `LabError`."""
    if not NAME.fullmatch(name) or name != name.strip() or len(name.encode()) > LONGEST_NAME:
        raise LabError(
            f"{name!r} cannot name a view; use letters, digits, spaces and .,+-=()'_ "
            "with a letter or digit in front, at most 64 of them"
        )
    return name


def plain(words: Words) -> str:
    """Words without their roles."""
    return words if isinstance(words, str) else "".join(text for text, _ in words)
