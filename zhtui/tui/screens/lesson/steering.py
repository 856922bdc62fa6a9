"""What the keys of a lesson ask of its runs: start, pause, step, save, write, explore."""

from __future__ import annotations

from functools import cached_property

from zhtui.tui.keys.keyboard import keyboard_of
from zhtui.tui.screens.lesson.following import Following
from zhtui.tui.screens.lesson.idle import Idle, lacking, waiting
from zhtui.tui.screens.lesson.next_run import Draft
from zhtui.tui.screens.shared.dialogs import Ask

ASKED = {  # what the worker can be asked for, and what is said then
    "step": "",
    "checkpoint": "saving a checkpoint",
    "stop": "stopping, with a checkpoint; space resumes it",
    "sample": "asked for a sample",
}
KEYS = {"step": "lesson.step", "checkpoint": "lesson.save", "stop": "lesson.stop"}
KEYS |= {"sample": "lesson.sample"}


class Steering(Following):
    """A screen whose keys steer the run in sight, and start others."""

    draft: Draft
    writes: bool

    @property
    def idle(self) -> Idle:
        """The keys that do nothing now, each with what would."""
        keyboard, status = keyboard_of(self.app), self.history.status
        if status is None and self.seen is not None:
            status = self.seen.status
        name = self.seen.folder.name if self.seen is not None else ""
        views, runs = len(self.history.pictures()), len(self.session.runs(self.entry.name))
        here = waiting(self.entry, keyboard, name, status, views, runs)
        return here | self._lacks

    @cached_property
    def _lacks(self) -> Idle:
        return lacking(self.entry, keyboard_of(self.app))

    def refused(self, id: str) -> bool:
        """Whether a key does nothing now; then what would is said."""
        why = self.idle.get(id, "")
        if why:
            self.notify(why, markup=False)
        return bool(why)

    def action_run(self) -> None:
        """Starts a run; where one is live already, asks first."""
        if self.seen is None or not self.live:
            self._start("y")
            return
        question = f"{self.seen.folder.name} is still live. Start another run beside it?"
        self.app.push_screen(Ask(question, [("y", "start"), ("n", "no")]), self._start)

    def _start(self, answer: str | None) -> None:
        if answer == "y":
            self.run_worker(self._start_run(), exit_on_error=False)

    async def _start_run(self) -> None:
        seen = await self.session.start(self.entry, self.draft.preset, self.draft.pairs())
        if seen is not None:
            await self.look_at(seen)

    def action_begin(self) -> None:
        """Enter starts the first run."""
        if self.seen is None:
            self.action_run()

    def action_runs(self) -> None:
        """All runs of all lessons."""
        self.session.doors.runs()

    def action_ask(self, action: str) -> None:
        """Asks something of the run's worker."""
        if not self.refused(KEYS[action]) and self.seen is not None:
            self.session.ask(self.seen.folder, action, ASKED[action])

    def action_pause(self) -> None:
        """Pauses, or resumes."""
        if not self.refused("lesson.pause") and self.seen is not None:
            self.session.pause_or_resume(self.seen.folder)

    def action_console(self) -> None:
        """The console of the run's model, as it was at the moment shown."""
        if not self.refused("lesson.console") and self.folder is not None:
            self.session.doors.console(self.folder, step=self.replay.done)

    def action_explore(self) -> None:
        """The lesson's scenes, of the run as it was at the moment shown; else its own screen."""
        if self.entry.scenes():
            self.session.doors.explore(self.entry, self.folder, self.replay.done)
        elif not self.refused("lesson.explore"):
            self.action_own()

    def action_own(self) -> None:
        """The lesson's own screen, behind a boundary: its failure is shown."""
        if not self.refused("lesson.own"):
            self.session.doors.own(self.entry)

    async def action_other(self, by: int) -> None:
        """An older or a newer run of the lesson."""
        if self.refused("lesson.older"):
            return
        runs = self.session.runs(self.entry.name)
        here = [i for i, run in enumerate(runs) if self.seen and run.folder == self.seen.folder]
        place = (here[0] if here else -1) + by
        if 0 <= place < len(runs):
            await self.look_at(runs[place])
