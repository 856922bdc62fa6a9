"""The contract of a lesson, checked: what each one holds, whatever it teaches, a stranger's too.

Each check is a function of the lesson and a store that is thrown away; its first docstring line is
what it promises, and it raises `LabError` with the sentence that says what is wrong. The lab's own
tests call the same functions.
"""

from __future__ import annotations

import inspect
import math
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from zhtui.errors import LabError, boundary
from zhtui.lesson import knobs, parts, source
from zhtui.lesson.card import CHOOSE, LINES, NUMBER, ORDER, Question, Reference
from zhtui.lesson.catalog import Entry
from zhtui.runs.border import PLACE
from zhtui.say import say
from zhtui.work import check_runs, check_scenes
from zhtui.work.check_runs import must

LINK = re.compile(r"\]\(([^)\s]+\.py(?:#[\w.]+)?)\)")
Check = Callable[[Entry, Path], None]


def run(entries: Iterable[Entry]) -> int:
    """Prints a line a check as it is done. Returns 1 where one failed, else 0."""
    failed = 0
    for entry in entries:
        for name, why in outcomes(entry):
            failed += bool(why)
            line = f"{'✗' if why else '✓'} {entry.name}: {name}"
            say("\n    ".join([line, *why.split("\n")]) if why else line)
    return int(failed > 0)


def outcomes(entry: Entry) -> Iterator[tuple[str, str]]:
    """(what is promised, why it does not hold or "") of each check in turn, in one store."""
    with tempfile.TemporaryDirectory(prefix="zhtui-check-") as place:
        for check in CHECKS:
            yield promise(check), verdict(check, entry, Path(place))


def promise(check: Check) -> str:
    """What a check looks at, in a line."""
    return inspect.cleandoc(check.__doc__ or check.__name__).split("\n")[0].rstrip(".")


def verdict(check: Check, entry: Entry, store: Path) -> str:
    """Why a check fails; "" where it holds."""
    try:
        with boundary(f"checking {entry.name}"):
            check(entry, store)
    except LabError as error:
        return str(error)
    return ""


def card(entry: Entry, store: Path) -> None:
    """Its card is whole: presets, references and questions are sound."""
    lesson = entry.card
    must("tiny" in lesson.presets, "there is no preset tiny; give one that takes a second")
    for row in knobs.knobs(lesson.config):
        text = row.knob.text
        must(bool(text) and "\n" not in text, f"knob {row.name} is not told in one line; write it")
    for name, preset in lesson.presets.items():
        same = knobs.replace(lesson.config(), knobs.to_json(preset)) == preset
        must(same, f"preset {name} is not read back as it was; use plain values")
    for one in lesson.references:
        known = one.preset in lesson.presets
        must(known, f"reference {one.label!r} names no preset {one.preset!r}; correct it")
        must(one.tolerance >= 0, f"reference {one.label!r} has a tolerance below 0; correct it")
        must(bool(one.source), f"reference {one.label!r} has no source; name where it stands")
        _at(lesson, one, f"reference {one.label!r}")
    _questions(lesson)


def _questions(lesson: Any) -> None:
    drawn = {metric for metrics in lesson.charts.values() for metric in metrics}
    for question in lesson.questions:
        whole = all((question.ask, question.predict, question.see, question.say))
        must(whole, f"the question {question.ask!r} lacks a part; give ask, predict, see and say")
        for metric in question.metrics.values():
            why = f"no chart draws {metric!r}, which {question.ask!r} asks for; add it"
            must(metric in drawn, why)
        preset = lesson.presets.get(question.preset)
        must(preset is not None, f"the question {question.ask!r} names no preset; correct it")
        _at(lesson, question, f"the question {question.ask!r}")
        for name, value in question.known.items():
            sound = isinstance(value, (int, float)) and math.isfinite(value)
            must(sound, f"the question {question.ask!r} tells no number of {name}; correct it")
        _kind(question)
    asked = [question.ask for question in lesson.questions]
    must(len(set(asked)) == len(asked), "two questions ask the same; change one")


def _at(lesson: Any, one: Reference | Question, which: str) -> None:
    """The row that counts is one that a run of that setting can have."""
    steps, at = knobs.replace(lesson.presets[one.preset], one.knobs).steps, one.at
    if isinstance(at, str):
        known = 'write "last", "best", "first", "mean 100" or a step'
        must(bool(re.fullmatch(PLACE, at)), f"{which} is at {at!r}; {known}")
    else:
        must(0 <= at < steps, f"{which} is at step {at} of {steps}; name one below {steps}")


def _kind(question: Any) -> None:
    """A question has what its kind needs."""
    kind, several = question.kind, len(question.among)
    known = kind in (NUMBER, CHOOSE, ORDER, LINES)
    must(known, f"the question {question.ask!r} is of no kind {kind!r}; correct it")
    needs = several >= 2 if kind in (CHOOSE, ORDER) else not several
    must(needs, f"the question {question.ask!r} has {several} names among which; correct it")
    one_way = not (question.cells and question.metrics)
    must(one_way, f"the question {question.ask!r} asks cells and metrics; choose one of the two")
    pictured = kind != LINES or question.cell is not None
    must(pictured, f"the question {question.ask!r} names no cell with lines; give one")


def files(entry: Entry, store: Path) -> None:
    """Its files have the functions that the lab calls."""
    for part, functions in parts.PARTS.items():
        if part not in ("explore", "screen") and entry.has(part):
            name = next(iter(functions))[0]
            if part != "command":
                entry.function(part, name)
    for command in entry.card.commands:
        entry.function("command", command)
    must(entry.has("train"), "there is no train.py; write train(run)")


def notes(entry: Entry, store: Path) -> None:
    """The links of its notes, and of its mistakes, lead to its code."""
    path = entry.folder / "notes.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    for link in LINK.findall(text):
        _leads(entry, link, "the notes")
    for mistake in entry.card.mistakes:
        if mistake.line:
            _leads(entry, mistake.line, f"the mistake {mistake.name!r}")


def _leads(entry: Entry, link: str, whose: str) -> None:
    found = source.referred(entry.folder, link)
    must(found is not None, f"{link}, in {whose}, leads nowhere; correct it")


CHECKS: tuple[Check, ...] = (
    card,
    files,
    notes,
    check_runs.tiny,
    check_runs.stopped,
    check_runs.killed,
    check_runs.sampled,
    check_runs.written,
    check_scenes.scenes,
    check_scenes.cards,
    check_scenes.mistakes,
)
