"""Tic-tac-toe by temporal differences, against oneself (Sutton and Barto 2018, 1.5 and 6.8).

A move leads to a board with the other to move: an *afterstate*. V says what such a board is worth
to X, from +1 (X wins) to −1 (O wins). X takes the move with the highest V, O that with the lowest,
and with chance ε any. After a move that was not a try, the board before moves towards the board
after:

    V(S) ← V(S) + α [ V(S') − V(S) ]

Both players share one V: what one learns about a board the other knows too. A board's value is a
result as soon as a game is over, and 0 before anyone has been there.

`Afterstates` is what is taught; `Indexed` plays the same games on numbered boards, about fifteen
times as fast, with the same bits.

Leaves out: traces, γ (a game has no hurry), a net in place of a table (dqn.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from lessons.blocks.games.minimax import states
from lessons.blocks.games.symmetry import canonical
from lessons.blocks.games.tic_tac_toe import State, TicTacToe
from lessons.td.walk import Floats

GAME = TicTacToe()
Draw = Callable[[], float]


@dataclass(frozen=True)
class Turn:
    """One move: from `state` by `move` to `after`, and V(state) from `before` to `now`.

    A move that was a try (`explored`) teaches nothing: there `before` and `now` are equal.
    """

    state: State
    move: int
    after: State
    explored: bool
    before: float
    now: float


class Afterstates:
    """The values by board, V, and a game that learns. With `symmetry`, 8 boards share a value."""

    def __init__(self, symmetry: bool = False) -> None:
        self.symmetry = symmetry
        self.V: dict[State, float] = {}

    def key(self, state: State) -> State:
        """The name under which a board is kept: one of 765 instead of 5,478."""
        return canonical(state) if self.symmetry else state

    def value(self, state: State) -> float:
        """V of a board, as X sees it: the result at the end, 0 where it was never met."""
        result = GAME.result(state)
        return self.V.get(self.key(state), 0.0) if result is None else float(result)

    def values(self, state: State) -> dict[int, float]:
        """V of the board after each move."""
        return {move: self.value(GAME.apply(state, move)) for move in GAME.moves(state)}

    def best(self, state: State) -> list[int]:
        """The moves that the mover likes best, several where they are equal."""
        values = self.values(state)
        top = min(values.values()) if GAME.to_move(state) else max(values.values())
        return [move for move, value in values.items() if value == top]

    def game(self, alpha: float, epsilon: float, draw: Draw) -> Iterator[Turn]:
        """Plays against itself and learns from each move that is not a try.

        With `symmetry` the board is turned to its own name after each move. One number u a move:
        below ε a try among all moves, else it chooses among the best.
        """
        state = GAME.start()
        while GAME.result(state) is None:
            u = draw()
            explored = u < epsilon
            among = GAME.moves(state) if explored else self.best(state)
            share = u / epsilon if explored else (u - epsilon) / (1 - epsilon)
            move = among[int(share * len(among))]
            after = GAME.apply(state, move)
            before = now = self.value(state)
            if not explored:
                now = before + alpha * (self.value(after) - before)
                self.V[self.key(state)] = now
            yield Turn(state, move, after, explored, before, now)
            state = self.key(after)


def values_at(numbers: Sequence[int]) -> Callable[[list[float]], Sequence[float]]:
    """A function that takes these entries from a list: values_at((2, 0))([5, 6, 7]) -> (7, 5)."""
    if len(numbers) == 1:
        return itemgetter(slice(numbers[0], numbers[0] + 1))
    return itemgetter(*numbers) if numbers else lambda values: ()


class Indexed:
    """The same learner on numbered boards: `successors[i]` are the numbers after each move of i.

    The boards stand in the order of their plies, the empty one is number 0.
    """

    def __init__(self, symmetry: bool = False) -> None:
        key = canonical if symmetry else lambda state: state
        self.boards: list[State] = list(dict.fromkeys(key(state) for state in states(GAME)))
        self.number = {board: i for i, board in enumerate(self.boards)}
        self.successors: list[tuple[int, ...]] = []
        for board in self.boards:
            after = (GAME.apply(board, move) for move in GAME.moves(board))
            self.successors.append(tuple(self.number[key(state)] for state in after))
        self.results = [GAME.result(board) for board in self.boards]
        self.look = [values_at(among) for among in self.successors]
        self.turns = [GAME.to_move(board) for board in self.boards]
        self.V = [float(result or 0) for result in self.results]
        self.seen = bytearray(len(self.boards))
        self.key = key

    def play(self, games: int, alpha: float, epsilon: float, draw: Draw) -> list[int]:
        """Plays and learns; returns the results. The moves are those of `Afterstates.game`."""
        V, successors, turns, seen, look = self.V, self.successors, self.turns, self.seen, self.look
        ends = []
        for _ in range(games):
            s, among = 0, successors[0]
            while among:
                seen[s] = 1
                u = draw()
                if u < epsilon:
                    s = among[int(u / epsilon * len(among))]
                else:
                    values = look[s](V)
                    top = min(values) if turns[s] else max(values)
                    equal = values.count(top)
                    V[s] += alpha * (top - V[s])
                    if equal == 1:
                        s = among[values.index(top)]
                    else:
                        share = (u - epsilon) / (1 - epsilon)
                        best = [i for i, v in zip(among, values, strict=True) if v == top]
                        s = best[int(share * equal)]
                among = successors[s]
            seen[s] = 1
            ends.append(self.results[s] or 0)
        return ends

    def value(self, state: State) -> float:
        """V of a board, as X sees it."""
        return self.V[self.number[self.key(state)]]

    def values(self, state: State) -> dict[int, float]:
        """V of the board after each move."""
        return {move: self.value(GAME.apply(state, move)) for move in GAME.moves(state)}

    def best(self, state: State) -> list[int]:
        """The moves that the mover likes best."""
        values = self.values(state)
        top = min(values.values()) if GAME.to_move(state) else max(values.values())
        return [move for move, value in values.items() if value == top]

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds: V and the boards that were met."""
        return {"V": np.array(self.V), "seen": np.frombuffer(bytes(self.seen), dtype=np.uint8)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes both back. Raises `ValueError` where there are not as many boards."""
        V: Floats = state["V"]
        if len(V) != len(self.V):
            raise ValueError(f"it has {len(V)} boards and not {len(self.V)}")
        self.V, self.seen = V.tolist(), bytearray(state["seen"].tobytes())
