"""What two players score against each other, exactly: no game is played.

The chance of every position is followed from the start to the ends; so "no loss in 1,000 games"
becomes "no way to lose". A policy is a function from a state to the moves it takes, each as likely
as the others, or to a chance for each move.

Leaves out: games too large to enumerate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from lessons.blocks.games.minimax import states

if TYPE_CHECKING:
    from zhtui.lab import Game

State = TypeVar("State")
Policy = Callable[[Any], Sequence[int] | Mapping[int, float]]


def odds(policy: Policy, state: Any) -> Mapping[int, float]:
    """The chance of each move: {0: 0.5, 8: 0.5} where a policy says [0, 8]."""
    moves = policy(state)
    return moves if isinstance(moves, Mapping) else dict.fromkeys(moves, 1 / len(moves))


class Outcome(NamedTuple):
    """The chances of how a game ends, for player 0: they sum to 1."""

    win: float
    draw: float
    loss: float

    def mean(self) -> float:
        """Wins less losses."""
        return self.win - self.loss


def play(game: Game[State], first: Policy, second: Policy) -> Outcome:
    """Player 0 by `first` against player 1 by `second`.

    play(TicTacToe(), game.moves, game.moves) -> .58492, .12698, .28810: random against random.
    """
    reached: dict[State, float] = {game.start(): 1.0}
    ends = {1: 0.0, 0: 0.0, -1: 0.0}
    while reached:  # one ply a turn
        after: dict[State, float] = {}
        for state, chance in reached.items():
            result = game.result(state)
            if result is not None:
                ends[result] += chance
                continue
            policy = (first, second)[game.to_move(state)]
            for move, share in odds(policy, state).items():
                then = game.apply(state, move)
                after[then] = after.get(then, 0.0) + chance * share
        reached = after
    return Outcome(ends[1], ends[0], ends[-1])


def best_response(game: Game[State], against: Policy, player: int) -> Outcome:
    """The most that `player` can make of wins less losses, against a policy that is known."""
    answers: dict[State, int] = {}
    value: dict[State, float] = {}
    for state in reversed(list(states(game))):
        result = game.result(state)
        if result is not None:
            value[state] = result if player == 0 else -result
        elif game.to_move(state) == player:
            after = {move: value[game.apply(state, move)] for move in game.moves(state)}
            answers[state] = max(after, key=lambda move: after[move])
            value[state] = after[answers[state]]
        else:
            replies = odds(against, state).items()
            value[state] = sum(p * value[game.apply(state, move)] for move, p in replies)

    def mine(state: State) -> list[int]:
        return [answers[state]]

    return play(game, mine, against) if player == 0 else play(game, against, mine)
