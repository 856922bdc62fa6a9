"""Key to paint on every screen, while workers use both cores and twenty live runs are watched.

    python -m benchmarks.keys [SCREEN ...] [--presses 80]

The lab runs on a pseudo-terminal. From the byte that is a key to the last byte of the first frame
that is drawn after the key's action was done: a mark that the lab writes behind that frame, here
only, tells it from the frames that stream by. Prints the median and the 95th percentile of each
screen beside the gate of 50 ms, and fails where one is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.terminal import Gates, Terminal, training
from zhtui.runs import lease
from zhtui.runs.files import Appender, write_json
from zhtui.runs.folder import CARD, EVENTS, FORMAT, LEASE, METRICS, STATUS

GATE = 50  # ms
WATCHED = 20
SHIPPED = Path(__file__).parent.parent / "checkpoints"
ANSWERED = b"\x1b]777;answered\x07"
MARKING = f"""
import zhtui.tui
import textual.app
done = textual.app.App._dispatch_action
display = textual.app.App._display
answered = []

async def dispatch(self, *arguments):
    was = await done(self, *arguments)
    if was:
        answered.append(True)
    return was

def show(self, screen, frame):
    waiting, answered[:] = bool(answered) and frame is not None, []
    display(self, screen, frame)
    if waiting:
        self._driver.write({ANSWERED.decode()!r})

textual.app.App._dispatch_action = dispatch
textual.app.App._display = show
"""
ESCAPE = b"\x1b"
UP, DOWN, RIGHT, LEFT = b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D"
# screen -> (arguments of the lab, keys that lead there and what is then read, keys to measure)
SCREENS: dict[str, tuple[tuple[str, ...], list[tuple[bytes, bytes]], list[bytes]]] = {
    "home": ((), [], [DOWN, UP]),
    "lesson": (("gpt", "{live}"), [], [b"\t", b"\t", b"\t", b"\t", b"c", b"c"]),
    "knobs": (("gpt", "{live}"), [(b"4", b"knobs")], [DOWN, UP, RIGHT, LEFT]),
    "replay": (("gpt", "quiet-bard"), [(LEFT, b"replay")], [LEFT, LEFT, RIGHT, b"{", b"}"]),
    "runs": (
        (),
        [(b"R", b"runs"), (b"a", b"marked")],
        [DOWN, b"\t", b"c", b"\t", b"\t", b"\t", b"o", b" "],
    ),
    "console": (
        ("gpt", "quiet-bard"),
        [(b"p", b"prompt"), (b"pROMEO:\r", b"bits")],
        [LEFT, LEFT, UP, b"\t", b"+", b"s"],
    ),
    "explore": (
        ("gpt", "quiet-bard"),
        [(b"i", b"embedding"), (b"2", b"look for")],
        [b".", b"\t", b"\r", DOWN, RIGHT, ESCAPE],
    ),
    "micrograd's own": (("micrograd", "first-moons"), [(b"x", b"step")], [DOWN, RIGHT, UP, LEFT]),
    "tokenizer's own": (("tokenizer", "first-merges"), [(b"x", b"tok")], [b"\t", b"\t"]),
    "help": ((), [(b"?", b"screen")], [DOWN, DOWN, UP, UP]),
    "help and back": ((), [], [b"?", ESCAPE]),
    "lesson and back": ((), [], [b"\r", ESCAPE]),
    "runs and back": ((), [], [b"R", ESCAPE]),
    "console and back": (("gpt", "quiet-bard"), [], [b"p", ESCAPE]),
    "explore and back": (("gpt", "quiet-bard"), [], [b"i", ESCAPE]),
    "source and back": (("gpt", "quiet-bard"), [], [b"s", ESCAPE]),
    "own screen and back": (("tokenizer", "first-merges"), [], [b"x", ESCAPE]),
}


def fed(store: Path, ready: multiprocessing.synchronize.Event, rows_a_second: float = 4.0) -> None:
    """Holds twenty live runs and writes rows, samples and states to them, as workers would."""
    with contextlib.ExitStack() as held:
        runs = []
        for number in range(WATCHED):
            folder = store / "gpt" / f"live-{number:02d}"
            folder.mkdir(parents=True)
            card = {"format": FORMAT, "lesson": "gpt", "preset": "quick", "seed": number}
            write_json(folder / CARD, {**card, "config": {"lr": 1e-3}})
            held.enter_context(lease.hold(folder / LEASE))
            rows = [json.dumps(row(step)) for step in range(500)]
            (folder / METRICS).write_text("\n".join(rows) + "\n")
            runs.append((folder, Appender(folder / METRICS), Appender(folder / EVENTS)))
        step = 500
        while True:
            for folder, metrics, events in runs:
                metrics.append(row(step))
                if step % 20 == 0:
                    events.append({"event": "sample", "step": step, "text": f"O! {step} " * 12})
                if step % 2 == 0:
                    write_json(folder / STATUS, state(step))
                time.sleep(1 / rows_a_second / WATCHED)
            step += 1
            ready.set()


def row(step: int) -> dict[str, float]:
    """A row of a run that learns."""
    loss = 1.6 + 2.6 * math.exp(-step / 400) + 0.1 * math.sin(step * step)
    return {"step": step, "time": step / 4, "loss": loss, "lr": 1e-3}


def state(step: int) -> dict[str, object]:
    """A status of a run that goes on."""
    known = {"state": "running", "step": step, "steps": 5000, "rate": 41_000.0, "unit": "tok"}
    known |= {"row": {"loss": 2.0}, "best": 1.9, "device": "cpu", "pid": os.getpid()}
    return {**known, "time": time.time(), "promise": time.time() + 60, "left": 5000.0 - step}


@contextlib.contextmanager
def watched(store: Path) -> Iterator[None]:
    """Twenty live runs that another process feeds, and the shipped ones."""
    for lesson in SHIPPED.iterdir():
        if lesson.is_dir():
            shutil.copytree(lesson, store / lesson.name)
    ready = multiprocessing.Event()
    feeder = multiprocessing.Process(target=fed, args=(store, ready), daemon=True)
    feeder.start()
    ready.wait(60)
    try:
        yield
    finally:
        feeder.kill()
        feeder.join()


def pressed(terminal: Terminal, key: bytes, patience: float = 2.0) -> float | None:
    """Milliseconds from a key to the frame that answers it; None where nothing was drawn."""
    started = time.perf_counter()
    os.write(terminal.end, key)
    text = terminal.read(patience, ANSWERED)
    return 1e3 * (time.perf_counter() - started) if ANSWERED in text else None


def measure(store: Path, name: str, live: str, presses: int) -> tuple[list[float], int]:
    """(milliseconds of each key that was answered, keys that were not) on one screen."""
    arguments, way, keys = SCREENS[name]
    words = [live if word == "{live}" else word for word in arguments]
    terminal = Terminal(store, *words, before=MARKING)
    terminal.read(30, b"explain")
    terminal.read(3)
    for key, shown in way:
        os.write(terminal.end, key)
        terminal.read(6 if shown else 1, shown)
        terminal.read(2)
    times, silent = [], 0
    for index in range(presses):
        terminal.read(0.11 + 0.013 * (index % 5))
        taken = pressed(terminal, keys[index % len(keys)])
        if taken is None:
            silent += 1
        else:
            times.append(taken)
    terminal.end_now()
    return sorted(times), silent


def main() -> int:
    """Measures, prints, and says what does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("screens", nargs="*", metavar="SCREEN", help=", ".join(SCREENS))
    parser.add_argument("--presses", type=int, default=80)
    options = parser.parse_args()
    gates = Gates()
    with tempfile.TemporaryDirectory() as place:
        store = Path(place)
        with watched(store), training(store, 2) as folders:
            live = folders[0].name
            for name in options.screens or SCREENS:
                times, silent = measure(store, name, live, options.presses)
                if len(times) < options.presses // 2:
                    print(f"{name}: {silent} keys drew nothing")
                    gates.missed += 1
                    continue
                p95 = times[int(0.95 * len(times))]
                middle, worst = statistics.median(times), times[-1]
                gates.show(f"{name}: p95 (median {middle:.0f}, worst {worst:.0f})", p95, GATE, "ms")
    return 1 if gates.missed else 0


if __name__ == "__main__":
    sys.exit(main())
