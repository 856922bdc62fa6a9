"""All that a lesson sees, in one flat face. It costs the standard library and nothing else."""

from pathlib import Path

from zhtui.errors import DataError, LabError
from zhtui.lesson import Knob, Lesson, Question, Reference, knob
from zhtui.run import Host, Run
from zhtui.sampling import Sampling, Token
from zhtui.views import (
    Bars,
    Board,
    Graph,
    Heatmap,
    Histogram,
    Node,
    Scatter,
    Table,
    Text,
    Tree,
    View,
)

__all__ = [
    "Bars",
    "Board",
    "DataError",
    "Graph",
    "Heatmap",
    "Histogram",
    "Host",
    "Knob",
    "LabError",
    "Lesson",
    "Node",
    "Question",
    "Reference",
    "Run",
    "Sampling",
    "Scatter",
    "Table",
    "Text",
    "Token",
    "Tree",
    "View",
    "export_run",
    "find_run",
    "knob",
]


def find_run(name: str, store: Path | None = None) -> Path:
    """The folder of a run, by its name, its unambiguous beginning, or its path.

    In `store`, else in the user's own. Raises `LabError` that names the nearest run.
    """
    from zhtui.store import find, root  # deferred, as is all that a card has no need of

    return find(root(store), name).path


def export_run(folder: Path, to: str, into: Path) -> Path:
    """What a run's own lesson exports under the name `to`, written into a folder.

    So a lesson takes what another has made without importing it. Raises `LabError`.
    """
    from zhtui.export import write
    from zhtui.folder import RunFolder

    return write(RunFolder(folder), to, into)
