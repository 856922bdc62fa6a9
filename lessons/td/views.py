"""What this lesson shows: value lines, races and sweeps, maps, boards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lessons.blocks.games.tic_tac_toe import State, TicTacToe
from lessons.td.control import Change
from lessons.td.gridworld import ACTIONS, GridWorld
from lessons.td.walk import Floats, Walk
from zhtui.lab import Bars, Board, Curves, Table

GAME = TicTacToe()
EMPTY: State = (0, 0)  # boards that are looked at while a learner learns
CORNER: State = (0b1, 0)  # O has to answer, and only the middle holds
WIN: State = (0b11, 0b11000)  # X: c1 wins
FORK: State = (0b1, 0b1_0000_0000)  # X in a corner, O in the one across: two more corners win
SMOOTH = 20  # episodes over which returns are averaged in a line


# Random walks


def value_line(walk: Walk, V: Floats) -> Curves:
    """The values of one run and the mean over all of V (R, S + 2), beside the true line."""
    x = np.arange(1, walk.states + 1)
    lines = {"true": walk.truth()[1:-1], "mean over runs": V.mean(0)[1:-1], "run 1": V[0, 1:-1]}
    marks = [(float(s), walk.names[s - 1]) for s in x] if walk.states <= 5 else []
    return Curves(
        {name: (x, y) for name, y in lines.items()}, marks=marks, x_name="state",
        note="V by state; the true values lie on a straight line",
    )  # fmt: skip


def race(names: Sequence[str], errors: Floats) -> Curves:
    """RMS errors (episodes, k) of k methods on the same episodes; the first is the run's own."""
    x = np.arange(1, len(errors) + 1)
    lines = {name: (x, errors[:, i]) for i, name in enumerate(names)}
    return Curves(lines, x_name="episode", note="RMS error over the states, mean over the runs")


def sweep(names: Sequence[str], alphas: Floats, errors: Sequence[Sequence[float]]) -> Curves:
    """A curve a setting over α; what is worse than 0.55, about the start, is cut off."""
    lines = {}
    for name, row in zip(names, errors, strict=True):
        values = np.array(row)
        lines[name] = (alphas, np.where(values <= 0.55, values, np.nan))
    note = "RMS error over the first 10 episodes"
    return Curves(lines, x_name="α", note=note)


# Grid worlds


def arrows(world: GridWorld, Q: Floats) -> list[list[str]]:
    """The best ways out of each square, "" where nothing is known to be better."""
    texts = []
    for s in range(world.states):
        row = Q[s]
        some = np.isfinite(row)
        told = some.any() and (not np.all(row[some] == row[some][0]) or some.sum() == 1)
        best = np.flatnonzero(row == row.max()) if told else ()
        texts.append("".join(ACTIONS[a] for a in best))
    return [texts[i : i + world.columns] for i in range(0, world.states, world.columns)]


def grid_map(
    world: GridWorld,
    Q: Floats,
    path: Sequence[int] = (),
    last: Change | None = None,
    note: str = "",
) -> Board:
    """The map with four values a square, its arrows, the greedy path, and what was just changed."""
    sides = np.where(np.isfinite(Q), Q, np.nan).reshape(world.rows, world.columns, 4)
    cells = [
        list(world.names[i : i + world.columns]) for i in range(0, world.states, world.columns)
    ]
    return Board(
        cells, sides=sides, arrows=arrows(world, Q),
        path=[divmod(s, world.columns) for s in path],
        lit=[] if last is None else [divmod(last.state, world.columns)],
        note=note or "Q of up, right, down, left; arrows point where it is highest",
    )  # fmt: skip


def doors(world: GridWorld, Q: Floats, truth: Floats) -> Table:
    """Q of each door beside its fixed point."""
    rows = []
    for s, a in np.argwhere(world.open & ~world.ends[:, None]):
        way = f"{world.names[s]} → {world.names[world.after[s, a]]}"
        right = abs(Q[s, a] - truth[s, a]) < 1e-9
        told = [(f"{Q[s, a]:.4g}", "good" if right else "wrong")]
        rows.append((way, told, f"{truth[s, a]:.4g}"))
    return Table(("door", "Q", "fixed point"), rows)


def returns(values: Sequence[float]) -> Curves:
    """What each episode brought, and the mean over the last 20."""
    y = np.array(values, dtype=np.float64)
    sums = np.cumsum(np.concatenate([[0.0], y]))
    i = np.arange(1, len(y) + 1)
    first = np.maximum(0, i - SMOOTH)
    mean = (sums[i] - sums[first]) / (i - first)
    lines = {"return": (i, y), f"mean of {SMOOTH}": (i, mean)}
    return Curves(lines, x_name="episode", note="what an episode brings")


def epsilons(values: Sequence[float]) -> Curves:
    """ε by step."""
    x, y = np.arange(1, len(values) + 1), np.array(values)
    return Curves({"ε": (x, y)}, x_name="step", note="the chance to try any action")


# Tic-tac-toe


def squares(state: State, values: Mapping[int, float], note: str = "") -> Board:
    """A board with a value on each square that can be taken."""
    numbers = np.full(9, np.nan)
    for move, value in values.items():
        numbers[move] = value
    best = max(values.values()) if GAME.to_move(state) == 0 else min(values.values())
    lit = [divmod(move, 3) for move, value in values.items() if value == best]
    said = note or "what the board after each move is worth to X"
    return Board(
        [list(row) for row in GAME.marks(state)], values=numbers.reshape(3, 3), note=said,
        lit=lit, rows=("1", "2", "3"), columns=("a", "b", "c"),
    )  # fmt: skip


def moves(state: State, values: Mapping[int, float]) -> Board:
    """A board with Q on each square, as who moves sees it."""
    mover = 1.0 if GAME.to_move(state) == 0 else -1.0
    seen = squares(state, {move: mover * value for move, value in values.items()})
    assert seen.values is not None
    note = f"Q of each square, as {'X' if mover > 0 else 'O'} sees it"
    return replace(seen, values=mover * seen.values, note=note)


def beads(state: State, odds: Mapping[int, float]) -> Board:
    """A board with the chance of each square, as its beads make it."""
    numbers = np.full(9, np.nan)
    for move, chance in odds.items():
        numbers[move] = chance
    return Board(
        [list(row) for row in GAME.marks(state)], values=numbers.reshape(3, 3),
        note="how likely each square is drawn", rows=("1", "2", "3"), columns=("a", "b", "c"),
    )  # fmt: skip


def box(content: Mapping[int, int]) -> Bars:
    """The beads in a matchbox by colour."""
    labels = [GAME.spell((0, 0), colour) for colour in content]
    return Bars(labels, [float(number) for number in content.values()], note="beads by square")


def score(rows: Sequence[Mapping[str, float]]) -> Curves:
    """Win, draw and loss against a random and a perfect player, over the games played."""
    x = np.array([row["games"] for row in rows])
    names = {
        "wins to random": "win_random",
        "losses to random": "loss_random",
        "draws with minimax": "draw_minimax",
        "losses to minimax": "loss_minimax",
    }
    lines = {name: (x, np.array([row[key] for row in rows])) for name, key in names.items()}
    return Curves(lines, x_name="games", note="exact chances, over all games that can come about")


def seen(rows: Sequence[Mapping[str, float]], boards: int) -> Curves:
    """How many boards were met, of all that there are."""
    x = np.array([row["games"] for row in rows])
    y = np.array([row["seen"] for row in rows])
    return Curves({"boards met": (x, y)}, levels={f"all {boards:,}": boards}, x_name="games")


# CartPole


def pole(rows: Sequence[tuple[float, float, float]]) -> Curves:
    """One episode: the cart's place and the pole's angle, each as a share of its limit."""
    x, theta, _ = np.array(rows).T
    steps = np.arange(1, len(rows) + 1)
    lines = {"place / 2.4 m": (steps, x / 2.4), "angle / 12°": (steps, theta / np.radians(12))}
    return Curves(lines, levels={"too far": 1.0, "too far ": -1.0}, x_name="step")
