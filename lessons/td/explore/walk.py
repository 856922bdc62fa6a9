"""The random walk, one update a frame: what is guessed, what is seen, what is learned."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons.td import methods
from lessons.td.config import MISTAKES, SHOWS
from lessons.td.methods import Update
from lessons.td.spelling import number, pay, update
from lessons.td.walk import FIVE, Episode, Floats, rms
from zhtui.lab import Bars, Board, Curves, Frame, LabError, Poke, Run, Spot, Words, knob, mistakes

TAKES_RUN = False

METHODS = ("td0", "monte-carlo", "n-step", "td-lambda")
HERE = tuple(mistake for mistake in MISTAKES if "walk5" in SHOWS[mistake.name])
NAMES = ["□", *FIVE.names, "□"]


@dataclass(frozen=True)
class Ask:
    """A few episodes of the walk, and how they are learned from."""

    method: str = knob("td0", "how it learns", choices=METHODS)
    alpha: float = knob(0.1, "step size α", low=0, high=1)
    n: int = knob(2, "rewards in a target (n-step)", low=1, high=100)
    lam: float = knob(0.8, "how much a trace keeps, λ (td-lambda)", low=0, high=1)
    episodes: int = knob(5, "how many walks", low=1, high=200)
    seed: int = knob(7, "which walks", low=0, high=2**31)
    mistake: str = mistakes(HERE)


def missed_reward(V: Floats, episode: Episode, t: int, n: int, gamma: float) -> methods.Parts:
    """The mistake n-off-by-one: `n_step_return` with n − 1 rewards and the guess after n."""
    end = min(t + n, episode.T)
    _, guess = methods.n_step_return(V, episode, t, n, gamma)
    return methods.discounted(episode.rewards[t : min(t + n - 1, end)], gamma), guess


def updates(ask: Ask, V: Floats, z: Floats, episode: Episode) -> Iterator[Update]:
    """What an episode teaches; V and z are changed in place."""
    alpha = 1.0 if ask.mistake == "alpha-unused" else ask.alpha
    if ask.method == "td0":
        return methods.td0(V, episode, alpha)
    if ask.method == "monte-carlo":
        return methods.monte_carlo(V, episode, alpha)
    if ask.method == "td-lambda":
        return methods.td_lambda(V, z, episode, ask.lam, alpha)
    wrong = ask.mistake == "n-off-by-one"
    target = missed_reward if wrong else methods.n_step_return
    return methods.n_step(V, episode, ask.n, alpha, target=target)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    """Episode by episode, update by update."""
    _refuse(ask)
    first = FIVE.values()
    if ask.mistake == "terminal-bootstraps":
        first[[0, -1]] = FIVE.first_guess
    V = poke("V", first[None])[0]  # (7,), the ends with it
    z, rng, errors = np.zeros(7), random.Random(ask.seed), [float(rms(FIVE, V))]
    yield Frame(
        "first guess", _views(V, z, errors, ask, []), chapter="before",
        say="Nobody knows the walk: every state is worth ½, an end is worth 0.",
        look="Each step goes left or right by chance; only the right end pays 1.",
    )  # fmt: skip
    for number_of in range(1, ask.episodes + 1):
        episode = FIVE.episode(rng)
        way = " ".join(NAMES[s] for s in episode.states)
        paid = pay(episode.rewards[-1])
        yield Frame(
            f"walk {number_of}", _views(V, z, errors, ask, episode.states),
            chapter=f"episode {number_of}", say=f"It goes {way} and is paid {paid}.",
            look="Which of these values will move, and which way?",
        )  # fmt: skip
        for change in updates(ask, V, z, episode):
            yield _frame(ask, V, z, errors, change)
        errors.append(float(rms(FIVE, V)))
    yield Frame(
        "so far", _views(V, z, errors, ask, []), chapter="after",
        say=f"RMS error {errors[0]:.3f} before, {errors[-1]:.3f} after {ask.episodes} walks.",
        look="The line climbs from A to E as the true one does: 1/6, 2/6 … 5/6.",
    )  # fmt: skip


def _refuse(ask: Ask) -> None:
    if ask.mistake == "n-off-by-one" and ask.method != "n-step":
        raise LabError("mistake=n-off-by-one is one of n-step; choose method=n-step.")
    if ask.mistake == "terminal-bootstraps" and ask.method == "monte-carlo":
        raise LabError("monte-carlo makes no guess at an end; choose method=td0.")


def _frame(ask: Ask, V: Floats, z: Floats, errors: list[float], change: Update) -> Frame:
    s, after = NAMES[change.state], NAMES[change.after]
    spot = Spot("V", 0, change.state)
    moved = abs(change.now - change.before) > 1e-9
    return Frame(
        f"{change.t + 1}: {s} → {after}",
        _views(V, z, errors, ask, [change.state]),
        say=spelled(ask, change),
        look=told(ask, change),
        keep={"change": change, "V": V, "z": z, "alpha": ask.alpha},
        predict=spot if moved else None,
        within=0.02,
        still=ends_stay,
    )


def ends_stay(spot: Spot) -> dict[str, Floats]:
    """The ends are worth 0, whatever value was poked: nothing ever moves them."""
    mask = np.zeros((1, 7), dtype=bool)
    mask[0, [0, -1]] = True
    if spot.view == "V":
        mask[0, spot.column] = False
    return {"V": mask}


def spelled(ask: Ask, change: Update) -> str:
    """The update with its numbers: V(C) ← 0.50 + 0.1·(0 + 0.50 − 0.50) = 0.50."""
    alpha = 1.0 if ask.mistake == "alpha-unused" else ask.alpha
    guess = "" if ask.method == "monte-carlo" else number(change.guess)
    name = f"V({NAMES[change.state]})"
    return update(name, change.before, alpha, change.reward, guess, change.now)


def told(ask: Ask, change: Update) -> str:
    """What to look for, in words."""
    if abs(change.now - change.before) < 1e-9:
        return "Guess and target agree: nothing is learned here."
    if ask.method == "td-lambda":
        return "The same error moves every state that still has a trace, by α·δ·z."
    if ask.method == "monte-carlo":
        return "The whole return is the target; no other value was used."
    if change.after in (0, len(NAMES) - 1):
        return "At an end the target should be what was paid: no guess is in it."
    return "The target is a guess itself: what is learned here moves one step further next time."


def _views(V: Floats, z: Floats, errors: list[float], ask: Ask, lit: list[int]) -> dict[str, Any]:
    x = np.arange(1, 6)
    views: dict[str, Any] = {
        "V": Board([NAMES], values=V[None], lit=[(0, s) for s in lit], note="V of each state"),
        "line": Curves(
            {"V": (x, V[1:-1].copy()), "true": (x, FIVE.truth()[1:-1])},
            marks=[(float(s), NAMES[s]) for s in x], x_name="state",
        ),
    }  # fmt: skip
    if ask.method == "td-lambda":
        views["z"] = Bars(NAMES[1:-1], z[1:-1].tolist(), note="the trace of each state")
    steps = np.arange(len(errors))
    error = {"RMS": (steps, np.array(errors))}
    return views | {"error": Curves(error, x_name="episode", note="RMS error of the five values")}


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    """What a value is, and how it came about."""
    if spot.view == "z":
        state = NAMES[spot.row + 1]
        return f"z({state}): faded to γλ = {ask.lam:g} of itself each step, plus 1 a visit"
    if spot.view == "error":
        return "the root of the mean of the five squared errors V − true value"
    s = spot.column + (spot.view == "line")
    if not 0 < s < 6:
        return "an end: nothing comes after it, so it is worth 0"
    change = frame.keep.get("change")
    if change is not None and change.state == s and spot.view == "V":
        return spelled(ask, change)
    return f"V({NAMES[s]}); from here the right end is reached with {s}/6 = {s / 6:.3f}"
