"""How many simulations does it take? Visit shares of one position, and agreement over many."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons.blocks.games import tree_search
from lessons.blocks.games.minimax import Table as Solved
from lessons.mcts.build import game_of
from lessons.mcts.config import ROLLOUTS
from lessons.mcts.explore.uct import position
from lessons.mcts.pictures import board
from lessons.mcts.strength import positions, some
from lessons.mcts.views import against_simulations
from zhtui.lab import Curves, Frame, LabError, Poke, Run, Spot, Words, knob

TAKES_RUN = False

SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Ask:
    moves: str = knob("a3 a1 b2 c1", "the moves so far; none is an empty board")
    c: float = knob(1.4, "c: how much is added to rarely tried moves", low=0, high=100)
    rollouts: str = knob("random", "how a game is played on", choices=ROLLOUTS)
    count: int = knob(30, "positions that are examined", low=1, high=500)
    seed: int = knob(1, "the dice", low=0, high=10_000)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    game = game_of("tic-tac-toe")
    state = position(game, ask.moves, poke)
    table = Solved(game)
    best = table.best(state)
    worth = {move: float(value) for move, value in table.values(state).items()}
    if game.to_move(state):
        worth = {move: -value for move, value in worth.items()}
    yield Frame(
        "perfect play",
        {"board": board(game, state, worth, "+1 wins, 0 draws, −1 loses", best)},
        say=f"minimax has looked at every game: {len(best)} of {len(worth)} moves are optimal",
        look="the lit squares: a search has to find one of them",
        chapter="minimax",
    )
    how: dict[str, Any] = {"c": ask.c, "rollout": tree_search.rollout_of(game, ask.rollouts)}
    known = some([p for p in positions() if p.tactical], ask.count, ask.seed)
    if not known:
        raise LabError("no position to examine; choose a larger count")
    sizes: list[int] = []
    right: list[float] = []
    shares: dict[str, list[float]] = {game.spell(state, move): [] for move in game.moves(state)}
    for size in SIZES:
        tree = tree_search.search(game, state, size, random.Random(ask.seed), **how)
        found = tree.visits()
        for move in game.moves(state):
            shares[game.spell(state, move)].append(found.get(move, 0) / size)
        rng = random.Random(ask.seed)
        trees = [tree_search.search(game, p.state, size, rng, **how) for p in known]
        sizes.append(size)
        right.append(
            np.mean([t.best() in p.best for t, p in zip(trees, known, strict=True)]).item()
        )
        counts = {move: count / size for move, count in found.items()}
        note = f"{len(known)} positions with a win or a threat in one"
        yield Frame(
            f"{size} simulations",
            {
                "board": board(game, state, counts, "share of visits", best),
                "shares": against_simulations(list(sizes), dict(shares), "share of each move"),
                "agreement": against_simulations(list(sizes), {"agrees": list(right)}, note),
            },
            say=f"{right[-1]:.0%} of {len(known)} positions get an optimal move at {size}",
            look="agreement rises with the logarithm of the simulations, and reaches 100 %",
            chapter=f"{size}",
            predict=Spot("agreement", 0, len(sizes) - 1),
            within=0.1,
        )


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    view = frame.shown()[spot.view]
    if not isinstance(view, Curves):
        return ""
    name = list(view.lines)[spot.row]
    x, y = view.lines[name]
    return f"{name}: {y[spot.column]:.0%} at {x[spot.column]:.0f} simulations"
