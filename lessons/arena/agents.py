"""Who can sit at the board: random, minimax, MCTS with n simulations, and any run that plays.

    random          a move drawn evenly
    minimax         perfect play; among equal moves one drawn evenly
    mcts:1000       UCT with so many simulations (mcts alone: 100); with mcts:1000:decisive its
                    random games pass no win by
    calm-heron      a run of a lesson that plays (td, mcts), at its newest checkpoint
    calm-heron@200  the same after 200 steps: its younger self

An agent yields thoughts; the last one holds its move. Nothing here is kept between two moves, so a
position and a seed decide what is played; unless its time is limited (`within`).

Leaves out: MENACE and TD by name, which are runs.
"""

from __future__ import annotations

import math
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lessons.blocks.games import find, tree_search
from lessons.blocks.games.minimax import Table
from zhtui.lab import LabError, Thought, agent_of, find_run, open_run

BUILT_IN = ("random", "minimax", "mcts:N", "mcts:N:decisive")
SOLVED = 12  # squares of a board that is searched to the end
MOST = 10_000_000  # simulations
PARTS = 10  # thoughts of one move at least
LARGEST = 2_000  # simulations of one part: a long search can be looked at, and broken off


@dataclass(frozen=True)
class Agent:
    """Who plays, as it was named. `kind` is random, minimax, mcts or run."""

    name: str
    kind: str
    simulations: int = 0
    rollouts: str = "random"
    run: str = ""
    step: int | None = None


def agent(name: str) -> Agent:
    """An agent by its name; a run is looked for only when it has to move.

    agent("mcts:200") -> 200 simulations. Raises `LabError`.
    """
    name = name.strip()
    if name in ("random", "minimax"):
        return Agent(name, name)
    if parts := re.fullmatch(r"mcts(?::([0-9]{1,99}))?(?::(random|decisive))?", name):
        count = int(parts[1] or 100)
        if not 1 <= count <= MOST:
            raise LabError(f"{name}: a search has 1 to {MOST:,} simulations; choose another number")
        rollouts = parts[2] or "random"
        known = f"mcts:{count}" + (f":{rollouts}" if rollouts != "random" else "")
        return Agent(known, "mcts", count, rollouts)
    if parts := re.fullmatch(r"([a-z0-9][a-z0-9._-]{0,63})(?:@([0-9]{1,18}))?", name):
        return Agent(name, "run", run=parts[1], step=int(parts[2]) if parts[2] else None)
    raise LabError(f"{name!r} is not a player; write {', '.join(BUILT_IN)}, or the name of a run")


def agents(text: str) -> list[Agent]:
    """Several, with commas between. Raises `LabError` for fewer than two, or the same twice."""
    found = [agent(name) for name in text.split(",") if name.strip()]
    if len(found) < 2:
        raise LabError(f"{text!r} names {len(found)}; a tournament takes two agents or more")
    if len({each.name for each in found}) < len(found):
        raise LabError(f"{text!r} names an agent twice; leave one of them out")
    return found


def game_of(name: str) -> Any:
    """A game by its name. Raises `LabError`."""
    try:
        return find(name)
    except ValueError as error:
        raise LabError(str(error)) from error


def think(
    who: Agent, game: Any, state: Any, dice: random.Random, store: Path | None = None
) -> Iterator[Thought]:
    """Thoughts about a position, the last with a move. Raises `LabError`."""
    if game.result(state) is not None:
        raise LabError("the game is over; start a new one")
    if who.kind == "random":
        moves = game.moves(state)
        yield Thought(moves[int(dice.random() * len(moves))], say="drawn evenly")
    elif who.kind == "minimax":
        yield perfect(game, state, dice)
    elif who.kind == "mcts":
        yield from searching(who, game, state, dice)
    else:
        yield from learned(who, game, state, store)


def within(
    thoughts: Iterable[Thought], seconds: float, clock: Callable[[], float] = time.monotonic
) -> Iterator[Thought]:
    """Thoughts until the time is up; the last of them holds the move, and one there always is.

    Raises `LabError` where there is no time at all.
    """
    if not 0 < seconds < math.inf:
        raise LabError(f"a move cannot have {seconds:g} seconds; give it more than 0, such as 2")
    end = clock() + seconds
    for thought in thoughts:
        yield thought
        if clock() >= end:
            return


def perfect(game: Any, state: Any, dice: random.Random) -> Thought:
    """Every move's exact value, and one of the best."""
    solved = table(game.name)
    sign = -1 if game.to_move(state) else 1
    values = {move: sign * float(value) for move, value in solved.values(state).items()}
    best = [move for move, value in values.items() if value == max(values.values())]
    move = best[int(dice.random() * len(best))]
    word = {1: "wins", 0: "draws", -1: "loses"}[round(values[move])]
    return Thought(move, values[move], values=values, say=f"with perfect play this {word}")


@lru_cache(maxsize=8)
def table(name: str) -> Table[Any]:
    """The solved game. Raises `LabError` where it is too large to look to its end."""
    game = game_of(name)
    rows, columns = game.squares
    if rows * columns > SOLVED:
        raise LabError(
            f"no search can look to the end of {name} here; minimax plays up to 12 squares"
        )
    return Table(game)


def searching(who: Agent, game: Any, state: Any, dice: random.Random) -> Iterator[Thought]:
    """A tree that grows in ten parts or more, each a thought."""
    tree, rollout = tree_search.Tree(), tree_search.rollout_of(game, who.rollouts)
    done, parts = 0, max(PARTS, -(-who.simulations // LARGEST))
    for part in range(1, parts + 1):
        more = who.simulations * part // parts - done
        if not more:
            continue
        tree_search.search(game, state, more, dice, tree=tree, rollout=rollout)
        done += more
        values = tree.values()
        move = tree.best()
        yield Thought(
            move, values[move], tree.visits(), values, line=principal(tree), done=done,
            of=who.simulations,
        )  # fmt: skip


def principal(tree: tree_search.Tree) -> tuple[int, ...]:
    """The most visited way down: what the search expects both to play."""
    line, here = [], 0
    while tree.children[here]:
        here = max(tree.children[here], key=tree.N.__getitem__)
        line.append(tree.moves[here])
    return tuple(line)


def learned(who: Agent, game: Any, state: Any, store: Path | None) -> Iterator[Thought]:
    """What a run's own lesson thinks; of a run that trains, its newest checkpoint each time."""
    folder = find_run(who.run, store)
    newest = max((path.name for path in folder.glob("step-*")), default="")
    run = opened(who.run, who.step, store, newest if who.step is None else "")
    yield from agent_of(run)(game, state)


@lru_cache(maxsize=8)
def opened(name: str, step: int | None, store: Path | None, newest: str) -> Any:
    """A run's network, kept until there is a newer one. Raises `LabError`."""
    return open_run(name, step, store)
