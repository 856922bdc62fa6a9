"""The cross table of a tournament: who met whom from which side, and how it ended."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lessons.arena import rating
from lessons.arena.agents import SOLVED, Agent, agents, game_of, table, think
from lessons.arena.match import Record
from lessons.blocks.games.minimax import states
from zhtui.lab import LabError, Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLE = 300  # positions in which an agent is examined


def seeds(seed: int, step: int, number: int) -> int:
    """A game's own seed: the same run plays the same games."""
    return random.Random(f"{seed} {step} {number}").randrange(2**31)


@dataclass(eq=False)
class Cross:
    """Wins, draws and losses of row as X against column as O; the last game of the tournament."""

    game: Any
    agents: list[Agent]
    ends: NDArray[np.int64] = field(init=False)  # (n, n, 3): X wins, draws, O wins
    last: Record | None = None
    optimal: dict[int, float] = field(default_factory=dict)  # by the agent's place, once examined

    def __post_init__(self) -> None:
        self.ends = np.zeros((len(self.agents), len(self.agents), 3), np.int64)

    @classmethod
    def of(cls, run: Run) -> Cross:
        """An empty table of a run's agents. Raises `LabError`."""
        game, who = game_of(run.config.game), agents(run.config.agents)
        if any(each.kind == "minimax" for each in who):
            table(game.name)  # refused now, and not amid the first round
        for each in who:
            if each.kind == "run":
                next(think(each, game, game.start(), random.Random(0)))
        return cls(game, who)

    def add(self, i: int, j: int, record: Record) -> None:
        """One more game of i as X against j as O."""
        self.ends[i, j, {1: 0, 0: 1, -1: 2}[record.result or 0]] += 1
        self.last = record

    def points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points of row against column from both sides, and games between them; (n, n) each."""
        wins, draws, losses = (self.ends[:, :, k].astype(float) for k in range(3))
        return wins + losses.T + (draws + draws.T) / 2, (self.ends + self.ends.swapaxes(0, 1)).sum(
            -1
        )

    def shares(self) -> dict[str, float]:
        """Of all games: how many X won, were drawn, O won."""
        whole = self.ends.sum(axis=(0, 1))
        names = ("x_wins", "draws", "o_wins")
        return {name: float(part / whole.sum()) for name, part in zip(names, whole, strict=True)}

    def ratings(self) -> dict[str, float]:
        """Elo of each agent in its order, and how each fares as X and as O against the first."""
        found = rating.elo(*self.points())
        row = {f"elo_{i + 1}": float(value) for i, value in enumerate(found)}
        if len(self.agents) == 2:
            names = ("win", "draw", "loss")
            for side, ends in (("x", self.ends[1, 0]), ("o", self.ends[0, 1, ::-1])):
                row |= {
                    f"second_{side}_{name}": float(part / max(ends.sum(), 1))
                    for name, part in zip(names, ends, strict=True)
                }
        return row

    def examined(self, run: Run) -> dict[str, float]:
        """The share of optimal moves of each agent over positions drawn once.

        Who does not learn meanwhile is asked once: the same dice would give the same moves.
        """
        rows, columns = self.game.squares
        if not run.config.examine or rows * columns > SOLVED:
            return {}
        for place, who in enumerate(self.agents):
            if place not in self.optimal or who.kind == "run":
                self.optimal[place] = self.share_of_optimal(who, run.seed)
        return {f"optimal_{place + 1}": share for place, share in self.optimal.items()}

    def share_of_optimal(self, who: Agent, seed: int) -> float:
        """In how many of `SAMPLE` positions an agent plays a move that keeps their value."""
        solved = table(self.game.name)
        going = [s for s in states(self.game) if self.game.result(s) is None]
        drawn = random.Random(seed).sample(going, min(SAMPLE, len(going)))
        dice, right = random.Random(seed), 0
        for state in drawn:
            *_, thought = think(who, self.game, state, dice)
            right += thought.move in solved.best(state)
        return right / len(drawn)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        return {"ends": self.ends, "agents": [each.name for each in self.agents]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from there. Raises `LabError` where others played."""
        if list(state["agents"]) != [each.name for each in self.agents]:
            raise LabError("this tournament was played by others; start a new run")
        self.ends = np.array(state["ends"])
