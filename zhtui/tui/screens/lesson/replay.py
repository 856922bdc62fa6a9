"""The stage of a lesson: its panes at one moment of a run. Replays the run, and forks it there.

The moment is the crosshair of the charts. While it is put somewhere, every view, sample and knob is
that of the step; put away, all follow the newest step again.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from textual.actions import SkipAction
from textual.containers import Container
from textual.message import Message
from textual.timer import Timer

from zhtui.draw.inks import LIT
from zhtui.draw.picture import Line
from zhtui.errors import LabError
from zhtui.lesson.card import Lesson
from zhtui.runs.folder import RunFolder
from zhtui.runs.store import NAME
from zhtui.tui import run_words
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import no_run
from zhtui.tui.messages import RunGrew
from zhtui.tui.reading.followed import Followed
from zhtui.tui.reading.history import History
from zhtui.tui.reading.watch import Seen
from zhtui.tui.screens.shared.dialogs import EditKnob
from zhtui.tui.session import Session
from zhtui.tui.widgets.chart import ChartWidget
from zhtui.tui.widgets.lines import KeyLine, Part, words
from zhtui.work import fork

FRAME = 0.1  # seconds between two moves while it plays
SPEEDS = (1, 3, 10, 30, 100)  # times as fast as the run was
PARENT = 7  # the colour of the parent's line


class Stage(Container):
    """Holds the panes; its keys work in all of them."""

    BINDINGS = keys.bindings("replay")

    class Turned(Message):
        """Another moment is shown, or more of the run's parent."""

    class Forked(Message):
        """A fork was started."""

        def __init__(self, seen: Seen) -> None:
            super().__init__()
            self.seen = seen

    def __init__(self, session: Session) -> None:
        super().__init__(id="panes")
        self.session = session
        self.followed: Followed | None = None
        self.at: float | None = None  # the step that is shown; None follows the newest
        self.speed = SPEEDS[0]
        self.playing = False
        self._clock = 0.0  # seconds of training at the moment that plays
        self._then = 0.0
        self._ticker: Timer | None = None
        self._origin: Followed | None = None

    def look_at(self, followed: Followed | None) -> None:
        """Another run, at its newest step."""
        self.turn(None)
        self.followed = followed
        self._leave_origin()
        folder = _parent(self.seen) if self.seen is not None else None
        if folder is not None:
            self._origin = Followed(folder, self.session.watch, self)
            self._origin.follow()

    @property
    def seen(self) -> Seen | None:
        """The run in sight, as it was chosen."""
        return None if self.followed is None else self.followed.seen

    @property
    def history(self) -> History:
        """What it has said."""
        return History() if self.followed is None else self.followed.history

    def on_unmount(self) -> None:
        self._leave_origin()

    def _leave_origin(self) -> None:
        if self._origin is not None:
            self._origin.leave()
            self._origin = None

    def on_run_grew(self, message: RunGrew) -> None:
        """The parent was read."""
        if self._origin is not None and self.session.link.free():
            self._origin.grow()
            self.post_message(self.Turned())

    # What the panes show

    @property
    def moment(self) -> History:
        """The run as it stood at the moment, or as it stands."""
        return self.history if self.at is None else self.history.until(self.at)

    @property
    def done(self) -> int | None:
        """How many steps were behind the run at the moment; None where the newest is shown."""
        return None if self.at is None else int(self.at) + 1

    def beside(self, metrics: Sequence[str], noisy: Sequence[str]) -> list[Line]:
        """The parent's course of a chart's first metric."""
        if self._origin is None:
            return []
        origin, known = self._origin, self.history.series
        lines = origin.history.lines([name for name in metrics if name in known], noisy)
        return [replace(line, name=origin.folder.name, colour=PARENT) for line in lines[:1]]

    def state(self, lesson: Lesson) -> list[Part]:
        """The line on top: the state of the run, or the moment that is shown instead."""
        name = self.seen.folder.name if self.seen else ""
        card = self.seen.card if self.seen else {}
        title, *parts = run_words.state_parts(
            lesson, name, self.moment.status, card, no_run(self.app)
        )
        if self.at is None:
            return [title, *parts]
        play = f"▷ {self.speed}x" if self.playing else "◂ replay"
        return [title, words(f"{play} · step {int(self.at):,}", LIT, 98), *parts[2:]]

    # The moment

    def turn(self, at: float | None) -> None:
        """Shows another moment; None goes back to the newest."""
        if at is None:
            self._still()
        if at == self.at:
            return
        if (at is None) != (self.at is None):
            places = ("lesson",) if at is None else ("replay", "lesson")
            self.screen.query_one("#keys", KeyLine).places(*places, "anywhere")
        self.at = at
        for chart in self.query(ChartWidget):
            if chart.picture.cursor != at:
                chart.picture.cursor = at
                chart.redraw()
        if self.followed is not None:
            self.followed.turn(at)
        self.post_message(self.Turned())

    def on_chart_widget_pointed(self, message: ChartWidget.Pointed) -> None:
        """The crosshair was moved by hand."""
        if message.at != self.at:
            self._still()
        self.turn(message.at)

    def action_replay(self, by: int) -> None:
        """The moment before or after, at which something was shown or written."""
        moments = self.history.moments()
        if not moments:
            self._charts_step(by)
            return
        last = moments[-1] + 1 if self.at is None else self.at
        place = bisect_left(moments, last) - 1 if by < 0 else bisect_right(moments, last)
        self._still()
        if place >= len(moments):
            self.turn(None)
        else:
            self.turn(moments[max(place, 0)])

    def _charts_step(self, by: int) -> None:
        for chart in self.query(ChartWidget):
            chart.action_cursor(by)

    def action_follow(self) -> None:
        """Back to the newest step."""
        if self.at is None:
            raise SkipAction
        self.turn(None)

    # Playing

    def action_play(self) -> None:
        """Plays from the moment on, from the start where there is none; again: faster."""
        if self.playing:
            self.speed = SPEEDS[(SPEEDS.index(self.speed) + 1) % len(SPEEDS)]
            self.post_message(self.Turned())
            return
        steps, seconds = self._course()
        if not len(steps):
            self.notify("nothing was recorded yet; there is nothing to play")
            return
        start = (
            0 if self.at is None or self.at >= steps[-1] else int(np.searchsorted(steps, self.at))
        )
        self._clock = float(seconds[start])
        self.playing, self._then = True, time.monotonic()
        if self._ticker is None:
            self._ticker = self.set_interval(FRAME, self._frame, pause=True)
        self._ticker.resume()
        self.turn(float(steps[start]))
        self.post_message(self.Turned())

    def action_still(self) -> None:
        """Holds the replay, or lets it go on; where none is shown the key is the run's."""
        if self.at is None:
            raise SkipAction
        if self.playing:
            self._still()
            self.post_message(self.Turned())
        else:
            self.action_play()

    def _still(self) -> None:
        self.playing = False
        if self._ticker is not None:
            self._ticker.pause()

    def _frame(self) -> None:
        now = time.monotonic()
        passed, self._then = now - self._then, now
        if self.session.link.free():
            self.advance(passed)
        else:
            self._clock += passed * self.speed

    def advance(self, passed: float) -> None:
        """Plays on by so many seconds of ours."""
        steps, seconds = self._course()
        self._clock += passed * self.speed
        index = max(int(np.searchsorted(seconds, self._clock, side="right")) - 1, 0)
        if index >= len(steps) - 1:
            self._still()
            self.post_message(self.Turned())
        if len(steps):
            self.turn(float(steps[index]))

    def _course(self) -> tuple[np.ndarray, np.ndarray]:
        """(steps, seconds of training) of the recorded rows; twenty rows a second where no time was
        recorded.
        """
        clock = self.history.series.get("time")
        if clock is not None and len(clock):
            return clock.x, clock.y
        longest = max(self.history.series.values(), key=len, default=None)
        steps = longest.x if longest is not None else np.empty(0)
        return steps, np.arange(len(steps)) / 20

    # Forks

    def action_fork(self) -> None:
        """Asks which knobs change, and starts a run that goes its own way from the moment on."""
        seen = self.seen
        if seen is None:
            self.notify(no_run(self.app))
            return
        status = self.history.status or seen.status
        step = status.step if self.done is None else self.done
        entry = self.session.entry(seen.folder.lesson)
        live = [] if entry is None else fork.live_knobs(entry)
        about = f"KEY=VALUE …   at this very step: {', '.join(live)}" if live else "KEY=VALUE …"

        def check(text: str) -> None:
            fork.check(seen.folder, step, text.split())

        def taken(text: str | None) -> None:
            if text is not None:
                self.run_worker(self._fork(seen.folder, step, text.split()), exit_on_error=False)

        title = f"fork {seen.folder.name} after {step:,} steps: what changes?"
        self.app.push_screen(EditKnob(title, about, "", check), taken)

    async def _fork(self, folder: RunFolder, step: int, knobs: Sequence[str]) -> None:
        try:
            warning = await asyncio.to_thread(fork.caution, folder, knobs)
        except LabError:
            warning = ""  # the fork itself will say it
        seen = await self.session.fork(folder, step, knobs)
        if seen is not None:
            name = seen.folder.name
            changed = f" with {' '.join(knobs)}" if knobs else ""
            said = f"{name} goes on from step {step:,}{changed}; the grey line is {folder.name}"
            self.notify(warning or said, severity="warning" if warning else "information")
            self.post_message(self.Forked(seen))


def _parent(seen: Seen) -> RunFolder | None:
    """The run that this one was forked from; where it is gone there is nothing to read."""
    parent = seen.card.get("parent")
    name = str(parent.get("run", "")) if isinstance(parent, dict) else ""
    return RunFolder(seen.folder.path.parent / name) if NAME.fullmatch(name) else None
