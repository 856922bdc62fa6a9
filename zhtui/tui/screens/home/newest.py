"""What the newest run of a lesson has come to, at the side of home: its curve, its last words."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from zhtui.draw.inks import FAINT, PLAIN
from zhtui.lesson.card import Lesson
from zhtui.tui.messages import RunGrew
from zhtui.tui.reading.followed import Followed
from zhtui.tui.reading.history import History
from zhtui.tui.reading.watch import Seen
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
        self.lesson: Lesson | None = None
        self.followed: Followed | None = None
        self.chart, self.sample = ChartWidget(id="curve"), About("sample")
        self.chart.can_focus = False

    def compose(self) -> ComposeResult:
        yield self.chart
        yield self.sample

    def show(self, lesson: Lesson | None, seen: Seen | None, empty: str) -> None:
        """The run to follow from now on; where there is none, `empty` is said."""
        self.lesson = lesson
        folder = seen.folder if seen is not None else None
        if folder is None or self.followed is None or folder != self.followed.folder:
            self.leave()
            self.chart.restart(empty)
            if folder is not None:
                self.followed = Followed(folder, self.session.watch, self, seen)
                self.followed.follow()
        self._draw()

    def leave(self) -> None:
        """Follows nothing any more."""
        if self.followed is not None:
            self.followed.leave()
            self.followed = None

    def on_unmount(self) -> None:
        self.leave()

    def on_run_grew(self, message: RunGrew) -> None:
        if self.followed is not None and self.session.link.free():
            self.followed.grow()
            self._draw()

    def _draw(self) -> None:
        if self.lesson is None:
            return
        metrics = next(iter(self.lesson.charts.values()), ("loss",))
        history = self.followed.history if self.followed is not None else History()
        status, lines = history.status, history.lines(metrics, self.lesson.noisy)
        levels = history.levels(self.lesson, metrics) if lines else []
        self.chart.show(lines, levels, status.steps if status else 0)
        shown: list[Words] = []
        texts = [sample for sample in history.samples if sample.name != "note"]
        if texts:
            last = texts[0]
            shown = [(), ((f"wrote at step {last.step:,}", FAINT),)]
            shown += [((line, PLAIN),) for line in last.text.strip().split("\n")[:LINES]]
        self.sample.show(shown)
