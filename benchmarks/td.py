"""How many games of tic-tac-toe a second the table of afterstates learns from, in self-play.

The taught form and the fast one play the same games in turn, in one process; medians are compared.
"""

from __future__ import annotations

import random
import statistics
import time

from lessons.td.afterstate import Afterstates, Indexed

FLOOR = 15_000.0  # games a second
GAMES, ROUNDS = 4_000, 5
ALPHA, EPSILON = 0.2, 0.1


def taught(games: int, seed: int) -> tuple[float, dict[tuple[int, int], float]]:
    """Seconds for so many games in the taught form, and V."""
    learner, draw = Afterstates(), random.Random(seed).random
    start = time.perf_counter()
    for _ in range(games):
        for _ in learner.game(ALPHA, EPSILON, draw):
            pass
    return time.perf_counter() - start, learner.V


def fast(games: int, seed: int) -> tuple[float, Indexed]:
    """Seconds for so many games in the fast form, and its table."""
    table, draw = Indexed(), random.Random(seed).random
    start = time.perf_counter()
    table.play(games, ALPHA, EPSILON, draw)
    return time.perf_counter() - start, table


def main() -> int:
    """Prints both rates and whether the fast one is fast enough."""
    rates: dict[str, list[float]] = {"taught": [], "fast": []}
    for seed in range(ROUNDS):
        slow, V = taught(GAMES // 4, seed)
        same = fast(GAMES // 4, seed)[1]
        assert all(same.value(board) == value for board, value in V.items()), "they differ"
        quick, _ = fast(GAMES, seed)
        rates["taught"].append(GAMES / 4 / slow)
        rates["fast"].append(GAMES / quick)
    medians = {name: statistics.median(each) for name, each in rates.items()}
    enough = medians["fast"] >= FLOOR
    ratio = medians["fast"] / medians["taught"]
    print(f"taught   {medians['taught']:10,.0f} games/s")
    print(f"fast     {medians['fast']:10,.0f} games/s, {ratio:.1f}x, ", end="")
    print(f"at least {FLOOR:,.0f}: {'yes' if enough else 'NO'}")
    return 0 if enough else 1


if __name__ == "__main__":
    raise SystemExit(main())
