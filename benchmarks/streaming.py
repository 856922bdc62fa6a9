"""What the lab sends and keeps: bytes in any second, quitting over slow lines, memory over hours.

    python -m benchmarks.streaming [bytes] [idle] [quit] [memory] [--hours 8]

Twenty live runs are fed by another process, two of them by real workers, while the lab runs on a
pseudo-terminal whose other end is read at full speed or slowly. For the memory another process
writes, as fast as the lab takes them in, the rows, samples, views and states that a run of so many
hours would write; the process's resident size is read after the first tenth and at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from benchmarks.keys import DOWN, WATCHED, row, state, watched
from benchmarks.terminal import Gates, Terminal, training
from zhtui.lesson.views import Heatmap
from zhtui.runs import lease, view_files
from zhtui.runs.files import write_json
from zhtui.runs.folder import ARTIFACTS, CARD, EVENTS, FORMAT, LEASE, METRICS, STATUS

SECONDS = 8.0  # that bytes are counted for, on each screen
ROWS = 2000  # that a run of any length leaves in its file, and as many again that are evaluations
PARTS = ("bytes", "idle", "quit", "memory")


def sizes(terminal: Terminal, seconds: float) -> list[tuple[float, int]]:
    """(when, bytes) of all that comes within a time."""
    came, deadline = [], time.perf_counter() + seconds
    while (left := deadline - time.perf_counter()) > 0:
        if select.select([terminal.end], [], [], left)[0]:
            came.append((time.perf_counter(), len(os.read(terminal.end, 1 << 16))))
    return came


def busiest(came: list[tuple[float, int]]) -> int:
    """The most bytes that came within any one second."""
    return max((sum(n for at, n in came if 0 <= at - then < 1) for then, _ in came), default=0)


def streaming(store: Path, live: str, gates: Gates) -> None:
    """Bytes in the busiest second, beside workers, of the screens that stream most."""
    for name, arguments, keys in (
        ("a lesson", ("gpt", live), [b"v"]),
        ("twenty runs", (), [b"R", b"a"]),
        ("home", (), [DOWN]),
    ):
        terminal = Terminal(store, *arguments)
        terminal.read(20, b"explain")
        terminal.read(2)
        for key in keys:
            os.write(terminal.end, key)
            terminal.read(2)
        came = sizes(terminal, SECONDS)
        terminal.end_now()
        total = sum(n for _, n in came) / SECONDS / 1024
        gates.show(
            f"{name} streams: busiest second ({total:.0f} KB/s)", busiest(came) / 1024, 64, "KB"
        )


def idle(store: Path, gates: Gates, seconds: float = 35.0) -> None:
    """Bytes and processor time of a lab that nobody touches, longer than it waits for anything."""
    terminal = Terminal(store)
    terminal.read(20, b"explain")
    terminal.read(3)
    process = psutil.Process(terminal.pid)
    used, sent = sum(process.cpu_times()[:2]), terminal.size
    terminal.read(seconds)
    spent = sum(process.cpu_times()[:2]) - used
    gates.show(f"idle for {seconds:g} s: bytes", terminal.size - sent, 0, "B")
    gates.show("idle: share of a core", 100 * spent / seconds, 1, "%")
    terminal.quit()


def leaving(store: Path, live: str, gates: Gates) -> None:
    """Quitting over a slow line while a run streams over it."""
    for speed, gate in ((100_000, 1.0), (20_000, 2.0)):
        terminal = Terminal(store, "gpt", live)
        slowly(terminal, speed, 8.0)
        gates.show(f"quit over {speed // 1000} KB/s", terminal.quit(speed), gate, "s")


def slowly(terminal: Terminal, speed: float, seconds: float) -> None:
    """Reads as a line of so many bytes a second does."""
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        if select.select([terminal.end], [], [], 0.05)[0]:
            time.sleep(len(os.read(terminal.end, 4096)) / speed)


class Fast:
    """Runs that live through hours in seconds."""

    def __init__(self, store: Path, count: int, hours: float) -> None:
        self.folders = [store / "gpt" / f"fast-{number:02d}" for number in range(count)]
        self.steps = int(hours * 3600 * 20)  # of twenty a second
        for number, folder in enumerate(self.folders):
            (folder / ARTIFACTS).mkdir(parents=True)
            card = {"format": FORMAT, "lesson": "gpt", "preset": "quick", "seed": number}
            write_json(folder / CARD, {**card, "config": {"lr": 1e-3}})
            write_json(folder / STATUS, {**state(0), "steps": self.steps})
            (folder / METRICS).touch()
            (folder / EVENTS).touch()

    def write(self, start: int, stop: int) -> None:
        """What the runs write between two of their `ROWS` moments: a row, an evaluation, and each
        eighth time a sample and a view.
        """
        dice = np.random.default_rng(start)
        for folder in self.folders:
            with (folder / METRICS).open("a") as rows, (folder / EVENTS).open("a") as events:
                for moment in range(start, stop):
                    step = moment * self.steps // ROWS
                    more = {"train": 1.0 + dice.random(), "val": 1.1 + dice.random()}
                    rows.write(json.dumps(row(step)) + "\n")
                    rows.write(json.dumps({**row(step + 1), **more}) + "\n")
                    if moment % 8 == 0:
                        view = Heatmap(dice.random((64, 64)))
                        view_files.write(folder / ARTIFACTS / f"{step:06d}-attention.json", view)
                        said = {"event": "shown", "step": step, "name": "attention"}
                        events.write(json.dumps({**said, "kind": "Heatmap"}) + "\n")
                        said = {"event": "sample", "step": step, "text": f"O! {step} " * 60}
                        events.write(json.dumps(said) + "\n")
            write_json(folder / STATUS, {**state(step), "steps": self.steps})


def memory(hours: float, gates: Gates) -> None:
    """How much the process grows while runs go through hours, on the screens that keep most."""
    for name, count, arguments, keys in (
        ("a lesson", 1, ("gpt", "fast-00"), []),
        (f"{WATCHED} runs", WATCHED, (), [b"R", b"a"]),
    ):
        with tempfile.TemporaryDirectory() as place:
            store = Path(place)
            runs = Fast(store, count, hours)
            held = [lease.hold(folder / LEASE) for folder in runs.folders]
            for each in held:
                each.__enter__()
            terminal = Terminal(store, *arguments)
            terminal.read(20, b"explain")
            process, sizes = psutil.Process(terminal.pid), []
            for part in range(0, ROWS, 20):
                runs.write(part, part + 20)
                terminal.read(0.25)
                if part == ROWS // 20:
                    for key in keys:
                        os.write(terminal.end, key)
                        terminal.read(1)
                if part >= ROWS // 10:
                    sizes.append(process.memory_info().rss / 2**20)
            terminal.read(1)
            grown = process.memory_info().rss / 2**20 - sizes[0]
            what = f"{name}, {hours:g} h: grows from {sizes[0]:.0f} MB by"
            gates.show(what, grown, 20, "MB")
            terminal.end_now()
            for each in held:
                each.__exit__(None, None, None)


def main() -> int:
    """Measures, prints, and says what does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=str(PARTS))
    parser.add_argument("--hours", type=float, default=8.0)
    options = parser.parse_args()
    parts, gates = options.parts or PARTS, Gates()
    with tempfile.TemporaryDirectory() as place:
        store = Path(place)
        if "idle" in parts:
            idle(store, gates)
        if "bytes" in parts or "quit" in parts:
            with watched(store), training(store, 2) as folders:
                if "bytes" in parts:
                    streaming(store, folders[0].name, gates)
                if "quit" in parts:
                    leaving(store, folders[0].name, gates)
    if "memory" in parts:
        memory(options.hours, gates)
    return 1 if gates.missed else 0


if __name__ == "__main__":
    sys.exit(main())
