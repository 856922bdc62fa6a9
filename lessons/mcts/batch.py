"""Many PUCT searches side by side: each simulation asks the net once, for one leaf of every tree.

The trees of G games lie in arrays: row 0 of a tree is its root, a node has one entry a move.

    P, N, W   (G, S + 1, A)    prior, visits, sum of values of each edge
    child     (G, S + 1, A)    the row that an edge leads to; 0 where it was never tried
    legal     (G, S + 1, A)

Same numbers as puct.py gives one at a time (a test); only ties may fall otherwise.

Leaves out: trees kept from move to move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zhtui.lab import Game

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

# states -> priors (B, A) over all moves, values (B,) for the player who is to move
EvaluateAll = Callable[[Sequence[Any]], tuple["Floats", "Floats"]]


class Forest:
    """One tree a state, grown together."""

    def __init__(
        self,
        game: Game[Any],
        states: Sequence[Any],
        simulations: int,
        evaluate: EvaluateAll,
        *,
        c: float,
    ) -> None:
        self.game, self.evaluate, self.c = game, evaluate, c
        self.G, self.simulations = len(states), simulations
        shape = (self.G, simulations + 1, game.size)
        self.P, self.N, self.W = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.child = np.zeros(shape, np.int64)
        self.legal = np.zeros(shape, bool)
        self.states: list[list[Any]] = [[state] for state in states]
        self.over: list[list[float | None]] = [[None] for _ in states]  # value for the mover there
        self.trees = np.arange(self.G)
        self.values = self._fill(self.trees, np.zeros(self.G, np.int64))  # (G,) of the roots

    def stir(self, noise: Floats, share: float) -> None:
        """P ← (1 − share) P + share · noise at each root; noise (G, A) over its legal moves."""
        self.P[:, 0] = (1 - share) * self.P[:, 0] + share * noise

    def grow(self) -> Ints:
        """All simulations. Returns the visits of the roots' moves, (G, A); rows sum to S."""
        for _ in range(self.simulations):
            self._simulate()
        visits: Ints = self.N[:, 0].astype(np.int64)
        return visits

    def _fill(self, trees: Ints, rows: Ints) -> Floats:
        """Priors and legal moves of new nodes. Returns their values for the mover, (B,)."""
        states = [self.states[g][row] for g, row in zip(trees, rows, strict=True)]
        priors, values = self.evaluate(states)
        for g, row, state in zip(trees, rows, states, strict=True):
            self.legal[g, row, list(self.game.moves(state))] = True
        kept = np.where(self.legal[trees, rows], priors, 0.0)
        self.P[trees, rows] = kept / np.maximum(kept.sum(-1, keepdims=True), 1e-12)
        return values

    def _simulate(self) -> None:
        """One simulation in every tree."""
        rows = np.zeros(self.G, np.int64)
        going = self.trees
        paths: list[tuple[Ints, Ints, Ints]] = []  # trees, rows, moves, from the root down
        depth = np.zeros(self.G, np.int64)  # edges on the path of each tree
        value = np.zeros(self.G)  # for the player who is to move at the leaf
        fresh: list[tuple[int, int]] = []
        while going.size:
            here = rows[going]
            moves = self._best(going, here)
            paths.append((going, here, moves))
            depth[going] += 1
            there = self.child[going, here, moves]
            for i in np.flatnonzero(there == 0):
                there[i] = self._open(int(going[i]), int(here[i]), int(moves[i]))
                if self.over[going[i]][there[i]] is None:
                    fresh.append((int(going[i]), int(there[i])))
            rows[going] = there
            ends = [self.over[g][row] for g, row in zip(going, there, strict=True)]
            ended = np.array([end is not None for end in ends])
            value[going[ended]] = [end for end in ends if end is not None]
            new = self.N[going, here, moves] == 0
            going = going[~(ended | new)]
        if fresh:
            trees, nodes = (np.array(part) for part in zip(*fresh, strict=True))
            value[trees] = self._fill(trees, nodes)
        self._back_up(paths, depth, value)

    def _best(self, trees: Ints, rows: Ints) -> Ints:
        """The move with the greatest Q + U at a row of each tree, (B,)."""
        N, P = self.N[trees, rows], self.P[trees, rows]  # (B, A)
        Q = self.W[trees, rows] / np.maximum(N, 1)
        above = np.sqrt(N.sum(-1, keepdims=True) + 1)  # (B, 1): its own evaluation was a visit
        U = self.c * P * above / (1 + N)
        best: Ints = np.where(self.legal[trees, rows], Q + U, -np.inf).argmax(-1)
        return best

    def _open(self, g: int, row: int, move: int) -> int:
        """The row of a new node behind an edge."""
        state = self.game.apply(self.states[g][row], move)
        result = self.game.result(state)
        mover = self.game.to_move(state)
        self.states[g].append(state)
        self.over[g].append(None if result is None else float(-result if mover else result))
        number = len(self.states[g]) - 1
        self.child[g, row, move] = number
        return number

    def _back_up(self, paths: list[tuple[Ints, Ints, Ints]], depth: Ints, value: Floats) -> None:
        """Adds each tree's value to its path, its sign turned at every step up."""
        for level, (trees, rows, moves) in enumerate(paths):
            above = depth[trees] - level  # edges between this one's upper end and the leaf
            sign = np.where(above % 2 == 0, 1.0, -1.0)  # the mover at the upper end of the edge
            self.N[trees, rows, moves] += 1
            self.W[trees, rows, moves] += sign * value[trees]
