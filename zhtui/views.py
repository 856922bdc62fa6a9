"""What a lesson can show: plain data, drawn by the lab. One widget a view.

A view says *what* is seen, never how: arrays are numpy's, everything else is text and numbers.
Views are written to a run's `artifacts/` as JSON and read back by any process, with or without
torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


@dataclass(frozen=True)
class Heatmap:
    """A matrix as colours. `signed` maps zero to the middle of the palette."""

    values: Array  # (rows, columns)
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    low: float | None = None
    high: float | None = None
    signed: bool = False
    note: str = ""


@dataclass(frozen=True)
class Histogram:
    """Counts between common edges, one series a name (a layer, say)."""

    edges: Array  # (bins + 1,)
    series: Mapping[str, Array]  # name -> (bins,)
    note: str = ""


@dataclass(frozen=True)
class Bars:
    """Labelled values, largest length first to read; those from index `cut` on are drawn as cut
    off.
    """

    labels: Sequence[str]
    values: Sequence[float]
    cut: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Scatter:
    """Points in the plane over an optional field of values (a decision boundary)."""

    x: Array  # (n,)
    y: Array  # (n,)
    labels: Sequence[str] = ()
    groups: Sequence[int] = ()
    field: Array | None = None  # (rows, columns), row 0 on top
    extent: tuple[float, float, float, float] | None = None  # x low, x high, y low, y high
    note: str = ""


@dataclass(frozen=True)
class Text:
    """A text; `weights` shades each character (0..1), `spans` colours stretches by group."""

    text: str
    weights: Array | None = None  # (characters,)
    spans: Sequence[tuple[int, int, int]] = ()  # (start, stop, group)
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under named columns; row `mark` is lit."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | float | int]]
    mark: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Node:
    """One node of a `Graph`: an id, what stands on it, and whether it is lit."""

    id: str
    lines: Sequence[str]
    lit: bool = False


@dataclass(frozen=True)
class Graph:
    """A directed graph drawn in layers from left to right; `lit` edges are active."""

    nodes: Sequence[Node]
    edges: Sequence[tuple[str, str]]
    lit: Sequence[tuple[str, str]] = ()
    note: str = ""


@dataclass(frozen=True)
class Tree:
    """A label and what hangs below it."""

    label: str
    children: Sequence[Tree] = ()
    lit: bool = False


@dataclass(frozen=True)
class Board:
    """A board game's cells, with an optional value a cell."""

    cells: Sequence[Sequence[str]]
    values: Array | None = None  # (rows, columns)
    note: str = field(default="")


View = Heatmap | Histogram | Bars | Scatter | Text | Table | Graph | Tree | Board
KINDS: tuple[type, ...] = (Heatmap, Histogram, Bars, Scatter, Text, Table, Graph, Tree, Board)
