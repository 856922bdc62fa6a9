"""A game from its first move to its last, as a record that can be replayed, saved and read back.

    zhtui game tic-tac-toe
    x mcts:100
    o minimax
    seed 7
    b2 a1 c3 …
    result draw

Leaves out: clocks, and games that are broken off.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lessons.arena.agents import Agent, game_of, think, within
from zhtui.lab import LabError, Thought

HEAD = "zhtui game"
RESULTS = {1: "x wins", -1: "o wins", 0: "draw", None: "not over"}
LONGEST = 100_000  # characters of a record


@dataclass(frozen=True)
class Record:
    """Moves of a game in order, and who made them."""

    game: str
    x: str
    o: str
    seed: int = 0
    moves: tuple[int, ...] = ()

    def positions(self) -> list[Any]:
        """Every position from the empty board on. Raises `LabError` for a move that cannot be."""
        game = game_of(self.game)
        found = [game.start()]
        for move in self.moves:
            try:
                found.append(game.apply(found[-1], move))
            except ValueError as error:
                raise LabError(f"move {len(found)} of this record: {error}") from error
        return found

    @property
    def result(self) -> int | None:
        """+1 where X has won, −1 where O has, 0 a draw; None while it goes on."""
        found: int | None = game_of(self.game).result(self.positions()[-1])
        return found

    def text(self) -> str:
        """The record as a file holds it."""
        game, states = game_of(self.game), self.positions()
        spelled = [game.spell(state, move) for state, move in zip(states, self.moves, strict=False)]
        lines = [f"{HEAD} {self.game}", f"x {self.x}", f"o {self.o}", f"seed {self.seed}"]
        return "\n".join([*lines, " ".join(spelled), f"result {RESULTS[self.result]}", ""])


def read(text: str) -> Record:
    """A record from its text, played through. Raises `LabError` where it was edited wrongly."""
    lines = text[:LONGEST].splitlines()
    if len(lines) != 6 or not lines[0].startswith(f"{HEAD} "):
        raise LabError(f"this is not the record of a game; its first line begins with {HEAD!r}")
    names = [line.partition(" ") for line in lines]
    if [name for name, _, _ in names[1:4]] != ["x", "o", "seed"] or names[5][0] != "result":
        raise LabError("a record has the lines x, o, seed, the moves, and result; restore them")
    try:
        seed = int(names[3][2])
    except ValueError as error:
        raise LabError(f"seed {names[3][2]!r} is not a whole number; correct it") from error
    game = game_of(names[0][2].partition(" ")[2])
    state, moves = game.start(), []
    for number, word in enumerate(lines[4].split(), 1):
        try:
            moves.append(game.read(state, word))
            state = game.apply(state, moves[-1])
        except ValueError as error:
            raise LabError(f"move {number} of this record: {error}") from error
    record = Record(game.name, names[1][2], names[2][2], seed, tuple(moves))
    if RESULTS[record.result] != names[5][2]:
        raise LabError(f"the moves end in {RESULTS[record.result]!r}, not in {names[5][2]!r}")
    return record


@dataclass
class Table:
    """A game under way: who sits where, and the position."""

    game: Any
    x: Agent
    o: Agent
    seed: int = 0
    store: Path | None = None
    seconds: float | None = None  # that a move may take; None is as long as it takes
    moves: list[int] = field(default_factory=list)
    state: Any = None

    def __post_init__(self) -> None:
        self.state = self.game.start()

    @property
    def mover(self) -> Agent:
        """Who is to move."""
        return self.o if self.game.to_move(self.state) else self.x

    def thoughts(self) -> Iterator[Thought]:
        """Thoughts of who is to move; the dice are a function of seed and move."""
        dice = random.Random(f"{self.seed} {len(self.moves)}")
        thoughts = think(self.mover, self.game, self.state, dice, self.store)
        return thoughts if self.seconds is None else within(thoughts, self.seconds)

    def play(self, move: int) -> None:
        """Makes a move. Raises `ValueError` where it cannot be."""
        self.state = self.game.apply(self.state, move)
        self.moves.append(move)

    def record(self) -> Record:
        """What was played so far."""
        return Record(self.game.name, self.x.name, self.o.name, self.seed, tuple(self.moves))


def played(table: Table) -> Record:
    """The game to its end."""
    while table.game.result(table.state) is None:
        *_, last = table.thoughts()
        table.play(last.move)
    return table.record()
