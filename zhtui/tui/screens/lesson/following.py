"""Which of a lesson's runs is shown, and what is read of it while it is in sight."""

from __future__ import annotations

from abc import abstractmethod

from textual.events import ScreenResume
from textual.screen import ModalScreen

from zhtui.lesson.card import Lesson
from zhtui.lesson.catalog import Entry
from zhtui.runs.folder import RunFolder
from zhtui.tui.keys.keyboard import no_run
from zhtui.tui.messages import RunGrew, RunsChanged
from zhtui.tui.reading.followed import Followed
from zhtui.tui.reading.history import History
from zhtui.tui.reading.watch import Seen
from zhtui.tui.screens.lesson.device import DevicePane
from zhtui.tui.screens.lesson.knobs import KnobPane
from zhtui.tui.screens.lesson.panes import ChartPane, ViewPane
from zhtui.tui.screens.lesson.questions import CardPane
from zhtui.tui.screens.lesson.replay import Stage
from zhtui.tui.screens.shared.arrangement import Arrangement
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.screens.shared.layout import ONE
from zhtui.tui.session import Session


class Following(LabScreen):
    """A screen that follows one run of a lesson; what is drawn of it is in `screen.py`."""

    session: Session
    entry: Entry
    lesson: Lesson
    wish: str  # the run that was asked for, by its name
    followed: Followed | None
    replay: Stage
    charts: ChartPane
    views: ViewPane
    cards: CardPane
    knobs: KnobPane
    device: DevicePane
    panes: Arrangement

    @abstractmethod
    def show(self) -> None:
        """Draws all of it."""

    @abstractmethod
    def action_view(self, by: int) -> None:
        """The next view."""

    @property
    def seen(self) -> Seen | None:
        """The run that is shown, as it was chosen."""
        return None if self.followed is None else self.followed.seen

    @property
    def folder(self) -> RunFolder | None:
        """Its folder."""
        return None if self.seen is None else self.seen.folder

    @property
    def history(self) -> History:
        """What it has said."""
        return History() if self.followed is None else self.followed.history

    @property
    def live(self) -> bool:
        """Whether a worker is at it."""
        return self.followed is not None and self.followed.live

    def first_run(self) -> Seen | None:
        """The run that was asked for, else one that is live, else the newest."""
        runs = self.session.runs(self.entry.name)
        wished = [run for run in runs if run.folder.name == self.wish]
        live = [run for run in runs if run.status.live]
        return next(iter([*wished, *live, *runs]), None)

    async def look_at(self, seen: Seen | None) -> None:
        """Shows another run, or that there is none."""
        self.unfollow()
        if self.views.invites and self.panes.room == ONE:
            self.panes.to(1)
        self.views.wanted = ""
        await self.views.restart(seen is not None)
        nothing = f"{no_run(self.app)}; its curve will stand here"
        self.charts.restart("waiting for the first step" if seen else nothing)
        if seen is not None:
            self.followed = Followed(seen.folder, self.session.watch, self, seen)
            self.follow()
        self.replay.look_at(self.followed)
        self.device.look_at(seen.folder if seen else None)
        self.show()

    def follow(self) -> None:
        """Reads the run where it is in sight, be it under a dialog, and can be shown."""
        seen = self.is_active or isinstance(self.app.screen, ModalScreen)
        if self.followed is not None and seen and self.views.is_attached:
            self.followed.follow()

    def unfollow(self) -> None:
        """Reads nothing of it any more."""
        if self.followed is not None:
            self.followed.leave()
            self.followed = None

    def on_screen_suspend(self) -> None:
        """Reads nothing for what is not seen; under a dialog it still is."""
        if self.followed is not None and not isinstance(self.app.screen, ModalScreen):
            self.followed.leave()
            self.device.seen(False)

    def on_screen_resume(self, event: ScreenResume) -> None:
        self.follow()
        if self.followed is not None:
            self.device.seen(self.device.display)

    async def on_runs_changed(self, message: RunsChanged) -> None:
        """A run of this lesson that was started elsewhere is shown where none was."""
        if self.seen is None and (found := self.first_run()) is not None:
            await self.look_at(found)
        self.cards.show(self.seen, self.history)

    async def on_run_grew(self, message: RunGrew) -> None:
        """Takes and draws what is new, when the terminal has taken what was before; the state of
        the run at once.
        """
        if self.followed is None:
            return
        if not self.session.link.free():
            if self.followed.changed_state():
                self.top.show(self.replay.state(self.lesson))
            return
        growth = self.followed.grow()
        if not growth:
            return
        if not self.views.wanted and self.history.pictures():
            self.action_view(0)
        if growth.view is not None:
            await self.views.show(*growth.view, self.history.pictures())
        if growth.beside is not None:
            await self.views.show_beside(*growth.beside)
        self.show()

    async def on_stage_turned(self, message: Stage.Turned) -> None:
        """Another moment of the run: what was not there yet is not shown."""
        await self.views.keep(self.replay.moment.views)
        self.show()

    async def on_stage_forked(self, message: Stage.Forked) -> None:
        """The fork, beside its parent."""
        await self.look_at(message.seen)

    async def on_card_pane_opened(self, message: CardPane.Opened) -> None:
        """The run that answers a question, in the chart of what was guessed."""
        await self.look_at(message.seen)
        self.charts.turn_to(message.question.metric)
        if self.panes.room == ONE:
            self.panes.to(1)
        self.show()

    def on_card_pane_turned(self, message: CardPane.Turned) -> None:
        """Another card."""
        self.show()
