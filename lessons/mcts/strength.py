"""How good an agent is: the share of optimal moves over all positions, and games against others.

A move is optimal where minimax gives it the position's own value. A position is *tactical* where a
move wins at once, or where none does and the opponent threatens to win on exactly one square. Elo
hides a player who only draws; the share of optimal moves does not.

Leaves out: positions weighed by how often they come up, and positions of larger games, which nobody
has solved here; there the games against UCT are the meter.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log10
from typing import Any

import numpy as np

from lessons.blocks.games import tree_search
from lessons.blocks.games.minimax import Table, states
from lessons.blocks.games.tic_tac_toe import WON, TicTacToe
from lessons.mcts import selfplay
from lessons.mcts.batch import EvaluateAll
from lessons.mcts.build import build, play_of
from lessons.mcts.config import Config
from zhtui.lab import Run

Choose = Callable[[Sequence[Any]], Sequence[int]]  # a move for each position


@dataclass(frozen=True)
class Position:
    """A position of tic-tac-toe that is not over."""

    state: Any
    best: frozenset[int]  # optimal moves
    tactical: bool


def tactical(game: Any, state: Any) -> bool:
    """Whether a move wins at once, or exactly one square has to be blocked."""
    me = 1 if game.to_move(state) == 0 else -1
    if any(game.result(game.apply(state, move)) == me for move in game.moves(state)):
        return True
    first, second = state
    theirs = second if me == 1 else first
    free = game.moves(state)
    threats = [m for m in free if WON[theirs | 1 << m]]
    return len(threats) == 1


@lru_cache(maxsize=1)
def positions() -> tuple[Position, ...]:
    """All 4,520 positions of tic-tac-toe that are not over."""
    game = TicTacToe()
    table = Table(game)
    going = (state for state in states(game) if game.result(state) is None)
    return tuple(
        Position(state, frozenset(table.best(state)), tactical(game, state)) for state in going
    )


def some(known: Sequence[Position], count: int, seed: int) -> list[Position]:
    """So many of the positions, drawn once; all of them for 0."""
    if not count or count >= len(known):
        return list(known)
    return random.Random(seed).sample(list(known), count)


def share_of_optimal(known: Sequence[Position], choose: Choose) -> dict[str, float]:
    """The share "optimal", by the side to move "optimal_x", "optimal_o", and of "tactical" ones."""
    chosen = choose([position.state for position in known])
    game = TicTacToe()
    right: dict[str, list[bool]] = {"optimal_x": [], "optimal_o": [], "tactical": []}
    for position, move in zip(known, chosen, strict=True):
        side = "optimal_o" if game.to_move(position.state) else "optimal_x"
        right[side].append(move in position.best)
        if position.tactical:
            right["tactical"].append(move in position.best)
    right["optimal"] = right["optimal_x"] + right["optimal_o"]
    return {name: sum(rows) / max(len(rows), 1) for name, rows in right.items()}


def searched_by_uct(
    simulations: int, c: float, seed: int, count: int, rollouts: str = "random"
) -> dict[str, float]:
    """ "tactical", the share of tactical positions in which UCT plays an optimal move."""
    game = TicTacToe()
    rollout = tree_search.rollout_of(game, rollouts)
    known = some([position for position in positions() if position.tactical], count, seed)
    rng = random.Random(f"{seed} {simulations}")
    trees = (
        tree_search.search(game, p.state, simulations, rng, c=c, rollout=rollout) for p in known
    )
    right = [tree.best() in p.best for tree, p in zip(trees, known, strict=True)]
    return {"tactical": sum(right) / len(right), "positions": len(right)}


def lost_to_minimax(
    simulations: int, c: float, seed: int, games: int, rollouts: str = "random"
) -> dict[str, float]:
    """ "lost", how many games UCT loses to perfect play, from both sides in turn; {} for no games.

    Each move is a new search. Minimax draws one of its equal moves.
    """
    game = TicTacToe()
    table, rng, lost = Table(game), random.Random(seed), 0
    rollout = tree_search.rollout_of(game, rollouts)
    for number in range(games):
        state, side = game.start(), number % 2
        while game.result(state) is None:
            if game.to_move(state) == side:
                tree = tree_search.search(game, state, simulations, rng, c=c, rollout=rollout)
                move = tree.best()
            else:
                move = rng.choice(table.best(state))
            state = game.apply(state, move)
        lost += game.result(state) == (-1 if side == 0 else 1)
    return {"lost": lost} if games else {}


def examined(run: Run) -> dict[str, float]:
    """The share of optimal moves of the net's search, and of the net alone ("policy_optimal")."""
    game, net, _ = run.once(build)
    if game.name != "tic-tac-toe":
        return {}
    known = some(positions(), run.config.positions, run.seed)
    evaluate = selfplay.evaluator(net.eval(), game, run.device)
    quiet = replace(play_of(run.config), share=0.0)
    dice = np.random.default_rng(run.seed)

    def search(those: Sequence[Any]) -> Sequence[int]:
        found: list[int] = selfplay.searched(game, those, evaluate, quiet, dice).argmax(-1).tolist()
        return found

    def alone(those: Sequence[Any]) -> Sequence[int]:
        legal = [[move in game.moves(state) for move in range(game.size)] for state in those]
        found: list[int] = (evaluate(those)[0] * np.array(legal)).argmax(-1).tolist()
        return found

    by_net = share_of_optimal(known, alone)["optimal"]
    return share_of_optimal(known, search) | {"policy_optimal": by_net}


def opponents(run: Run, dice: np.random.Generator) -> dict[str, float]:
    """On larger boards: the score against UCT with as many simulations, and its Elo."""
    game, net, _ = run.once(build)
    if game.name == "tic-tac-toe":
        return {}
    evaluate = selfplay.evaluator(net.eval(), game, run.device)
    quiet = replace(play_of(run.config), share=0.0, plies=0)
    score = match(game, evaluate, quiet, dice, run.config)
    return {"score_uct": score, "elo_uct": elo(score)}


def match(
    game: Any,
    evaluate: EvaluateAll,
    how: selfplay.Play,
    dice: np.random.Generator,
    config: Config,
) -> float:
    """The net's mean score (1 a win, 1/2 a draw) against UCT over games from random openings.

    Each opening is played twice, once from each side, so that luck in it counts for nobody.
    """
    openings = [selfplay.opened(game, 2 + i % 3, dice) for i in range(config.match // 2)]
    boards = [(state, side) for state in openings for side in (0, 1)]  # side: the net's
    rng = random.Random(int(dice.integers(2**31)))
    total = 0.0
    live = [[state, side] for state, side in boards]
    while live:
        mine = [row for row in live if game.to_move(row[0]) == row[1]]
        if mine:
            visits = selfplay.searched(game, [row[0] for row in mine], evaluate, how, dice)
            for row, tried in zip(mine, visits, strict=True):
                row[0] = game.apply(row[0], int(tried.argmax()))
        for row in live:
            if game.result(row[0]) is None and game.to_move(row[0]) != row[1]:
                tree = tree_search.search(game, row[0], config.simulations, rng, c=config.c)
                row[0] = game.apply(row[0], tree.best())
        for state, side in live:
            if (result := game.result(state)) is not None:
                total += 0.5 + 0.5 * (result if side == 0 else -result)
        live = [row for row in live if game.result(row[0]) is None]
    return total / len(boards)


def elo(score: float) -> float:
    """The difference in Elo for a mean score between 0 and 1: elo(0.76) -> 200, 400 log10 odds."""
    kept = min(max(score, 1e-3), 1 - 1e-3)
    return 400 * log10(kept / (1 - kept))
