"""UCT in flat lists: the search that lesson mcts teaches, with the same dice the same tree, sooner.

A node is a number; its state, visits, sum of results and first child stand in lists. The children
of a node lie in the order in which they were tried. `rollout_of` has rollouts on bits: those of
tic-tac-toe and of connect four.

Leaves out: the solver, and all that explains a tree.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from math import log, sqrt
from typing import TYPE_CHECKING, Any

from lessons.blocks.games import connect_four, tic_tac_toe

if TYPE_CHECKING:
    from zhtui.lab import Game

C = 1.4  # how much rarely tried moves get; about √2, for results between −1 and +1
Rollout = Callable[["Game[Any]", Any, random.Random], int]


@dataclass
class Tree:
    """Nodes by number, 0 the root; each list has one entry a node."""

    states: list[Any] = field(default_factory=list)
    N: list[int] = field(default_factory=list)
    W: list[float] = field(default_factory=list)  # of the player who moved into the node
    moves: list[int] = field(default_factory=list)  # that led to the node
    movers: list[int] = field(default_factory=list)  # who is to move
    results: list[int | None] = field(default_factory=list)
    untried: list[list[int]] = field(default_factory=list)
    children: list[list[int]] = field(default_factory=list)

    def add(self, game: Game[Any], state: Any, move: int) -> int:
        """A new node; its number."""
        self.states.append(state)
        self.N.append(0)
        self.W.append(0.0)
        self.moves.append(move)
        self.movers.append(game.to_move(state))
        self.results.append(game.result(state))
        self.untried.append(list(game.moves(state)))
        self.children.append([])
        return len(self.N) - 1

    def visits(self) -> dict[int, int]:
        """move -> N of the root's children, in the order in which they were first tried."""
        return {self.moves[child]: self.N[child] for child in self.children[0]}

    def values(self) -> dict[int, float]:
        """move -> Q of the root's children."""
        return {self.moves[child]: self.W[child] / self.N[child] for child in self.children[0]}

    def best(self) -> int:
        """The move that was tried most."""
        visits = self.visits()
        return max(visits, key=visits.__getitem__)


def simulate(game: Game[Any], state: Any, rng: random.Random) -> int:
    """The result for player 0 when both go on at random: +1, 0 or −1."""
    while (result := game.result(state)) is None:
        moves = game.moves(state)
        state = game.apply(state, moves[int(rng.random() * len(moves))])
    return result


def decisive(game: Game[Any], state: Any, rng: random.Random) -> int:
    """`simulate`, but who can win at once does (Teytaud and Teytaud 2010)."""
    while (result := game.result(state)) is None:
        wins = -1 if game.to_move(state) else 1
        after = [game.apply(state, move) for move in game.moves(state)]
        if any(game.result(each) == wins for each in after):
            return wins
        state = after[int(rng.random() * len(after))]
    return result


def search(
    game: Game[Any],
    state: Any,
    simulations: int,
    rng: random.Random,
    *,
    c: float = C,
    tree: Tree | None = None,
    rollout: Rollout | None = None,
) -> Tree:
    """The tree after so many simulations, equal to that of lesson mcts number for number."""
    tree = tree or Tree()
    if not tree.N:
        tree.add(game, state, -1)
    play = rollout or rollout_of(game)
    N, W, children, untried = tree.N, tree.W, tree.children, tree.untried
    states, movers, results = tree.states, tree.movers, tree.results
    apply, dice = game.apply, rng.random
    roots = [0.0, *(sqrt(n) for n in range(1, N[0] + simulations + 2))]  # √n of each count
    spread = [0.0, *(c * sqrt(log(n)) for n in range(1, N[0] + simulations + 2))]  # c √ln n
    for _ in range(simulations):
        here, path = 0, [0]
        while not untried[here] and results[here] is None:  # select
            wide, most = spread[N[here]], -9.0
            for child in children[here]:
                n = N[child]
                worth = W[child] / n + wide / roots[n]
                if worth > most:
                    most, here_next = worth, child
            here = here_next
            path.append(here)
        result = results[here]
        if result is None:  # expand
            moves = untried[here]
            move = moves.pop(int(dice() * len(moves)))
            child = tree.add(game, apply(states[here], move), move)
            children[here].append(child)
            path.append(child)
            result = results[child]
            if result is None:  # simulate
                result = play(game, states[child], rng)
        for each in path:  # back up
            N[each] += 1
            W[each] += result if movers[each] else -result
    return tree


def of_tic_tac_toe(game: Game[Any], state: tuple[int, int], rng: random.Random) -> int:
    """`simulate` on tic-tac-toe's tables, with the same dice."""
    won, free, dice = tic_tac_toe.WON, tic_tac_toe.FREE, rng.random
    mine, other = state  # of the player to move first here, and of the other
    sign = 1
    if game.to_move(state):
        mine, other, sign = other, mine, -1
    while True:
        moves = free[mine | other]
        if not moves:
            return 0
        mine |= 1 << moves[int(dice() * len(moves))]
        if won[mine]:
            return sign
        mine, other, sign = other, mine, -sign


def decisive_of_tic_tac_toe(game: Game[Any], state: tuple[int, int], rng: random.Random) -> int:
    """`decisive` on tic-tac-toe's tables, with the same dice."""
    free, wins, dice = tic_tac_toe.FREE, tic_tac_toe.WINS, rng.random
    mine, other = state
    sign = 1
    if game.to_move(state):
        mine, other, sign = other, mine, -1
    while True:
        taken = mine | other
        moves = free[taken]
        if not moves:
            return 0
        if wins[mine] & ~other:
            return sign
        mine |= 1 << moves[int(dice() * len(moves))]
        mine, other, sign = other, mine, -sign


def of_connect_four(game: Game[Any], state: tuple[int, int], rng: random.Random) -> int:
    """`simulate` on connect four's bits, with the same dice."""
    dice, high = rng.random, connect_four.HIGH
    columns, bottom = connect_four.COLUMN, connect_four.BOTTOM
    lowest = [1 << high * column for column in range(connect_four.COLUMNS)]
    rising, falling = high + 1, high - 1
    mine, other = state
    sign = 1
    if game.to_move(state):
        mine, other, sign = other, mine, -1
    taken = mine | other
    able = [i for i, column in enumerate(columns) if column & ~taken]
    while able:
        chosen = able[int(dice() * len(able))]
        column = columns[chosen]
        disc = taken + lowest[chosen] & column
        mine |= disc
        taken |= disc
        pairs = mine & mine >> high  # four in a row, pair by pair
        if pairs & pairs >> 2 * high:
            return sign
        pairs = mine & mine >> 1
        if pairs & pairs >> 2:
            return sign
        pairs = mine & mine >> rising
        if pairs & pairs >> 2 * rising:
            return sign
        pairs = mine & mine >> falling
        if pairs & pairs >> 2 * falling:
            return sign
        if not column & ~taken:
            able.remove(chosen)
        mine, other, sign = other, mine, -sign
    assert taken & bottom == bottom, "a full board"
    return 0


KINDS: dict[str, Rollout] = {"random": simulate, "decisive": decisive}
ROLLOUTS: dict[tuple[str, str], Rollout] = {  # of a game's own
    ("tic-tac-toe", "random"): of_tic_tac_toe,
    ("tic-tac-toe", "decisive"): decisive_of_tic_tac_toe,
    ("connect-four", "random"): of_connect_four,
}


def rollout_of(game: Game[Any], kind: str = "random") -> Rollout:
    """How a game is played to its end, "random" or "decisive": its own way where it has one."""
    return ROLLOUTS.get((game.name, kind), KINDS[kind])
