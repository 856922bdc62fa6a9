"""All that a lesson sees, in one flat face. It costs the standard library and nothing else."""

from pathlib import Path

from zhtui.errors import DataError, LabError
from zhtui.lesson.card import Knob, Lesson, Question, Reference, knob
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

__all__ = [
    "Bars",
    "Board",
    "Curves",
    "DataError",
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
    "export_run",
    "find_run",
    "knob",
    "mistakes",
    "plain",
]


def find_run(name: str, store: Path | None = None) -> Path:
    """The folder of a run, by its name, its unambiguous beginning, or its path.

    In `store`, else in the user's own. Raises `LabError` that names the nearest run.
    """
    from zhtui.runs.store import find, root  # deferred, as is all that a card has no need of

    return find(root(store), name).path


def export_run(folder: Path, to: str, into: Path) -> Path:
    """What a run's own lesson exports under the name `to`, written into a folder.

    So a lesson takes what another has made without importing it. Raises `LabError`.
    """
    from zhtui.runs.export import write
    from zhtui.runs.folder import RunFolder

    return write(RunFolder(folder), to, into)
