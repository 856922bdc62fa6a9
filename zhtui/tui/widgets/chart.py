"""The chart on screen: it follows the tail, and reads every line at a crosshair."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from zhtui.draw import chart
from zhtui.draw.cells import Cells
from zhtui.draw.picture import Happening, Level, Line, Picture
from zhtui.tui.keys import table as keys
from zhtui.tui.widgets.drawn import Drawn


def restarted(picture: Picture, empty: str) -> Picture:
    """No crosshair, the whole of another run, on the same kind of axes."""
    return Picture(log=picture.log, log_x=picture.log_x, empty=empty)


class ChartWidget(Drawn):
    """Draws a `Picture`; the keys of the place "chart" move its crosshair and its window."""

    BINDINGS = keys.bindings("chart")
    DEFAULT_CSS = "ChartWidget { overflow: hidden hidden; }"

    class Pointed(Message):
        """The crosshair stands elsewhere; `at` is None where it was put away."""

        def __init__(self, chart: ChartWidget, at: float | None) -> None:
            super().__init__()
            self.chart, self.at = chart, at

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.picture = Picture()

    def point(self, at: float | None) -> None:
        """Puts the crosshair somewhere, or away, and says so."""
        self.picture.cursor = at
        self.redraw()
        self.post_message(self.Pointed(self, at))

    def show(
        self,
        lines: Sequence[Line],
        levels: Sequence[Level],
        total: float,
        happened: Sequence[Happening] = (),
    ) -> None:
        """What to draw from now on; the crosshair and the window stay."""
        self.picture.lines, self.picture.levels = lines, levels
        self.picture.total, self.picture.happened = total, happened
        self.redraw()

    def restart(self, empty: str) -> None:
        """Another chart: no crosshair, the whole run in sight; `empty` stands where nothing is."""
        self.picture = restarted(self.picture, empty)

    def draw(self, width: int, height: int) -> Cells:
        return chart.draw(self.picture, width, height)

    def action_cursor(self, columns: int) -> None:
        """Moves the crosshair by columns, to a step that was recorded."""
        left, right = chart.window(self.picture)
        longest = max(self.picture.lines, key=lambda line: len(line.series), default=None)
        if longest is None or not len(longest.series):
            return
        x = longest.series.x
        start = self.picture.cursor if self.picture.cursor is not None else min(right, x[-1])
        want = start + columns * (right - left) / max(self.room.width - 8, 1)
        here = longest.series.at(start) or 0
        index = longest.series.at(want)
        index = 0 if index is None else index
        if index == here:
            index = here + (1 if columns > 0 else -1)
        index = min(max(index, 0), len(x) - 1)
        self.picture.cursor = float(x[index])
        self._keep_in_sight(left, right)
        self.point(self.picture.cursor)

    def _keep_in_sight(self, left: float, right: float) -> None:
        cursor = self.picture.cursor
        if cursor is not None and self.picture.span is not None and not left <= cursor <= right:
            shift = cursor - (left if cursor < left else right)
            self.picture.span = (left + shift, right + shift)

    def action_pan(self, share: float) -> None:
        """Moves the window by a share of its width."""
        left, right = chart.window(self.picture)
        shift = max(share * (right - left), -left)
        self.picture.span = (left + shift, right + shift)
        self.redraw()

    def action_zoom_x(self, factor: float) -> None:
        """Makes the window narrower or wider around the crosshair, or its end."""
        left, right = chart.window(self.picture)
        middle = self.picture.cursor if self.picture.cursor is not None else right
        width = max((right - left) * factor, 10.0)
        left = max(middle - width * (middle - left) / (right - left), 0.0)
        self.picture.span = (left, left + width)
        self.redraw()

    def action_log(self) -> None:
        """Logarithmic height, where all values are positive."""
        self.picture.log = not self.picture.log
        self.point(self.picture.cursor)

    def action_live(self) -> None:
        """Back to the whole run, following its end."""
        self.picture.span = None
        self.point(None)

    def clear_cursor(self) -> bool:
        """Puts the crosshair away; whether there was one."""
        shown = self.picture.cursor is not None
        self.point(None)
        return shown
