"""What the newest run of a lesson has come to, at the side of home: its curve, its last words."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from zhtui.draw.inks import FAINT, PLAIN
from zhtui.lesson.card import Lesson
from zhtui.runs.folder import RunFolder
from zhtui.tui.messages import RunGrew
from zhtui.tui.reading.history import History
from zhtui.tui.reading.watch import Follower
from zhtui.tui.session import Session
from zhtui.tui.widgets.about import About, Words
from zhtui.tui.widgets.chart import ChartWidget

LINES = 4  # of what it wrote


class Newest(Vertical):
    """Follows a run, and draws it as it grows."""

    DEFAULT_CSS = "Newest { height: 1fr; }"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.history = History()
        self.lesson: Lesson | None = None
        self.follower: Follower | None = None
        self.chart, self.sample = ChartWidget(id="curve"), About("sample")
        self.chart.can_focus = False

    def compose(self) -> ComposeResult:
        yield self.chart
        yield self.sample

    def show(self, lesson: Lesson | None, folder: RunFolder | None, empty: str) -> None:
        """The run to follow from now on; where there is none, `empty` is said."""
        self.lesson = lesson
        if folder is None or self.follower is None or folder != self.follower.folder:
            self.leave()
            self.history = History()
            self.chart.restart(empty)
            if folder is not None:
                self.follower = Follower(folder, self)
                self.session.watch.follow(self.follower)
        self._draw()

    def leave(self) -> None:
        """Follows nothing any more."""
        if self.follower is not None:
            self.session.watch.drop(self.follower)
            self.follower = None

    def on_unmount(self) -> None:
        self.leave()

    def on_run_grew(self, message: RunGrew) -> None:
        if self.follower is not None and self.session.link.free():
            self.history.grow(self.follower.take())
            self._draw()

    def _draw(self) -> None:
        if self.lesson is None:
            return
        metrics = next(iter(self.lesson.charts.values()), ("loss",))
        status = self.history.status
        lines = self.history.lines(metrics)
        levels = self.history.levels(self.lesson, metrics) if lines else []
        self.chart.show(lines, levels, status.steps if status else 0)
        shown: list[Words] = []
        texts = [sample for sample in self.history.samples if sample.name != "note"]
        if texts:
            last = texts[0]
            shown = [(), ((f"wrote at step {last.step:,}", FAINT),)]
            shown += [((line, PLAIN),) for line in last.text.strip().split("\n")[:LINES]]
        self.sample.show(shown)
