"""How good an agent is: the share of optimal moves over all positions, and Elo from games.

A move is optimal where minimax gives it the position's own value. Elo hides a player who only
draws; the share of optimal moves does not.

Leaves out: positions weighed by how often they come up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import log10
from typing import Any

from lessons.blocks.games.minimax import Table, states
from lessons.blocks.games.tic_tac_toe import TicTacToe

Choose = Callable[[Sequence[Any]], Sequence[int]]  # a move for each position


@lru_cache(maxsize=1)
def positions() -> tuple[tuple[Any, frozenset[int]], ...]:
    """All 4,520 positions of tic-tac-toe that are not over, with their optimal moves."""
    game = TicTacToe()
    table = Table(game)
    going = (state for state in states(game) if game.result(state) is None)
    return tuple((state, frozenset(table.best(state))) for state in going)


def share_of_optimal(choose: Choose) -> dict[str, float]:
    """"optimal" over all positions of tic-tac-toe, and by side: "optimal_x", "optimal_o"."""
    known = positions()
    chosen = choose([state for state, _ in known])
    game = TicTacToe()
    right: dict[int, list[bool]] = {0: [], 1: []}
    for (state, best), move in zip(known, chosen, strict=True):
        right[game.to_move(state)].append(move in best)
    whole = right[0] + right[1]
    return {
        "optimal": sum(whole) / len(whole),
        "optimal_x": sum(right[0]) / len(right[0]),
        "optimal_o": sum(right[1]) / len(right[1]),
    }


def elo(score: float) -> float:
    """The difference in Elo for a mean score between 0 and 1: elo(0.76) -> 200, 400 log10 odds."""
    kept = min(max(score, 1e-3), 1 - 1e-3)
    return 400 * log10(kept / (1 - kept))
