"""MENACE: beads in matchboxes, the first machine that learned tic-tac-toe."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons.blocks.games.tic_tac_toe import State, TicTacToe
from lessons.td import views
from lessons.td.experiments.board import FIRST, measured, perfect
from lessons.td.menace import Drawn, Menace
from zhtui.lab import Bars, Board, Frame, LabError, Poke, Run, Spot, Table, Words, knob

TAKES_RUN = False

GAME = TicTacToe()
WHOLE = 2  # games that are shown draw by draw
STOPS = (5, 10, 20, 50, 100, 200, 500, 1_000)


@dataclass(frozen=True)
class Ask:
    """MENACE begins; its opponent, and what a game is worth in beads."""

    opponent: str = knob("random", "who plays O", choices=("random", "minimax"))
    games: int = knob(100, "how many games", low=1, high=1_000)
    win: int = knob(3, "beads added for a win", low=0, high=20)
    draw: int = knob(1, "beads added for a draw", low=0, high=20)
    loss: int = knob(-1, "beads added for a loss (taken out, below 0)", low=-20, high=0)
    seed: int = knob(1, "its luck", low=0, high=2**31)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    """Two games draw by draw, then the first box as the games go by."""
    machine = Menace((ask.win, ask.draw, ask.loss))
    first = machine.box(GAME.start())
    beads = poke("box", np.array(list(first.values()), dtype=np.float64))  # (3,)
    if (beads < 0).any() or beads.sum() < 1 or (beads != beads.round()).any():
        raise LabError("a box holds whole beads, one at least; give 0, 1, 2 …")
    first.update(zip(first, beads.astype(int).tolist(), strict=True))
    draw = random.Random(ask.seed).random
    answer = perfect().best if ask.opponent == "minimax" else GAME.moves
    yield Frame(
        "the first box", _box(machine, GAME.start(), None), chapter="before",
        say=f"The box of the empty board: {_told(first)}. The others are these three, turned.",
        look="A bead is drawn blindly; its colour is the move.",
    )  # fmt: skip
    for game in range(1, ask.games + 1):
        if game <= WHOLE:
            yield from _game(machine, answer, draw, game)
        else:
            machine.game(answer, draw)
            if game in STOPS or game == ask.games:
                yield _after(machine, game)


def _game(machine: Menace, answer: Any, draw: Any, game: int) -> Iterator[Frame]:
    """A game, a frame a bead, and one for what is learned from it."""
    state, drawn = GAME.start(), list[tuple[State, int]]()
    while (result := GAME.result(state)) is None:
        if GAME.to_move(state):
            moves = answer(state)
            state = GAME.apply(state, moves[int(draw() * len(moves))])
            continue
        move, name, colour = machine.draw(state, draw())
        drawn.append((name, colour))
        yield _drawn(machine, state, move, name, colour, f"game {game}" if not state[0] else "")
        state = GAME.apply(state, move)
    before = {name: machine.boxes[name][colour] for name, colour in drawn}
    machine.learn(drawn, result)
    yield _learned(machine, drawn, before, result, state)


def _told(box: dict[int, int]) -> str:
    return ", ".join(f"{number} for {GAME.spell((0, 0), move)}" for move, number in box.items())


def _box(machine: Menace, name: State, colour: int | None) -> dict[str, Any]:
    box = machine.box(name)
    labels = [GAME.spell(name, move) for move in box]
    roles = ["lit" if move == colour else "" for move in box]
    bars = Bars(labels, [float(n) for n in box.values()], roles=roles, note="beads by colour")
    return {"board": views.beads(name, machine.odds(name)), "box": bars}


def _drawn(
    machine: Menace, state: State, move: int, name: State, colour: int, chapter: str
) -> Frame:
    box = machine.box(name)
    total, odds = sum(box.values()), machine.odds(state)
    numbers = np.full(9, np.nan)
    for square, chance in odds.items():
        numbers[square] = chance
    board = Board(
        [list(row) for row in GAME.marks(state)], values=numbers.reshape(3, 3),
        lit=[divmod(move, 3)], note="how likely each square was",
    )  # fmt: skip
    here, there = GAME.spell(state, move), GAME.spell(name, colour)
    say = f"{box[colour]} of {total} beads: {box[colour]}/{total} = {box[colour] / total:.3f}"
    if (alike := round(box[colour] / total / odds[move])) > 1:
        say += f", shared by {alike} squares that are its mirror images: {odds[move]:.3f} each"
    return Frame(
        f"draws {here}", {"board": board, "box": _box(machine, name, colour)["box"]},
        say=f"{say}.",
        look=f"On the label of the box that square is {there}." if here != there else "",
        chapter=chapter, keep={"box": dict(box)},
    )  # fmt: skip


def _beads(number: int) -> str:
    return f"{number:+d} bead{'' if abs(number) == 1 else 's'}"


def _learned(
    machine: Menace, drawn: Drawn, before: dict[State, int], result: int, end: State
) -> Frame:
    rows = []
    for name, colour in drawn:
        label = "/".join(row.replace(" ", ".") for row in GAME.marks(name))
        now = machine.boxes[name][colour]
        rows.append((label, GAME.spell(name, colour), str(before[name]), str(now)))
    said = {1: "won", 0: "drew", -1: "lost"}[result]
    board = Board([list(row) for row in GAME.marks(end)], note="how it ended")
    first = _box(machine, GAME.start(), drawn[0][1])["box"]
    return Frame(
        f"it {said}",
        {"used": Table(("box", "colour", "before", "now"), rows), "board": board, "box": first},
        say=f"It {said}: {_beads(machine.rewards[result])} in every box that was used.",
        look="All moves of a game share its result: no move is judged by itself.",
        predict=Spot("box", [*machine.boxes[drawn[0][0]]].index(drawn[0][1])),
        within=0.5,
    )


def _after(machine: Menace, game: int) -> Frame:
    row = measured(machine.odds, FIRST)
    return Frame(
        f"after {game:,} games", _box(machine, GAME.start(), None), chapter=f"{game:,} games",
        say=f"Against random it wins {row['win_random']:.1%} and loses {row['loss_random']:.1%}; "
        f"against a perfect player it loses {row['loss_minimax']:.0%}.",
        look=f"{len(machine.boxes)} boxes are in use.",
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    """What a bead or a square says."""
    if spot.view == "box":
        return "beads of this colour; its share of the box is the chance to be drawn"
    if spot.view == "used":
        return "a box that was used in this game, the colour drawn, and its beads"
    return "how likely this square is: the beads of its colour, shared among squares that are equal"
