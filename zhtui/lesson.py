"""A lesson's card: its knobs, presets, published figures and questions. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KNOB = "knob"  # the key in a dataclass field's metadata


@dataclass(frozen=True)
class Knob:
    """One setting: what it is, what it takes, and whether it may change while a run goes on."""

    text: str
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    live: bool = False


def knob(
    default: Any,
    text: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[Any] = (),
    live: bool = False,
) -> Any:
    """A field of a lesson's frozen config dataclass.

    Declared once, it is a KEY=VALUE on the command line, a row in the form, a line in run.json and
    a row in the docs. `low` and `high` are inclusive; `live` lets it change between two steps.
    """
    return field(default=default, metadata={KNOB: Knob(text, low, high, tuple(choices), live)})


@dataclass(frozen=True)
class Reference:
    """A published figure and how to reproduce it.

    `metric` is a key of the lesson's rows. `at` says which row counts: the "last" that has the
    metric, the "best" (lowest), the "first", or a step number. `preset`, `knobs` and `seed` are the
    setting;
    `data` is the data set that the figure belongs to ("" where it needs none). `gpu` marks a
    setting that a CPU would need hours for. `line` draws the figure in the metric's chart.
    """

    metric: str
    value: float
    tolerance: float
    label: str
    source: str
    preset: str = "paper"
    knobs: Mapping[str, Any] = field(default_factory=dict)
    at: str | int = "last"
    data: str = ""
    seed: int = 1337
    gpu: bool = False
    line: bool = True


@dataclass(frozen=True)
class Question:
    """A learner's question, answered by an experiment: predict, run, see, say."""

    ask: str
    predict: str
    run: str  # what to do: keys, or KEY=VALUE knobs
    see: str
    say: str


@dataclass(frozen=True)
class Lesson:
    """A lesson's card. Its name is its folder's; nothing here costs an import of torch or numpy.

    `presets` holds at least tiny (about a second), quick (something learned in under a minute on a
    CPU) and paper (the published setting). `figure` is the metric that says how good a run is; the
    lowest is best unless `higher` is set. `charts` names the charts and the metrics drawn in each.
    `commands` are functions of its `command.py` that `zhtui` offers as commands.
    """

    number: float
    title: str
    summary: str
    part: str
    config: type
    presets: Mapping[str, Any]
    references: Sequence[Reference] = ()
    questions: Sequence[Question] = ()
    figure: str = "loss"
    higher: bool = False
    commands: Sequence[str] = ()
    charts: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"loss": ("loss",)})
