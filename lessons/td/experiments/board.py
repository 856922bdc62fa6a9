"""Tic-tac-toe in a run: a table of afterstates, or MENACE; measured without playing a game.

What a learner scores against a random and against a perfect player is not counted but computed,
over all games that can come about (lessons/blocks/games/outcomes.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from lessons.blocks.games.minimax import Table, states
from lessons.blocks.games.outcomes import Outcome, Policy, play
from lessons.blocks.games.tic_tac_toe import State, TicTacToe
from lessons.td import views
from lessons.td.afterstate import Indexed
from lessons.td.config import Config
from lessons.td.experiments.grid import LAST, falling
from lessons.td.menace import Menace
from zhtui.lab import Board, Run

GAME = TicTacToe()
BOTH, FIRST = (0, 1), (0,)


@cache
def perfect() -> Table[State]:
    """Every board's exact value, worked out once."""
    table = Table(GAME)
    table.value(GAME.start())
    return table


def score(policy: Policy, against: Policy, sides: Sequence[int]) -> Outcome:
    """The chances to win, draw and lose, as a mean over the sides that the policy plays."""
    each = []
    for side in sides:
        ends = play(GAME, policy, against) if side == 0 else play(GAME, against, policy)
        each.append(ends if side == 0 else Outcome(ends.loss, ends.draw, ends.win))
    return Outcome(*(sum(chances) / len(each) for chances in zip(*each, strict=True)))


def measured(policy: Policy, sides: Sequence[int]) -> dict[str, float]:
    """Win, draw and loss against a random and a perfect player, as a row has them."""
    random, best = score(policy, GAME.moves, sides), score(policy, perfect().best, sides)
    return {
        "win_random": random.win,
        "draw_random": random.draw,
        "loss_random": random.loss,
        "draw_minimax": best.draw,
        "loss_minimax": best.loss,
    }


def show(run: Run, picture: Callable[[State], Board], sides: Sequence[int] = BOTH) -> None:
    """Shows four boards; the one in which O is to move only of a learner that plays O."""
    run.show("empty board", picture(views.EMPTY))
    if 1 in sides:
        run.show("corner taken", picture(views.CORNER))
    run.show("win in one", picture(views.WIN))
    run.show("fork", picture(views.FORK))


class History:
    """What was measured so far, for the charts of a run, and the results of the games."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self.results: list[float] = []  # X's, a step's mean

    def add(self, games: int, row: dict[str, float]) -> None:
        """A row measured after so many games."""
        self.rows.append({"games": float(games)} | row)

    def state_dict(self) -> dict[str, Any]:
        """All of it."""
        return {"rows": self.rows, "results": self.results}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes it back."""
        self.rows = [dict(row) for row in state["rows"]]
        self.results = list(state["results"])


class AfterstateRun:
    """A table of afterstates that plays against itself."""

    def __init__(self, run: Run) -> None:
        self.table = Indexed(run.config.symmetry)
        self.history = History()

    def parts(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        return {"table": self.table, "history": self.history}

    def learn(self, run: Run) -> dict[str, float]:
        """`episodes` games."""
        config, epsilon = run.config, falling(run.config, run.step)
        alpha = 1.0 if config.mistake == "alpha-unused" else config.alpha
        ends = self.table.play(config.episodes, alpha, epsilon, run.rng.random)
        self.history.results.append(sum(ends) / len(ends))
        return {"return": self.history.results[-1], "epsilon": epsilon}

    def look(self, run: Run) -> dict[str, float]:
        """Shows the values of the squares and how it plays."""
        row = measured(self.table.best, BOTH) | {"rms": self.error(), "seen": float(self.seen())}
        row["return_last"] = float(np.mean(self.history.results[-LAST:]))
        self.history.add((run.step + 1) * run.config.episodes, row)
        show(run, lambda state: views.squares(state, self.table.values(state)))
        run.show("score", views.score(self.history.rows))
        run.show("states", views.seen(self.history.rows, len(self.table.boards)))
        return row

    def seen(self) -> int:
        """How many boards it has met."""
        return sum(self.table.seen)

    def error(self) -> float:
        """The RMS distance of V from the exact values, over the boards that it has met."""
        met = [i for i, seen in enumerate(self.table.seen) if seen]
        exact = [perfect().value(self.table.boards[i]) for i in met]
        return float(np.sqrt(np.mean((np.array([self.table.V[i] for i in met]) - exact) ** 2)))


def opponent(config: Config) -> Callable[[State], Sequence[int]] | None:
    """Whom MENACE plays against; None is itself."""
    if config.opponent == "self":
        return None
    return perfect().best if config.opponent == "minimax" else GAME.moves


class MenaceRun:
    """MENACE, which begins; against itself it has boxes for both sides."""

    def __init__(self, run: Run) -> None:
        self.boxes = Menace()
        self.history = History()

    def parts(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        return {"boxes": self.boxes, "history": self.history}

    def learn(self, run: Run) -> dict[str, float]:
        """`episodes` games."""
        other, games = opponent(run.config), range(run.config.episodes)
        ends = [self.boxes.game(other, run.rng.random) for _ in games]
        self.history.results.append(sum(ends) / len(ends))
        return {"return": self.history.results[-1]}

    def look(self, run: Run) -> dict[str, float]:
        """Shows the beads of a few boxes and how it plays."""
        sides = BOTH if run.config.opponent == "self" else FIRST
        row = measured(self.boxes.odds, sides) | {"boxes": float(len(self.boxes.boxes))}
        row["return_last"] = float(np.mean(self.history.results[-LAST:]))
        self.history.add((run.step + 1) * run.config.episodes, row)
        show(run, lambda state: views.beads(state, self.boxes.odds(state)), sides)
        run.show("score", views.score(self.history.rows))
        run.show("first box", views.box(self.boxes.box(GAME.start())))
        return row


def undecided() -> list[State]:
    """The 4,520 boards on which there is a move to make."""
    return [state for state in states(GAME) if GAME.result(state) is None]
