"""PUCT: the search of AlphaZero, guided by priors and values (Silver et al. 2017, 2018, Methods).

`evaluate(state)` answers for a position with priors P over the moves and a value v for the player
who is to move. It takes the place of a rollout, and a leaf gets all its children at once:

    select      the move with the greatest Q + U,  U = c P √N(parent) / (1 + N)
    expand      the leaf's moves get their priors
    evaluate    v, or the result where the game is over
    back up     v to every edge of the path, each time for the player who moved

`alike` and `by_rollout` make an `evaluate` without a net: with them the search behaves as UCT does.

Leaves out: virtual loss, many searches in one batch (batch.py), and a growing c (the paper's c_base
of 19,652 changes nothing below thousands of simulations).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from lessons.mcts.uct import simulate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zhtui.lab import Game

C_PUCT = 1.25  # AlphaZero's c_init
Evaluate = Callable[[Any], tuple[Mapping[int, float], float]]


@dataclass(eq=False)
class Node:
    """A position, and the numbers of the edge that leads to it (of the player who moved along)."""

    state: Any
    mover: int
    result: int | None
    P: float = 1.0
    parent: Node | None = None
    move: int | None = None
    children: dict[int, Node] = field(default_factory=dict)
    N: int = 0
    W: float = 0.0

    @property
    def Q(self) -> float:
        """W / N, 0 where it was never tried."""
        return self.W / self.N if self.N else 0.0

    def U(self, c: float) -> float:
        """c P √N(parent) / (1 + N): with P = 1/2, N(parent) = 16 and N = 3, c · 1/2 · 4 / 4."""
        if self.parent is None:
            return 0.0
        return c * self.P * sqrt(self.parent.N) / (1 + self.N)


def node(game: Game[Any], state: Any) -> Node:
    """A root."""
    return Node(state, game.to_move(state), game.result(state))


def select(root: Node, c: float) -> Node:
    """The first node on the way down that is over or has no children yet."""
    here = root
    while here.children:
        here = max(here.children.values(), key=lambda child: child.Q + child.U(c))
    return here


def expand(game: Game[Any], leaf: Node, priors: Mapping[int, float]) -> None:
    """Gives a leaf all its children."""
    for move in game.moves(leaf.state):
        state = game.apply(leaf.state, move)
        mover, result = game.to_move(state), game.result(state)
        leaf.children[move] = Node(state, mover, result, priors[move], leaf, move)


def back_up(leaf: Node, value: float) -> list[Node]:
    """Adds a value, of the player who is to move at the leaf, to the path; from the leaf up."""
    path, here, sign = [], leaf, -1  # who moved into the leaf is the other player
    while True:
        here.N += 1
        here.W += sign * value
        path.append(here)
        if here.parent is None:
            return path
        here, sign = here.parent, -sign


def simulations_of(
    game: Game[Any],
    state: Any,
    simulations: int,
    evaluate: Evaluate,
    *,
    c: float = C_PUCT,
    noise: NDArray[np.float64] | None = None,
    share: float = 0.25,
    root: Node | None = None,
) -> Iterator[Node]:
    """The root after each simulation.

    `noise` is one draw of a Dirichlet distribution over the root's moves; it replaces a `share` of
    their priors, so that self-play tries what the net would not.
    """
    root = root or node(game, state)
    for _ in range(simulations):
        leaf = select(root, c)
        if leaf.result is None:
            priors, value = evaluate(leaf.state)
            expand(game, leaf, priors)
        else:  # a result is player 0's; the value is the mover's
            value = -leaf.result if leaf.mover else leaf.result
        if leaf is root and noise is not None:
            stir(root, noise, share)
        back_up(leaf, value)
        yield root


def search(
    game: Game[Any], state: Any, simulations: int, evaluate: Evaluate, **settings: Any
) -> Node:
    """The tree after so many simulations; the settings are those of `simulations_of`."""
    root = settings.pop("root", None) or node(game, state)
    for _ in simulations_of(game, state, simulations, evaluate, root=root, **settings):
        pass
    return root


def stir(root: Node, noise: NDArray[np.float64], share: float) -> None:
    """P ← (1 − share) P + share · noise, at the root only."""
    for child, drawn in zip(root.children.values(), noise, strict=True):
        child.P = (1 - share) * child.P + share * float(drawn)


def policy(visits: Mapping[int, int], temperature: float = 1.0) -> dict[int, float]:
    """N^(1/T) of each move, as shares of one: {0: 3, 1: 1} -> {0: 0.75, 1: 0.25}.

    T = 0 is all on the move that was tried most.
    """
    if temperature == 0:
        top = max(visits, key=visits.__getitem__)
        return {move: float(move == top) for move in visits}
    most = max(visits.values())
    weights = {move: (n / most) ** (1 / temperature) for move, n in visits.items()}
    total = sum(weights.values())
    return {move: weight / total for move, weight in weights.items()}


def alike(game: Game[Any]) -> Evaluate:
    """Priors that favour no move, and a value of 0."""

    def evaluate(state: Any) -> tuple[dict[int, float], float]:
        moves = game.moves(state)
        return dict.fromkeys(moves, 1 / len(moves)), 0.0

    return evaluate


def by_rollout(game: Game[Any], rng: random.Random) -> Evaluate:
    """Priors that favour no move, and the result of one game played on at random."""
    priors = alike(game)

    def evaluate(state: Any) -> tuple[Mapping[int, float], float]:
        result = simulate(game, state, rng)
        return priors(state)[0], float(-result if game.to_move(state) else result)

    return evaluate
