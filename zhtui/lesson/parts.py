"""What a lesson can give the lab: every extension point, typed, in one place.

A lesson is a folder with a card (`Lesson`) in its `__init__.py` and any of these modules. The page
about them in lessons/README.md is made from this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from zhtui.lesson.explore import Frame, Poke, Spot
from zhtui.lesson.run import Run
from zhtui.lesson.sampling import Sampling, Token
from zhtui.lesson.views import Words

if TYPE_CHECKING:
    from torch import nn

Row = Mapping[str, Any]
State = TypeVar("State")
Move = int  # a game numbers its moves, as the squares of a board from 0


class Train(Protocol):
    """`train.py: train(run)`: one row of metrics a step.

    The loop of the lecture, from `run.steps()`; between two yields the lab may pause, save, stop or
    turn a live knob. A value may be a tensor: it is read only for rows that are recorded.
    """

    def __call__(self, run: Run) -> Iterator[Row]: ...


class Explore(Protocol):
    """`explore.py`, or one module a scene in `explore/`: `explore(run, ask, poke)`.

    Beside it stands `class Ask`, a frozen dataclass of knobs. `run` is None where no run is looked
    at; a scene that never looks at one says `TAKES_RUN = False`, and none is named beside it. A
    knob with `without_run=True` counts where none is looked at: beside a run it is not offered.
    Yields the frames of the mechanism in order; pure and deterministic for an ask and a poke.
    """

    def __call__(self, run: Run | None, ask: Any, poke: Poke) -> Iterator[Frame]: ...


class Point(Protocol):
    """`point(ask, frame, spot)` beside `explore`: the arithmetic of one cell, with its numbers."""

    def __call__(self, ask: Any, frame: Frame, spot: Spot) -> Words: ...


class Model(Protocol):
    """`build.py: model(run)`: the model of a run, with the weights of its checkpoint.

    So a run of this lesson can be looked at by another: `Lesson(subjects=("gpt",))`.
    """

    def __call__(self, run: Run) -> nn.Module: ...


class Generate(Protocol):
    """`generate.py: generate(run, prompt, sampling)`: tokens one at a time.

    A `class Sampling(zhtui.lab.Sampling)` beside it adds knobs of the lesson's own.
    """

    def __call__(self, run: Run, prompt: str, sampling: Sampling) -> Iterator[Token]: ...


class Score(Protocol):
    """`score(run, prompt, text, sampling)` beside `generate`: the tokens of a given text."""

    def __call__(self, run: Run, prompt: str, text: str, sampling: Sampling) -> Iterator[Token]: ...


class Game(Protocol[State]):
    """A game of two players, 0 who begins and 1, with perfect information.

    States are immutable and can be keys of a dict. The games are in `lessons/blocks/games/` and
    know nothing of the lab: a move that cannot be made raises `ValueError` with a sentence.
    """

    name: str
    squares: tuple[int, int]  # rows and columns of its board
    size: int  # moves are numbers below it

    def start(self) -> State: ...
    def moves(self, state: State) -> Sequence[Move]: ...
    def apply(self, state: State, move: Move) -> State: ...
    def to_move(self, state: State) -> int: ...
    def result(self, state: State) -> int | None:
        """+1 where player 0 has won, −1 where player 1 has, 0 a draw; None while it goes on."""
        ...

    def marks(self, state: State) -> Sequence[str]:
        """The rows of the board from the top, of " ", "X" (player 0) and "O": a lesson draws them
        with `Board(game.marks(state))`.
        """
        ...

    def spell(self, state: State, move: Move) -> str: ...
    def read(self, state: State, text: str) -> Move: ...


@dataclass(frozen=True)
class Thought:
    """What an agent thinks of a position so far; the last one it yields holds its move.

    `visits`, `values` and `bonus` are by move (Q and U of a tree search; a value is the mover's own
    expectation, −1 … 1). `done` of `of` says how far it is. `line` is the play it expects.
    """

    move: Move
    value: float = 0.0
    visits: Mapping[Move, int] = field(default_factory=dict)
    values: Mapping[Move, float] = field(default_factory=dict)
    bonus: Mapping[Move, float] = field(default_factory=dict)
    line: Sequence[Move] = ()
    done: int = 0
    of: int = 0
    say: str = ""


class Think(Protocol):
    """`agent.py: think(run, game, state)`: thoughts about a position until one is settled."""

    def __call__(self, run: Run, game: Game[Any], state: Any) -> Iterator[Thought]: ...


class OpenScreen(Protocol):
    """`screen/__init__.py: open_screen(opened)`: a Textual screen of the lesson's own."""

    def __call__(self, opened: Any) -> Any: ...


class Export(Protocol):
    """A value of `EXPORTS` in `command.py`: writes what a run has made into a folder.

    Functions of `command.py` that the card names in `commands` become commands of `zhtui`; a
    `typer.Typer` of that name becomes a group of them.
    """

    def __call__(self, run: Path, into: Path) -> Path: ...


PARTS: Mapping[str, Iterable[tuple[str, type]]] = {
    "train": [("train", Train)],
    "explore": [("explore", Explore), ("point", Point)],
    "build": [("model", Model)],
    "generate": [("generate", Generate), ("score", Score)],
    "agent": [("think", Think)],
    "screen": [("open_screen", OpenScreen)],
    "command": [("EXPORTS", Export)],
}
