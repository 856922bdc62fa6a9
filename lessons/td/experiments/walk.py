"""Random walks in a run: the chosen method and its rivals on the same episodes, many runs abreast.

A racer is a method with its setting; the first one is the run's own. Every racer meets the same
episodes, so that what differs between them is not luck.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lessons.td import race, views
from lessons.td.config import Config
from lessons.td.walk import FIVE, NINETEEN, Floats, Walk, rms
from zhtui.lab import Run

BATCH = ("batch-td", "batch-mc")


@dataclass(frozen=True)
class Racer:
    """A method and its setting."""

    method: str
    alpha: float
    n: int = 1
    lam: float = 0.0

    @property
    def name(self) -> str:
        """As it stands beside its line: "TD(0) α .1"."""
        words = {
            "td0": "TD(0)",
            "monte-carlo": "MC",
            "n-step": f"n={self.n}",
            "td-lambda": f"TD({self.lam:g})",
            "batch-td": "batch TD",
            "batch-mc": "batch MC",
        }[self.method]
        return words if self.method in BATCH else f"{words} α {self.alpha:g}"


def own(config: Config) -> Racer:
    """The run's own method, with α as it is now."""
    alpha = 1.0 if config.mistake == "alpha-unused" else config.alpha
    return Racer(config.method, alpha, config.n, config.lam)


def rivals(config: Config) -> list[Racer]:
    """Those that it is held against."""
    mine = Racer(config.method, config.alpha)
    if config.method in ("td0", "monte-carlo"):
        others = [Racer("td0", a) for a in (0.05, 0.1, 0.15)]
        others += [Racer("monte-carlo", a) for a in (0.01, 0.02, 0.03, 0.04)]
    elif config.method == "n-step":
        others = [replace(mine, n=n) for n in (1, 2, 4, 8)]
    elif config.method == "td-lambda":
        others = [replace(mine, lam=lam) for lam in (0.0, 0.4, 0.8, 0.9)]
    else:
        others = [Racer(method, 0.0) for method in BATCH]
    return [each for each in others if each.name != own(config).name]


def walk_of(config: Config) -> Walk:
    """The walk of a run."""
    return FIVE if config.world == "walk5" else NINETEEN


class WalkRun:
    """V (k, R, S + 2) of k racers in R runs, and how their error went."""

    def __init__(self, run: Run) -> None:
        config = run.config
        self.walk, self.rivals = walk_of(config), rivals(config)
        self.V = np.tile(self.walk.values(), (1 + len(self.rivals), config.runs, 1))
        if config.mistake == "terminal-bootstraps":  # the ends are guessed like all others
            self.V[0, :, [0, -1]] = self.walk.first_guess
        self.history: list[list[float]] = []  # (episodes, k) RMS errors, mean over the runs
        self.counts = race.Counts(self.walk, config.runs)

    def parts(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        return {"walk": self}

    def learn(self, run: Run) -> dict[str, float]:
        """`episodes` episodes of every run; the row has the error after the last of them."""
        config, brought = run.config, np.zeros(0)
        rng = np.random.default_rng(run.rng.getrandbits(64))
        for _ in range(config.episodes):
            walks = race.walks(self.walk, config.runs, rng)
            brought = walks.final
            self.counts.see(walks)
            missed = int(config.mistake == "n-off-by-one")
            self.V[0] = self.after(self.V[0], walks, own(config), config.gamma, missed)
            for i, racer in enumerate(self.rivals, start=1):
                self.V[i] = self.after(self.V[i], walks, racer, config.gamma)
            self.history.append(rms(self.walk, self.V).mean(1).tolist())
        errors = np.array(self.history)[:, 0]  # (episodes,)
        scatter = float(rms(self.walk, self.V[0]).std())
        average = float(errors.mean())
        return {
            "rms": float(errors[-1]),
            "rms_average": average,
            "rms_scatter": scatter,
            "return": float(brought.mean()),
        }

    def after(
        self, V: Floats, walks: race.Walks, racer: Racer, gamma: float, missed: int = 0
    ) -> Floats:
        """A racer's V (R, S + 2) after one more episode."""
        if racer.method == "td0":
            race.td0(V, walks, racer.alpha, gamma)
        elif racer.method == "monte-carlo":
            race.monte_carlo(V, walks, racer.alpha, gamma)
        elif racer.method == "n-step":
            race.n_step(V, walks, racer.n, racer.alpha, gamma, missed)
        elif racer.method == "td-lambda":
            race.td_lambda(V, walks, racer.lam, racer.alpha, gamma)
        else:
            return self.counts.td() if racer.method == "batch-td" else self.counts.monte_carlo()
        return V

    def look(self, run: Run) -> dict[str, float]:
        """Shows the values beside the truth, and the race."""
        run.show("values", views.value_line(self.walk, self.V[0]))
        names = [racer.name for racer in (own(run.config), *self.rivals)]
        run.show("race", views.race(names, np.array(self.history)))
        return {}

    def state_dict(self) -> dict[str, Any]:
        """V, the errors so far, and what was counted."""
        counted = {"steps": self.counts.steps, "returns": self.counts.returns}
        return {"V": self.V, "history": self.history, **counted}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes them back."""
        self.V, self.history = state["V"].copy(), [list(row) for row in state["history"]]
        self.counts.steps = state["steps"].copy()
        self.counts.returns = state["returns"].copy()


SETTINGS: dict[str, tuple[float, ...]] = {
    "n": (1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
    "lambda": (0.0, 0.4, 0.8, 0.9, 0.95, 0.975, 0.99, 1.0),
}
ALPHAS = np.array([0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
EPISODES = 10  # over which a sweep averages, as the book's figures 7.2 and 12.6


class SweepRun:
    """One setting a step, at all `ALPHAS` at once, on the same episodes: figures 7.2 and 12.6."""

    def __init__(self, run: Run) -> None:
        self.walk = walk_of(run.config)
        self.settings = SETTINGS[run.config.sweep]
        self.errors: list[list[float]] = []  # (settings so far, ALPHAS)

    def parts(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        return {"sweep": self}

    def learn(self, run: Run) -> dict[str, float]:
        """The next setting; the row has its best error, and the α that had it."""
        config = run.config
        x = self.settings[len(self.errors) % len(self.settings)]
        rng = np.random.default_rng(run.seed)  # the same episodes for every setting
        rates = np.repeat(ALPHAS, config.runs)  # (α times R,)
        V = np.tile(self.walk.values(), (len(rates), 1))
        total = np.zeros(len(rates))
        with np.errstate(over="ignore", invalid="ignore"):  # a large α may run away
            for _ in range(EPISODES):
                walks = race.walks(self.walk, config.runs, rng).times(len(ALPHAS))
                if config.sweep == "n":
                    missed = int(config.mistake == "n-off-by-one")
                    race.n_step(V, walks, int(x), rates, config.gamma, missed)
                else:
                    race.td_lambda(V, walks, x, rates, config.gamma)
                total += rms(self.walk, V)
        mean = (total / EPISODES).reshape(len(ALPHAS), -1).mean(1)  # (α,)
        self.errors.append(np.where(np.isfinite(mean), mean, np.inf).clip(max=1e6).tolist())
        best = int(np.argmin(self.errors[-1]))
        return {"rms": self.errors[-1][best], "best_alpha": float(ALPHAS[best]), "setting": x}

    def look(self, run: Run) -> dict[str, float]:
        """Shows a curve a setting."""
        names = [f"{run.config.sweep} {x:g}" for x in self.settings[: len(self.errors)]]
        run.show("sweep", views.sweep(names, ALPHAS, self.errors))
        return {}

    def state_dict(self) -> dict[str, Any]:
        """The curves so far."""
        return {"errors": self.errors}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes them back."""
        self.errors = [list(row) for row in state["errors"]]
