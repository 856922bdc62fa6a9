"""All that a lesson sees, in one flat face. It costs the standard library and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhtui.data.dataset import DATA_SETS, DataSet
from zhtui.errors import DataError, LabError
from zhtui.lesson.card import Cell, Knob, Lesson, Question, Reference, knob
from zhtui.lesson.explore import Frame, Mistake, Poke, Spot, mistakes
from zhtui.lesson.parts import Game, Thought
from zhtui.lesson.run import Host, Run
from zhtui.lesson.sampling import Sampling, Token
from zhtui.lesson.views import (
    Bars,
    Board,
    Curves,
    Graph,
    Heatmap,
    Histogram,
    Node,
    Scatter,
    Table,
    Text,
    Tree,
    View,
    Words,
    plain,
)
from zhtui.say import say

if TYPE_CHECKING:
    from torch import nn

    from zhtui.runs.folder import RunFolder

__all__ = [
    "Bars",
    "Board",
    "Cell",
    "Curves",
    "DataError",
    "DataSet",
    "Frame",
    "Game",
    "Graph",
    "Heatmap",
    "Histogram",
    "Host",
    "Knob",
    "LabError",
    "Lesson",
    "Mistake",
    "Node",
    "Poke",
    "Question",
    "Reference",
    "Run",
    "Sampling",
    "Scatter",
    "Spot",
    "Table",
    "Text",
    "Thought",
    "Token",
    "Tree",
    "View",
    "Words",
    "agent_of",
    "data_sets",
    "export_run",
    "find_data",
    "find_run",
    "has_data",
    "knob",
    "mistakes",
    "model_of",
    "open_run",
    "plain",
    "run_folder",
    "runs_of",
    "say",
]


def find_data(data: str | DataSet, *, auto: tuple[str, ...] = (), download: bool = True) -> Path:
    """The path of a data set, or of a file: what `run.data` finds, without a run.

    "auto" is the first of the data sets `auto` that is on this machine. Raises `DataError`, where
    there is none or nothing may be downloaded.
    """
    from zhtui.data import sets
    from zhtui.lesson import catalog  # deferred, as is all that a card has no need of

    asked = {data, *auto} - {"auto"} if isinstance(data, str) else set()
    own = catalog.data_sets() if asked - set(DATA_SETS) else ()
    return sets.find(data, auto=auto, download=download, own=own).path


def has_data(data: DataSet) -> bool:
    """Whether a data set's file is on this machine; what is in it is not looked at."""
    from zhtui.data import sets

    return sets.is_here(data)


def data_sets() -> list[str]:
    """The names of the data sets that the lab knows."""
    return list(DATA_SETS)


def find_run(name: str, store: Path | None = None) -> Path:
    """The folder of a run, by its name, its unambiguous beginning, or its path.

    In `store`, else in the user's own. Raises `LabError` that names the nearest run.
    """
    from zhtui.runs.store import find, root

    return find(root(store), name).path


def run_folder(folder: Path) -> RunFolder:
    """What a run has recorded, to be read: its card, status, rows, events and views."""
    from zhtui.runs.folder import RunFolder

    return RunFolder(folder)


def runs_of(lesson: str, store: Path | None = None) -> list[RunFolder]:
    """All runs of a lesson, in `store`, else in the user's own."""
    from zhtui.runs import store as runs

    return runs.runs(runs.root(store), lesson)


def export_run(folder: Path, to: str, into: Path) -> Path:
    """What a run's own lesson exports under the name `to`, written into a folder.

    So a lesson takes what another has made without importing it. Raises `LabError`.
    """
    from zhtui.runs.export import write
    from zhtui.runs.folder import RunFolder

    return write(RunFolder(folder), to, into)


def open_run(name: str, step: int | None = None, store: Path | None = None) -> Run:
    """A run of any lesson as it stood at a kept step (the newest not above `step`), to be read.

    Named as in `find_run`. Raises `LabError` where there is no such run, or no sound checkpoint.
    """
    from zhtui.ask import reading
    from zhtui.runs.folder import RunFolder

    return reading.open_run(RunFolder(find_run(name, store)), step=step)


def model_of(run: Run) -> nn.Module:
    """The model of a run with its weights, by its own lesson's build.py; made once a run.

    So a lesson looks at another's model without importing it. Raises `LabError`.
    """
    from zhtui.errors import boundary
    from zhtui.lesson import catalog

    entry = catalog.owner(run.config)
    build: Callable[[Run], nn.Module] = entry.function("build", "model")
    with boundary(f"building the model of lesson {entry.name}"):
        return run.once(build)


def agent_of(run: Run) -> Callable[[Game[Any], Any], Iterator[Thought]]:
    """What thinks with a run's network, by its own lesson's agent.py: agent_of(run)(game, state).

    Raises `LabError`.
    """
    from zhtui.lesson import catalog

    think = catalog.owner(run.config).function("agent", "think")
    return partial(think, run)
