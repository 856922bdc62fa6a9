"""Perfect play: every position's value by looking to the end of every game.

    value(s) = result(s) where the game is over, else the best of value(s'), for the player to move

Two forms, equal in value: `Table` remembers every position it meets (all 5,478 of tic-tac-toe), and
`alpha_beta` leaves out what cannot change the answer (Knuth and Moore 1975), for larger boards.
Values are player 0's: +1, 0, −1.

Leaves out: move ordering, a limit of depth and a guess there (Shannon 1950).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from zhtui.lab import Game

State = TypeVar("State")


class Table(Generic[State]):
    """The exact value of each position asked for, and of all that follow from it.

    Table(TicTacToe()).value((0, 0)) -> 0
    """

    def __init__(self, game: Game[State]) -> None:
        self.game = game
        self.known: dict[State, int] = {}

    def value(self, state: State) -> int:
        """+1, 0 or −1 for player 0 with the best play of both."""
        found = self.known.get(state)
        if found is None:
            result = self.game.result(state)
            if result is None:
                best = min if self.game.to_move(state) else max
                result = best(self.value(after) for after in self.successors(state))
            found = self.known[state] = result
        return found

    def successors(self, state: State) -> list[State]:
        """The state after each move, in the order of `moves`."""
        return [self.game.apply(state, move) for move in self.game.moves(state)]

    def values(self, state: State) -> dict[int, int]:
        """The value after each move, for player 0."""
        moves = self.game.moves(state)
        return {move: self.value(self.game.apply(state, move)) for move in moves}

    def best(self, state: State) -> list[int]:
        """All moves that keep the value: best((0, 0)) -> [0, 1, … 8], every opening draws."""
        value = self.value(state)
        return [move for move, after in self.values(state).items() if after == value]


def alpha_beta(
    game: Game[State], state: State, key: Callable[[State], Any] = lambda state: state
) -> tuple[int, int]:
    """(value, positions looked at) from a state; equal keys are the same position.

    A branch is left as soon as the mover has a better one: alpha is what player 0 is sure of, beta
    what player 1 is. The table keeps for each key a bound from below and from above.
    """
    bounds: dict[Any, tuple[int, int]] = {}
    looked_at = 0

    def search(state: State, alpha: int, beta: int) -> int:
        nonlocal looked_at
        low, high = bounds.get(key(state), (-1, 1))
        if low == high or low >= beta:
            return low
        if high <= alpha:
            return high
        looked_at += 1
        result = game.result(state)
        value = result if result is not None else best_of(state, alpha, beta)
        if result is not None or alpha < value < beta:
            bounds[key(state)] = (value, value)
        elif value <= alpha:  # no move reaches alpha: the value is at most this
            bounds[key(state)] = (low, min(high, value))
        else:
            bounds[key(state)] = (max(low, value), high)
        return value

    def best_of(state: State, alpha: int, beta: int) -> int:
        first = game.to_move(state) == 0
        value = -1 if first else 1  # the worst, until a move is better
        for move in game.moves(state):
            after = search(game.apply(state, move), alpha, beta)
            value = max(value, after) if first else min(value, after)
            alpha, beta = (max(alpha, value), beta) if first else (alpha, min(beta, value))
            if alpha >= beta:  # the opponent will not let it come to this
                break
        return value

    return search(state, -1, 1), looked_at


def states(game: Game[State]) -> Iterator[State]:
    """Every state that can come up, once, by plies: 5,478 of tic-tac-toe, 958 of them ends."""
    layer = {game.start(): None}
    while layer:
        yield from layer
        after = ((state, move) for state in layer for move in game.moves(state))
        layer = {game.apply(state, move): None for state, move in after}


def count_games(game: Game[State]) -> dict[int, int]:
    """How many games end in each result: of tic-tac-toe 131,184 (+1), 77,904 (−1), 46,080 (0)."""
    ways: dict[State, int] = {game.start(): 1}
    ends = {1: 0, -1: 0, 0: 0}
    for state in states(game):
        result = game.result(state)
        if result is not None:
            ends[result] += ways[state]
        for move in game.moves(state):
            after = game.apply(state, move)
            ways[after] = ways.get(after, 0) + ways[state]
    return ends
