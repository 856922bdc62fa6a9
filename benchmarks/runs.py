"""Many runs and long runs, as the app meets them: medians of each, all in one process.

A store of 1,000 runs until the list is drawn (gate 1 s); a run of 1,000,000 rows until its chart is
whole (gate 2 s), with the longest time that its rows held up a key meanwhile (gate 50 ms); a chart
of 8 runs of 1,000,000 points each (gate 10 ms); a key in a list of 1,000 runs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from zhtui.draw import chart
from zhtui.draw.picture import Line, Picture
from zhtui.draw.series import Series
from zhtui.runs.folder import CARD, FORMAT, METRICS, STATUS, RunFolder
from zhtui.tui.app import LabApp
from zhtui.tui.messages import RunGrew
from zhtui.tui.screens.lesson.screen import LessonScreen
from zhtui.tui.screens.runs.panes import ListPane
from zhtui.tui.screens.runs.screen import RunsScreen

SIZE = (120, 40)
TICK = 0.01  # seconds between two looks at the clock, as a key would come


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    print(f"medians of {options.rounds} rounds (worst in brackets)")
    _draw(options.rounds)
    with tempfile.TemporaryDirectory() as place:
        store = Path(place)
        _many(store, options.runs)
        lists = [asyncio.run(_list(store)) for _ in range(options.rounds)]
        told(f"store of {options.runs:,} runs, until it is listed", [a for a, _ in lists], "s", 1)
        told("  a key in that list, until it is drawn", [1000 * b for _, b in lists], "ms", 50)
    with tempfile.TemporaryDirectory() as place:
        store = Path(place)
        _long(store, options.rows)
        opened = [asyncio.run(_open(store, options.rows)) for _ in range(options.rounds)]
        told(
            f"run of {options.rows:,} rows, until its chart is whole",
            [a for a, _ in opened],
            "s",
            2,
        )
        told("  the longest that its rows held up a key", [1000 * b for _, b in opened], "ms", 50)


def told(what: str, values: list[float], unit: str, gate: float) -> None:
    middle, worst = statistics.median(values), max(values)
    verdict = "holds" if middle <= gate else "MISSED"
    print(f"{what:<52} {middle:8.2f} {unit} ({worst:.2f})  gate {gate:g} {unit}: {verdict}")


def _draw(rounds: int) -> None:
    """Eight long lines, and one, drawn by turns."""
    dice = np.random.default_rng(1)
    steps = np.arange(1_000_000.0)
    lines = []
    for i in range(8):
        series = Series(0.9)
        series.extend(steps, 1.5 + 3 / (1 + steps / 1e5) + dice.normal(0, 0.1, len(steps)))
        lines.append(Line(f"run-{i}", series, i))
    one, eight = Picture(lines[:1]), Picture(lines)
    chart.draw(eight, *SIZE)  # smooths: done once, as the points come in
    spent: dict[int, list[float]] = {1: [], 8: []}
    for _ in range(max(20, rounds)):
        for count, picture in ((1, one), (8, eight)):
            started = time.perf_counter()
            chart.draw(picture, *SIZE)
            spent[count].append(1000 * (time.perf_counter() - started))
    told("chart of 1 run x 1,000,000 points", spent[1], "ms", 3)
    told("chart of 8 runs x 1,000,000 points", spent[8], "ms", 10)


def _many(store: Path, count: int) -> None:
    first = _run(store, "run-0000", 200)
    for i in range(1, count):
        shutil.copytree(first.path, first.path.with_name(f"run-{i:04d}"))


def _long(store: Path, rows: int) -> None:
    _run(store, "long", rows)


def _run(store: Path, name: str, rows: int) -> RunFolder:
    """A finished run of the gpt lesson, with an evaluation each 500 rows."""
    folder = store / "gpt" / name
    folder.mkdir(parents=True)
    card = {"format": FORMAT, "lesson": "gpt", "preset": "quick", "seed": 1, "config": {"lr": 1e-3}}
    (folder / CARD).write_text(json.dumps(card))
    dice = np.random.default_rng(1)
    losses = 1.5 + 3 / (1 + np.arange(rows) / 1e4) + dice.normal(0, 0.1, rows)
    with (folder / METRICS).open("w") as file:
        for step, loss in enumerate(losses.tolist()):
            row = {"step": step, "time": round(step / 800, 4), "loss": loss, "lr": 1e-3}
            if (step + 1) % 500 == 0:
                row |= {"train": loss, "val": loss}
            file.write(json.dumps(row) + "\n")
    status = {"state": "finished", "step": rows, "steps": rows, "time": time.time(), "best": 1.5}
    (folder / STATUS).write_text(json.dumps(status))
    return RunFolder(folder)


async def _list(store: Path) -> tuple[float, float]:
    """(seconds until all runs are listed, median seconds of a key down in them)."""
    started = time.perf_counter()
    app = LabApp(store, device=lambda: "")
    async with app.run_test(size=SIZE) as pilot:
        app.session.doors.runs()
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, RunsScreen)
        while not screen.listed:
            await asyncio.sleep(0.002)
        rows = screen.query_one(ListPane).rows
        while rows.cells.height < 2 or not rows.cells.text(1).strip():
            await asyncio.sleep(0.002)
        opened = time.perf_counter() - started
        keys = []
        for _ in range(20):
            drawn, before = rows.cells, time.perf_counter()
            app.simulate_key("down")
            while rows.cells is drawn:
                await asyncio.sleep(0.0005)
            keys.append(time.perf_counter() - before)
            await pilot.pause()
        return opened, statistics.median(keys)


async def _open(store: Path, rows: int) -> tuple[float, float]:
    """(seconds from the key until every row is in the chart, the longest that taking and drawing
    rows held the loop, and so a key).
    """
    held = [0.0]
    take = LessonScreen.on_run_grew

    async def timed(self: LessonScreen, message: RunGrew) -> None:
        before = time.perf_counter()
        await take(self, message)
        held.append(time.perf_counter() - before)

    LessonScreen.on_run_grew = timed
    app = LabApp(store, device=lambda: "")
    async with app.run_test(size=SIZE) as pilot:
        while not app.session.runs():
            await asyncio.sleep(TICK)
        await pilot.pause()
        started = time.perf_counter()
        entry = app.session.entry("gpt")
        assert entry is not None
        app.session.doors.lesson(entry, run="long")
        while True:
            await asyncio.sleep(TICK)
            history = getattr(app.screen, "history", None)
            series = history.series.get("loss") if history else None
            if series is not None and len(series) >= rows:
                LessonScreen.on_run_grew = take
                return time.perf_counter() - started, max(held)


if __name__ == "__main__":
    main()
