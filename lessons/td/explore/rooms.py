"""Six rooms: how a reward at the door goes back, room by room, to where one started."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons.td import views
from lessons.td.config import MISTAKES, SHOWS
from lessons.td.control import Change, episode, q_learning
from lessons.td.gridworld import GridWorld, best_values, greedy_path, six_rooms
from lessons.td.spelling import number, update
from lessons.td.walk import Floats
from zhtui.lab import Frame, Heatmap, LabError, Poke, Run, Spot, Words, knob, mistakes

TAKES_RUN = False

HERE = tuple(mistake for mistake in MISTAKES if "rooms" in SHOWS[mistake.name])


@dataclass(frozen=True)
class Ask:
    """Someone who walks at random through six rooms, and learns the way out."""

    alpha: float = knob(1.0, "step size α", low=0, high=1)
    gamma: float = knob(0.8, "discount γ", low=0, high=0.99)
    epsilon: float = knob(1.0, "chance ε to try any door", low=0, high=1)
    episodes: int = knob(25, "how many starts", low=1, high=300)
    seed: int = knob(3, "seed: where it starts and which doors it tries", low=0, high=2**31)
    mistake: str = mistakes(HERE)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    """One door a frame."""
    world = six_rooms(goal_ends=ask.mistake != "terminal-bootstraps")
    truth = best_values(six_rooms(), ask.gamma)
    Q = poke("Q", world.nothing())
    if (np.isfinite(Q) != world.open).any():
        raise LabError("there is no door that way; poke a cell that has a number.")
    yield Frame(
        "nothing is known", _views(world, Q, truth, None), chapter="before",
        say="Six doors, one way out: entering room 5 is worth 100, all else 0.",
        look="Which door can be learned first? Only one that pays by itself.",
    )  # fmt: skip
    gamma = 1.0 if ask.mistake == "gamma-left-out" else ask.gamma
    draw, told = random.Random(ask.seed).random, False
    for number_of in range(1, ask.episodes + 1):
        chapter = f"episode {number_of}"
        for change in episode(world, Q, q_learning, ask.alpha, gamma, ask.epsilon, draw):
            yield _frame(world, Q, truth, change, ask, chapter)
            chapter = ""
        if not told and _reached(world, Q, truth):
            told = True
            yield _fixed_point(world, Q, truth, ask, number_of)
    yield _way_out(world, Q, truth)


def _reached(world: GridWorld, Q: Floats, truth: Floats) -> bool:
    acts = world.open & ~world.ends[:, None]
    return bool(np.abs(Q[acts] - truth[acts]).max() < 1e-9)


def _frame(
    world: GridWorld, Q: Floats, truth: Floats, change: Change, ask: Ask, chapter: str
) -> Frame:
    moved = abs(change.now - change.before) > 1e-9
    here, there = world.names[change.state], world.names[change.after]
    look = "Nothing changes: what it knows of the next room is as before."
    if moved:
        look = f"Room {here} now knows what lies behind its door to {there}."
    return Frame(
        f"{here} → {there}",
        _views(world, Q, truth, change),
        say=spelled(world, change, ask),
        look=look,
        chapter=chapter,
        keep={"change": change, "Q": Q, "truth": truth},
        predict=Spot("Q", change.state, change.action) if moved else None,
        within=1.0,
    )


def spelled(world: GridWorld, change: Change, ask: Ask) -> str:
    """Q(1,3) ← 0.00 + 1·(0 + 0.8·100 − 0.00) = 80."""
    gamma = 1.0 if ask.mistake == "gamma-left-out" else ask.gamma
    best = change.guess / gamma if gamma else 0.0
    name = f"Q({world.names[change.state]},{world.names[change.after]})"
    guess = f"{gamma:g}·{number(best)}"
    return update(name, change.before, ask.alpha, change.reward, guess, change.now)


def _fixed_point(world: GridWorld, Q: Floats, truth: Floats, ask: Ask, after: int) -> Frame:
    return Frame(
        "the fixed point", _views(world, Q, truth, None), chapter="fixed point",
        say=f"After {after} starts every door has its value: nothing moves any more.",
        look=f"Each room further away is worth γ = {ask.gamma:g} of the one before.",
        solved="rooms",
    )  # fmt: skip


def _way_out(world: GridWorld, Q: Floats, truth: Floats) -> Frame:
    start = world.names.index("2")
    path = greedy_path(world, Q, start)
    rooms = " → ".join(world.names[s] for s in path)
    return Frame(
        "the way out", _views(world, Q, truth, None, path), chapter="after",
        say=f"From room 2, always by the best door: {rooms}.",
        look="Nobody told it the way; it follows the arrows.",
    )  # fmt: skip


def _views(
    world: GridWorld, Q: Floats, truth: Floats, change: Change | None, path: list[int] | None = None
) -> dict[str, Any]:
    shown = np.where(np.isfinite(Q), Q, np.nan)  # (6, 4)
    texts = [[number(q) if np.isfinite(q) else "" for q in row] for row in Q]
    rooms = [f"room {name}" for name in world.names]
    heat = Heatmap(shown, rooms, ("up", "right", "down", "left"), low=0.0, texts=texts)
    return {
        "map": views.grid_map(world, Q, path or (), change),
        "Q": heat,
        "doors": views.doors(six_rooms(), Q, truth),
    }


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    """The arithmetic of a door."""
    change = frame.keep.get("change")
    world = six_rooms()
    if spot.view != "Q" or not world.open[spot.row, spot.column]:
        return "what 100 is worth from here: times γ for each room"
    if change is not None and (change.state, change.action) == (spot.row, spot.column):
        return spelled(world, change, ask)
    room, to = world.names[spot.row], world.names[world.after[spot.row, spot.column]]
    return f"Q({room},{to}): going from room {room} to room {to}, and on by the best doors"
