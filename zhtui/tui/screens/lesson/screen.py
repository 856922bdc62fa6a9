"""A lesson: its live charts, views, samples, knobs and notes, and the control of its runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from textual.widget import Widget

from zhtui.errors import LabError
from zhtui.lesson.catalog import Entry
from zhtui.lesson.played import Action
from zhtui.tui.keys import table as keys
from zhtui.tui.reading.followed import Followed
from zhtui.tui.screens.lesson.device import DevicePane
from zhtui.tui.screens.lesson.first_frame import FirstFrame
from zhtui.tui.screens.lesson.knobs import KnobPane
from zhtui.tui.screens.lesson.next_run import Draft, of_run
from zhtui.tui.screens.lesson.panes import ChartPane, NotePane, SamplePane, ViewPane
from zhtui.tui.screens.lesson.playing import Playing
from zhtui.tui.screens.lesson.questions import CardPane
from zhtui.tui.screens.lesson.replay import Stage
from zhtui.tui.screens.shared.arrangement import Arrangement
from zhtui.tui.screens.shared.layout import ONE, panes_shown
from zhtui.tui.screens.shared.notes import text_of
from zhtui.tui.session import Found, Session
from zhtui.tui.widgets.chart import ChartWidget
from zhtui.tui.widgets.views import ViewWidget
from zhtui.work import client

HELP = """
The line on top is the state of the run. 1 shows its curves as they were recorded: a noisy one is
faint under its smoothed course, one that is measured seldom is dotted with • where it was measured,
★ is the best point. Dashed lines are published figures and baselines. A dotted vertical line says
what was done there: ● a knob was turned, ↳ the run was forked, ▸ it was resumed.

2 shows what the lesson looks at inside the model, 3 what the model writes. 4 has the knobs of this
run and of the next one; those with ● change while the run goes on. 5 is the lesson's text. 6 shows
what the GPU, the run's worker and the machine do, and what would help where something holds the run
up. 7 has questions: you guess, and then a run or a scene answers; the guess is a line in its chart.
s reads the code that the thing at the cursor comes from.

In the chart the arrow keys move a crosshair that reads every line, and replay the run: every view,
sample and knob is that of the step. { and } go from moment to moment in every pane, P plays, l goes
back to the newest step; f forks there: same weights, seed and data, a knob changed, both lines in
one chart. p and i ask the model as it was then.

In the knobs ← → turn a number: of a live run at once where it has a ●, else of the next run; enter
types one, / finds one. In the notes ← → choose what is named there, and enter plays it: ▶ a run,
◆ a scene, ◇ a view; ▸ unfolds an answer. A key that does nothing now is not in the line of keys,
and says what would. esc goes one layer out.
"""
VISITED = (5, 7)  # panes that stand in another's place while one reads them
PLACES = [("Runs and panes", "lesson"), ("Replay", "replay"), ("In a chart", "chart")]
PLACES += [("In a picture", "picture"), ("In the knobs", "knobs"), ("In a list", "list")]
PLACES += [("On a question", "card"), ("In the notes", "notes")]


class LessonScreen(Playing):
    """One lesson and one of its runs: the live one, or the newest."""

    BINDINGS = keys.bindings("lesson")
    explained = (HELP, PLACES)
    NEEDS_ROOM = True

    def __init__(
        self, session: Session, entry: Entry, *, start: bool = False, run: str = "",
        preset: str = "", action: Action | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        assert entry.lesson is not None, "a broken lesson has no screen"
        self.session, self.entry, self.lesson = session, entry, entry.lesson
        self.start_at_once, self.wish, self.action = start, run, action
        self.writes = entry.has("generate")
        first = "quick" if "quick" in self.lesson.presets else next(iter(self.lesson.presets))
        self.preset = preset  # "" where the machine decides
        self.draft = Draft(self.lesson, preset or first)
        self.followed: Followed | None = None
        self.replay, self.charts = Stage(session), ChartPane(entry.lesson)
        self.views, self.notes, self.samples = ViewPane(), NotePane(), SamplePane()
        self.cards, self.knobs = CardPane(session, entry), KnobPane(session, self.draft)
        self.device = DevicePane(session, [row.name for row in self.draft.rows])
        # in this order; the notes stand in the views' place while there are none, as the device may
        self.later = [self.views, self.notes, self.cards, self.device, self.samples, self.knobs]
        self.panes = Arrangement(self, [self.charts, *self.later], self._choose)

    def room(self) -> Mapping[str, bool]:
        return {**self.panes.classes, "-dial": self._dials}

    @property
    def _dials(self) -> bool:
        """Whether the knobs of a live run are turned where one pane has room: the chart stays."""
        alone = self.panes.shown == ONE and not self.panes.zoomed
        return alone and self.panes.current == 4 and self.live

    def stage(self) -> Iterable[Widget]:
        with self.replay:
            yield self.charts

    async def on_mount(self) -> None:
        await self.look_at(self.first_run())
        self.panes.to(self.panes.current)
        if self.start_at_once:
            self.action_run()

    async def complete(self) -> None:
        """The other panes, and what threads read."""
        if await self.add(self.replay, *self.later):
            self.follow()
            self.show()
            self.panes.to(self.panes.current)
            self.run_worker(self._load(), exit_on_error=False)
            if self.action is not None:
                self.run_worker(self.play(self.action), exit_on_error=False)

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

    # What is drawn

    def show(self) -> None:
        """All panes, of the run at the moment that is shown."""
        moment, metrics, status = self.replay.moment, self.charts.metrics, self.history.status
        card = self.seen.card if self.seen else {}
        self.top.show(self.replay.state(self.lesson))
        self.rule.show(status.error if status else "")
        guessed = self.cards.levels(self.seen, self.history.data, metrics)
        self.charts.show(self.history, self.replay.beside(metrics, self.lesson.noisy), guessed)
        self.cards.show(self.seen, self.history)
        over = status is not None and not status.live and self.replay.at is None
        self.samples.show(moment, over)
        values = of_run(card, moment.knobs)
        self.knobs.show(values, self.seen, self.live)
        self.panes.arrange()
        self.keys.idle(self.idle)

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
        dialled = {1, 4} if self._dials else set()
        return (panes_shown(room, current, viewless) | dialled) - ({3} if mute else set())

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
        if number == 7 and self.refused("lesson.cards"):
            return
        self.panes.to(1 if self.panes.current == number else number)

    def action_back(self) -> None:
        """One layer out: crosshair, replay, zoom, a pane that was visited, the lesson."""
        if self.knobs.end_sift():
            return
        focused = self.focused
        if isinstance(focused, (ChartWidget, ViewWidget)) and focused.clear_cursor():
            return
        if self.replay.at is not None:
            self.replay.turn(None)
        elif self.panes.zoomed:
            self.panes.zoom()
        elif self.panes.current in VISITED:
            self.panes.to(1)
        else:
            self.unfollow()
            self.dismiss(None)

    def action_chart(self, by: int) -> None:
        """The next chart."""
        if self.refused("lesson.chart"):
            return
        self.charts.turn(by)
        self.panes.to(1)
        self.show()

    def action_view(self, by: int) -> None:
        """The next view; the watcher reads its newest picture."""
        if by and self.refused("lesson.view"):
            return
        self.views.turn(self.history.pictures(), by)
        if self.followed is not None:
            follower = self.followed.follower
            follower.wanted, follower.beside = self.views.wanted, self.views.beside
        if by and self.panes.room == ONE:
            self.panes.to(2)

    def found(self) -> Iterator[Found]:
        """The views that the run has shown, for the palette."""
        for name in self.history.pictures():
            yield Found(f"view {name}", "show this view", partial(self.to_view, name))

    def to_view(self, name: str) -> None:
        self.views.wanted = name
        self.action_view(0)
        self.panes.to(2)

    # Knobs

    def action_edit(self) -> None:
        """Goes to the knobs; there, edits the one at the cursor."""
        if self.panes.current == 4:
            self.knobs.edit()
        else:
            self.panes.to(4)
            self.knobs.begin()

    # Source

    def action_source(self) -> None:
        """The lesson's code, at the line that the thing at the cursor comes from."""
        from zhtui.tui.screens.shared.source import SourceScreen  # deferred: not in the first frame

        self.app.push_screen(SourceScreen(self.entry, *self.panes.here.origin))
