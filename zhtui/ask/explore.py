"""Explores a lesson's scenes: any frame of any ask, what a poke moved, what a cell says.

One `Explorer` keeps the walks that were asked for last; `zhtui explore` uses one in its own
process, the app one in an engine.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zhtui.ask import cells
from zhtui.ask.shown import Shown, to_wire
from zhtui.ask.walk import Walk
from zhtui.errors import ConfigError, LabError, LessonError, boundary
from zhtui.lesson import catalog, knobs
from zhtui.lesson.catalog import Scene
from zhtui.lesson.explore import Frame, Poke, Spot
from zhtui.lesson.run import Run
from zhtui.lesson.views import View, Words
from zhtui.runs.folder import RunFolder

if TYPE_CHECKING:
    from zhtui.lesson.views import Array

WALKS = 4  # generators that are kept
TURN = 0.02  # seconds of frames between two looks at other requests
QUICK = 0.2  # seconds; after a slower frame none is made ahead

Part = dict[str, Any]
RESTS: Part = {}  # what is left of this answer can wait until nothing else was asked for a while
Key = tuple[Path | None, tuple[object, ...]]
Open = Callable[[RunFolder, int | None], Run]


@dataclass(frozen=True, eq=False)
class Asked:
    """What is explored: a scene, maybe of a run, with its knobs set and maybe one cell poked."""

    scene: Scene
    ask: Any
    run: Run | None = None
    of: tuple[Path, int] | None = None  # the run's folder, and its step
    poke: tuple[Spot, Any] | None = None

    @cached_property
    def key(self) -> Key:
        """Equal for what gives the same frames; the run's folder comes first."""
        path, step = self.of or (None, 0)
        setting = json.dumps(knobs.to_json(self.ask), sort_keys=True)
        return path, (self.scene.title, step, setting, repr(self.poke))

    def unpoked(self) -> Asked:
        """The same without the poke."""
        return Asked(self.scene, self.ask, self.run, self.of)

    def begin(self) -> tuple[Iterator[Frame], Poke]:
        """A fresh generator, and what tells which cells it lets be poked."""
        poke = Poke(*(self.poke or ()))
        with boundary(f"exploring {self.scene.title}"):
            return self._guarded(poke), poke

    def _guarded(self, poke: Poke) -> Iterator[Frame]:
        """The frames; a scene that misses its run says so."""
        try:
            yield from self.scene.module.explore(self.run, self.ask, poke)
        except (AttributeError, TypeError) as error:
            subjects = self.scene.entry.card.subjects
            if self.run is None and subjects and "NoneType" in str(error):
                which = " or ".join(subjects)
                raise LessonError(
                    f"{self.scene.title} looks at a run of {which}; choose one, or start one"
                ) from error
            raise


class Explorer:
    """Answers about scenes; `open` gives a run at a step."""

    def __init__(self, open: Open) -> None:
        self.open = open
        self.walks: dict[Key, Walk] = {}

    def walk(self, asked: Asked) -> Walk:
        """The walk of an ask; the newest few are kept."""
        walk = self.walks.pop(asked.key, None) or Walk(asked.begin, asked.scene.title)
        self.walks[asked.key] = walk  # at the end: the one used last
        while len(self.walks) > WALKS:
            del self.walks[next(iter(self.walks))]
        return walk

    def reach(self, asked: Asked, number: int) -> Iterator[None]:
        """Makes the frames up to one, also of the unpoked walk beside it; yields now and then."""
        for each in [asked.unpoked(), asked] if asked.poke else [asked]:
            while not self.walk(each).reach(number, TURN):
                yield

    def show(self, asked: Asked, number: int) -> Shown:
        """A frame that was reached, or the last one. Raises `LabError` where it cannot be shown."""
        walk = self.walk(asked)
        number = walk.last(number)
        with boundary(f"frame {number} of {asked.scene.title}"):
            return self._shown(asked, walk, number)

    def _shown(self, asked: Asked, walk: Walk, number: int) -> Shown:
        frame, views = walk.kept[number], walk.shown(number)
        moved, wrong = self._moved(asked, number, views)
        return Shown(
            frame=number, of=walk.of, title=frame.title, views=views, chapter=frame.chapter,
            say=frame.say, look=frame.look, open=_open(walk.poke, views), moved=moved, wrong=wrong,
            chapters=tuple((name, at) for at, name in sorted(walk.chapters.items())),
            predict=seen(frame.predict, views), within=frame.within, solved=frame.solved,
        )  # fmt: skip

    def point(self, asked: Asked, number: int, spot: Spot) -> Words:
        """What the scene says of a cell of a frame that was reached. Raises `LabError`."""
        walk = self.walk(asked)
        number = walk.last(number)
        views = walk.shown(number)
        with boundary(f"pointing at {spot.view} in {asked.scene.title}"):
            if seen(spot, views) is None:
                raise LabError(_no_cell(spot, views))
            if hasattr(asked.scene.module, "point"):
                with walk.dice:
                    words: Words = asked.scene.module.point(asked.ask, walk.kept[number], spot)
                if words:
                    return words
            return cells.spelled(spot.view, views[spot.view], spot.row, spot.column)

    def refused(self, asked: Asked) -> str:
        """Why a poke did nothing, once all frames were seen; "" where it did not fail."""
        walk = self.walk(asked)
        if asked.poke is None or walk.of is None or asked.poke[0].view in walk.poke.open:
            return ""
        known = ", ".join(walk.poke.open) or "nothing"
        return f"{asked.scene.title} does not let {asked.poke[0].view} be poked; it lets {known}"

    def forget(self, path: Path) -> None:
        """Forgets all that was asked of a run."""
        for key in [key for key in self.walks if key[0] == path]:
            del self.walks[key]

    def _moved(
        self, asked: Asked, number: int, views: Mapping[str, View]
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """(moved, wrong) masks of a frame."""
        walk = self.walk(asked)
        frame = walk.kept[number]
        if asked.poke is None:
            return ({} if number == 1 else cells.all_moved(walk.shown(number - 1), views)), {}
        plain = self.walk(asked.unpoked())
        partner = plain.kept.get(number)
        if partner is None or partner.title != frame.title:
            return {}, {}
        moved = cells.all_moved(plain.shown(number), views)
        if frame.still is None or asked.poke[0].view not in walk.poke.open:
            return moved, {}
        with boundary(f"still of frame {number} of {asked.scene.title}"):
            return moved, _wrong(frame.still(asked.poke[0]), moved)

    def answers(self, request: Mapping[str, Any], alone: Callable[[], bool]) -> Iterator[Part]:
        """The parts of an answer; an empty part is a turn. `alone` tells that nobody else waits."""
        scene = catalog.one(str(request["lesson"])).scene(str(request.get("scene", "")))
        if request["do"] == "form":
            yield {"form": form(having(scene, *filter(None, [request.get("having")])))}
            return
        asked, kept = self._read(scene, request)
        if asked.run is not None:
            yield {"step": asked.run.step, "steps": kept}
        number = int(request.get("frame", 1))
        if request["do"] == "point":
            yield from self._turns(asked, number)
            yield {"words": self.point(asked, number, Spot(**request["spot"]))}
            return
        if request.get("seek"):
            number = yield from self._seek(asked, number, str(request["seek"]))
        yield from self._turns(asked, number)
        yield {"shown": to_wire(self.show(asked, number))}
        yield RESTS
        yield {}
        yield from self._ahead(asked, number, alone)

    def _turns(self, asked: Asked, number: int) -> Iterator[Part]:
        for _ in self.reach(asked, number):
            yield {}

    def _ahead(self, asked: Asked, number: int, alone: Callable[[], bool]) -> Iterator[Part]:
        """Makes the next frame while nobody waits; tells the length where there is none."""
        walk = self.walk(asked)
        if alone() and walk.took < QUICK and walk.of is None and walk.made <= number:
            try:
                walk.step()
            except LabError:
                return  # told to who asks for that frame
            if walk.of is not None:
                yield {"of": walk.of}

    def _seek(self, asked: Asked, number: int, what: str) -> Generator[Part, None, int]:
        """The number of the next frame that begins a chapter or has a number to predict, of the one
        that begins a chapter by its name ("chapter NAME"), or of the last one ("end"). Raises
        `LabError` where there is none.
        """
        ahead = max(number, self.walk(asked).seen)
        while True:
            walk = self.walk(asked)
            places: dict[str, Iterable[int]] = {"chapter": walk.chapters, "predict": walk.asked}
            known = [at for at in places.get(what, ()) if at > number]
            known += [at for at, name in walk.chapters.items() if what == f"chapter {name}"]
            found = min(known, default=None)
            if found is not None:
                return found
            if walk.of is not None and what == "end":
                return walk.of
            if walk.of is not None:
                kind = "a number to predict" if what == "predict" else f"another {what}"
                raise LabError(f"no frame after this one has {kind}; go back with home")
            ahead += 1
            yield from self._turns(asked, ahead)

    def _read(self, scene: Scene, request: Mapping[str, Any]) -> tuple[Asked, list[int]]:
        """What a request asks, and the checkpoints that its run has."""
        run, of, kept = None, None, []
        if request.get("run"):
            folder = RunFolder(Path(request["run"]))
            check_subject(scene, folder)
            run = self.open(folder, request.get("step"))
            of, kept = (folder.path, run.step), [done for done, _ in folder.checkpoints()]
        with boundary(f"the knobs of {scene.title}"):
            ask = knobs.replace(scene.ask(), request.get("ask") or {})
        poke = request.get("poke")
        spot = None if not poke else Spot(poke["view"], int(poke["row"]), int(poke["column"]))
        return Asked(scene, ask, run, of, (spot, poke["value"]) if spot and poke else None), kept


def check_subject(scene: Scene, folder: RunFolder) -> None:
    """Raises `ConfigError` where a scene cannot look at a run of that lesson."""
    subjects = scene.entry.card.subjects
    if not subjects:
        raise ConfigError(f"{scene.title} looks at no run; leave {folder.name} out")
    if folder.lesson not in subjects:
        which = " or ".join(subjects)
        raise ConfigError(f"{scene.title} looks at a run of {which}, not of {folder.lesson}")


def check_knobs(scene: Scene, folder: RunFolder, pairs: Iterable[str]) -> None:
    """Raises `ConfigError` where a KEY=VALUE sets what that run sets itself."""
    given = {pair.partition("=")[0].strip() for pair in pairs}
    for row in knobs.knobs(scene.ask):
        if row.knob.without_run and row.name in given:
            raise ConfigError(
                f"{row.name} counts without a run only: {folder.name} has its own; leave out "
                f"{row.name}, or --run"
            )


def having(scene: Scene, *names: str) -> Scene:
    """The scene itself where it has these knobs, else the lesson's first that has; else itself."""
    others = (scene.entry.scene(name) for name in scene.entry.scenes())
    wanted = set(names)
    fits = (s for s in chain([scene], others) if wanted <= {row.name for row in knobs.knobs(s.ask)})
    return next(fits, scene)


def form(scene: Scene) -> Part:
    """A scene's knobs as JSON, with its first words."""
    with boundary(f"the knobs of {scene.title}"):
        rows = [knobs.told(row) for row in knobs.knobs(scene.ask)]
    said = inspect.cleandoc(scene.module.__doc__ or "").split("\n\n")[0].replace("\n", " ")
    told = {"scene": scene.name, "title": scene.title, "takes_run": scene.takes_run}
    return {**told, "say": said, "knobs": rows}


def _wrong(must: Mapping[str, Array], moved: Mapping[str, Array]) -> dict[str, Array]:
    """Of the cells that moved, those that must not; by view, where there are any."""
    wrong = {}
    for name, mask in must.items():
        if name in moved:
            wrong[name] = np.asarray(mask, bool).reshape(moved[name].shape) & moved[name]
    return {name: mask for name, mask in wrong.items() if mask.any()}


def _open(poke: Poke, views: Mapping[str, View]) -> dict[str, cells.Shape]:
    offered = {name: values for name, values in poke.open.items() if name in views}
    return {
        name: cells.shape(views[name])
        for name, values in offered.items()
        if cells.pokeable(values, views[name])
    }


def seen(spot: Spot | None, views: Mapping[str, View]) -> Spot | None:
    """A spot, where the frame has such a cell."""
    if spot is None or spot.view not in views:
        return None
    return None if cells.value(views[spot.view], spot.row, spot.column) is None else spot


def _no_cell(spot: Spot, views: Mapping[str, View]) -> str:
    if spot.view not in views:
        return f"this frame has no view {spot.view}; it has {', '.join(views)}"
    rows, columns = cells.shape(views[spot.view])
    where = f"row {spot.row}, column {spot.column}"
    return f"{spot.view} has no cell in {where}; it has {rows} rows of {columns}, counted from 0"
