"""A run's game and net, which training, playing and exploring share."""

from __future__ import annotations

from typing import Any

from lessons.blocks.games import find
from lessons.mcts.config import check
from lessons.mcts.net import Net
from lessons.mcts.selfplay import Play, Replay
from zhtui.lab import LabError, Run


def game_of(name: str) -> Any:
    """A game by its name. Raises `LabError`."""
    try:
        return find(name)
    except ValueError as error:
        raise LabError(f"game={name}: {error}") from error


def build(run: Run) -> tuple[Any, Net, Replay]:
    """The game, a fresh net for it, and room for what self-play will show. Raises `LabError`."""
    config = run.config
    check(config)
    game = game_of(config.game)
    rows, columns = game.squares
    net = Net(rows, columns, game.size, config.width, config.blocks).to(run.device)
    return game, net, Replay(config.replay, (2, rows, columns), game.size)


def model(run: Run) -> Net:
    """The net of a run's checkpoint."""
    _, net, _ = run.once(build)
    run.keep(model=net)
    return net


def play_of(config: Any) -> Play:
    """How the games of a run are played, by its knobs as they stand now."""
    return Play(
        config.simulations, config.c_puct, config.temperature, config.plies, config.alpha,
        config.share, config.opening, flip_value=config.mistake != "canonical",
    )  # fmt: skip
