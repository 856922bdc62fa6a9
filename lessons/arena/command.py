"""`zhtui play`: a game in plain text, in any shell and by pipe."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lessons.arena.agents import agent, game_of
from lessons.arena.match import LONGEST, RESULTS, Table, read
from zhtui.lab import LabError, say

WHO = "human, random, minimax, mcts:N, mcts:N:decisive, or a run."
Who = Annotated[str, typer.Option(metavar="WHO", help=WHO)]


def play(
    x: Who = "human",
    o: Who = "mcts:1000",
    game: Annotated[str, typer.Option(help="tic-tac-toe, connect-four or MxNxK.")] = "tic-tac-toe",
    seed: Annotated[int, typer.Option(help="The agents' dice.")] = 1,
    record: Annotated[
        Path | None, typer.Option(help="Writes the game's record to this file.")
    ] = None,
    replay: Annotated[Path | None, typer.Option(help="Shows a record again, move by move.")] = None,
    seconds: Annotated[
        float | None, typer.Option(help="An agent plays its best move so far after this time.")
    ] = None,
    where: Annotated[
        Path | None, typer.Option("--store", help="The folder that holds the runs.")
    ] = None,
) -> None:
    """Plays a game: type a square (b2, or 1 to 9 as on the numeric pad), u to take back, q."""
    if replay is not None:
        again(replay)
        return
    rules = game_of(game)
    table = Table(rules, seat(x), seat(o), seed, where, seconds)
    if record is not None and (record.is_dir() or not record.parent.is_dir()):
        raise LabError(f"{record} cannot be written; name a file in a folder that is there")
    humans = [name == "human" for name in (x, o)]
    say(drawn(table))
    while rules.result(table.state) is None:
        if humans[rules.to_move(table.state)]:
            if not asked(table, humans):
                say("the game is left as it is")
                break
        else:
            *_, thought = table.thoughts()
            move = rules.spell(table.state, thought.move)
            say(f"{table.mover.name} plays {move} {thought.say}".rstrip())
            table.play(thought.move)
        say(drawn(table))
    say(RESULTS[rules.result(table.state)])
    if record is not None:
        kept(record, table)


def seat(name: str) -> Any:
    """An agent; a human has a name and nothing else."""
    return agent("random") if name == "human" else agent(name)


def asked(table: Table, humans: list[bool]) -> bool:
    """Reads one move, asking again for what cannot be; False where the input ends or says q."""
    rules = table.game
    while True:
        mark = "XO"[rules.to_move(table.state)]
        if sys.stdin.isatty():
            say(f"{mark} moves: ", end="")
        line = sys.stdin.readline()
        word = line.strip()
        if not line or word == "q":
            return False
        if word == "u":
            taken_back(table, humans)
            return True
        try:
            table.play(rules.read(table.state, word))
        except ValueError as error:
            say(str(error))
        else:
            return True


def taken_back(table: Table, humans: list[bool]) -> None:
    """The position before the human's last move."""
    moves = table.moves[:-1]
    while moves and not humans[len(moves) % 2]:
        moves.pop()
    table.moves.clear()
    table.state = table.game.start()
    for move in moves:
        table.play(move)


def drawn(table: Table) -> str:
    """The board in plain characters."""
    rows = table.game.marks(table.state)
    return "\n".join([" ".join(mark.replace(" ", "·") for mark in row) for row in rows]) + "\n"


def kept(path: Path, table: Table) -> None:
    """Writes the record. Raises `LabError`."""
    try:
        path.write_text(table.record().text(), encoding="utf-8")
    except OSError as error:
        raise LabError(f"{path} cannot be written ({error.strerror}); choose another") from error


def again(path: Path) -> None:
    """Shows a record move by move. Raises `LabError`."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LONGEST)
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(f"{path} cannot be read; name a record that was saved here") from error
    record = read(text)
    rules = game_of(record.game)
    for state, move in zip(record.positions(), record.moves, strict=False):
        say(f"{'XO'[rules.to_move(state)]} {rules.spell(state, move)}")
        after = Table(rules, seat("human"), seat("human"))
        after.state = rules.apply(state, move)
        say(drawn(after))
    say(RESULTS[record.result])
