"""PUCT on a small board, one simulation a frame: priors and a value in place of random games."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from lessons.mcts import puct
from lessons.mcts.agent import by_net
from lessons.mcts.build import build, game_of
from lessons.mcts.explore.uct import position
from lessons.mcts.pictures import board, edges, name, tree, visits
from zhtui.lab import Frame, Poke, Run, Spot, View, Words, knob

COLUMNS = ("P", "N", "Q", "U", "Q + U")


@dataclass(frozen=True)
class Ask:
    moves: str = knob("a3 a1 b2 c1", "the moves so far, a1 at the top left; none is an empty board")
    game: str = knob("tic-tac-toe", "what is played", without_run=True)
    simulations: int = knob(30, "simulations", low=1, high=2_000)
    c: float = knob(1.25, "how much the priors count", low=0, high=100)
    noise: float = knob(0.0, "share of Dirichlet noise in the root's priors", low=0, high=1)
    alpha: float = knob(1.0, "Dirichlet's α: small is spiky", low=0.01, high=100)
    temperature: float = knob(1.0, "T of the policy that is learned from", low=0, high=10)
    seed: int = knob(1, "the dice", low=0, high=10_000)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    game = run.once(build)[0] if run is not None else game_of(ask.game)
    rng = random.Random(ask.seed)
    evaluate = by_net(run, game) if run is not None else puct.by_rollout(game, rng)
    start = position(game, ask.moves, poke)
    root = puct.node(game, start)
    who = "XO"[root.mover]
    priors, value = evaluate(start)
    yield Frame(
        "what is known before",
        {"board": board(game, start, dict(priors), f"P of each move; v = {value:+.2f} for {who}")},
        say=changed(game, ask, start) + told(run, priors, value, who),
        look="a search spends its first simulations where P is large",
        chapter="priors",
    )
    noise = np.random.default_rng(ask.seed).dirichlet([ask.alpha] * len(priors))
    grown = puct.simulations_of(
        game, start, ask.simulations, evaluate, c=ask.c, root=root,
        noise=noise if ask.noise else None, share=ask.noise,
    )  # fmt: skip
    for done, _ in enumerate(grown, 1):
        yield frame(game, root, ask, done)
    policy = puct.policy({move: child.N for move, child in root.children.items()}, ask.temperature)
    yield Frame(
        "the policy",
        {"board": board(game, start, policy, f"π = N^(1/T), T = {ask.temperature:g}")},
        say="the net learns to give these shares without a search: the search is its teacher",
        look="compare with the first frame: what the search knew better than the priors",
        chapter="policy",
    )


def changed(game: Any, ask: Ask, start: Any) -> str:
    """What a mark that was put on the board by hand does to the tree."""
    if start == position(game, ask.moves, Poke()):
        return ""
    return f"the board was changed: the tree of {ask.moves or 'the empty board'} is stale; "


def told(run: Run | None, priors: Mapping[int, float], value: float, who: str) -> str:
    """Where the first numbers come from."""
    if run is None:
        return (
            f"no net: each of {len(priors)} moves has P {1 / len(priors):.2f}, v is a random game"
        )
    return f"the net looks once: its priors, and v = {value:+.2f} for {who}"


def frame(game: Any, root: puct.Node, ask: Ask, done: int) -> Frame:
    """The tree after a simulation; the path that the next one takes is lit."""
    way = [root]
    while way[-1].children:
        way.append(max(way[-1].children.values(), key=lambda child: child.Q + child.U(ask.c)))
    found: dict[str, View] = {"tree": tree(game, root, set(way), numbers)}
    counts = {move: float(child.N) for move, child in root.children.items()}
    found["board"] = board(game, root.state, counts, "visits of each move")
    first = way[1] if len(way) > 1 else None
    found["edges"] = edges(game, root, COLUMNS, lambda child: row(child, ask.c), first)
    found["visits"] = visits(game, root, done)
    path = " ".join(name(game, node) for node in way[1:])
    best = sorted(root.children).index(first.move or 0) if first is not None else 0
    return Frame(
        f"simulation {done}",
        found,
        say=f"next down {path}: Q + U is greatest there",
        look="U falls with each visit, so every move with a P above zero is tried at some time",
        chapter=f"{done} simulations" if done % 10 == 0 else "",
        keep={"root": root.N},
        predict=Spot("edges", best, 5) if first is not None else None,
    )


def numbers(node: puct.Node) -> str:
    """A node in a tree: its prior, how often, how good for who moved there."""
    return f"P {node.P:.2f}  N {node.N}  Q {node.Q:+.2f}"


def row(child: puct.Node, c: float) -> tuple[Any, ...]:
    """P, N, Q, U and Q + U of an edge."""
    bonus = child.U(c)
    return child.P, child.N, child.Q, bonus, child.Q + bonus


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    view: Any = frame.shown()[spot.view]
    if spot.view != "edges" or spot.row >= len(view.rows):
        return ""
    move, P, N, Q, U, total = view.rows[spot.row]
    above = frame.keep["root"]
    spelled = {
        0: f"{move}: an edge from the root",
        1: f"P = {P:.3f}: how likely {move} is by the priors",
        2: f"N: {N} simulations went through {move}",
        3: f"Q = {Q:+.3f}: the mean of {N} values, for who moves {move[0]}",
        4: f"U = c P √N / (1 + n) = {ask.c:g} · {P:.3f} · {sqrt(above):.2f} / {1 + N} = {U:.3f}",
        5: f"Q + U = {Q:+.3f} + {U:.3f} = {total:.3f}: the greatest is tried next",
    }
    return spelled.get(spot.column, "")
