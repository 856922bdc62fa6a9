"""What a run shows: how it judges the empty board, its curves, and UCT against simulations."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np

from lessons.blocks.games import tree_search
from lessons.mcts import selfplay
from lessons.mcts.build import build, game_of, play_of
from lessons.mcts.pictures import board
from zhtui.lab import Board, Curves, Run


def show_round(run: Run) -> None:
    """Where the search and the net alone would go from the first position."""
    game, net, _ = run.once(build)
    start = game.start()
    evaluate = selfplay.evaluator(net.eval(), game, run.device)
    priors, values = evaluate([start])
    quiet = replace(play_of(run.config), share=0.0)
    dice = np.random.default_rng(run.seed)
    tried = selfplay.searched(game, [start], evaluate, quiet, dice)[0]
    moves = game.moves(start)
    shares = {move: tried[move] / tried.sum() for move in moves}
    note = f"share of {quiet.simulations} visits; the net expects {values[0]:+.2f} for X"
    run.show("search", board(game, start, shares, note))
    run.show("policy", board(game, start, {m: float(priors[0, m]) for m in moves}, "P of the net"))
    run.show("a game", against_itself(run))


def against_itself(run: Run) -> Board:
    """The last position of a game without noise, from the empty board."""
    game, net, _ = run.once(build)
    evaluate = selfplay.evaluator(net.eval(), game, run.device)
    quiet = replace(play_of(run.config), share=0.0, plies=0)
    dice = np.random.default_rng(run.seed)
    state, moves = game.start(), []
    while game.result(state) is None:
        tried = selfplay.searched(game, [state], evaluate, quiet, dice)[0]
        move = int(tried.argmax())
        moves.append(game.spell(state, move))
        state = game.apply(state, move)
    end = {1: "X wins", -1: "O wins", 0: "a draw"}[game.result(state)]
    return board(game, state, note=f"{end}: {' '.join(moves)}")


def show_search(run: Run, simulations: int) -> None:
    """Where the visits of the empty board go at this number of simulations."""
    game = game_of(run.config.game)
    config, dice = run.config, random.Random(run.seed)
    rollout = tree_search.rollout_of(game, config.rollouts)
    tree = tree_search.search(game, game.start(), simulations, dice, c=config.c, rollout=rollout)
    total = max(sum(tree.visits().values()), 1)
    shares = {move: count / total for move, count in tree.visits().items()}
    note = f"share of {simulations} simulations"
    run.show("search", board(game, game.start(), shares, note))


def against_simulations(sizes: list[int], lines: dict[str, list[float]], note: str) -> Curves:
    """Shares over the number of simulations, on a log axis."""
    x = np.array(sizes, float)
    curves = {name: (x, np.array(y)) for name, y in lines.items()}
    return Curves(curves, {"always": 1.0}, x_name="simulations", log_x=True, note=note)
