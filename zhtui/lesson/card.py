"""A lesson's card: its knobs, presets, published figures and questions. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhtui.data.dataset import DataSet

KNOB = "knob"  # the key in a dataclass field's metadata


@dataclass(frozen=True)
class Knob:
    """One setting: what it is, what it takes, and whether it may change while a run goes on.

    `resumes`: it may be another where a stopped run goes on. `points` names an axis of a view
    ("S.row"): enter on a cell of S sets the knob to that row. `without_run`: a scene reads it only
    where it looks at no run, since a run has its own.
    """

    text: str
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    live: bool = False
    points: str = ""
    resumes: bool = False
    without_run: bool = False


def knob(
    default: Any,
    text: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[Any] = (),
    live: bool = False,
    points: str = "",
    resumes: bool = False,
    without_run: bool = False,
) -> Any:
    """A field of a lesson's frozen config dataclass.

    Declared once, it is a KEY=VALUE on the command line, a row in the form, a line in run.json and
    a row in the docs. `low` and `high` are inclusive; `live` lets it change between two steps,
    `resumes` where a stopped run goes on: what it is must not matter to the run's numbers.
    `points` ("S.row", "S.column") is for a scene's `Ask`: a cell of view S sets it. So is
    `without_run`: of a run that is looked at the scene takes what the knob says from the run.
    """
    known = Knob(text, low, high, tuple(choices), live, points, resumes, without_run)
    return field(default=default, metadata={KNOB: known})


@dataclass(frozen=True)
class Reference:
    """A published figure and how to reproduce it.

    `metric` is a key of the lesson's rows. `at` says which row counts: the "last" that has the
    metric, the "best", the "first", a step number, or several: "mean 100" is the mean of the last
    hundred. The best is the lowest, but for a figure of which more is better.

    `preset` and `knobs` are the setting; of several `seeds` the mean is compared, where one run's
    figure moves by more than the tolerance. `data` is the data set that the figure belongs to (""
    where it needs none). `gpu` marks a setting that a CPU would need hours for. `line` draws the
    figure in the metric's chart.
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
    seeds: Sequence[int] = (1337,)
    gpu: bool = False
    line: bool = True


@dataclass(frozen=True)
class Cell:
    """One cell of a scene. The engine finds what stands there; it is typed nowhere.

    `frame` counts from 1, as on the command line, and 0 is the last one; row and column are those
    of a `Spot`; `ask` are the knobs of the scene that differ from its own.
    """

    scene: str
    view: str
    row: int = 0
    column: int = 0
    frame: int = 1
    ask: Mapping[str, Any] = field(default_factory=dict)


NUMBER, CHOOSE, ORDER, LINES = "number", "choose", "order", "lines"


@dataclass(frozen=True)
class Question:
    """A learner's question, answered by an experiment: predict, run, see, say.

    The learner commits to an answer before anything is told. Of kind "number" it is a number:
    `metric` at `at` (as in `Reference`) of a run of `preset` with `knobs`, or the `cell` of a
    scene, which needs no run. "choose" asks which of `among` is the highest, "order" for all of
    them from the highest on (from the lowest, where `lowest` is set); `among` names metrics of the
    run, or cells. "lines" shows the lines of a `cell`'s view without their names, and asks which is
    which.

    `known` are numbers that are told before, by what they belong to. The title `ask`, what is to be
    seen, and the one sentence that the numbers support, are told when the answer is in. `data` is
    the data set that all these numbers are of ("" where it needs none).
    """

    ask: str
    predict: str
    metric: str
    see: str
    say: str
    at: str | int = "last"
    preset: str = "quick"
    knobs: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 1337
    data: str = ""
    known: Mapping[str, float] = field(default_factory=dict)
    kind: str = NUMBER
    cell: Cell | None = None
    among: Mapping[str, str | Cell] = field(default_factory=dict)
    lowest: bool = False

    @property
    def cells(self) -> Mapping[str, Cell]:
        """The cells that answer, by name; none where a run does."""
        one = {} if self.cell is None else {"": self.cell}
        return one | {name: each for name, each in self.among.items() if isinstance(each, Cell)}

    @property
    def metrics(self) -> Mapping[str, str]:
        """The metrics of the run that answer, by name; none where cells do."""
        if self.among:
            return {name: each for name, each in self.among.items() if isinstance(each, str)}
        return {} if self.cell is not None else {"": self.metric}


@dataclass(frozen=True)
class Lesson:
    """A lesson's card. Its name is its folder's; nothing here costs an import of torch or numpy.

    `presets` holds at least tiny (about a second), quick (something learned in under a minute on a
    CPU) and paper (the published setting). `figure` is the metric that says how good a run is; the
    lowest is best unless `higher` is set. `unit` is what the figure counts ("nats"); "" where its
    name says it. `charts` names the charts and the metrics drawn in each.
    `noisy` are those that are of one batch or one game: they are drawn smoothed, over what was
    recorded; every other metric is drawn as it is.
    `commands` are functions of its `command.py` that `zhtui` offers as commands. `scenes` names, in
    order, the modules of its folder `explore/` (none where there is one `explore.py`). `subjects`
    are the lessons whose runs a scene can look at, its own included ("gpt",); without any, a scene
    needs no model. `mistakes` are the real mistakes that its knobs can switch on. `data` are data
    sets of its own, which `run.data` finds by name as it does the lab's.
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
    unit: str = ""
    commands: Sequence[str] = ()
    charts: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"loss": ("loss",)})
    noisy: Sequence[str] = ()
    scenes: Sequence[str] = ()
    subjects: Sequence[str] = ()
    mistakes: Sequence[Any] = ()  # of zhtui.lab.Mistake
    data: Sequence[DataSet] = ()

    def unit_of(self, metric: str) -> str:
        """What stands behind a number of a metric: the figure's unit, else the metric's name."""
        return self.unit if self.unit and metric == self.figure else metric
