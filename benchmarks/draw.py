"""How long pictures take to draw: charts of a thousand to a million points, heatmaps, appending.

    python benchmarks/draw.py [--runs 8]

Prints medians in ms and bytes a frame, and fails where a gate does not hold: a chart of a million
points in 3 ms, eight of them in 10 ms, a heatmap of 64 x 64 in 2 ms and 40 KB.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.style import Style

from zhtui.draw import chart, heat
from zhtui.draw.cells import Cells
from zhtui.draw.inks import DARK
from zhtui.draw.picture import Level, Line, Picture
from zhtui.draw.series import Series
from zhtui.lesson.views import Heatmap
from zhtui.tui.terminal.escapes import lean
from zhtui.tui.widgets.drawn import Inkwell

WIDTH, HEIGHT = 120, 30
REPEATS = 41


def milliseconds(work: Callable[[], object]) -> float:
    """The median processor time of one call: what others use of the cores does not count."""
    work()
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        times.append(1e3 * (time.process_time() - start))
    return statistics.median(times)


def curve(points: int, seed: int) -> Series:
    """A noisy loss."""
    dice = np.random.default_rng(seed)
    steps = np.arange(points)
    series = Series(0.9)
    series.extend(steps, 1.9 + 2.3 * np.exp(-6 * steps / points) + dice.normal(0, 0.1, points))
    return series


def painted(cells: Cells, well: Inkwell) -> int:
    """Turns all rows into strips, as a whole frame does; returns how many."""
    return sum(len(list(well.strip(cells, y))) for y in range(cells.height))


def size(cells: Cells, well: Inkwell) -> int:
    """Bytes that a whole frame sends to a terminal."""
    console = Console(file=io.StringIO(), color_system="truecolor", force_terminal=True)
    text = "".join(well.strip(cells, y).render(console) for y in range(cells.height))
    return len(lean(text).encode())


def main() -> int:
    """Measures, prints, and says what does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=8)
    options = parser.parse_args()
    well = Inkwell(DARK, Style())
    missed = []

    def show(name: str, value: float, gate: float, unit: str) -> None:
        ok = value <= gate
        print(f"{name:<44} {value:>9.2f} {unit:<3} gate {gate:g}  {'ok' if ok else 'MISSED'}")
        if not ok:
            missed.append(name)

    for points in (1_000, 10_000, 100_000, 1_000_000):
        picture = Picture([Line("loss", curve(points, 0))], [Level(1.88, "published")])
        cells = chart.draw(picture, WIDTH, HEIGHT)
        time_drawn = milliseconds(lambda p=picture: painted(chart.draw(p, WIDTH, HEIGHT), well))
        show(f"chart of {points:,} points, cells and strips", time_drawn, 3.0, "ms")
    show("  its frame", size(cells, well) / 1024, 16, "KB")

    lines = [Line(f"run {i}", curve(1_000_000, i), i % 8) for i in range(options.runs)]
    many = Picture(lines)
    drawn = milliseconds(lambda: painted(chart.draw(many, WIDTH, HEIGHT), well))
    show(f"chart of {options.runs} x 1,000,000 points", drawn, 10.0, "ms")

    series = lines[0].series
    ends = iter(range(1_000_000, 10_000_000))

    def append() -> None:
        series.extend(np.array([float(next(ends))]), np.array([2.0]))

    show("appending one point to a million", milliseconds(append), 0.5, "ms")

    noise = np.random.default_rng(0).random((64, 64))
    offset = np.arange(64)[:, None] - np.arange(64)[None, :]
    causal = np.where(offset >= 0, np.exp(-offset / 9) + 0.1 * noise, 0)
    for name, values, gates in (
        ("attention", causal, (2, 40)),
        ("noise, the worst", noise, (2, 40)),
    ):
        view = Heatmap(values)
        drawn = milliseconds(lambda v=view: painted(heat.draw(v, WIDTH, 40), well))
        show(f"heatmap of 64 x 64 ({name}), cells and strips", drawn, gates[0], "ms")
        show("  its frame", size(heat.draw(view, WIDTH, 40), well) / 1024, gates[1], "KB")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
