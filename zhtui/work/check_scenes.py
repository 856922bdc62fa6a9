"""What a lesson's scenes must hold: the same frames twice, small ones, and mistakes that show."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from zhtui.ask import cards as asked_cards
from zhtui.ask import cells
from zhtui.ask.explore import Asked, Explorer
from zhtui.ask.reading import open_run
from zhtui.ask.shown import Shown, to_wire
from zhtui.errors import LabError, LessonError, boundary
from zhtui.lesson import catalog, knobs
from zhtui.lesson.card import Question
from zhtui.lesson.catalog import Entry, Scene
from zhtui.lesson.explore import NONE, Spot
from zhtui.lesson.views import View
from zhtui.runs import view_files
from zhtui.runs.folder import RunFolder
from zhtui.work.check_runs import must, whole_run

FRAMES = 200  # of a scene that are looked at
Views = dict[str, list[str]]  # of each frame, by name
LAST = 1 << 30  # the number of a scene's last frame, or any above


def scenes(entry: Entry, store: Path) -> None:
    """Its scenes give the same frames twice, small ones, and say something of each corner."""
    for scene in _scenes(entry):
        subject = _subject(entry, store)
        first = [_wire(shown) for shown in _pointed(scene, _asked(scene, subject))]
        second = [_wire(shown) for shown in _shown_frames(_explorer(), _asked(scene, subject))]
        must(first == second, f"{scene.title} gives other frames the second time, or after it was "
             "pointed at; draw nothing at random")  # fmt: skip
        spare = [row for row in _knobs(scene) if row.knob.without_run]
        if spare:
            _spared(scene, spare, subject, first)


def _spared(
    scene: Scene, spare: Sequence[knobs.Row], subject: RunFolder | None, frames: list[str]
) -> None:
    """Where knobs count without a run only there are frames without one, and beside the run, whose
    `frames` these are, the knobs change nothing.
    """
    told = f"{scene.title} never looks at a run, where {spare[0].name} would not count; say no more"
    must(scene.takes_run and subject is not None, told)
    list(_shown_frames(_explorer(), _asked(scene, None)))
    for row in spare:
        turned = knobs.beside(row, row.default, 1)
        if turned is not None:
            asked = _asked(scene, subject, {row.name: turned})
            same = [_wire(shown) for shown in _shown_frames(_explorer(), asked)] == frames
            must(same, f"{row.name} changes {scene.title} beside a run; take its without_run out")


def _pointed(scene: Scene, asked: Asked) -> Iterator[Shown]:
    """The frames, each after the four corners of all its views were pointed at."""
    explorer = _explorer()
    for number, shown in enumerate(_shown_frames(explorer, asked), 1):
        for name, view in shown.views.items():
            with boundary(f"the cells of {name} in frame {number} of {scene.title}"):
                corners = _corners(view)
            for row, column in corners:
                words = explorer.point(asked, number, Spot(name, row, column))
                told = f"{scene.title} says nothing of {name}[{row}, {column}] in {shown.title!r}"
                must(bool(words), told)
        yield shown


def _wire(shown: Shown) -> str:
    """A frame as it goes over the wire; one of more than 1 MB is refused."""
    return json.dumps({**to_wire(shown), "of": None})


def cards(entry: Entry, store: Path) -> None:
    """The cells that its cards ask for have numbers, and no two that are compared are equal."""
    for question in entry.card.questions:
        if question.cells:
            found = card_truth(entry, question)
            finite = all(math.isfinite(value) for value in found.values())
            must(finite, f"{question.ask!r} asks for what is no finite number; correct its cell")
            apart = len(set(found.values())) == len(found)
            must(apart, f"{question.ask!r} compares equal numbers; choose other cells")


def card_truth(entry: Entry, question: Question) -> dict[str, float]:
    """What answers a card that asks for cells, by name. Raises `LabError`."""
    explorer, shown = _explorer(), {}
    for cell in question.cells.values():
        scene = entry.scene(cell.scene)
        asked = Asked(scene, knobs.replace(scene.ask(), cell.ask))
        shown[asked_cards.frame_of(cell)] = _frame(explorer, asked, cell.frame or LAST)
    return asked_cards.truth(question, shown)


def mistakes(entry: Entry, store: Path) -> None:
    """Each mistake changes a meter that is to show it, in a scene that can make it."""
    offered: dict[str, list[Scene]] = {}
    subject = _subject(entry, store)

    @cache
    def views(scene: str, mistake: str) -> Views:
        return _views(_asked(entry.scene(scene), subject, {"mistake": mistake}))

    for scene in _scenes(entry):
        for name in next((r.knob.choices or () for r in _knobs(scene) if r.name == "mistake"), ()):
            offered.setdefault(str(name), []).append(scene)
    known = {mistake.name: mistake for mistake in entry.card.mistakes}
    for name in known:
        can = name in offered or name in _choices(entry.card.config)
        must(can, f"no knob offers {name!r}, a mistake of the card; offer it, or take it out")
    for name, able in offered.items():
        if name != NONE:
            told = f"{able[0].title} can make {name!r}, which the card does not name; add it"
            must(name in known, told)
            _shown(entry, views, able, name, known[name].meters)


def _shown(
    entry: Entry,
    views: Callable[[str, str], Views],
    able: Sequence[Scene],
    name: str,
    meters: Sequence[str],
) -> None:
    """Whether one of the scenes shows a mistake by one of its meters. Where none of them has such a
    meter, or all say that it goes with other knobs, there is nothing to compare: a run may show it.
    """
    there, refused = False, 0
    for scene in able:
        right = views(scene.name, NONE)
        try:
            wrong = views(scene.name, name)
        except LabError:
            refused += 1
            continue
        if any(right.get(meter) != wrong.get(meter) for meter in meters):
            return
        there = there or any(meter in right for meter in meters)
    if refused == len(able):
        return
    trained = _choices(entry.card.config)
    where = ", ".join(scene.title for scene in able)
    told = f"{name!r} changes none of its meters ({', '.join(meters)}) in {where}; name one that it"
    must(not there and (name in trained or not meters), f"{told} changes")


def _choices(config: type) -> set[str]:
    return {str(choice) for row in knobs.knobs(config) for choice in row.knob.choices}


def _knobs(scene: Scene) -> Sequence[knobs.Row]:
    return knobs.knobs(scene.ask)


def _scenes(entry: Entry) -> Iterator[Scene]:
    return (entry.scene(name) for name in entry.scenes())


def _subject(entry: Entry, store: Path) -> RunFolder | None:
    """A tiny run that the scenes can look at; None where they need none."""
    here = catalog.names()
    named = [name for name in entry.card.subjects if name in here]
    if entry.card.subjects and not named:
        raise LessonError(f"none of the lessons {', '.join(entry.card.subjects)} is here")
    return whole_run(catalog.one(named[0]), store) if named else None


def _asked(scene: Scene, run: RunFolder | None, given: Mapping[str, Any] | None = None) -> Asked:
    ask = knobs.replace(scene.ask(), given or {})
    if run is None:
        return Asked(scene, ask)
    opened = open_run(run, where="cpu")
    return Asked(scene, ask, opened, (run.path, opened.step))


def _explorer() -> Explorer:
    return Explorer(lambda folder, step: open_run(folder, where="cpu", step=step))


def _frame(explorer: Explorer, asked: Asked, number: int) -> Shown:
    """A frame by its number from 1 on, or the last one where there are fewer."""
    for _ in explorer.reach(asked, number):
        pass
    return explorer.show(asked, number)


def _shown_frames(explorer: Explorer, asked: Asked) -> Iterator[Shown]:
    """The first frames, as many as are looked at."""
    for number in range(1, FRAMES + 1):
        shown = _frame(explorer, asked, number)
        yield shown
        if shown.of is not None and number >= shown.of:
            return


def _views(asked: Asked) -> Views:
    """The views of all frames by name, as they go over the wire."""
    found: dict[str, list[str]] = {}
    for shown in _shown_frames(_explorer(), asked):
        for name, view in shown.views.items():
            found.setdefault(name, []).append(json.dumps(view_files.encode(view)))
    return found


def _corners(view: View) -> list[tuple[int, int]]:
    rows, columns = cells.shape(view)
    edges = [(row, column) for row in (0, rows - 1) for column in (0, columns - 1)]
    inside = rows and columns
    return [
        spot for spot in dict.fromkeys(edges) if inside and cells.value(view, *spot) is not None
    ]
