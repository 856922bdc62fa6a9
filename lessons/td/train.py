"""A run of any world: learn for a step, look every now and then.

Leaves out what is learned and how: that is in methods.py, control.py, afterstate.py, menace.py and
dqn.py, and how a run carries it in experiments/.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from lessons.td.config import check
from zhtui.lab import Run


class Experiment(Protocol):
    """A world and its learner."""

    def parts(self) -> dict[str, Any]: ...
    def learn(self, run: Run) -> dict[str, float]: ...
    def look(self, run: Run) -> dict[str, float]: ...


def build(run: Run) -> Experiment:
    """The world of a run with its learner, which training and playing share.

    Raises `LabError` where the knobs do not go together.
    """
    check(run.config)
    config = run.config
    if config.sweep != "none":
        from lessons.td.experiments.walk import SweepRun

        return SweepRun(run)
    if config.world in ("walk5", "walk19"):
        from lessons.td.experiments.walk import WalkRun

        return WalkRun(run)
    if config.world in ("rooms", "cliff"):
        from lessons.td.experiments.grid import GridRun

        return GridRun(run)
    if config.method == "dqn":  # only here torch is needed
        from lessons.td.experiments.nets import BoardNet, CartPoleRun

        return CartPoleRun(run) if config.world == "cartpole" else BoardNet(run)
    from lessons.td.experiments.board import AfterstateRun, MenaceRun

    return AfterstateRun(run) if config.method == "afterstate" else MenaceRun(run)


def train(run: Run) -> Iterator[dict[str, Any]]:
    learner = run.once(build)
    run.keep(**learner.parts())
    abreast = run.config.runs if run.config.world in ("walk5", "walk19", "cliff") else 1
    run.work("episode", run.config.episodes * abreast)

    for step in run.steps():
        row = learner.learn(run)
        if (step + 1) % run.config.eval_every == 0 or step + 1 == run.config.steps:
            row |= learner.look(run)
        yield row
