"""The panes of the runs' screen: the list, the overlay, how the runs differ, a worker's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from textual.app import ComposeResult

from zhtui.data.noted import noted
from zhtui.draw.chart import place
from zhtui.draw.grid import Grid, Page
from zhtui.draw.inks import (
    CHOSEN,
    FAINT,
    GOOD,
    PLAIN,
    RULE,
    SERIES,
    SERIES_COUNT,
    TITLE,
    WRONG,
    YOURS,
)
from zhtui.lesson import knobs
from zhtui.lesson.card import Lesson
from zhtui.runs import figures, origin
from zhtui.tui import run_words
from zhtui.tui.keys.keyboard import keyboard_of
from zhtui.tui.reading.watch import Seen
from zhtui.tui.screens.runs.log import LogView
from zhtui.tui.screens.runs.overlay import STEP, TIME, UNITS, Overlay
from zhtui.tui.screens.shared.pane import Pane
from zhtui.tui.widgets.chart import ChartWidget
from zhtui.tui.widgets.drawn import Drawn
from zhtui.tui.widgets.lines import Word, ink_of
from zhtui.tui.widgets.rows import Item
from zhtui.tui.widgets.window import LongRows
from zhtui.wording import number

NAME = {STEP: "step", TIME: "seconds", UNITS: "tokens"}
NARROW, WIDE = 76, 100  # cells below which the list shows less, and from which it shows all
Lessons = Callable[[str], Lesson | None]


def key_of(run: Seen) -> str:
    """What a run is known by in the list."""
    return f"{run.folder.lesson}/{run.folder.name}"


def columns(width: int) -> dict[str, tuple[int, int]]:
    """(x, width) of each column that there is room for."""
    wanted = {"mark": 2, "sign": 2, "lesson": 13, "run": 19, "step": 17, "best": 10, "age": 11}
    if width < NARROW:
        wanted = {**wanted, "lesson": 11, "run": 17, "step": 0, "age": 0}
    if width >= WIDE:
        wanted = {**wanted, "loss": 10, "preset": 9, "note": width}
    x, found = 2, {}
    for name, size in wanted.items():
        if size:
            found[name] = (x, min(size, width - x))
            x += size
    return found


NO_RUNS = "no runs here: enter a lesson and press r"


class ListPane(Pane):
    """All runs that the filter lets through."""

    def __init__(self) -> None:
        super().__init__(1, "runs", "runs")
        self.rows = LongRows(_head, empty=NO_RUNS, id="run-rows")

    def compose(self) -> ComposeResult:
        yield self.rows

    def show(
        self,
        runs: Sequence[Seen],
        marks: Mapping[Path, int],
        lesson_of: Lessons,
        now: float,
        filter: str = "",
    ) -> None:
        """Other runs, or others marked; `filter` is what let them through."""
        back = keyboard_of(self.app).first("runs.back")
        self.rows.empty = f"no run matches {filter}; {back} shows all" if filter else NO_RUNS
        items = [
            Item(key_of(run), _row(run, marks.get(run.folder.path), lesson_of, now)) for run in runs
        ]
        self.rows.show(items)


def _head(cells: Grid, y: int, chosen: bool) -> None:
    spots = columns(cells.width)
    titles = {
        "lesson": "lesson",
        "run": "run",
        "age": "written",
        "preset": "preset",
        "note": "note",
    }
    for name, text in titles.items():
        if name in spots:
            cells.put(spots[name][0], y, text, FAINT)
    for name in ("step", "best", "loss"):
        if name in spots:
            x, size = spots[name]
            cells.put(x, y, f"{name:>{size - 2}}", FAINT)


def _row(
    run: Seen, colour: int | None, lesson_of: Lessons, now: float
) -> Callable[[Grid, int, bool], None]:
    def paint(cells: Grid, y: int, chosen: bool) -> None:
        spots, status = columns(cells.width), run.status
        lesson = lesson_of(run.folder.lesson)
        sign, ink = run_words.sign(status.state)
        good = lesson is not None and figures.reached(
            lesson, status.best, figures.data_name(run.card)
        )
        parent, changed = origin.parent(run.card), origin.changed(run.card)
        forked = "" if parent is None else f"↳ {parent[0]} @ {parent[1]:,} {changed}".rstrip()
        note = "  ".join(filter(None, [status.error, run.note.split("\n")[0], forked]))
        age = status.state if status.live else run_words.ago(now - status.time)
        right = {
            "step": (f"{status.step:,} / {status.steps:,}", PLAIN),
            "best": (f"{'✓ ' if good else ''}{number(status.best)}", GOOD if good else PLAIN),
            "loss": (number(status.row.get("loss")), FAINT),
        }
        left = {
            "sign": (sign, ink),
            "lesson": (run.folder.lesson, PLAIN),
            "run": (run.folder.name, CHOSEN if chosen else TITLE),
            "age": (age, YOURS if status.live else FAINT),
            "preset": (str(run.card.get("preset", "")), FAINT),
            "note": (note, WRONG if status.error else PLAIN),
        }
        if colour is not None:
            cells.put(spots["mark"][0], y, "●", SERIES + colour % SERIES_COUNT)
        for name, (text, tint) in left.items():
            if name in spots:
                cells.put(spots[name][0], y, _cut(text, spots[name][1] - 1), tint)
        for name, (text, tint) in right.items():
            if name in spots:
                x, size = spots[name]
                cells.put(x, y, f"{text:>{size - 2}}", tint)

    return paint


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: max(room - 1, 0)]}…"


class OverlayPane(Pane):
    """The marked runs in one chart."""

    def __init__(self) -> None:
        super().__init__(2, "chart", "overlay")
        self.chart = ChartWidget(id="overlay-chart")

    def compose(self) -> ComposeResult:
        yield self.chart

    def show(self, overlay: Overlay, lessons: Sequence[Lesson], empty: str) -> None:
        """Draws the lines as they stand."""
        metric = overlay.shown(lessons)
        lines = overlay.lines(metric, lessons)
        picture = self.chart.picture
        picture.empty = empty if not lines else ""
        if overlay.traces and metric and not lines:
            picture.empty = f"no run here has recorded its {NAME[overlay.axis]}"
        picture.x_name, picture.whole = NAME[overlay.axis], overlay.axis != TIME
        self.title(overlay, lessons)
        levels = overlay.levels(metric, lessons) if lines else []
        self.chart.show(lines, levels, 0.0, overlay.happened())

    def title(self, overlay: Overlay, lessons: Sequence[Lesson]) -> None:
        """What is drawn, and how, in the border."""
        picture, metric = self.chart.picture, overlay.shown(lessons)
        smoothing = overlay.smoothed(metric, lessons)
        smooth = f"smoothed {smoothing:g}" if smoothing else "unsmoothed"
        names = overlay.metrics(lessons)
        count = f" · {names.index(metric) + 1} of {len(names)}" if len(names) > 1 else ""
        logs = "".join(f" · log {n}" for n, on in (("x", picture.log_x), ("y", picture.log)) if on)
        over = "" if overlay.axis == STEP else f" · over {NAME[overlay.axis]}"
        self.name_it(f"{metric or 'chart'}{count}{over} · {smooth}{logs}")


class Differences(Drawn):
    """A line a run: its value at the crosshair, its best, and the knobs in which the runs differ;
    below, what else is known of the run at the cursor.
    """

    def __init__(self) -> None:
        super().__init__(id="differences")
        self.table: list[list[Word]] = []
        self.about: list[list[Word]] = []
        self.knobs: list[str] = []

    def show(self, table: list[list[Word]], about: list[list[Word]], knobs: list[str]) -> None:
        """Other lines; every cell is (text, ink)."""
        if (table, about, knobs) != (self.table, self.about, self.knobs):
            self.table, self.about, self.knobs = table, about, knobs
            self.redraw()

    def draw(self, width: int, height: int) -> Page:
        sizes = [max(len(text) for text, _ in column) for column in zip(*self.table, strict=True)]
        total = sum(sizes) + 2 * len(sizes)
        about = [*self.about, *self._wrapped(width)]
        cells = Page(max(width, total), max(height, len(self.table) + len(about) + 2))
        for y, row in enumerate(self.table):
            x = 0
            for index, ((text, ink), size) in enumerate(zip(row, sizes, strict=True)):
                cells.put(x if index < 2 else x + size - len(text), y, text, ink_of(ink))
                x += size + 2
        y = len(self.table)
        cells.put(0, y, "─" * width, RULE)
        for line in about:
            y, x = y + 1, 0
            for text, ink in line:
                x = cells.put(x, y, text, ink_of(ink))
        return cells

    def _wrapped(self, width: int) -> list[list[Word]]:
        """The knobs of the run at the cursor, as many on a line as fit."""
        lines = [""]
        for knob in self.knobs:
            if lines[-1] and len(lines[-1]) + len(knob) + 11 > width:
                lines.append("")
            lines[-1] += f"{knob}  "
        heads = ["knobs    ", *[" " * 9] * (len(lines) - 1)]
        return [[(head, FAINT), (text, FAINT)] for head, text in zip(heads, lines, strict=True)]


class ComparePane(Pane):
    """How the runs in the chart differ."""

    def __init__(self) -> None:
        super().__init__(3, "differences", "compare")
        self.text = Differences()

    def compose(self) -> ComposeResult:
        yield self.text

    def show(
        self, overlay: Overlay, lessons: Sequence[Lesson], chart: ChartWidget, run: Seen | None
    ) -> None:
        """Draws the table and what is known of the run at the cursor."""
        table = _table(overlay, lessons, chart)
        knobs = [f"{name}={value}" for name, value in _settings(run).items()] if run else []
        self.text.show(table, _about(run), knobs)


def differing(cards: Sequence[Mapping[str, str]]) -> list[str]:
    """The knobs in which some runs differ, and seed and preset where these do."""
    names = dict.fromkeys(name for card in cards for name in card)
    return [name for name in names if len({card.get(name, "–") for card in cards}) > 1]


def _settings(run: Seen) -> dict[str, str]:
    values = origin.config(run.card)
    first = {"preset": str(run.card.get("preset", "–")), "seed": str(run.card.get("seed", "–"))}
    return {**first, **{str(name): knobs.text(value) for name, value in values.items()}}


def _table(overlay: Overlay, lessons: Sequence[Lesson], chart: ChartWidget) -> list[list[Word]]:
    metric, picture = overlay.shown(lessons), chart.picture
    higher = any(figures.higher(lesson, metric) for lesson in lessons)
    at = "last" if picture.cursor is None else f"at {place(picture)}"
    cards = [
        {**_settings(trace.seen), **{k: f"→{v}" for k, v in trace.history.knobs.items()}}
        for trace in overlay.traces
    ]  # → where a knob was turned on the way
    knobs = differing(cards)
    heads = ["", "run", at, "best", "@", *knobs]
    table: list[list[Word]] = [[(text, FAINT) for text in heads]]
    for trace, card in zip(overlay.traces, cards, strict=True):
        series = trace.course(metric, overlay.axis, overlay.smoothed(metric, lessons))
        where = float("inf") if picture.cursor is None else picture.cursor
        index = series.at(where) if series is not None else None
        value = float(series.y[index]) if series is not None and index is not None else None
        best, ink = trace.best(metric, higher), SERIES + trace.colour % SERIES_COUNT
        table.append(
            [
                ("━", ink),
                (trace.name, ink),
                (number(value), TITLE),
                (number(best[1]) if best else "–", GOOD),
                (number(best[0]) if best else "–", FAINT),
                *((card.get(name, "–"), YOURS) for name in knobs),
            ]
        )
    return table


def _about(run: Seen | None) -> list[list[Word]]:
    """The run at the cursor: where it comes from, what was noted, what went wrong."""
    if run is None:
        return []
    card, data = run.card, noted(run.card)
    lines: list[list[Word]] = [
        [(key_of(run), TITLE), (f"  made {str(card.get('created', ''))[:16]}", FAINT)]
    ]
    if forked := origin.words(card):
        lines.append([("forked   ", FAINT), (forked, PLAIN)])
    if data:
        lines.append([("data     ", FAINT), (", ".join(data), PLAIN)])
    if run.status.error:
        lines.append([("failed   ", FAINT), (run.status.error, WRONG)])
    lines += [[("note     ", FAINT), (text, PLAIN)] for text in run.note.split("\n") if text]
    return lines


class LogPane(Pane):
    """What the worker of the run at the cursor wrote to its console."""

    def __init__(self) -> None:
        super().__init__(4, "console", "console")
        self.view = LogView(id="log-lines")

    def compose(self) -> ComposeResult:
        yield self.view
