"""What all screens share: the lessons, the watcher, the link, and what can be asked of a run."""

from __future__ import annotations

import asyncio
import importlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from zhtui import client, config, guess
from zhtui.asking import Engine, usual_log
from zhtui.catalog import Entry
from zhtui.errors import LabError
from zhtui.folder import RunFolder
from zhtui.lesson import Question
from zhtui.tui.keyboard import keyboard_of
from zhtui.tui.link import Link
from zhtui.tui.watch import Seen, Watch

if TYPE_CHECKING:
    from zhtui.tui.app import LabApp
    from zhtui.vitals import Vitals


def _pulse(folder: RunFolder) -> Callable[[], Vitals]:
    """Reads the device and the worker of a run."""
    from zhtui.vitals import Pulse  # deferred: psutil is not part of the first frame

    return Pulse(folder).look


@dataclass
class Session:
    """One opening of the lab. What it does to runs it does off the screen's thread, and says so."""

    app: LabApp
    root: Path
    watch: Watch
    link: Link
    entries: list[Entry]
    clock: Callable[[], float] = time.time
    engine: Engine = field(default_factory=lambda: Engine(usual_log()))
    pulse: Callable[[RunFolder], Callable[[], Vitals]] = _pulse

    def warm(self) -> None:
        """Imports beside the screen's thread what the next screen needs: 45 ms of a key."""
        name = "zhtui.tui.screens.lesson"
        threading.Thread(target=importlib.import_module, args=(name,), daemon=True).start()

    def entry(self, name: str) -> Entry | None:
        """The lesson of that name."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def runs(self, lesson: str = "") -> list[Seen]:
        """The runs (of a lesson) as last seen, newest first."""
        return [run for run in self.watch.runs if not lesson or run.folder.lesson == lesson]

    def reading(self) -> str:
        """The device, as last read."""
        return self.watch.reading

    def open_lesson(self, entry: Entry, *, start: bool = False, run: str = "") -> None:
        """Shows a lesson's screen; a broken one says what is wrong with it."""
        from zhtui.tui.screens.dialogs import failure_screen
        from zhtui.tui.screens.lesson import LessonScreen  # deferred: not part of the first frame

        if entry.lesson is None:
            self.app.push_screen(failure_screen(f"{entry.name} cannot be opened", entry.error))
            return
        self.app.push_screen(LessonScreen(self, entry, start=start, run=run))

    def open_runs(self) -> None:
        """Shows all runs; goes back to their screen where it is open already."""
        from zhtui.tui.screens.runs import RunsScreen  # deferred: not part of the first frame

        if any(isinstance(screen, RunsScreen) for screen in self.app.screen_stack):
            while not isinstance(self.app.screen, RunsScreen):
                self.app.pop_screen()
        else:
            self.app.push_screen(RunsScreen(self))

    def open_console(self, folder: RunFolder, text: str = "", step: int | None = None) -> None:
        """Lets a run's model write after a text, as it was after so many steps."""
        from zhtui.tui.screens.console import ConsoleScreen  # deferred: not part of the first frame

        self.app.push_screen(ConsoleScreen(self, folder, text, step))

    def open_inspect(self, folder: RunFolder, text: str = "", step: int | None = None) -> None:
        """Looks inside a run's model, as it was after so many steps, while it reads a text."""
        from zhtui.tui.screens.inspect import InspectScreen  # deferred, too

        self.app.push_screen(InspectScreen(self, folder, text, step))

    def open_own(self, entry: Entry) -> None:
        """Shows the screen that only this lesson has, behind a boundary: its failure is shown."""
        from zhtui.tui.screens.dialogs import failure_screen, told

        try:
            module = importlib.import_module(f"{entry.package}.screen")
            screen = module.open_screen()
            assert isinstance(screen, Screen), "open_screen() returns a textual Screen"
        except Exception as error:  # noqa: BLE001 - a stranger's code; whatever it was is shown
            title = f"the screen of {entry.name} failed"
            self.app.push_screen(failure_screen(title, told(error)))
            return
        self.app.show_guest(entry.name, screen)

    async def start(self, entry: Entry, preset: str, knobs: tuple[str, ...]) -> Seen | None:
        """Makes a run and starts its worker; None where that failed, which was then said."""

        def work() -> Seen:
            folder = client.create(self.root, entry, preset=preset, knobs=knobs)
            client.start(folder)
            return Seen(folder, folder.card(), folder.status())

        seen = await self._try(work)
        self.watch.hurry()
        return seen if isinstance(seen, Seen) else None

    async def predict(self, entry: Entry, question: Question, value: float) -> Seen | None:
        """Makes the run that answers a question, keeps the guess with it, and starts its worker."""

        def work() -> Seen:
            knobs = tuple(f"{name}={config.text(knob)}" for name, knob in question.knobs.items())
            preset, seed = question.preset, question.seed
            folder = client.create(self.root, entry, preset=preset, knobs=knobs, seed=seed)
            kept = guess.write(folder, question, value)
            client.start(folder)
            return Seen(folder, folder.card(), folder.status(), guess=kept)

        seen = await self._try(work)
        self.watch.hurry()
        return seen if isinstance(seen, Seen) else None

    async def fork(self, folder: RunFolder, step: int, knobs: Sequence[str]) -> Seen | None:
        """Makes a fork of a run and starts its worker; None where that failed, which was said."""
        from zhtui import fork  # deferred: reads checkpoints, which most sittings never do

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
