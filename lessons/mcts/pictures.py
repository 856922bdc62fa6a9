"""A position and a tree as views: marks with visits, edges with their numbers, the lit path."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from zhtui.lab import Bars, Board, Table, Tree

BRANCHES = 4  # children of a node that a tree shows beside those on the path
DEEP = 4  # edges from the root


def board(
    game: Any,
    state: Any,
    values: Mapping[int, float] | None = None,
    note: str = "",
    lit: Collection[int] = (),
) -> Board:
    """The marks, a number on each move's square (of connect four on the disc's own)."""
    rows, columns = game.squares
    numbers = np.full((rows, columns), np.nan)
    for move, value in (values or {}).items():
        numbers[square(game, state, move)] = value
    places = [square(game, state, move) for move in lit]
    sides = [str(row + 1) for row in range(rows)], list("abcdefghijklmnopqrstuvwxyz"[:columns])
    shown = numbers if values else None
    return Board(game.marks(state), shown, note, lit=places, rows=sides[0], columns=sides[1])


def square(game: Any, state: Any, move: int) -> tuple[int, int]:
    """(row, column) where a move puts its mark: in connect four the lowest free one."""
    rows, columns = game.squares
    if game.size == rows * columns:
        return move // columns, move % columns
    free = [row for row in range(rows) if game.marks(state)[row][move] == " "]
    return max(free, default=0), move


def move_at(game: Any, row: int, column: int) -> int:
    """The move that a click on a square means."""
    rows, columns = game.squares
    return row * columns + column if game.size == rows * columns else column


def name(game: Any, node: Any) -> str:
    """The move that led to a node, with its mark: "X b2"."""
    if node.move is None or node.parent is None:
        return "root"
    mark = "XO"[node.parent.mover]
    return f"{mark} {game.spell(node.parent.state, node.move)}"


def tree(game: Any, root: Any, path: Collection[Any], spell: Callable[[Any], str]) -> Tree:
    """The tree from the root: the path lit, and beside it the most visited children."""

    def grown(node: Any, depth: int) -> Tree:
        if depth == DEEP:
            return Tree(label(node), lit=node in path)
        ranked = sorted(node.children.values(), key=lambda child: -child.N)
        shown = [c for i, c in enumerate(ranked) if c in path or (node in path and i < BRANCHES)]
        return Tree(label(node), [grown(child, depth + 1) for child in shown], node in path)

    def label(node: Any) -> str:
        return f"{name(game, node)}  {spell(node)}"

    return grown(root, 0)


def edges(
    game: Any, root: Any, columns: Sequence[str], row: Callable[[Any], Sequence[Any]], mark: Any
) -> Table:
    """The root's moves, one a row; the one that was just chosen is marked."""
    children = sorted(root.children.values(), key=lambda child: child.move)
    rows = [(name(game, child), *row(child)) for child in children]
    marked = next((i for i, child in enumerate(children) if child is mark), None)
    return Table(("move", *columns), rows, marked)


def visits(game: Any, root: Any, simulations: int) -> Bars:
    """How often each of the root's moves was tried, the most first."""
    ranked = sorted(root.children.values(), key=lambda child: -child.N)
    note = f"{simulations} simulations"
    return Bars([name(game, c) for c in ranked], [float(c.N) for c in ranked], note=note)


def read_position(game: Any, text: str) -> Any:
    """A state from moves in order ("b2 a1 c3") or nothing. Raises `ValueError`.

    read_position(TicTacToe(), "b2 a1") -> X in the middle, O in a corner, X to move.
    """
    state = game.start()
    for word in text.split():
        state = game.apply(state, game.read(state, word))
    return state
