"""What notes can play: a run, a scene, a view, a key; and the code that they link to."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod

from zhtui.errors import LabError
from zhtui.lesson import knobs
from zhtui.lesson.played import EXPLORE, KEY, RUN, Action
from zhtui.tui.keys.keyboard import named
from zhtui.tui.screens.lesson.steering import Steering
from zhtui.tui.screens.shared.dialogs import Ask
from zhtui.tui.widgets.notes import NotesWidget

READ = 1.0  # seconds in which what a run has shown is read


class Playing(Steering):
    """A screen that plays what its notes name."""

    @abstractmethod
    def to_view(self, name: str) -> None:
        """Shows a view of the run."""

    async def on_notes_widget_opened(self, message: NotesWidget.Opened) -> None:
        """Reads the code that a link refers to, or plays an action; another address is told."""
        target = message.target
        if isinstance(target, Action):
            await self._play(target)
        elif isinstance(target, str) and ".py" in target:
            self.action_source()
        else:
            self.notify(str(target), markup=False)

    @abstractmethod
    def action_source(self) -> None:
        """The lesson's code."""

    async def play(self, action: Action) -> None:
        """Plays what was chosen in notes on another screen, once the run in sight is read."""
        deadline = time.monotonic() + READ
        while self.seen is not None and not self.history.pictures() and self.wanted:
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(0.02)
        if self.wanted:
            await self._play(action)

    async def _play(self, action: Action) -> None:
        if action.kind == RUN:
            self._run(action)
        elif action.kind == EXPLORE:
            run = None if self.seen is None else self.seen.folder
            given = dict(pair.split("=", 1) for pair in action.pairs)
            self.session.doors.explore(self.entry, run, scene=action.name, given=given)
        elif action.kind == KEY:
            await self.run_action(named()[action.name].action)
        elif action.name in self.history.pictures():
            self.to_view(action.name)
        else:
            said = f"the run in sight has not shown {action.name} (yet); start the one named above"
            self.notify(said, markup=False)

    def _run(self, action: Action) -> None:
        """Asks first: a run takes its time, and what one reads is near."""
        preset = action.name or self.draft.preset
        try:
            knobs.parse(self.lesson.presets[preset], action.pairs)
        except LabError as error:
            self.notify(str(error), severity="error", markup=False)
            return

        def taken(answer: str | None) -> None:
            if answer == "y":
                work = self._begin(preset, tuple(action.pairs))
                self.run_worker(work, exit_on_error=False)

        words = " ".join([f"preset={preset}", *action.pairs])
        beside = " beside the one that is live" if self.live else ""
        question = f"Start a run with {words}{beside}? Your own knobs stay as they are."
        self.app.push_screen(Ask(question, [("y", "start"), ("n", "no")]), taken)

    async def _begin(self, preset: str, pairs: tuple[str, ...]) -> None:
        seen = await self.session.start(self.entry, preset, pairs)
        if seen is not None:
            await self.look_at(seen)
