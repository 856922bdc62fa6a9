"""The board with what an agent thinks on its squares, its moves as bars or a tree, who is ahead."""

from __future__ import annotations

from typing import Any

import numpy as np

from zhtui.lab import Board, Table, Thought, Tree

ROWS = 9  # moves in the table of a thought
WORDS: dict[int | None, str] = {1: "X wins", -1: "O wins", 0: "a draw"}
AHEAD = 24  # cells of the bar that says who is ahead


def board(game: Any, state: Any, thought: Thought | None, last: int | None) -> Board:
    """The marks; on each square the share of visits, else the value, of the move there."""
    rows, columns = game.squares
    numbers = np.full((rows, columns), np.nan)
    for move, number in shares(thought).items():
        numbers[square(game, state, move)] = number
    lit = [] if last is None else [placed(game, state, last)]
    names = [str(row + 1) for row in range(rows)], letters(columns)
    if game.size == columns:
        names = [""] * rows, [str(column + 1) for column in range(columns)]
    roles = [["yours" if mark == "X" else "published" for mark in row] for row in game.marks(state)]
    values = numbers if thought is not None and not np.isnan(numbers).all() else None
    return Board(
        [list(row) for row in game.marks(state)], values, lit=lit, roles=roles, rows=names[0],
        columns=names[1],
    )  # fmt: skip


def letters(count: int) -> list[str]:
    """a to z, then aa …"""
    names = [chr(97 + i) for i in range(26)]
    return (names + [f"a{name}" for name in names])[:count]


def shares(thought: Thought | None) -> dict[int, float]:
    """What stands on a move's square: its share of visits, else its value."""
    if thought is None:
        return {}
    if thought.visits:
        total = max(sum(thought.visits.values()), 1)
        return {move: count / total for move, count in thought.visits.items()}
    return dict(thought.values)


def square(game: Any, state: Any, move: int) -> tuple[int, int]:
    """(row, column) where a move's mark would lie: in connect four the lowest free one."""
    rows, columns = game.squares
    if game.size == rows * columns:
        return move // columns, move % columns
    free = [row for row in range(rows) if game.marks(state)[row][move] == " "]
    return max(free, default=0), move


def placed(game: Any, state: Any, move: int) -> tuple[int, int]:
    """(row, column) where the last move's mark lies."""
    rows, columns = game.squares
    if game.size == rows * columns:
        return move // columns, move % columns
    taken = [row for row in range(rows) if game.marks(state)[row][move] != " "]
    return min(taken, default=0), move


def moves(game: Any, state: Any, thought: Thought | None, who: str) -> Table:
    """Each move with its visits, Q and U, the best first."""
    if thought is None:
        return Table(("move", "N", "Q", "U"), [], note=who)
    order, rows = ordered(thought), []
    for move in order[:ROWS]:
        cells: list[Any] = [game.spell(state, move)]
        cells.append(thought.visits.get(move, ""))
        cells.append(f"{thought.values[move]:+.2f}" if move in thought.values else "")
        cells.append(f"{thought.bonus[move]:.2f}" if move in thought.bonus else "")
        rows.append(tuple(cells))
    mark = order.index(thought.move) if thought.move in order[:ROWS] else None
    return Table(("move", "N", "Q", "U"), rows, mark, note=who)


def ordered(thought: Thought) -> list[int]:
    """The moves that were thought of, the best first."""
    return sorted(
        {*thought.visits, *thought.values} or {thought.move},
        key=lambda move: (-thought.visits.get(move, 0), -thought.values.get(move, 0.0)),
    )


def heading(thought: Thought | None, who: str) -> str:
    """Over a tree: whose it is, and which numbers stand behind its moves."""
    shown = {"N": thought.visits, "Q": thought.values} if thought is not None else {}
    named = " and ".join(name for name, numbers in shown.items() if numbers)
    return f"{who}: {named}" if named else who


def tree(game: Any, state: Any, thought: Thought | None) -> Tree:
    """The root's moves, the best first; below the first the line that is expected."""
    if thought is None:
        return Tree("●")
    order, children = ordered(thought)[:ROWS], []
    most = max((len(str(count)) for count in thought.visits.values()), default=0)
    for move in order:
        label = f"{game.spell(state, move)}"
        if thought.visits:
            label += f" {thought.visits.get(move, 0):>{most}}"
        if move in thought.values:
            label += f" {thought.values[move]:+.2f}"
        on = bool(thought.line) and move == thought.line[0]
        below = line(game, game.apply(state, move), thought.line[1:]) if on else ()
        children.append(Tree(label, below, on))
    return Tree("●", children, lit=True)


def line(game: Any, state: Any, expected: Any) -> list[Tree]:
    """Moves that follow each other, as a branch."""
    if not expected or game.result(state) is not None:
        return []
    after = game.apply(state, expected[0])
    return [Tree(game.spell(state, expected[0]), line(game, after, expected[1:]), True)]


def spelled(game: Any, state: Any, expected: Any) -> str:
    """A line of play in words: "b2 a1 c3"."""
    words = []
    for move in expected:
        if game.result(state) is not None:
            break
        words.append(game.spell(state, move))
        state = game.apply(state, move)
    return " ".join(words)


def ahead(value: float | None, mover: int) -> str:
    """A bar of who is ahead, from a value of the mover: X to the left, O to the right."""
    if value is None:
        return f"X {'╌' * AHEAD} O"
    of_x = -value if mover else value
    full = round((1 + min(max(of_x, -1), 1)) / 2 * AHEAD)
    return f"X {'━' * full}{'╌' * (AHEAD - full)} O  {of_x:+.2f}"
