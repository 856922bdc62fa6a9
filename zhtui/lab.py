"""All that a lesson sees, in one flat face. It costs the standard library and nothing else."""

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
    "knob",
]
