"""Any agent's thoughts about a position, for the screen: asked through the engine.

A state here is a mapping: "moves" so far, "agent" by its name, and the "seed" of the dice.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lessons.arena.agents import agent, game_of
from lessons.arena.agents import think as thoughts_of
from zhtui.lab import Run, Thought


class Games(Mapping[str, Any]):
    """Every game that has a name, made when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        return game_of(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __iter__(self) -> Iterator[str]:
        return iter(("tic-tac-toe", "connect-four", "5x5x4"))

    def __len__(self) -> int:
        return 3


GAMES = Games()


def think(run: Run | None, game: Any, state: Mapping[str, Any]) -> Iterator[Thought]:
    """Thoughts of the agent that is named; `run` is not used. Raises `LabError`."""
    position = game.start()
    for move in state["moves"]:
        position = game.apply(position, int(move))
    dice = random.Random(f"{state.get('seed', 0)} {len(state['moves'])}")
    store = Path(state["store"]) if state.get("store") else None
    yield from thoughts_of(agent(str(state["agent"])), game, position, dice, store)
