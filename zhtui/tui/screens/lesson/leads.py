"""Where a lesson's screen leads: the console, the scenes, the lesson's own screen."""

from __future__ import annotations

from zhtui.lesson.catalog import Entry
from zhtui.runs.folder import RunFolder
from zhtui.tui.keys.keyboard import no_run
from zhtui.tui.screens.lesson.replay import Stage
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.session import Session


class Leads(LabScreen):
    """A screen of one lesson, and of one of its runs: what its keys for other screens call."""

    session: Session
    entry: Entry
    replay: Stage

    @property
    def folder(self) -> RunFolder | None:
        """The run that is shown."""
        raise NotImplementedError

    def action_console(self) -> None:
        """The console of the run's model, as it was at the moment shown."""
        if self.folder is None:
            self.notify(no_run(self.app))
        elif not self.entry.has("generate"):
            self.notify(f"{self.entry.card.title} writes nothing")
        else:
            self.session.doors.console(self.folder, step=self.replay.done)

    def action_explore(self) -> None:
        """The lesson's scenes, of the run as it was at the moment shown; else its own screen."""
        if self.entry.scenes():
            self.session.doors.explore(self.entry, self.folder, self.replay.done)
        elif self.entry.has("screen"):
            self.action_own()
        else:
            self.notify(f"{self.entry.card.title} has nothing to explore")

    def action_own(self) -> None:
        """The lesson's own screen, behind a boundary: its failure is shown."""
        if not self.entry.has("screen"):
            self.notify(f"{self.entry.card.title} has no screen of its own")
            return
        self.session.doors.own(self.entry)
