"""What all screens share: the lessons, the watcher, the link, and what can be asked of a run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from zhtui.ask.client import Engine, usual_log
from zhtui.errors import LabError
from zhtui.lesson import knobs
from zhtui.lesson.card import Question
from zhtui.lesson.catalog import Entry
from zhtui.lesson.played import Action
from zhtui.runs import learner
from zhtui.runs.folder import RunFolder
from zhtui.tui.keys.keyboard import keyboard_of
from zhtui.tui.reading.watch import Seen, Watch
from zhtui.tui.terminal.output import Link
from zhtui.work import client

if TYPE_CHECKING:
    from zhtui.machine.vitals import Vitals
    from zhtui.tui.app import LabApp


def _pulse(folder: RunFolder) -> Callable[[], Vitals]:
    """Reads the device and the worker of a run."""
    from zhtui.machine.vitals import Pulse  # deferred: psutil is not part of the first frame

    return Pulse(folder).look


@dataclass(frozen=True)
class Found:
    """What the palette finds by its name: a title, a sentence, and what is done then."""

    title: str
    text: str
    call: Callable[[], None]


@runtime_checkable
class Finds(Protocol):
    """A screen of which the palette finds something by its name."""

    def found(self) -> Iterator[Found]: ...


class Doors(Protocol):
    """The screens that a screen can open; `zhtui.tui.doors` has them."""

    def ready(self, entry: Entry) -> None: ...
    def lesson(
        self, entry: Entry, *, start: bool = False, run: str = "", preset: str = ""
    ) -> None: ...
    def found(self) -> Iterator[Found]: ...
    def runs(self) -> None: ...
    def console(self, folder: RunFolder, text: str = "", step: int | None = None) -> None: ...
    def explore(
        self,
        entry: Entry,
        run: RunFolder | None = None,
        step: int | None = None,
        scene: str = "",
        text: str = "",
        given: Mapping[str, str] | None = None,
    ) -> None: ...
    def play(self, entry: Entry, action: Action) -> None: ...
    def own(self, entry: Entry, run: RunFolder | None = None, step: int | None = None) -> None: ...


@dataclass
class Session:
    """One opening of the lab. What it does to runs it does off the screen's thread, and says so.

    Scenes are explored by an engine of their own: however long a frame takes, a stream of tokens
    goes on, and the explorer can be ended amid an endless loop.
    """

    app: LabApp
    root: Path
    watch: Watch
    link: Link
    entries: list[Entry]
    clock: Callable[[], float] = time.time
    engine: Engine = field(default_factory=lambda: Engine(usual_log()))
    explorer: Engine = field(default_factory=lambda: Engine(usual_log("explorer")))
    pulse: Callable[[RunFolder], Callable[[], Vitals]] = _pulse
    doors: Doors = field(init=False)  # put in by the app

    def entry(self, name: str) -> Entry | None:
        """The lesson of that name."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def runs(self, lesson: str = "") -> list[Seen]:
        """The runs (of a lesson) as last seen, newest first."""
        return [run for run in self.watch.runs if not lesson or run.folder.lesson == lesson]

    def reading(self) -> str:
        """The device, as last read."""
        return self.watch.reading

    async def start(self, entry: Entry, preset: str, knobs: tuple[str, ...]) -> Seen | None:
        """Makes a run and starts its worker; None where that failed, which was then said."""

        def work() -> Seen:
            folder = client.create(self.root, entry, preset=preset, knobs=knobs)
            client.start(folder)
            return Seen(folder, folder.card(), folder.status())

        seen = await self._try(work)
        self.watch.hurry()
        return seen if isinstance(seen, Seen) else None

    async def predict(
        self, entry: Entry, question: Question, value: float, answer: str = ""
    ) -> Seen | None:
        """Makes the run that answers a question, keeps the guess with it, and starts its worker."""

        def work() -> Seen:
            turned = tuple(f"{name}={knobs.text(knob)}" for name, knob in question.knobs.items())
            preset, seed = question.preset, question.seed
            folder = client.create(self.root, entry, preset=preset, knobs=turned, seed=seed)
            kept = learner.write(folder, question, value, answer)
            client.start(folder)
            return Seen(folder, folder.card(), folder.status(), guess=kept)

        seen = await self._try(work)
        self.watch.hurry()
        return seen if isinstance(seen, Seen) else None

    async def fork(self, folder: RunFolder, step: int, knobs: Sequence[str]) -> Seen | None:
        """Makes a fork of a run and starts its worker; None where that failed, which was said."""
        from zhtui.work import fork  # deferred: reads checkpoints, which most sittings never do

        def work() -> Seen:
            child = fork.fork(self.root, folder, step, knobs)
            client.start(child)
            return Seen(child, child.card(), child.status())

        seen = await self._try(work)
        self.watch.hurry()
        return seen if isinstance(seen, Seen) else None

    def ask(self, folder: RunFolder, action: str, said: str = "", **fields: Any) -> None:
        """Asks something of a run's worker, in the background."""
        self._later(lambda: client.request(folder, action, **fields), said)

    def do(self, work: Callable[[], str | None], said: str = "") -> None:
        """Does something off the screen's thread, and says what it returns, else `said`."""

        async def task() -> None:
            words = await self._try(lambda: work() or said)
            if words:
                self.app.notify(words, markup=False)
            self.watch.hurry()

        self.app.run_worker(task(), exit_on_error=False)

    def pause_or_resume(self, folder: RunFolder) -> None:
        """Pauses a running run; a paused one goes on; an ended one gets a new worker."""

        again = keyboard_of(self.app).first("lesson.run")

        def work() -> str:
            state = folder.status().state
            if state == "finished":
                return f"{folder.name} is finished; {again} starts a new run"
            if state in ("stopped", "failed", "lost"):
                client.start(folder)
                return f"{folder.name} resumes"
            client.request(folder, "resume" if state == "paused" else "pause")
            return ""

        self.do(work)

    def _later(self, work: Callable[[], Any], said: str = "") -> None:
        async def task() -> None:
            if await self._try(work) is not None and said:
                self.app.notify(said)
            self.watch.hurry()

        self.app.run_worker(task(), exit_on_error=False)

    async def _try(self, work: Callable[[], Any]) -> Any:
        try:
            return await asyncio.to_thread(work)
        except LabError as error:
            self.app.notify(str(error), severity="error", timeout=10, markup=False)
        except OSError as error:
            text = f"the store cannot be written ({error.strerror}); choose another --store"
            self.app.notify(text, severity="error", timeout=10, markup=False)
        return None


@dataclass(frozen=True)
class Opened:
    """What a lesson's own screen is given: the lab, the lesson, and the run and step that were
    looked at when it was opened.
    """

    session: Session
    entry: Entry
    run: RunFolder | None = None
    step: int | None = None
