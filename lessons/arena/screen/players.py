"""Who of the lab's runs can sit at the board: by a key, by a typed name, at a younger age."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lessons.arena.agents import Agent
from lessons.arena.screen.sitting import ALWAYS
from zhtui.lab import LabError, find_run
from zhtui.screen import Opened

PLAYS = ("td", "mcts")  # lessons whose runs sit here, where they are installed
REMEDY = "write random, minimax, mcts:500 or a run's name"  # first: a narrow line cuts the rest


def offered(opened: Opened) -> list[str]:
    """Everybody who can be seated by a key: built in, then runs, the newest first."""
    runs = [run for name in PLAYS for run in opened.session.runs(name)]
    return [*ALWAYS, *(run.folder.name for run in runs)]


def kept(opened: Opened, name: str) -> list[int]:
    """The steps of a run's checkpoints."""
    runs = [run.folder for run in opened.session.runs() if run.folder.name == name]
    return [step for step, _ in runs[0].checkpoints()] if runs else []


def check(agents: Iterable[Agent], store: Path) -> None:
    """Looks whether the runs among agents that were typed are there. Raises `LabError`."""
    for agent in agents:
        if agent.kind == "run":
            try:
                find_run(agent.run, store)
            except LabError as error:
                raise LabError(f"{REMEDY}: {error}") from error
