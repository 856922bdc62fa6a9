"""How a run plays tic-tac-toe: a table of afterstates, MENACE, or DQN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lessons.td.experiments.board import AfterstateRun, MenaceRun
from lessons.td.menace import Menace
from lessons.td.train import build
from zhtui.lab import Game, LabError, Run, Thought

NAME = "tic-tac-toe"


def think(run: Run, game: Game[Any], state: Any) -> Iterator[Thought]:
    """One thought: the move, and what each move is worth to who makes it.

    Raises `LabError` where the run did not learn this game, or the game is over.
    """
    if run.config.world != NAME or game.name != NAME:
        raise LabError(
            f"this run has learned {run.config.world}, not {game.name}; "
            f"choose a run of td with world={NAME}."
        )
    if game.result(state) is not None:
        raise LabError("the game is over; start a new one.")
    learner = run.once(build)
    run.keep(**playing(learner))
    mover = game.to_move(state)
    if isinstance(learner, MenaceRun):
        yield drawn(learner.boxes, run, game, state)
        return
    if isinstance(learner, AfterstateRun):
        sign = -1.0 if mover else 1.0  # V is X's; a thought is the mover's
        values = {m: sign * value + 0.0 for m, value in learner.table.values(state).items()}
        said = "V of the board after each move"
    else:
        from lessons.td.experiments.nets import BoardNet

        assert isinstance(learner, BoardNet), "what else plays this game"
        values, said = learner.values(state), "Q of each move"
    best = [move for move, value in values.items() if value == max(values.values())]
    move = best[run.rng.randrange(len(best))]
    yield Thought(move, values[move], values=values, line=(move,), done=1, of=1, say=said)


def playing(learner: Any) -> dict[str, Any]:
    """What is needed to play: a net without its optimizer and its memory."""
    parts = learner.parts()
    return {"net": parts["net"]} if "net" in parts else parts


def drawn(boxes: Menace, run: Run, game: Game[Any], state: Any) -> Thought:
    """MENACE draws a bead; `visits` are the chances in a thousand."""
    odds = boxes.odds(state)
    move, _, _ = boxes.draw(state, run.rng.random())
    shares = {each: round(1000 * chance) for each, chance in odds.items()}
    said = f"a bead for {game.spell(state, move)}, drawn with {odds[move]:.1%}"
    return Thought(move, visits=shares, line=(move,), done=1, of=1, say=said)
