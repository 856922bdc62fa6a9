"""What happens at the board, without a screen: seats, moves, and the place in the game's record."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lessons.arena.agents import MOST, Agent, agent, game_of
from lessons.arena.match import Record
from zhtui.lab import LabError

HUMAN = "human"
GAMES = ("tic-tac-toe", "connect-four", "5x5x4")
ALWAYS = (HUMAN, "random", "minimax", "mcts:100", "mcts:1000")


@dataclass
class Sitting:
    """A game that is played, and who sits at both sides; `at` is the position in sight."""

    game: Any = field(default_factory=lambda: game_of("tic-tac-toe"))
    seats: list[str] = field(default_factory=lambda: [HUMAN, "mcts:100"])
    moves: list[int] = field(default_factory=list)
    at: int = 0
    seed: int = 1

    @property
    def states(self) -> list[Any]:
        """Every position from the empty board to the last move."""
        found = [self.game.start()]
        for move in self.moves:
            found.append(self.game.apply(found[-1], move))
        return found

    @property
    def state(self) -> Any:
        """The position in sight."""
        return self.states[self.at]

    @property
    def result(self) -> int | None:
        """How the game has ended at the position in sight; None while it goes on."""
        found: int | None = self.game.result(self.state)
        return found

    @property
    def mover(self) -> int:
        """0 where X is to move."""
        return int(self.game.to_move(self.state))

    @property
    def waits_for_agent(self) -> bool:
        """Whether an agent is to move at the last position."""
        live = self.at == len(self.moves) and self.result is None
        return live and self.seats[self.mover] != HUMAN

    def play(self, move: int) -> None:
        """A move from the position in sight; what came after it is taken back.

        Raises `LabError` where it cannot be.
        """
        try:
            self.game.apply(self.state, move)
        except ValueError as error:
            raise LabError(str(error)) from error
        self.moves[self.at :] = [move]
        self.at += 1

    def through(self, by: int) -> None:
        """To an older or a newer position."""
        self.at = min(max(self.at + by, 0), len(self.moves))

    def undo(self) -> None:
        """To the position before the human's last move; with two agents one move back."""
        moves = self.moves[: self.at][:-1]
        if HUMAN in self.seats:
            while moves and self.seats[len(moves) % 2] != HUMAN:
                moves.pop()
        self.moves[:], self.at = moves, len(moves)

    def new(self, name: str = "") -> None:
        """An empty board of this game, or of another one."""
        if name:
            self.game = game_of(name)
            self.seats = [self._fit(seat) for seat in self.seats]
        self.moves.clear()
        self.at, self.seed = 0, self.seed + 1

    def _fit(self, seat: str) -> str:
        """Minimax cannot look through a larger board."""
        rows, columns = self.game.squares
        return "mcts:1000" if seat == "minimax" and rows * columns > 12 else seat

    def next_game(self) -> None:
        """The next of the boards."""
        here = GAMES.index(self.game.name) if self.game.name in GAMES else -1
        self.new(GAMES[(here + 1) % len(GAMES)])

    def sit(self, side: int, name: str) -> None:
        """Somebody else at a side. Raises `LabError` for who is nobody."""
        self.seats[side] = name if name == HUMAN else agent(name).name

    def swap(self) -> None:
        """The two change sides."""
        self.seats.reverse()

    def simulations(self, by: int) -> str:
        """More or fewer of the agent that searches; says what it has now, or why not."""
        side = next((i for i in (1, 0) if self.seats[i].startswith("mcts:")), None)
        if side is None:
            return "neither of the two searches; seat mcts:100 by x or o"
        count = int(re.sub(r"\D", "", self.seats[side]))
        whole = count if count % 100 == 0 or by < 0 else count - count % 100
        count = min(max(whole + by, 1), MOST)
        decisive = self.seats[side].endswith(":decisive")
        name = self.seats[side] = f"mcts:{count}" + (":decisive" if decisive else "")
        return f"{'XO'[side]} is {name} now"

    def age(self, by: int, kept: Callable[[str], Sequence[int]]) -> str:
        """A younger or an older self of the run that sits here; says which, or why not.

        `kept` gives the steps of a run's checkpoints: 100, 200, 300 -> NAME is at 300 and what
        comes later, one younger is NAME@300, then NAME@200.
        """
        side = next((i for i in (1, 0) if agent_kind(self.seats[i]) == "run"), None)
        if side is None:
            return "no run plays here; x or o seats one, and then [ takes its earlier checkpoints"
        name, _, step = self.seats[side].partition("@")
        steps = sorted(kept(name))
        if not steps:
            return f"{name} has no checkpoint yet; wait for its first"
        here = len(steps) if not step else sum(each < int(step) for each in steps)
        here = min(max(here + by, 0), len(steps))
        self.seats[side] = name if here == len(steps) else f"{name}@{steps[here]}"
        words = "is as it is now" if here == len(steps) else f"is as it was after {steps[here]:,}"
        return f"{'XO'[side]} {words}"

    def move_at(self, row: int, column: int) -> int:
        """The move that a square means: itself, or its column in connect four."""
        rows, columns = self.game.squares
        return row * columns + column if self.game.size == rows * columns else column

    def digit(self, number: int) -> int:
        """The move of a digit: a numeric pad on 3x3, else a column. Raises `LabError`."""
        try:
            return int(self.game.read(self.state, str(number)))
        except ValueError as error:
            raise LabError(str(error)) from error

    def record(self) -> Record:
        """All moves, and who sits here."""
        x, o = self.seats
        return Record(self.game.name, x, o, self.seed, tuple(self.moves))

    def take(self, record: Record) -> None:
        """A record's game, at its end; both sides are played by hand from there."""
        record.positions()
        self.game, self.moves = game_of(record.game), list(record.moves)
        self.at, self.seats = len(self.moves), [HUMAN, HUMAN]

    def asked(self, name: str) -> dict[str, Any]:
        """The position in sight as the engine is asked about it."""
        return {"moves": self.moves[: self.at], "agent": name, "seed": self.seed}


def agent_kind(name: str) -> str:
    """random, minimax, mcts or run; human is none of them."""
    return "" if name == HUMAN else agent(name).kind


def perfect(sitting: Sitting) -> Agent:
    """Who knows best here: minimax, or a long search."""
    rows, columns = sitting.game.squares
    return agent("minimax" if rows * columns <= 12 else "mcts:2000")
