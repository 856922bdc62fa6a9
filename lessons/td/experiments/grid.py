"""The rooms and the cliff in a run: one learner by control.py, or many abreast."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.td import abreast, views
from lessons.td.config import Config
from lessons.td.control import GUESSES, Change, episode
from lessons.td.gridworld import (
    GridWorld,
    best_values,
    cliff,
    greedy_path,
    path_return,
    six_rooms,
)
from lessons.td.walk import Floats, Ints
from zhtui.lab import LabError, Run

LAST = 100  # episodes over which `return_last` is a mean


def falling(config: Config, step: int) -> float:
    """ε at a step: from `epsilon` evenly to `epsilon_last`, within the share `fall` of the run.

    From 1 to 0 over 5 steps: 1, 0.75, 0.5, 0.25, 0; with fall=0.5: 1, 0.5, 0, 0, 0.
    """
    if config.mistake == "epsilon-never-falls":
        return config.epsilon
    share = min(1.0, step / max(1.0, (config.steps - 1) * config.fall))
    return config.epsilon + (config.epsilon_last - config.epsilon) * share


class GridRun:
    """Q (R, S, A) of R runs, and what their episodes brought."""

    def __init__(self, run: Run) -> None:
        config = run.config
        self.rooms = config.world == "rooms"
        if self.rooms and config.runs > 1:
            raise LabError("the rooms are learned by one run at a time; choose runs=1.")
        goal_ends = config.mistake != "terminal-bootstraps"
        self.world: GridWorld = six_rooms(goal_ends) if self.rooms else cliff()
        self.truth = best_values(six_rooms() if self.rooms else self.world, config.gamma)
        self.Q = np.tile(self.world.nothing(), (config.runs, 1, 1))
        self.returns: list[float] = []  # an episode, mean over the runs
        self.epsilons: list[float] = []  # a step
        self.last: Change | None = None

    def parts(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        return {"grid": self}

    def learn(self, run: Run) -> dict[str, float]:
        """`episodes` episodes in every run."""
        config, epsilon = run.config, falling(run.config, run.step)
        gamma = 1.0 if config.mistake == "gamma-left-out" else config.gamma
        rng = np.random.default_rng(run.rng.getrandbits(64))
        rule = (config.alpha, gamma, epsilon)
        for _ in range(config.episodes):
            if config.runs == 1:
                guess, brought = GUESSES[config.method], 0.0
                for change in episode(self.world, self.Q[0], guess, *rule, rng.random):
                    brought, self.last = brought + change.reward, change
            else:
                all_of_them = abreast.episode(
                    self.world, self.Q, config.method, *rule, lambda runs: rng.random(len(runs))
                )
                brought = float(all_of_them.mean())
            self.returns.append(brought)
        self.epsilons.append(epsilon)
        return {"return": self.returns[-1], "epsilon": epsilon}

    def look(self, run: Run) -> dict[str, float]:
        """Shows the map, ε, and the returns; measures the greedy path and the error."""
        own = self.Q[0]
        path = greedy_path(self.world, own)
        run.show("map", views.grid_map(self.world, own, path, self.last))
        run.show("returns", views.returns(self.returns))
        run.show("epsilon", views.epsilons(self.epsilons))
        row = {"return_last": float(np.mean(self.returns[-LAST:]))}
        if self.rooms:
            run.show("doors", views.doors(self.world, own, self.truth))
            return row | self.doors(own) | {"rms": self.error(own)}
        pays = [path_return(self.world, greedy_path(self.world, Q), Q) for Q in self.Q]
        return row | {"greedy": float(np.mean(pays))}

    def error(self, Q: Floats) -> float:
        """The RMS error against Q*, over what can be done before the goal."""
        acts = self.world.open & ~self.world.ends[:, None]
        return float(np.sqrt(((Q[acts] - self.truth[acts]) ** 2).mean()))

    def doors(self, Q: Floats) -> dict[str, float]:
        """Q by the numbers of two rooms: "Q32" is going from 3 to 2."""
        ways: list[Ints] = list(np.argwhere(self.world.open & ~self.world.ends[:, None]))
        names = self.world.names
        return {f"Q{names[s]}{names[self.world.after[s, a]]}": float(Q[s, a]) for s, a in ways}

    def state_dict(self) -> dict[str, Any]:
        """Q and the history."""
        return {"Q": self.Q, "returns": self.returns, "epsilons": self.epsilons}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes them back."""
        self.Q = state["Q"].copy()
        self.returns, self.epsilons = list(state["returns"]), list(state["epsilons"])
