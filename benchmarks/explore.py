"""Explore: how soon frames come, how soon a key is painted while one is made, what is kept.

    python -m benchmarks.explore [--rounds 12] [--presses 80] [--slowest 8]

The first three parts ask a real engine process over its pipes, as the app does: the first frame of
each scene that needs no run, from a warm engine; each next frame of the lesson `attention`, asked
for as soon as the one before has come; and 10,000 frames of a long walk, stepped and then jumped
in, with the engine's memory after the first thousand and at the end. The last part presses keys in
the lab on a pseudo-terminal, while the engine computes a frame that takes minutes. Prints medians
and the figures with a gate beside it, and fails where one does not hold.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from benchmarks.keys import DOWN, ESCAPE, LEFT, MARKING, RIGHT, UP, pressed
from benchmarks.terminal import Gates, Terminal
from zhtui.ask.client import Engine, Reply
from zhtui.lesson import catalog
from zhtui.lesson.catalog import VARIABLE

FIRST, NEXT, KEY, GROWTH = 150, 50, 50, 8  # ms, ms, ms, MB
FRAMES, JUMPS = 10_000, 200
LESSON = {
    "__init__": """
from .config import PRESETS, Config
from zhtui.lab import Lesson
lesson = Lesson(number=99, title="walker", summary="a long walk", part="Strangers", config=Config,
    presets=PRESETS, scenes=("walk", "slow"))
""",
    "config": """
from dataclasses import dataclass
from zhtui.lab import knob
@dataclass(frozen=True)
class Config:
    steps: int = knob(4, "steps", low=1)
PRESETS = dict(tiny=Config())
""",
    "train": "def train(run):\n    yield from (dict(loss=1.0) for _ in run.steps())\n",
    "explore/__init__": "",
    "explore/walk": """
import numpy as np
from zhtui.lab import Bars, Frame, Heatmap
def explore(run, ask, poke):
    X = np.zeros((12, 12))
    for i in range(10_000):
        X[i % 12, i // 12 % 12] += 1
        bars = Bars(list("abc"), [i, i / 2, i / 3])
        yield Frame(f"step {i}", {"X": Heatmap(X), "B": bars}, keep={"X": X}, say=f"{i}")
""",
    "explore/slow": """
import numpy as np
from zhtui.lab import Frame, Heatmap
def explore(run, ask, poke):
    X = np.random.default_rng(0).random((24, 24))
    for i in range(1_000_000):
        yield Frame(f"step {i}", {"X": Heatmap(X + i)}, say=f"{i}")
""",
}


def walker(folder: Path) -> None:
    """Writes a lesson of one's own with a long walk and one that never comes to its end."""
    for name, text in LESSON.items():
        path = folder / "walker" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"))


class Asked:
    """An engine whose answers are waited for."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.grown = threading.Condition()

    def _heard(self) -> None:
        with self.grown:
            self.grown.notify_all()

    def ask(self, do: str, **fields: Any) -> tuple[Reply, float]:
        """What came, and the milliseconds until it was there."""
        started = time.perf_counter()
        reply = self.engine.ask(do, None, self._heard, **fields)
        with self.grown:
            self.grown.wait_for(lambda: reply.shown or reply.done, 120)
        return reply, 1e3 * (time.perf_counter() - started)

    def frame(self, lesson: str, scene: str, number: int = 1) -> tuple[Reply, float]:
        """A frame of a scene, with the knobs as they are."""
        return self.ask("explore", lesson=lesson, scene=scene, frame=number)

    @property
    def memory(self) -> float:
        """Megabytes of the engine."""
        size: int = psutil.Process(self.engine.pid).memory_info().rss
        return size / 2**20


def scenes() -> Iterator[tuple[str, str]]:
    """(lesson, scene) of all."""
    for entry in catalog.all_lessons():
        if entry.lesson is not None:
            yield from ((entry.name, scene) for scene in entry.scenes())


def first_frames(asked: Asked, rounds: int) -> dict[tuple[str, str], list[float]]:
    """Milliseconds to the first frame of each scene, in turns, so that none is one that was kept;
    scenes that need a run are left out.
    """
    times: dict[tuple[str, str], list[float]] = {}
    for place in scenes():
        reply, _ = asked.frame(*place)  # loads what it needs
        if not reply.error:
            times[place] = []
    for _ in range(rounds):
        for place, mine in times.items():
            mine.append(asked.frame(*place)[1])
    return times


def next_frames(asked: Asked, lesson: str) -> list[float]:
    """Milliseconds to every frame but the first of each scene of a lesson."""
    times = []
    for scene in catalog.one(lesson).scenes():
        reply, _ = asked.frame(lesson, scene)
        number = 1
        while reply.shown is not None and reply.shown.frame == number:
            number += 1
            reply, took = asked.frame(lesson, scene, number)
            times.append(took)
    return times


def growth(asked: Asked) -> tuple[float, float]:
    """(MB more than after the first tenth of the frames, ms a frame) of a long walk."""
    took, before = [], 0.0
    for number in range(1, FRAMES + 1):
        took.append(asked.frame("walker", "walk", number)[1])
        if number == FRAMES // 10:
            before = asked.memory
    dice = random.Random(1)
    for _ in range(JUMPS):
        asked.frame("walker", "walk", dice.randint(1, FRAMES))
    return asked.memory - before, statistics.median(took)


def keys_while_computing(store: Path, presses: int) -> list[float]:
    """Milliseconds from a key to its paint, while a frame is on its way that takes minutes."""
    terminal = Terminal(store, "walker", before=MARKING)
    terminal.read(30, b"explain")
    terminal.read(3)
    for key, shown in ((b"i", b"step 0"), (b"2", b"slow"), (b"\r", b""), (b"g", b"frame")):
        os.write(terminal.end, key)
        terminal.read(10, shown)
        terminal.read(1)
    os.write(terminal.end, b"999999\r")
    terminal.read(3)  # past the moment at which it is said that this takes long
    keys = [DOWN, RIGHT, UP, LEFT]
    times = []
    for index in range(presses):
        terminal.read(0.11 + 0.013 * (index % 5))
        taken = pressed(terminal, keys[index % len(keys)])
        if taken is not None:
            times.append(taken)
    os.write(terminal.end, ESCAPE)
    terminal.read(0.5)
    terminal.end_now()
    return sorted(times)


def main() -> int:
    """Measures, prints, and says what does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--presses", type=int, default=80)
    parser.add_argument("--slowest", type=int, default=8, help="first frames that are named")
    options = parser.parse_args()
    gates = Gates()
    with tempfile.TemporaryDirectory() as place:
        walker(Path(place) / "lessons")
        os.environ[VARIABLE] = str(Path(place) / "lessons")
        asked = Asked()
        times = first_frames(asked, options.rounds)
        medians = {where: statistics.median(mine) for where, mine in times.items()}
        slowest = sorted(medians, key=lambda where: -medians[where])
        print(f"first frames of {len(times)} scenes, {statistics.median(medians.values()):.1f} ms")
        for where in slowest[: options.slowest]:
            print(f"    {medians[where]:6.1f} ms  {'.'.join(where)}")
        first = slowest[0]
        gates.show(f"the slowest first frame, {'.'.join(first)}", medians[first], FIRST, "ms")
        steps = sorted(next_frames(asked, "attention"))
        middle, p95 = statistics.median(steps), steps[int(0.95 * len(steps))]
        gates.show(f"next frame of attention, p95 (median {middle:.1f})", p95, NEXT, "ms")
        more, each = growth(asked)
        gates.show(f"{FRAMES:,} frames, {each:.1f} ms each, {JUMPS} jumps", more, GROWTH, "MB")
        asked.engine.close()
        painted = keys_while_computing(Path(place), options.presses)
        if len(painted) < options.presses // 2:
            print(f"only {len(painted)} of {options.presses} keys drew something")
            gates.missed += 1
        middle, p95 = statistics.median(painted), painted[int(0.95 * len(painted))]
        gates.show(f"a key while it computes, p95 (median {middle:.0f})", p95, KEY, "ms")
    return 1 if gates.missed else 0


if __name__ == "__main__":
    sys.exit(main())
