"""Simulations a second of UCT, paired with OpenSpiel's Python bot where it is installed.

    python -m benchmarks.search

Both with uniform random rollouts and no solver, from the empty board, in turn. And games a second
of self-play, many side by side against one at a time.
"""

from __future__ import annotations

import importlib
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from lessons.blocks.games import find, tree_search
from lessons.mcts import selfplay, uct
from lessons.mcts.net import Net

ROUNDS = 5
GAMES = {"tic-tac-toe": ("tic_tac_toe", 3000), "connect-four": ("connect_four", 1500)}


def seconds(work: Callable[[], Any]) -> float:
    """How long something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def peer(name: str, simulations: int) -> Callable[[], Any] | None:
    """OpenSpiel's own search of the empty board, or None where it is not installed."""
    try:
        pyspiel = importlib.import_module("pyspiel")
        mcts = importlib.import_module("open_spiel.python.algorithms.mcts")
    except ImportError:
        return None
    game = pyspiel.load_game(name)
    dice = np.random.RandomState(1)
    rollouts = mcts.RandomRolloutEvaluator(1, dice)
    bot = mcts.MCTSBot(game, 1.4, simulations, rollouts, solve=False, random_state=dice)
    return lambda: bot.mcts_search(game.new_initial_state())


def search(name: str) -> None:
    """One game's line."""
    game, (theirs, simulations) = find(name), GAMES[name]
    other = peer(theirs, simulations)
    ours, taught, ratios = [], [], []
    for number in range(ROUNDS):
        dice = random.Random(number)
        a = seconds(lambda: tree_search.search(game, game.start(), simulations, dice))  # noqa: B023
        b = seconds(lambda: uct.search(game, game.start(), simulations // 4, dice))  # noqa: B023
        ours.append(simulations / a)
        taught.append(simulations / 4 / b)
        if other is not None:
            ratios.append(seconds(other) / a)
    line = f"{name:14} {statistics.median(ours):8,.0f} simulations/s"
    line += f"   as taught {statistics.median(taught):7,.0f}"
    if ratios:
        line += f"   {statistics.median(ratios):.1f} x OpenSpiel's Python bot (gate 2)"
    print(line)


def self_play(games: int = 64) -> None:
    """Games a second, side by side and one at a time, with the same net."""
    game = find("tic-tac-toe")
    torch.manual_seed(1)
    net, how = Net(3, 3, 9, 128, 0), selfplay.Play(simulations=25)
    ratios, rates = [], []
    for number in range(ROUNDS):
        dice = np.random.default_rng(number)

        def many() -> None:
            selfplay.play(game, selfplay.evaluator(net, game), games, how, dice)  # noqa: B023

        def one_by_one() -> None:
            for _ in range(games // 8):
                selfplay.play(game, selfplay.evaluator(net, game), 1, how, dice)  # noqa: B023

        together, alone = seconds(many) / games, seconds(one_by_one) / (games // 8)
        ratios.append(alone / together)
        rates.append(1 / together)
    ratio, rate = statistics.median(ratios), statistics.median(rates)
    print(f"self-play      {rate:8,.0f} games/s   {ratio:.1f} x one at a time (gate 5)")


def main() -> None:
    """All lines."""
    for name in GAMES:
        search(name)
    self_play()


if __name__ == "__main__":
    main()
