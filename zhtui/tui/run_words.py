"""How the app speaks of runs: signs and colours of a state, times, one line a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhtui.draw.inks import FAINT, GOOD, PLAIN, TITLE, WRONG, YOURS
from zhtui.lesson.card import Lesson
from zhtui.runs.folder import Status
from zhtui.tui.widgets.lines import Part, words
from zhtui.wording import clock, number, rate

SIGNS = {
    "starting": ("◌", YOURS),
    "running": ("▶", YOURS),
    "paused": ("‖", TITLE),
    "stopped": ("■", FAINT),
    "finished": ("✓", GOOD),
    "failed": ("✗", WRONG),
    "lost": ("?", WRONG),
    "silent": ("…", WRONG),
}


def sign(state: str) -> tuple[str, int]:
    """The sign of a state and its ink; never a colour alone."""
    return SIGNS.get(state, ("·", FAINT))


def figure(lesson: Lesson, status: Status) -> float | None:
    """How good a run is now: the last value of the lesson's figure, else its loss."""
    value = status.row.get(lesson.figure, status.best)
    return status.row.get("loss") if value is None else value


def live_words(states: Sequence[str]) -> str:
    """How many runs have a worker that trains, and how many one that waits."""
    paused = states.count("paused")
    training = len(states) - paused
    if not training:
        return f"{_runs(paused)} paused" if paused else "no run is live"
    return f"{_runs(training)} live" + (f", {paused} paused" if paused else "")


def _runs(count: int) -> str:
    return f"{count} run{'s' if count != 1 else ''}"


def left_words(runs: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """What becomes of live runs, (name, state) each, when the lab is left: as a text and in a few
    words.
    """
    paused = [name for name, state in runs if state == "paused"]
    training = [name for name, state in runs if state != "paused"]
    said = []
    if training:
        said.append(f"{', '.join(training[:3])} will go on training without the lab.")
    if len(paused) == 1:
        said.append(f"{paused[0]} stays paused; its worker waits.")
    elif paused:
        said.append(f"{', '.join(paused[:3])} stay paused; their workers wait.")
    found = "Open the lab again to find the run" + ("." if len(runs) == 1 else "s.")
    few = "quit, runs go on" if training else "quit, paused runs wait"
    return "\n".join([*said, found]), few


def ago(seconds: float) -> str:
    """How long ago, in one unit."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds / size)} {unit} ago"
    return "just now"


def state_parts(
    lesson: Lesson, name: str, status: Status | None, card: Mapping[str, Any], nothing: str
) -> list[Part]:
    """The state of a run on one line: lesson, run, state, step, loss, rate, time left, device.

    `nothing` is said where there is no run.
    """
    title = Part(((f"{lesson.number:g} {lesson.title}", TITLE),), 99)
    if status is None:
        return [title, words(nothing, FAINT, 98)]
    mark, ink = sign(status.state)
    parts = [
        Part((*title.words, (f" · {name}", PLAIN)), 99),
        words(f"{mark} {status.state.upper()}", ink, 98),
    ]
    if status.state == "starting":
        return [*parts, words("the worker is loading", FAINT, 60)]
    steps = f"{status.steps:,}"
    parts.append(words(f"step {status.step:>{len(steps)},} / {steps}", PLAIN, 80))
    names = [lesson.figure] if lesson.figure == "loss" else ["loss", lesson.figure]
    for metric, weight in zip(names, (90, 50), strict=False):
        if metric in status.row:
            value = Part(((f"{metric} ", FAINT), (number(status.row[metric]), TITLE)), weight)
            parts.append(value)
    if status.state == "running" and status.rate:
        parts.append(words(f"{rate(status.rate, status.unit):>12}", PLAIN, 40))
        parts.append(words(f"{clock(status.left)} left", PLAIN, 70))
    where = status.device or str(card.get("device", ""))
    parts.append(words(f"{card.get('preset', '')} · {where}", FAINT, 30))
    return parts


def run_parts(lesson: Lesson | None, title: str, name: str, status: Status) -> Part:
    """A live run in a few words, for the line of runs."""
    mark, ink = sign(status.state)
    done = 100 * status.step // max(status.steps, 1)
    value = figure(lesson, status) if lesson else status.row.get("loss")
    text = f" {title} {name} {done} %"
    if value is not None:
        text += f"  {number(value)}"
    tail = f"  {rate(status.rate, status.unit)}  {clock(status.left)}"
    return Part(((mark, ink), (text, PLAIN), (tail if status.rate else "", FAINT)))
