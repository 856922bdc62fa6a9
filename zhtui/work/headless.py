"""A run in the foreground: progress on a terminal, plain lines in a pipe, JSON lines for a program.

Never loads textual. Ctrl-C saves a checkpoint and says how to resume; a closed pipe does the same
without a word.
"""

from __future__ import annotations

import math
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from zhtui import wording
from zhtui.ask import engine, reading
from zhtui.draw import ticks
from zhtui.errors import LabError
from zhtui.lesson import catalog
from zhtui.lesson.card import Lesson
from zhtui.runs.figures import own_references
from zhtui.runs.folder import RunFolder
from zhtui.say import complain, give_up, say
from zhtui.work.drive import Asked, work

SAMPLE = 300  # characters or tokens shown at the end
LINES = 20  # plain progress lines a run, beside the rows of its evaluations


def run(folder: RunFolder, *, as_json: bool = False, out: TextIO | None = None) -> int:
    """Trains a run here and reports to `out` (standard output). Returns the exit code."""
    stream = out or sys.stdout
    asked = Asked()
    lesson = catalog.one(folder.lesson).card
    report: Report | JsonLines = JsonLines(stream) if as_json else Report(folder, lesson, stream)
    guarded = Guarded(report, asked)
    guarded("begin", {})
    code = work(folder, listeners=(guarded,), asked=asked)
    guarded("end", {"code": code})
    return guarded.closed or code


class Guarded:
    """A listener behind which the pipe may close, the terminal go or its disk fill: then the run is
    asked to save and stop.
    """

    def __init__(self, report: Report | JsonLines, asked: Asked) -> None:
        self.report, self.asked = report, asked
        self.closed = 0  # the exit code, once nobody can read

    def __call__(self, kind: str, value: Mapping[str, Any]) -> None:
        if self.closed:
            return
        try:
            self.report.hear(kind, value)
        except OSError as error:
            piped = isinstance(error, BrokenPipeError)
            self.closed = 128 + signal.SIGPIPE if piped else 1
            self.asked.signal = self.asked.signal or signal.SIGPIPE
            if not piped:
                why = f"what it says cannot be written ({error.strerror})"
                complain(f"zhtui: {why}; the run saves and stops, and can go on elsewhere")
            give_up()


class JsonLines:
    """The same objects as metrics.jsonl and events.jsonl, one a line."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def hear(self, kind: str, value: Mapping[str, Any]) -> None:
        """One object for a row or an event."""
        if kind in ("row", "event"):
            say(wording.json_text(value), to=self.stream)


class Report:
    """Progress for people: a bar where there is a terminal, else lines that stay as they are."""

    def __init__(self, folder: RunFolder, lesson: Lesson, stream: TextIO) -> None:
        self.folder, self.lesson, self.stream = folder, lesson, stream
        self.bar = Bar(stream) if stream.isatty() else None
        self.status: Mapping[str, Any] = {}
        self.usual: set[str] | None = None  # in every row so far
        self.next = 0

    def hear(self, kind: str, value: Mapping[str, Any]) -> None:
        """Prints what matters of a row, an event or a status."""
        if kind == "begin":
            self._begin()
        elif kind == "status":
            self.status = value
            if self.bar:
                self.bar.show(value)
        elif kind == "row":
            self._row(value)
        elif kind == "event":
            self._event(value)
        elif kind == "end":
            self._end(int(value["code"]))

    def _begin(self) -> None:
        card = self.folder.card()
        self._print(f"{self.folder.lesson} {self.folder.name}  preset {card['preset']}")

    def _row(self, row: Mapping[str, Any]) -> None:
        step, steps = int(row["step"]), int(self.status.get("steps", 0))
        self.usual = set(row) if self.usual is None else self.usual & set(row)
        evaluated = set(row) != self.usual
        due = not self.bar and step >= self.next
        if evaluated or due:
            self.next = step + max(1, steps // LINES)
            self._print(_progress(row, steps, self.status))

    def _event(self, event: Mapping[str, Any]) -> None:
        kind = event["event"]
        if kind in ("data", "said", "damaged"):
            self._print(str(event["text"]))
        elif kind == "resumed":
            self._print(f"resumed at step {event['step']:,}")
        elif kind == "knob":
            self._print(f"{event['knob']} = {event['value']} from step {event['step']:,}")
        elif kind == "shown" and event["name"] == "sample":
            self._print(_quoted(str(event["text"]), int(event["step"]), 160))

    def _end(self, code: int) -> None:
        if self.bar:
            self.bar.clear()
        name, status = self.folder.name, self.folder.status()
        go_on = f"go on with: zhtui run --resume {name} --headless"
        if code > 128:
            self._print(f"interrupted; saved at step {status.step:,}; {go_on}")
        elif status.state == "stopped":
            self._print(f"stopped at step {status.step:,} of {status.steps:,}; {go_on}")
        elif code == 0:
            self._print(plot(self.folder, self.lesson))
            self._print(_sample(self.folder))
            self._print(_verdict(self.folder, self.lesson))

    def _print(self, text: str) -> None:
        if not text:
            return
        if self.bar:
            self.bar.clear()
        say(text, to=self.stream)


class Bar:
    """One line at the bottom of a terminal, redrawn in place."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def show(self, status: Mapping[str, Any]) -> None:
        """Redraws the line: a bar, the loss, the rate, the time left."""
        columns = shutil.get_terminal_size().columns
        done, steps = int(status.get("step", 0)), max(1, int(status.get("steps", 1)))
        words = _progress({"step": done, **status.get("row", {})}, steps, status)
        room = max(0, min(30, columns - len(words) - 4))
        full = round(room * done / steps)
        line = wording.one_line(f"{'━' * full}{'╌' * (room - full)} {words}")[: columns - 1]
        self.stream.write(f"\r\x1b[2K{line}")
        self.stream.flush()

    def clear(self) -> None:
        """Makes way for a line that stays."""
        self.stream.write("\r\x1b[2K")


def plot(folder: RunFolder, lesson: Lesson, *, width: int = 78, height: int = 16) -> str:
    """The lesson's first chart with its published line, drawn by plotext, without colours."""
    import plotext as plt  # deferred: only the end of a run needs it

    title, metrics = next(iter(lesson.charts.items()))
    rows, drawn = folder.rows(), False
    plt.clear_figure()
    plt.plotsize(width, height)
    plt.theme("clear")
    for metric in metrics:
        points = _points(rows, metric)
        if len(points) > 1:
            plt.plot(*zip(*points, strict=True), label=metric, marker="braille")
            drawn = True
    if not drawn:
        return ""
    for reference in own_references(folder, lesson):
        if reference.line and reference.metric in metrics:
            plt.hline(reference.value)
    plt.title(f"{folder.lesson} {folder.name}: {title}")
    lines = plt.uncolorize(plt.build()).splitlines()
    return "\n".join(line.rstrip() for line in lines)


def _points(rows: Sequence[Mapping[str, Any]], metric: str) -> list[tuple[float, float]]:
    """(step, value) where a metric was recorded as a number, within what plotext can draw."""
    have = [(row["step"], row[metric]) for row in rows if row.get(metric) is not None]
    finite = [pair for pair in have if all(map(math.isfinite, pair))]
    return [(ticks.clamped(step), _large(ticks.clamped(value))) for step, value in finite]


def _large(value: float) -> float:
    """A number, or 0 where it has so many zeros that plotext cannot count them."""
    return value if abs(value) > ticks.TINY else 0.0


def _progress(row: Mapping[str, Any], steps: int, status: Mapping[str, Any]) -> str:
    metrics = [n for n in row if n not in ("step", "time", "lr", "grad_norm")][:4]
    words = [f"step {int(row['step']):,}/{steps:,}"]
    words += [f"{name} {wording.number(row[name])}" for name in metrics]
    if status.get("rate"):
        words.append(wording.rate(status["rate"], status.get("unit", "step")))
    if status.get("left") is not None:
        words.append(f"{wording.clock(status['left'])} left")
    return "  ".join(words)


def _quoted(text: str, step: int, most: int) -> str:
    shown = text[:most].rstrip()
    return "\n".join([f"sample at step {step:,}", *(f"  | {line}" for line in shown.splitlines())])


def _sample(folder: RunFolder) -> str:
    if not catalog.one(folder.lesson).has("generate"):
        return ""
    try:
        run = reading.open_run(folder, where="cpu")
        usual = {"tokens": SAMPLE, "temperature": 0.8}
        sampling = catalog.one(folder.lesson).sampling(usual)
        text = "".join(token.text for token in engine.sample(folder, run, "", sampling))
    except LabError as error:
        return f"no sample: {error}"
    return _quoted(text, run.step, SAMPLE)


def _verdict(folder: RunFolder, lesson: Lesson) -> str:
    status = folder.status()
    lines = [f"finished {status.step:,} steps; runs lie in {folder.path.parent}"]
    if status.best is not None:
        lines.append(f"best {lesson.figure} {wording.number(status.best)}")
    for reference in own_references(folder, lesson):
        if reference.metric == lesson.figure:
            published = f"published {wording.number(reference.value)} ± {reference.tolerance:g}"
            lines.append(f"{published} ({reference.label}, {reference.source})")
    if catalog.one(folder.lesson).has("generate"):
        lines.append(f"write more: zhtui sample {folder.name}")
    return "\n".join(lines)
