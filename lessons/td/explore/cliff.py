"""The cliff: the short way along the edge, or the safe one above it?"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons.td import views
from lessons.td.config import MISTAKES, SHOWS
from lessons.td.control import GUESSES, Change, episode
from lessons.td.gridworld import GridWorld, cliff, greedy_path, path_return
from lessons.td.spelling import number, update
from lessons.td.walk import Floats
from zhtui.lab import Frame, Heatmap, LabError, Poke, Run, Spot, Words, knob, mistakes

TAKES_RUN = False

HERE = tuple(mistake for mistake in MISTAKES if "cliff" in SHOWS[mistake.name])
WHOLE = 2  # episodes that are shown step by step; later ones have a frame each
ARROWS = "↑→↓←"


@dataclass(frozen=True)
class Ask:
    """A small cliff, and who walks along it."""

    method: str = knob(
        "sarsa", "which value of the next step the target takes", choices=tuple(GUESSES)
    )
    alpha: float = knob(0.5, "step size α", low=0, high=1)
    epsilon: float = knob(0.1, "chance ε to try any step, at first", low=0, high=1)
    epsilon_last: float = knob(0.0, "ε in the last episode; it falls evenly", low=0, high=1)
    rows: int = knob(3, "rows of squares", low=2, high=6)
    columns: int = knob(5, "columns of squares", low=3, high=12)
    episodes: int = knob(100, "how many episodes", low=1, high=1_000)
    seed: int = knob(1, "its luck", low=0, high=2**31)
    mistake: str = mistakes(HERE)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    """Two episodes step by step, then one a frame."""
    world = cliff(ask.rows, ask.columns)
    Q = poke("Q", world.nothing())
    if (np.isfinite(Q) != world.open).any():
        raise LabError("nothing can be done there; poke a cell that has a number.")
    draw, paid, epsilons = random.Random(ask.seed).random, list[float](), list[float]()
    yield Frame(
        "the cliff", lambda: _views(world, Q.copy(), None, [], []), chapter="before",
        say="Each step costs 1; a step into C costs 100 and leads back to S.",
        look="The way along the edge is the shortest. Is it the best?",
    )  # fmt: skip
    for number_of in range(1, ask.episodes + 1):
        epsilon, total, change = epsilon_of(ask, number_of), 0.0, None
        epsilons.append(epsilon)
        rule = (GUESSES[ask.method], ask.alpha, 1.0, epsilon)
        for step, change in enumerate(episode(world, Q, *rule, draw)):
            total += change.reward
            if number_of <= WHOLE:
                chapter = f"episode {number_of}" if step == 0 else ""
                yield _step(world, Q, change, ask, paid, epsilons, chapter)
        paid.append(total)
        yield _walked(world, Q, change, paid, epsilons)
    yield _end(world, Q, ask, paid, epsilons)


def epsilon_of(ask: Ask, number_of: int) -> float:
    """ε in an episode, counted from 1."""
    if ask.mistake == "epsilon-never-falls":
        return ask.epsilon
    share = (number_of - 1) / max(1, ask.episodes - 1)
    return ask.epsilon + (ask.epsilon_last - ask.epsilon) * share


def _step(
    world: GridWorld, Q: Floats, change: Change, ask: Ask,
    paid: list[float], epsilons: list[float], chapter: str,
) -> Frame:  # fmt: skip
    fell = change.reward == -100
    look = "It fell." if fell else "A random try." if change.explored else "The best step it knows."
    moved = abs(change.now - change.before) > 1e-9
    return Frame(
        f"{_square(world, change.state)} {ARROWS[change.action]}",
        _views(world, Q, change, paid, epsilons),
        say=spelled(world, change, ask),
        look=look,
        chapter=chapter,
        keep={"change": change},
        predict=Spot("Q", change.state, change.action) if moved else None,
        within=0.3,
    )


def spelled(world: GridWorld, change: Change, ask: Ask) -> str:
    """Q(a3,↑) ← 0.00 + 0.5·(−1 + 0.00 − 0.00) = −0.50."""
    name = f"Q({_square(world, change.state)},{ARROWS[change.action]})"
    now = change.now
    return update(name, change.before, ask.alpha, change.reward, number(change.guess), now)


def _square(world: GridWorld, state: int) -> str:
    row, column = divmod(state, world.columns)
    return f"{'abcdefghijkl'[column]}{row + 1}"


def _walked(
    world: GridWorld, Q: Floats, change: Change | None, paid: list[float], epsilons: list[float]
) -> Frame:
    number_of, copy, own, tried = len(paid), Q.copy(), list(paid), list(epsilons)
    path = greedy_path(world, copy)
    there = world.ends[path[-1]]
    would = number(path_return(world, path, copy)) if there else "no end: it goes in circles"
    return Frame(
        f"after episode {number_of}",
        lambda: _views(world, copy, change, own, tried, path),
        chapter=f"episode {number_of}" if number_of > WHOLE and number_of % 10 == 0 else "",
        say=f"The walk brought {number(paid[-1])}; without tries it would be {would}.",
        look="Does the path keep away from the edge?",
    )


def _end(world: GridWorld, Q: Floats, ask: Ask, paid: list[float], epsilons: list[float]) -> Frame:
    last = paid[-20:]
    return Frame(
        "so far", _views(world, Q, None, paid, epsilons, greedy_path(world, Q)), chapter="after",
        say=f"The last {len(last)} walks brought {number(sum(last) / len(last))} on average.",
        look=f"ε was {epsilons[0]:.2f} at first and {epsilons[-1]:.2f} at the end.",
    )  # fmt: skip


def _views(
    world: GridWorld, Q: Floats, change: Change | None, paid: list[float], epsilons: list[float],
    path: list[int] | None = None,
) -> dict[str, Any]:  # fmt: skip
    known = np.flatnonzero(world.open.any(-1))
    shown = np.where(np.isfinite(Q), Q, np.nan)  # (S, 4)
    texts = [[number(q) if np.isfinite(q) else "" for q in row] for row in Q]
    names = [_square(world, s) for s in range(world.states)]
    stop = int(known[-1]) + 1  # the cliff and the goal have nothing to show
    heat = Heatmap(shown[:stop], names[:stop], tuple(ARROWS), high=0.0, texts=texts[:stop])
    return {
        "map": views.grid_map(world, Q, path or (), change),
        "Q": heat,
        "returns": views.returns(paid or [0.0]),
        "epsilon": views.epsilons(epsilons or [0.0]),
    }


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    """The arithmetic of a step."""
    world, change = cliff(ask.rows, ask.columns), frame.keep.get("change")
    if spot.view != "Q":
        return "arrows show the best known step, numbers what each of the four will bring"
    if change is not None and (change.state, change.action) == (spot.row, spot.column):
        return spelled(world, change, ask)
    return f"Q({_square(world, spot.row)},{ARROWS[spot.column]}): what the walk brings from here on"
