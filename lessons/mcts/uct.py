"""UCT: Monte Carlo tree search with upper confidence bounds (Kocsis and Szepesvári 2006).

One simulation has four phases:

    select      from the root down, the child with the greatest Q + U, until one has an untried move
    expand      one untried move becomes a new node
    simulate    both players move at random from there to the end of the game; or `decisive`: who
                can win at once does (Teytaud and Teytaud 2010)
    back up     the result is added to every node of the path, each time for the player who moved

A node's numbers are those of the edge that leads to it: N visits, W the sum of results for the
player who moved along it, Q = W / N. So each player maximises Q at its own turn, and no sign has to
be turned but the one of the result.

    U = c √(ln N(parent) / N)      rarely tried children get more

Leaves out: priors (puct.py), draws of equal Q + U (the first child wins), and proven results, which
`solver` adds (Winands 2008), and rollouts that block the other's win.
`lessons/blocks/games/tree_search.py` has the same search in flat lists.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf, log, sqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zhtui.lab import Game

C = 1.4  # how much U weighs; about √2, for results between −1 and +1
Rollout = Callable[["Game[Any]", Any, random.Random], int]


@dataclass(eq=False)
class Node:
    """A position in the tree, and the numbers of the edge that leads to it."""

    state: Any
    mover: int  # who is to move here: 0 or 1
    result: int | None  # +1, −1, 0 for player 0 where the game is over here
    untried: list[int]  # moves without a child yet
    parent: Node | None = None
    move: int | None = None  # that led here
    children: dict[int, Node] = field(default_factory=dict)
    N: int = 0
    W: float = 0.0  # of the player who moved here: the parent's mover
    proven: int | None = None  # the exact result for player 0, where the solver found one

    @property
    def Q(self) -> float:
        """The mean result for the player who moved here: W = 3, N = 4 -> 0.75."""
        return self.W / self.N if self.N else 0.0

    def U(self, c: float) -> float:
        """What is added for being rarely tried; infinite for what was never tried."""
        if self.parent is None:
            return 0.0
        return c * sqrt(log(self.parent.N)) / sqrt(self.N) if self.N else inf


def node(game: Game[Any], state: Any, parent: Node | None = None, move: int | None = None) -> Node:
    """A position nobody has looked at."""
    moves = list(game.moves(state))
    return Node(state, game.to_move(state), game.result(state), moves, parent, move)


def pick(rng: random.Random, count: int) -> int:
    """One of `count` numbers, all alike: pick(rng, 9) -> 0 … 8."""
    return int(rng.random() * count)


def select(root: Node, c: float) -> Node:
    """The first node on the way down that is over or has an untried move."""
    here = root
    while here.result is None and not here.untried:
        here = max(here.children.values(), key=lambda child: child.Q + child.U(c))
    return here


def expand(game: Game[Any], leaf: Node, rng: random.Random) -> Node:
    """A child by one untried move; the leaf itself where the game is over."""
    if leaf.result is not None:
        return leaf
    move = leaf.untried.pop(pick(rng, len(leaf.untried)))
    child = leaf.children[move] = node(game, game.apply(leaf.state, move), leaf, move)
    return child


def simulate(game: Game[Any], state: Any, rng: random.Random) -> int:
    """The result for player 0 when both go on at random: +1, 0 or −1."""
    while (result := game.result(state)) is None:
        moves = game.moves(state)
        state = game.apply(state, moves[pick(rng, len(moves))])
    return result


def decisive(game: Game[Any], state: Any, rng: random.Random) -> int:
    """The result for player 0 when both go on at random, but nobody passes a win by.

    Random players overlook a win in one, and then a threat is worth little. Here X, to move on
    X X · / O O · / · · ·, wins in all games, at random in about half of them.
    """
    while (result := game.result(state)) is None:
        wins = 1 if game.to_move(state) == 0 else -1
        after = [game.apply(state, move) for move in game.moves(state)]
        if any(game.result(each) == wins for each in after):
            return wins
        state = after[pick(rng, len(after))]
    return result


def back_up(leaf: Node, result: float, *, flip: bool = True) -> list[Node]:
    """Adds a result (player 0's) to a node and all above it; returns them from the leaf up.

    At a node that player 0 moved into, W grows by the result; at one that player 1 moved into, by
    its negative. Without the `flip` both sides believe in player 0's joy.
    """
    path, here = [], leaf
    while True:
        here.N += 1
        moved = 1 - here.mover  # who moved into this node
        here.W += -result if moved == 1 and flip else result
        path.append(here)
        if here.parent is None:
            return path
        here = here.parent


def search(
    game: Game[Any],
    state: Any,
    simulations: int,
    rng: random.Random,
    *,
    c: float = C,
    solver: bool = False,
    rollout: Rollout = simulate,
    root: Node | None = None,
) -> Node:
    """The tree after so many simulations; `root` goes on with a tree that is there."""
    root = root or node(game, state)
    how: dict[str, Any] = {"c": c, "solver": solver, "rollout": rollout, "root": root}
    for _ in simulations_of(game, state, simulations, rng, **how):
        pass
    return root


def simulations_of(
    game: Game[Any],
    state: Any,
    simulations: int,
    rng: random.Random,
    *,
    c: float = C,
    solver: bool = False,
    rollout: Rollout = simulate,
    root: Node | None = None,
) -> Iterator[Node]:
    """The root after each simulation."""
    root = root or node(game, state)
    for _ in range(simulations):
        leaf = expand(game, select(root, c), rng)
        path = back_up(leaf, rollout(game, leaf.state, rng))
        if solver:
            prove(path)
        yield root


def prove(path: list[Node]) -> None:
    """Carries exact results up (MCTS-Solver): a move that wins for sure proves its parent won.

    From a node that is over upwards: a parent is proven where one child is a proven win for its
    mover, or where every move has a proven child. A proven node's W is made exact, N as it is.
    """
    leaf = path[0]
    if leaf.result is not None:
        leaf.proven = leaf.result
    for here in path[1:]:
        sign = 1 if here.mover == 0 else -1
        known = [child.proven for child in here.children.values() if child.proven is not None]
        best = max((sign * value for value in known), default=-2)
        whole = not here.untried and len(known) == len(here.children)
        if best < 1 and not whole:
            return
        here.proven = sign * best


def reuse(root: Node, move: int) -> Node | None:
    """The subtree below a move as a root of its own, with all it has learned."""
    child = root.children.get(move)
    if child is not None:
        child.parent, child.move = None, None
    return child


def best(root: Node, *, by_value: bool = False) -> int:
    """The move that was tried most, which is what the search has settled on.

    `by_value` takes the greatest Q instead, the mistake: a child tried once by luck may have Q = 1.
    A move proven to win comes first, one proven to lose last. Raises `ValueError` without children.
    """
    sign = 1 if root.mover == 0 else -1

    def worth(child: Node) -> tuple[int, float]:
        known = 0 if child.proven is None else sign * child.proven
        return known if known else 0, child.Q if by_value else child.N

    return max(root.children, key=lambda move: worth(root.children[move]))


ROLLOUTS: dict[str, Rollout] = {"random": simulate, "decisive": decisive}
