"""Opens screens. Each is imported when it is asked for, so that the first frame pays for none.

Screens never import each other: they say `session.doors.console(folder)`. A call and not a message,
since a message would arrive after keys that were typed already.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from zhtui.lesson import catalog
from zhtui.lesson.catalog import Entry
from zhtui.lesson.played import Action
from zhtui.runs.folder import RunFolder
from zhtui.tui.session import Found, Opened, Session

if TYPE_CHECKING:
    from zhtui.tui.app import LabApp


class LabDoors:
    """What `zhtui.tui.session.Doors` promises, over the app's stack of screens."""

    def __init__(self, app: LabApp, session: Session) -> None:
        self.app, self.session = app, session

    def warm(self, screen: str = "lesson", *, cards: bool = False) -> None:
        """Imports beside the screen's thread what the next screen needs: 45 ms of a key. `cards`:
        then all of the lessons' that home did without.
        """

        def work() -> None:
            importlib.import_module(f"zhtui.tui.screens.{screen}.screen")
            if cards:
                catalog.keep()

        threading.Thread(target=work, daemon=True).start()

    def ready(self, entry: Entry) -> None:
        """Lets the explorer load a lesson's first scene, so that its first frame is quick."""
        if entry.scenes():
            self.warm("explore")
            self.session.explorer.ask("form", None, lambda: None, lesson=entry.name)

    def lesson(self, entry: Entry, *, start: bool = False, run: str = "", preset: str = "") -> None:
        """A lesson's screen; a broken lesson says what is wrong with it. `preset` is chosen for the
        next run.
        """
        from zhtui.tui.screens.lesson.screen import LessonScreen
        from zhtui.tui.screens.shared.dialogs import failure_screen

        if fault := entry.fault:
            self.app.push_screen(failure_screen(f"{entry.name} cannot be opened", fault))
            return
        screen = LessonScreen(self.session, entry, start=start, run=run, preset=preset)
        self.app.push_screen(screen)

    def found(self) -> Iterator[Found]:
        """What the palette finds by a name, wherever it is called: lessons, presets, runs."""
        for entry in self.session.entries:
            card = entry.lesson
            open_it = partial(self.lesson, entry)
            yield Found(f"lesson {entry.name}", card.summary if card else entry.error, open_it)
            for preset in card.presets if card else ():
                text = f"open {entry.name} with this preset for the next run"
                chosen = partial(self.lesson, entry, preset=preset)
                yield Found(f"preset {preset} of {entry.name}", text, chosen)
        for run in self.session.runs():
            known = self.session.entry(run.folder.lesson)
            if known is not None:
                title = f"run {run.folder.lesson}/{run.folder.name}"
                text = f"{run.status.state}, step {run.status.step:,}"
                yield Found(title, text, partial(self.lesson, known, run=run.folder.name))

    def runs(self) -> None:
        """All runs; goes back to their screen where it is open already."""
        from zhtui.tui.screens.runs.screen import RunsScreen

        if any(isinstance(screen, RunsScreen) for screen in self.app.screen_stack):
            while not isinstance(self.app.screen, RunsScreen):
                self.app.pop_screen()
        else:
            self.app.push_screen(RunsScreen(self.session))

    def console(self, folder: RunFolder, text: str = "", step: int | None = None) -> None:
        """Lets a run's model write after a text, as it was after so many steps."""
        from zhtui.tui.screens.console.screen import ConsoleScreen

        self.app.push_screen(ConsoleScreen(self.session, folder, text, step))

    def explore(
        self,
        entry: Entry,
        run: RunFolder | None = None,
        step: int | None = None,
        scene: str = "",
        text: str = "",
        given: Mapping[str, str] | None = None,
    ) -> None:
        """A lesson's scenes, of a run as it was after so many steps where they look at one; with
        knobs of the scene given as text. With a text, the first scene that reads one reads it.
        """
        from zhtui.tui.screens.explore.screen import ExploreScreen

        screen = ExploreScreen(self.session, entry, run, step, scene, text)
        screen.inquiry.given = dict(given or {})
        self.app.push_screen(screen)

    def play(self, entry: Entry, action: Action) -> None:
        """Plays what a lesson's notes name on the lesson's screen: on the one that is open, else on
        a new one.
        """
        from zhtui.tui.screens.lesson.screen import LessonScreen

        known = [each for each in self.app.screen_stack if isinstance(each, LessonScreen)]
        here = next((each for each in reversed(known) if each.entry is entry), None)
        if here is None:
            self.app.push_screen(LessonScreen(self.session, entry, action=action))
            return
        while self.app.screen is not here:
            self.app.pop_screen()
        here.run_worker(here.play(action), exit_on_error=False)

    def own(self, entry: Entry, run: RunFolder | None = None, step: int | None = None) -> None:
        """The screen that only this lesson has, behind a boundary: its failure is shown."""
        from zhtui.tui.screens.shared.dialogs import guest_failed

        try:
            module = importlib.import_module(f"{entry.package}.screen")
            screen: Any = module.open_screen(Opened(self.session, entry, run, step))
            assert isinstance(screen, Screen), "open_screen() returns a textual Screen"
        except Exception as error:  # noqa: BLE001 - a stranger's code; whatever it was is shown
            self.app.push_screen(guest_failed(entry.name, error))
            return
        self.app.show_guest(entry.name, screen)
