"""What the keys of a lesson ask of its runs: start, pause, step, save, write, look inside."""

from __future__ import annotations

from zhtui.tui.keys.keyboard import no_run
from zhtui.tui.screens.lesson.following import Following
from zhtui.tui.screens.lesson.next_run import Draft
from zhtui.tui.screens.shared.dialogs import Ask

ASKED = {  # what the worker can be asked for, and what is said then
    "step": "",
    "checkpoint": "saving a checkpoint",
    "stop": "stopping, with a checkpoint; space resumes it",
    "sample": "asked for a sample",
}
LACKS = {"generate": "writes nothing", "inspect": "shows nothing more"}


class Steering(Following):
    """A screen whose keys steer the run in sight, and start others."""

    draft: Draft
    writes: bool

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
        if action == "sample" and not self.writes:
            self.notify(f"{self.lesson.title} writes no samples")
        elif self.seen is not None:
            self.session.ask(self.seen.folder, action, ASKED[action])

    def action_pause(self) -> None:
        """Pauses, or resumes."""
        if self.seen is not None:
            self.session.pause_or_resume(self.seen.folder)

    def action_open(self, part: str) -> None:
        """The console of the run's model, or a look inside it, as it was at the moment shown."""
        opens = {"generate": self.session.doors.console, "inspect": self.session.doors.inspect}
        if part == "inspect" and self.entry.scenes():
            run = None if self.seen is None else self.seen.folder
            self.session.doors.explore(self.entry, run, self.replay.done)
        elif self.seen is None:
            self.notify(no_run(self.app))
        elif not self.entry.has(part):
            self.notify(f"{self.lesson.title} {LACKS[part]}")
        else:
            opens[part](self.seen.folder, step=self.replay.done)

    async def action_other(self, by: int) -> None:
        """An older or a newer run of the lesson."""
        runs = self.session.runs(self.entry.name)
        here = [i for i, run in enumerate(runs) if self.seen and run.folder == self.seen.folder]
        place = (here[0] if here else -1) + by
        if 0 <= place < len(runs):
            await self.look_at(runs[place])
