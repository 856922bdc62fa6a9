"""Thinks about a position with a run's net and PUCT, and says how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lessons.mcts import puct, selfplay
from lessons.mcts.build import build, model
from zhtui.lab import LabError, Run, Thought

STRIDE = 10  # simulations between two thoughts


def think(run: Run, game: Any, state: Any) -> Iterator[Thought]:
    """Thoughts every ten simulations; the last one holds the move.

    Raises `LabError` where the run learned another game, or the game is over.
    """
    learned, _, _ = run.once(build)
    if learned.name != game.name:
        raise LabError(
            f"this run plays {learned.name}, not {game.name}; choose an agent of {game.name}"
        )
    if game.result(state) is not None:
        raise LabError("the game is over; start a new one")
    evaluate = by_net(run, game)
    of = max(run.config.simulations, 1)
    root = puct.node(game, state)
    steps = puct.simulations_of(game, state, of + 1, evaluate, c=run.config.c_puct, root=root)
    for done, _ in enumerate(steps):
        if done and (done % STRIDE == 0 or done == of):
            yield thought(root, done, of, run.config.c_puct)


def by_net(run: Run, game: Any) -> puct.Evaluate:
    """The net as `puct` asks it."""
    ask = selfplay.evaluator(model(run).eval(), game, run.device)

    def evaluate(state: Any) -> tuple[dict[int, float], float]:
        priors, values = ask([state])
        legal = {move: float(priors[0, move]) for move in game.moves(state)}
        total = sum(legal.values()) or 1.0
        return {move: prior / total for move, prior in legal.items()}, float(values[0])

    return evaluate


def thought(root: puct.Node, done: int, of: int, c: float = puct.C_PUCT) -> Thought:
    """What the tree says so far: visits, Q and U of each move, the line it expects."""
    children = root.children
    line, here = [], root
    while here.children:
        here = max(here.children.values(), key=lambda child: child.N)
        if not here.N or here.move is None:
            break
        line.append(here.move)
    best = max(children, key=lambda move: children[move].N)
    return Thought(
        move=best,
        value=children[best].Q,
        visits={move: child.N for move, child in children.items()},
        values={move: child.Q for move, child in children.items()},
        bonus={move: child.U(c) for move, child in children.items()},
        line=line,
        done=done,
        of=of,
    )
