"""A lesson: its live charts, views, samples, knobs and notes, and the control of its runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from textual.events import ScreenResume
from textual.screen import ModalScreen
from textual.widget import Widget

from zhtui.errors import LabError
from zhtui.lesson.catalog import Entry
from zhtui.runs.folder import RunFolder
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import no_run
from zhtui.tui.messages import RunGrew, RunsChanged
from zhtui.tui.reading.followed import Followed
from zhtui.tui.reading.history import History
from zhtui.tui.reading.watch import Seen
from zhtui.tui.screens.lesson.device import DevicePane
from zhtui.tui.screens.lesson.first_frame import FirstFrame
from zhtui.tui.screens.lesson.knobs import KnobPane
from zhtui.tui.screens.lesson.leads import Leads
from zhtui.tui.screens.lesson.next_run import Draft, of_run
from zhtui.tui.screens.lesson.panes import ChartPane, NotePane, SamplePane, ViewPane, text_of
from zhtui.tui.screens.lesson.questions import CardPane
from zhtui.tui.screens.lesson.replay import Stage
from zhtui.tui.screens.shared.arrangement import Arrangement
from zhtui.tui.screens.shared.dialogs import Ask
from zhtui.tui.screens.shared.layout import ONE, panes_shown
from zhtui.tui.session import Found, Session
from zhtui.tui.widgets.chart import ChartWidget
from zhtui.tui.widgets.views import ViewWidget
from zhtui.work import client

HELP = """
The line on top is the state of the run. 1 shows its curves: each as it was recorded, a noisy one
faint under its smoothed course, one that is measured seldom dotted; dashed lines are published
figures and baselines. 2 shows what the lesson looks at inside the model, 3 what the model writes, 4
the knobs of this run and of the next one: those with ● change while the run goes on. 5 is the
lesson's text. 6 is what the GPU, the run's worker and the machine do, and what would help where the
run is starved. 7 has questions: type a number, and a run begins that answers; your guess is a line
in its chart. s reads the code that the thing at the cursor comes from.

The arrow keys move a crosshair that reads every line, and replays the run: every view, sample and
knob is that of the step. { and } go from moment to moment, P plays, l goes back to the newest step;
f forks there: same weights, seed and data, a knob changed, both lines in one chart. p and i ask the
model as it was then.
"""
ASKED = {  # what the worker can be asked for, and what is said then
    "step": "",
    "checkpoint": "saving a checkpoint",
    "stop": "stopping, with a checkpoint; space resumes it",
    "sample": "asked for a sample",
}
PLACES = [("Runs and panes", "lesson"), ("Replay", "replay"), ("In a chart", "chart")]
PLACES += [("In a picture", "picture"), ("In the knobs", "knobs"), ("In a list", "list")]
PLACES += [("On a question", "card"), ("In the notes", "notes")]


class LessonScreen(Leads):
    """One lesson and one of its runs: the live one, or the newest."""

    BINDINGS = keys.bindings("lesson")
    explained = (HELP, PLACES)
    NEEDS_ROOM = True

    def __init__(
        self, session: Session, entry: Entry, *, start: bool = False, run: str = "",
        preset: str = "",
    ) -> None:  # fmt: skip
        super().__init__()
        assert entry.lesson is not None, "a broken lesson has no screen"
        self.session, self.entry, self.lesson = session, entry, entry.lesson
        self.start_at_once, self.wish = start, run
        self.writes = entry.has("generate")
        first = "quick" if "quick" in self.lesson.presets else next(iter(self.lesson.presets))
        self.preset = preset  # "" where the machine decides
        self.draft = Draft(self.lesson, preset or first)
        self.followed: Followed | None = None
        self.replay, self.charts = Stage(session), ChartPane(entry.lesson)
        self.views, self.notes, self.samples = ViewPane(), NotePane(), SamplePane()
        self.cards, self.knobs = CardPane(session, entry, self.draft), KnobPane(session, self.draft)
        self.device = DevicePane(session, [row.name for row in self.draft.rows])
        # in this order; the notes stand in the views' place while there are none, as the device may
        self.later = [self.views, self.notes, self.cards, self.device, self.samples, self.knobs]
        self.panes = Arrangement(self, [self.charts, *self.later], self._choose)

    def room(self) -> Mapping[str, bool]:
        return self.panes.classes

    def stage(self) -> Iterable[Widget]:
        with self.replay:
            yield self.charts

    async def on_mount(self) -> None:
        await self._look_at(self._first_run())
        self.panes.to(self.panes.current)
        if self.start_at_once:
            self.action_run()

    async def complete(self) -> None:
        """The other panes, and what threads read."""
        if await self.add(self.replay, *self.later):
            self._follow()
            self._show()
            self.panes.to(self.panes.current)
            self.run_worker(self._load(), exit_on_error=False)

    async def _load(self) -> None:
        """What takes time: the scenes, the notes, and the preset that suits this machine."""
        self.session.doors.ready(self.entry)
        if self.seen is None and not self.start_at_once:
            await self.views.invite(self.session, self.entry)
        self.notes.show(await asyncio.to_thread(text_of, self.entry))
        try:
            preset, _ = await asyncio.to_thread(client.preset_for, self.entry, "", "auto")
        except LabError:
            return
        if not (self.draft.changes or self.preset):
            self.draft.preset = preset
            self.knobs.draw_rows()

    def on_first_frame_came(self, message: FirstFrame.Came) -> None:
        """Before any run the mechanism is what there is to see."""
        self.panes.arrange()
        if self.seen is None and self.panes.room == ONE and self.panes.current == 1:
            self.panes.to(2)

    # The run that is shown

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

    def _first_run(self) -> Seen | None:
        runs = self.session.runs(self.entry.name)
        wished = [run for run in runs if run.folder.name == self.wish]
        live = [run for run in runs if run.status.live]
        return next(iter([*wished, *live, *runs]), None)

    async def _look_at(self, seen: Seen | None) -> None:
        """Shows another run, or that there is none."""
        self._unfollow()
        if self.views.invites and self.panes.room == ONE:
            self.panes.to(1)
        await self.views.clear()
        self.views.wanted = ""
        nothing = f"{no_run(self.app)}, and its loss falls here"
        self.charts.restart("waiting for the first step" if seen else nothing)
        if seen is not None:
            self.followed = Followed(seen.folder, self.session.watch, self, seen)
            self._follow()
        self.replay.look_at(self.followed)
        self.device.look_at(seen.folder if seen else None)
        self._show()

    def _follow(self) -> None:
        """Reads the run where it is in sight, be it under a dialog, and can be shown."""
        seen = self.is_active or isinstance(self.app.screen, ModalScreen)
        if self.followed is not None and seen and self.views.is_attached:
            self.followed.follow()

    def _unfollow(self) -> None:
        if self.followed is not None:
            self.followed.leave()
            self.followed = None

    def on_screen_suspend(self) -> None:
        """Reads nothing for what is not seen; under a dialog it still is."""
        if self.followed is not None and not isinstance(self.app.screen, ModalScreen):
            self.followed.leave()
            self.device.seen(False)

    def on_screen_resume(self, event: ScreenResume) -> None:
        self._follow()
        if self.followed is not None:
            self.device.seen(self.device.display)

    async def on_runs_changed(self, message: RunsChanged) -> None:
        """A run of this lesson that was started elsewhere is shown where none was."""
        if self.seen is None and (found := self._first_run()) is not None:
            await self._look_at(found)
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
        self._show()

    async def on_stage_turned(self, message: Stage.Turned) -> None:
        """Another moment of the run: what was not there yet is not shown."""
        await self.views.keep(self.replay.moment.views)
        self._show()

    async def on_stage_forked(self, message: Stage.Forked) -> None:
        """The fork, beside its parent."""
        await self._look_at(message.seen)

    async def on_card_pane_opened(self, message: CardPane.Opened) -> None:
        """The run that answers a question, in the chart of what was guessed."""
        await self._look_at(message.seen)
        self.knobs.draw_rows()
        self.charts.turn_to(message.question.metric)
        if self.panes.room == ONE:
            self.panes.to(1)
        self._show()

    def on_card_pane_turned(self, message: CardPane.Turned) -> None:
        """Another card."""
        self._show()

    def _show(self) -> None:
        moment, metrics, status = self.replay.moment, self.charts.metrics, self.history.status
        card = self.seen.card if self.seen else {}
        self.top.show(self.replay.state(self.lesson))
        self.rule.show(status.error if status else "")
        guessed = self.cards.levels(self.seen, self.history.data, metrics)
        self.charts.show(self.history, self.replay.beside(metrics, self.lesson.noisy), guessed)
        self.cards.show(self.seen, self.history)
        self.samples.show(moment)
        values = of_run(card, moment.knobs)
        self.knobs.show(values, self.seen, self.live)
        self.panes.arrange()

    # Panes

    def lay_out(self) -> None:
        self.panes.arrange()

    def _choose(self, room: str, current: int) -> set[int]:
        """The notes stand in for a view that is none; the chart, for samples that are none."""
        viewless = not (self.history.views or self.views.invites)
        for pane in (self.notes, self.cards):
            pane.mark("-wide", viewless)
        mute = not (self.history.samples or self.writes or current == 3)
        self.charts.mark("-tall", mute)
        return panes_shown(room, current, viewless) - ({3} if mute else set())

    def action_to(self, number: int) -> None:
        """A pane by its number."""
        self.panes.to(number)

    def action_pane(self, by: int) -> None:
        """The next pane."""
        self.panes.turn(by)

    def action_zoom(self) -> None:
        """One pane alone, or all again."""
        self.panes.zoom()

    def action_visit(self, number: int) -> None:
        """A pane; again to come back."""
        self.panes.to(1 if self.panes.current == number else number)

    def action_back(self) -> None:
        """Puts away the crosshair, then the zoom, then the lesson."""
        focused = self.focused
        if isinstance(focused, (ChartWidget, ViewWidget)) and focused.clear_cursor():
            return
        if self.panes.zoomed:
            self.panes.zoom()
            return
        self._unfollow()
        self.dismiss(None)

    def action_chart(self, by: int) -> None:
        """The next chart."""
        self.charts.turn(by)
        self.panes.to(1)
        self._show()

    def action_view(self, by: int) -> None:
        """The next view; the watcher reads its newest picture."""
        self.views.turn(self.history.pictures(), by)
        if self.followed is not None:
            self.followed.follower.wanted = self.views.wanted
        if by and self.panes.room == ONE:
            self.panes.to(2)

    def found(self) -> Iterator[Found]:
        """The views that the run has shown, for the palette."""
        for name in self.history.pictures():
            yield Found(f"view {name}", "show this view", partial(self._view, name))

    def _view(self, name: str) -> None:
        self.views.wanted = name
        self.action_view(0)
        self.panes.to(2)

    # Runs

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
            await self._look_at(seen)

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

    async def action_other(self, by: int) -> None:
        """An older or a newer run of the lesson."""
        runs = self.session.runs(self.entry.name)
        here = [i for i, run in enumerate(runs) if self.seen and run.folder == self.seen.folder]
        place = (here[0] if here else -1) + by
        if 0 <= place < len(runs):
            await self._look_at(runs[place])

    # Knobs

    def action_edit(self) -> None:
        """Goes to the knobs; there, edits the one at the cursor."""
        if self.panes.current == 4:
            self.knobs.edit()
        else:
            self.panes.to(4)

    # Source

    def action_source(self) -> None:
        """The lesson's code, at the line that the thing at the cursor comes from."""
        from zhtui.tui.screens.shared.source import SourceScreen  # deferred: not in the first frame

        self.app.push_screen(SourceScreen(self.entry, *self.panes.here.origin))

    def on_notes_widget_opened(self) -> None:
        """The code that a link of the notes refers to; another address is told."""
        _, link = self.notes.origin
        if ".py" in link:
            self.action_source()
        else:
            self.notify(link, markup=False)
