"""`zhtui explore`: a scene's frames without the lab, as text or as JSON. It never loads textual."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zhtui.cli.options import AsJson, Device, Step, Store, lesson_names, run_names, tell_later
from zhtui.errors import ConfigError, LabError, boundary
from zhtui.lesson import catalog
from zhtui.lesson import knobs as settings
from zhtui.lesson.explore import Spot
from zhtui.lesson.views import plain
from zhtui.say import say
from zhtui.wording import json_text

if TYPE_CHECKING:
    from zhtui.ask.explore import Asked, Explorer
    from zhtui.ask.shown import Shown

PLACE = "VIEW,ROW,COLUMN"
COUNT = re.compile("[0-9]{1,9}")  # `int` takes "²" for no number, nor 5,000 digits
PICTURE = 24  # lines of a picture, at most where it can be lower


def explore(
    scene: Annotated[
        str,
        typer.Argument(
            metavar="LESSON[.SCENE]", help="What to explore.", autocompletion=lesson_names
        ),
    ],
    knobs: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...")] = None,
    run: Annotated[
        str, typer.Option(metavar="RUN", help="Look at this run.", autocompletion=run_names)
    ] = "",
    step: Step = None,
    frame: Annotated[
        int, typer.Option(min=0, show_default=False, help="This frame only, from 1.")
    ] = 0,
    every: Annotated[bool, typer.Option("--all", help="All frames with their pictures.")] = False,
    at: Annotated[str, typer.Option(metavar=PLACE, help="Say what stands on a cell.")] = "",
    poke: Annotated[
        str, typer.Option(metavar=f"{PLACE}=VALUE", help="Change a cell; say what moved.")
    ] = "",
    device: Device = "auto",
    where: Store = None,
    as_json: AsJson = False,
) -> None:
    """Steps a lesson's mechanism: what happens, its numbers, and what one changed number moves."""
    explorer, asked = _asked(scene, tuple(knobs or ()), run, step, poke, where, device)
    pointed = _spot(at) if at else None
    for shown in _at(explorer, asked, frame, pointed):
        said = plain(explorer.point(asked, shown.frame, pointed)) if pointed else ""
        if as_json:
            say(json_text(_object(shown, said, poked=bool(poke))))
        else:
            pictures = every or bool(frame)
            say("\n".join(_lines(shown, said, pictures=pictures, poked=bool(poke))))
    if refusal := explorer.refused(asked):
        raise ConfigError(refusal)


def _asked(
    name: str, pairs: tuple[str, ...], run: str, step: int | None, poke: str, where: Any,
    device: str,
) -> tuple[Explorer, Asked]:  # fmt: skip
    from zhtui.ask import reading
    from zhtui.ask.explore import Asked, Explorer, check_knobs, check_subject, having
    from zhtui.runs import store

    lesson, _, scene_name = name.partition(".")
    scene = catalog.one(lesson).scene(scene_name)
    if not scene_name:
        scene = having(scene, *(pair.partition("=")[0].strip() for pair in pairs))
    ask = settings.parse(scene.ask(), pairs)
    opened, of = None, None
    if run:
        folder = store.find(store.root(where), run)
        check_subject(scene, folder)
        check_knobs(scene, folder, pairs)
        opened = reading.open_run(folder, where=device, step=step)
        tell_later(step, opened.step)
        of = folder.path, opened.step
    place, equals, value = poke.partition("=")
    if poke and not equals:
        raise ConfigError(f"--poke {poke} has no value; write {PLACE}=VALUE")
    poked = (_spot(place), value) if poke else None
    explorer = Explorer(lambda folder, at: reading.open_run(folder, where=device, step=at))
    return explorer, Asked(scene, ask, opened, of, poked)


def _spot(text: str) -> Spot:
    view, *numbers = (each.strip() for each in text.split(","))
    if not (view and 1 <= len(numbers) <= 2 and all(map(COUNT.fullmatch, numbers))):
        raise ConfigError(f"{text!r} is not a cell; write {PLACE}, counted from 0")
    return Spot(view, *map(int, numbers))


def _at(explorer: Explorer, asked: Asked, only: int, spot: Spot | None) -> Iterator[Shown]:
    """The frames that have a cell, or the one that is asked for. Raises `LabError` without any."""
    from zhtui.ask.explore import seen

    found, names = False, dict[str, None]()
    for shown in _frames(explorer, asked, only):
        if only or spot is None or seen(spot, shown.views) is not None:
            found = True
            yield shown
        names |= dict.fromkeys(shown.views)
    if spot is not None and not found:
        cell = f"{spot.view}[{spot.row}, {spot.column}]"
        raise ConfigError(
            f"no frame of {asked.scene.title} has a cell {cell}; the views are {', '.join(names)}"
        )


def _frames(explorer: Explorer, asked: Asked, only: int) -> Iterator[Shown]:
    """One frame, or all of them in order. Raises `LabError` where there is no such frame."""
    number = only or 1
    while True:
        _reach(explorer, asked, number)
        with contextlib.suppress(LabError):  # told when that frame is asked for
            _reach(explorer, asked, number + 1)  # one more: whether it is the last
        shown = explorer.show(asked, number)
        if shown.frame < number:
            raise ConfigError(f"{asked.scene.title} has {shown.of} frames; choose one of them")
        yield shown
        if only or shown.frame == shown.of:
            return
        number += 1


def _reach(explorer: Explorer, asked: Asked, number: int) -> None:
    for _ in explorer.reach(asked, number):
        pass


def _object(shown: Shown, said: str, *, poked: bool) -> dict[str, Any]:
    from zhtui.ask import shown as frames

    about = frames.to_json(shown)
    if said:
        about["point"] = said
    if poked:
        about |= {"moved": frames.where(shown.moved), "wrong": frames.where(shown.wrong)}
    return about


def _lines(shown: Shown, said: str, *, pictures: bool, poked: bool) -> Iterator[str]:
    yield f"{shown.frame:>3} / {shown.of or '…'}  {shown.title}"
    yield from (f"     {plain(words)}" for words in (shown.say,) if words)
    if pictures and shown.look:
        yield f"     look for: {plain(shown.look)}"
    if poked:
        yield f"     {_verdict(shown)}"
    if said:
        yield f"     {said}"
    if pictures:
        yield from _pictures(shown, poked)


def _verdict(shown: Shown) -> str:
    moved = [f"{int(mask.sum())} in {name}" for name, mask in shown.moved.items()]
    wrong = [f"{int(mask.sum())} in {name}" for name, mask in shown.wrong.items()]
    words = "moved: " + (", ".join(moved) or "nothing")
    return f"{words}; must not have moved: {', '.join(wrong)}" if wrong else words


def _pictures(shown: Shown, poked: bool) -> Iterator[str]:
    from zhtui.draw import pictures
    from zhtui.draw.marks import NOTHING, Marks

    width = min(shutil.get_terminal_size((80, 24)).columns, 120)
    for name, view in shown.views.items():
        marks = Marks(moved=shown.moved.get(name), wrong=shown.wrong.get(name))
        yield f"\n{name}"
        with boundary(f"drawing {name} of frame {shown.frame} ({shown.title})"):
            lines = list(pictures.plain(view, width, PICTURE, marks if poked else NOTHING))
        yield from lines
    yield ""
