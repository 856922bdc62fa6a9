"""A tournament: every pair from both sides, round after round, and the table as it grows.

Leaves out: openings by lot, which agents without dice would need to play more than one game.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lessons.arena.cross import Cross, seeds
from lessons.arena.match import Table, played
from lessons.arena.views import show
from zhtui.lab import Run


def train(run: Run) -> Iterator[dict[str, Any]]:
    cross = run.once(Cross.of)
    run.keep(cross=cross)
    pairs = [(i, j) for i in range(len(cross.agents)) for j in range(len(cross.agents)) if i != j]
    run.work("game", len(pairs) * run.config.shared)

    for step in run.steps():
        for i, j in pairs:
            for number in range(run.config.shared):
                seed = seeds(run.seed, step, number)
                table = Table(cross.game, cross.agents[i], cross.agents[j], seed)
                cross.add(i, j, played(table))
        row = cross.shares()
        if (step + 1) % run.config.eval_every == 0 or step + 1 == run.config.steps:
            row |= cross.ratings() | cross.examined(run)
            show(run, cross)
        yield row
