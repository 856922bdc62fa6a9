"""The knobs of the lesson, its settings, and the mistakes that can be switched on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from zhtui.lab import LabError, Mistake, knob, mistakes

WALK = ("td0", "monte-carlo", "n-step", "td-lambda", "batch-td", "batch-mc")
CONTROL = ("q-learning", "sarsa", "expected-sarsa")
METHODS: Mapping[str, tuple[str, ...]] = {
    "walk5": WALK,
    "walk19": WALK,
    "rooms": CONTROL,
    "cliff": CONTROL,
    "tic-tac-toe": ("afterstate", "menace", "dqn"),
    "cartpole": ("dqn",),
}
ALL = tuple(dict.fromkeys(method for methods in METHODS.values() for method in methods))

MISTAKES = (
    Mistake(
        "alpha-unused",
        "α is declared and never used: so a value jumps all the way to its target",
        meters=("V", "error"),
        line="methods.py#td0",
    ),
    Mistake(
        "gamma-left-out",
        "γ is left out of the target: a reward far away counts as much as a near one",
        meters=("map", "doors"),
        line="control.py#episode",
    ),
    Mistake(
        "epsilon-never-falls",
        "ε should fall to its last value, but it stays as it was: the tries never stop",
        meters=("epsilon",),
        line="experiments/grid.py#falling",
    ),
    Mistake(
        "terminal-bootstraps",
        "a reward is expected after an end: values are added that are never paid",
        meters=("V", "error", "map", "doors"),
        line="walk.py#Walk.values",
    ),
    Mistake(
        "n-off-by-one",
        "the sum of n rewards leaves the last one out",
        meters=("V", "error"),
        line="methods.py#n_step_return",
    ),
)
SHOWS: Mapping[str, tuple[str, ...]] = {  # the worlds in which a mistake does something
    "alpha-unused": ("walk5", "walk19", "tic-tac-toe"),
    "gamma-left-out": ("rooms", "cartpole"),
    "epsilon-never-falls": ("cliff", "cartpole"),
    "terminal-bootstraps": ("walk5", "rooms", "cartpole"),
    "n-off-by-one": ("walk5", "walk19"),
}

NO_GUESS = ("monte-carlo", "batch-mc", "batch-td", "sarsa", "expected-sarsa")


@dataclass(frozen=True)
class Config:
    """A world, a method for it, and how long; a step is `episodes` episodes or games."""

    world: str = knob("walk5", "what is learned", choices=tuple(METHODS))
    method: str = knob("td0", "the method (td0 … batch-mc in the walks)", choices=ALL)
    steps: int = knob(100, "steps; each has `episodes` episodes", low=1, high=10_000_000)
    episodes: int = knob(1, "episodes or games a step", low=1, high=100_000)
    runs: int = knob(100, "how many learn side by side (walks and cliff)", low=1, high=10_000)
    alpha: float = knob(0.1, "step size α of a table", low=0, high=10, live=True)
    gamma: float = knob(1.0, "discount γ", low=0, high=1)
    epsilon: float = knob(0.1, "chance ε to try any action", low=0, high=1, live=True)
    epsilon_last: float = knob(0.1, "ε at the end; it falls evenly", low=0, high=1)
    fall: float = knob(1.0, "share of the run in which ε falls", low=0.01, high=1)
    n: int = knob(4, "rewards in a target (n-step)", low=1, high=10_000)
    lam: float = knob(0.8, "how much a trace keeps, λ (td-lambda)", low=0, high=1)
    sweep: str = knob(
        "none", "each step tries one setting at twelve α", choices=("none", "n", "lambda")
    )
    symmetry: bool = knob(False, "turned and mirrored boards are one (afterstate)")
    opponent: str = knob("self", "whom MENACE plays against", choices=("self", "random", "minimax"))
    double: bool = knob(True, "one net chooses, the other one judges (dqn)")
    lr: float = knob(1e-3, "learning rate (dqn)", low=0, high=1, live=True)
    hidden: int = knob(64, "units of a hidden layer (dqn)", low=1, high=1024)
    replay: int = knob(20_000, "steps that are remembered (dqn)", low=1, high=1_000_000)
    batch: int = knob(64, "steps learned from at once (dqn)", low=1, high=4096)
    update_every: int = knob(2, "steps of the cart an update (cartpole)", low=1, high=1_000)
    target_every: int = knob(200, "updates between two target nets (dqn)", low=1, high=1_000_000)
    eval_every: int = knob(10, "steps between two evaluations", low=1, high=10_000_000)
    mistake: str = mistakes(MISTAKES)


def check(config: Config) -> None:
    """Raises `LabError` for a method that its world has not, or a mistake that does nothing."""
    fit = METHODS[config.world]
    if config.method not in fit:
        raise LabError(f"world={config.world} is learned by {', '.join(fit)}; choose one of them.")
    where = SHOWS.get(config.mistake, METHODS)
    if config.world not in where:
        raise LabError(
            f"mistake={config.mistake} does nothing in world={config.world}; "
            f"take world={' or '.join(where)}."
        )
    if config.mistake == "n-off-by-one" and config.method != "n-step":
        raise LabError("mistake=n-off-by-one is one of n-step; choose method=n-step.")
    if config.mistake == "terminal-bootstraps" and config.method in NO_GUESS:
        raise LabError(
            f"method={config.method} takes nothing from an end here; choose method="
            f"{'q-learning' if config.world == 'rooms' else 'td0'}."
        )
    if config.sweep != "none" and config.world not in ("walk5", "walk19"):
        raise LabError("a sweep is of a walk; choose world=walk19 or sweep=none.")


QUICK = Config(runs=100)
CLIFF = Config(world="cliff", method="sarsa", steps=500, runs=500, alpha=0.5, eval_every=50)
BOARD = Config(
    world="tic-tac-toe", method="afterstate", steps=400, episodes=100, alpha=0.2, eval_every=20
)
SWEEP = Config(world="walk19", sweep="n", method="n-step", steps=5, runs=400, eval_every=1)
PRESETS = {
    "tiny": replace(BOARD, steps=30, episodes=20, eval_every=10),
    "quick": QUICK,
    "paper": replace(QUICK, runs=1_000),
    "batch": replace(QUICK, method="batch-td"),
    "n-step": SWEEP,
    "lambda": replace(SWEEP, sweep="lambda", method="td-lambda", runs=1_000),
    "rooms": Config(
        world="rooms", method="q-learning", alpha=1.0, gamma=0.8, epsilon=1.0, epsilon_last=1.0,
        steps=200, runs=1, eval_every=10,
    ),
    "cliff": replace(CLIFF, runs=1, eval_every=10),
    "cliff-500": CLIFF,
    "falling": replace(CLIFF, runs=20, epsilon_last=0.0),
    "afterstate": BOARD,
    "menace": replace(BOARD, method="menace", steps=200, episodes=10, opponent="random"),
    "dqn": Config(
        world="tic-tac-toe", method="dqn", steps=300, episodes=16, epsilon=1.0, epsilon_last=0.1,
        hidden=128, eval_every=20,
    ),
    "cartpole": Config(
        world="cartpole", method="dqn", steps=150, gamma=0.99, epsilon=1.0, epsilon_last=0.02,
        fall=0.3, eval_every=10,
    ),
}  # fmt: skip
