"""Tic-tac-toe by afterstates: what is known of a result creeps back to the first move."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons.blocks.games.tic_tac_toe import State, TicTacToe
from lessons.td import views
from lessons.td.afterstate import Afterstates, Turn
from lessons.td.config import MISTAKES, SHOWS
from lessons.td.experiments.board import BOTH, measured
from lessons.td.spelling import number
from zhtui.lab import Bars, Board, Curves, Frame, LabError, Poke, Run, Spot, Words, knob, mistakes

TAKES_RUN = False

GAME = TicTacToe()
HERE = tuple(mistake for mistake in MISTAKES if "tic-tac-toe" in SHOWS[mistake.name])
WHOLE = 3  # games that are shown move by move
STOPS = (10, 30, 100, 300, 1_000, 3_000, 10_000)  # games after which the rest has a frame


@dataclass(frozen=True)
class Ask:
    """A learner that plays against itself, and a board to ask it about."""

    games: int = knob(1_000, "how many games", low=1, high=10_000)
    alpha: float = knob(0.2, "step size α", low=0, high=1)
    epsilon: float = knob(0.1, "chance ε to try any move", low=0, high=1)
    symmetry: bool = knob(False, "turned and mirrored boards are one")
    position: str = knob("X........", "the board that is asked about, from a1 row by row")
    seed: int = knob(1, "its luck", low=0, high=2**31)
    mistake: str = mistakes(HERE)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    """Three games move by move, then what it thinks after ten, a hundred, a thousand."""
    asked = board_of(poke("asked", rows_of(ask.position)))
    learner, alpha = Afterstates(ask.symmetry), ask.alpha
    if ask.mistake == "alpha-unused":
        alpha = 1.0
    draw, history = random.Random(ask.seed).random, list[dict[str, float]]()
    yield Frame(
        "nothing is known", {"asked": _asked(learner, asked)}, chapter="before",
        say="A board is worth +1 where X has won and −1 where O has; all others begin at 0.",
        look="Squares show what the board after a move there is worth to X.",
    )  # fmt: skip
    for game in range(1, ask.games + 1):
        whole, turns = game <= WHOLE, list[Turn]()
        for turn in learner.game(alpha, ask.epsilon, draw):
            turns.append(turn)
            if whole:
                yield _move(learner, turns, asked, alpha, game)
        if whole:
            yield _over(learner, turns, asked, game)
        elif game in STOPS or game == ask.games:
            yield _after(learner, history, asked, game)


def rows_of(position: str) -> list[list[str]]:
    """The nine marks of a text as rows: "X........" -> X in a1. Raises `LabError`."""
    marks = position.upper().replace(".", " ")
    if len(marks) != 9 or set(marks) - set(" XO"):
        raise LabError(f"{position!r} is not a board; give nine of X, O and . (a dot is free).")
    return [list(marks[i : i + 3]) for i in (0, 3, 6)]


def board_of(rows: Sequence[Sequence[str]]) -> State:
    """The state of rows of marks. Raises `LabError` where it cannot come about or is over."""
    marks = "".join(mark.upper().replace(".", " ") for row in rows for mark in row)
    x, o = (sum(1 << i for i in range(9) if marks[i] == mark) for mark in "XO")
    if len(marks) != 9 or set(marks) - set(" XO") or x.bit_count() - o.bit_count() not in (0, 1):
        raise LabError("no game comes to that board; X and O take turns, and X begins.")
    if GAME.result((x, o)) is not None:
        raise LabError("that game is over; ask about a board with a move to make.")
    return x, o


def _asked(learner: Afterstates, asked: State) -> Board:
    return views.squares(asked, learner.values(asked), "the board asked about, square by square")


def _move(learner: Afterstates, turns: list[Turn], asked: State, alpha: float, game: int) -> Frame:
    turn = turns[-1]
    who, square = "XO"[GAME.to_move(turn.state)], GAME.spell(turn.state, turn.move)
    moved = abs(turn.now - turn.before) > 1e-9
    look = (
        "A random try teaches nothing."
        if turn.explored
        else "Both boards are worth the same so far."
    )
    if moved:
        look = "The board before has moved towards the board after."
    return Frame(
        f"{who} takes {square}", _views(learner, turns, asked),
        say=spelled(learner, turn, alpha), look=look,
        chapter=f"game {game}" if len(turns) == 1 else "",
        keep={"turn": turn}, predict=Spot("V", len(turns) - 1) if moved else None, within=0.02,
    )  # fmt: skip


def spelled(learner: Afterstates, turn: Turn, alpha: float) -> str:
    """V(board) ← 0.00 + 0.2·(1 − 0.00) = 0.20."""
    if turn.explored:
        return "a random try: the board before does not learn from it"
    after = learner.value(turn.after)
    start = number(turn.before)
    sign = "+" if turn.before < 0 else "−"
    inner = f"{number(after)} {sign} {start.lstrip('−')}"
    return f"V(board) ← {start} + {alpha:g}·({inner}) = {number(turn.now)}"


def _over(learner: Afterstates, turns: list[Turn], asked: State, game: int) -> Frame:
    result = GAME.result(turns[-1].after)
    ended = {1: "X wins", -1: "O wins", 0: "A draw"}[result or 0]
    return Frame(
        f"game {game} is over", _views(learner, turns, asked),
        say=f"{ended} after {len(turns)} moves.",
        look="How many boards back has the result come? One board further in each game.",
    )  # fmt: skip


def _after(learner: Afterstates, history: list[dict[str, float]], asked: State, game: int) -> Frame:
    row = measured(learner.best, BOTH)
    history.append({"games": float(game)} | row)
    return Frame(
        f"after {game:,} games",
        {"asked": _asked(learner, asked), "score": _score(history)},
        chapter=f"{game:,} games",
        say=f"It loses {row['loss_random']:.1%} of all games to a random player, "
        f"{row['loss_minimax']:.0%} to a perfect one.",
        look="Computed over all games that are possible, not counted from games played.",
    )


def _score(history: list[dict[str, float]]) -> Curves:
    return views.score(history)


def _views(learner: Afterstates, turns: list[Turn], asked: State) -> dict[str, Any]:
    turn = turns[-1]
    worth = [turn.now if turn.state == t.state else learner.value(t.state) for t in turns]
    labels = [f"{i}: {GAME.spell(t.state, t.move)}" for i, t in enumerate(turns)]
    roles = ["lit" if t is turn else "faint" for t in turns]
    row, column = divmod(turn.move, 3)
    game = Board(
        [list(marks) for marks in GAME.marks(turn.after)], values=_left(learner, turn),
        lit=[(row, column)], note="the game; what a move is worth to X before it is made",
    )  # fmt: skip
    bars = Bars(labels, worth, roles=roles, note="V of the board before each move")
    return {"game": game, "V": bars, "asked": _asked(learner, asked)}


def _left(learner: Afterstates, turn: Turn) -> Any:
    numbers = np.full(9, np.nan)
    for move, value in learner.values(turn.state).items():
        numbers[move] = value
    return numbers.reshape(3, 3)


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    """What a number says."""
    turn = frame.keep.get("turn")
    if spot.view == "V" and turn is not None:
        return f"the board before move {spot.row}, to X: +1 is won, −1 is lost, 0 a draw or unknown"
    if spot.view == "score":
        return "a chance, over all games that can come about from the empty board"
    if spot.row > 2 or spot.column > 2:
        return "a value of a board after a move, to X: +1 is won, −1 is lost"
    square = GAME.spell((0, 0), 3 * spot.row + spot.column)
    return f"what the board is worth to X after a move to {square}"
