"""The lab in a pseudo-terminal: its first frame, a first run, and what it takes of memory.

    python -m benchmarks.terminal [--store checkpoints]

Prints each figure beside its gate, and fails where one does not hold. `keys` and `streaming` take
the rest on the same pseudo-terminal, which needs a POSIX system.
"""

from __future__ import annotations

import argparse
import fcntl
import math
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from zhtui.lesson import catalog
from zhtui.runs import store
from zhtui.runs.folder import RunFolder
from zhtui.work import client

SIZE = (40, 120)
FIRST_RUN = (b"/", b"gpt", b"\r", b"\r", b"r")  # find the lesson, open it, start a run
FALLEN, PATIENCE = 0.5, 120  # of a loss: more than noise; seconds
OPEN = (
    "import sys; from pathlib import Path; from zhtui.tui.app import open_lab; "
    "sys.exit(open_lab(Path(sys.argv[1]), *sys.argv[2:]))"
)
TYPED = (  # `zhtui`, as a user types it
    "import os, sys; os.environ['ZHTUI_STORE'] = sys.argv.pop(1); "
    "from zhtui.__main__ import main; main()"
)
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("explain")
Bare().run()
"""


class Terminal:
    """The app on a pseudo-terminal whose other end is read here."""

    def __init__(self, store: Path, *arguments: str, before: str = "", code: str = OPEN) -> None:
        """`code` opens the lab; `before` is what the process runs first."""
        self.started = time.perf_counter()
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed lab has its bytecode
            whole = f"{before}\n{code}"
            os.execv(sys.executable, [sys.executable, "-c", whole, str(store), *arguments])
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        self.size = 0

    def read(self, seconds: float, until: bytes = b"") -> bytes:
        """What comes within a time, or until a text has come; b"" until anything."""
        text, deadline = b"", time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            if select.select([self.end], [], [], left)[0]:
                try:
                    part = os.read(self.end, 1 << 16)
                except OSError:
                    break
                if not part:
                    break
                text += part
                self.size += len(part)
                if until and until in text:
                    break
        return text

    def quit(self, bytes_a_second: float = 0.0) -> float:
        """Seconds from q to the end of the process, read at full speed or slowly."""
        start = time.perf_counter()
        os.write(self.end, b"qq")
        while True:
            done, _ = os.waitpid(self.pid, os.WNOHANG)
            if done:
                return time.perf_counter() - start
            if select.select([self.end], [], [], 0.01)[0]:
                try:
                    part = os.read(self.end, 4096)
                except OSError:
                    continue
                if bytes_a_second:
                    time.sleep(len(part) / bytes_a_second)

    def end_now(self) -> None:
        """Ends the process, whatever it does."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.end)


@contextmanager
def training(store: Path, workers: int, lesson: str = "gpt") -> Iterator[list[RunFolder]]:
    """Runs that train on all cores, each with a row at least."""
    entry = catalog.one(lesson)
    folders = [client.create(store, entry, knobs=("steps=100000",)) for _ in range(workers)]
    pids = [client.start(folder) for folder in folders]
    try:
        while not all(folder.rows() for folder in folders):
            time.sleep(0.2)
        yield folders
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for folder in folders:
            while folder.alive():
                time.sleep(0.02)


class Gates:
    """Prints figures beside their gates and remembers which did not hold."""

    def __init__(self) -> None:
        self.missed = 0

    def show(self, name: str, value: float, gate: float, unit: str) -> None:
        """One line."""
        self.missed += value > gate
        word = "ok" if value <= gate else "MISSED"
        print(f"{name:<46} {value:>9.1f} {unit:<5} gate {gate:g}  {word}", flush=True)


def first_frames(store: Path) -> tuple[float, float]:
    """Milliseconds from the start of a process to its first painted line, medians of nine: of the
    lab, and in turns with it of a Textual app that shows a word, below which no lab can come.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(9):
        for code, mine in zip((TYPED, BARE), times, strict=True):
            terminal = Terminal(store, code=code)
            terminal.read(20, b"explain")
            mine.append(1e3 * (time.perf_counter() - terminal.started))
            terminal.read(0.3)
            terminal.end_now()
    return statistics.median(times[0]), statistics.median(times[1])


def first_run() -> tuple[float, float]:
    """Seconds from the key that starts a run of gpt in an empty store until its first row, and
    until its loss has fallen; infinite where that does not come.
    """
    with tempfile.TemporaryDirectory() as place:
        terminal = Terminal(Path(place), code=TYPED)
        terminal.read(20, b"explain")
        terminal.read(2)
        for key in FIRST_RUN:
            started = time.perf_counter()
            os.write(terminal.end, key)
            if key is not FIRST_RUN[-1]:
                terminal.read(0.5)
        times: list[float] = []
        losses: list[float] = []
        fallen = False
        while not fallen and time.perf_counter() - started < PATIENCE:
            terminal.read(0.05)
            losses = [row["loss"] for run in store.runs(Path(place)) for row in run.rows()]
            if losses:
                times.append(time.perf_counter() - started)
                fallen = losses[-1] <= losses[0] - FALLEN
        terminal.quit()
        end(store.runs(Path(place)))
    return (times[0] if times else math.inf), (times[-1] if fallen else math.inf)


def end(folders: Iterable[RunFolder]) -> None:
    """Ends the workers of runs."""
    for folder in folders:
        os.kill(int(folder.status().pid), signal.SIGKILL)
        while folder.alive():
            time.sleep(0.02)


def resident(store: Path) -> float:
    """Megabytes of the lab on a lesson's screen."""
    terminal = Terminal(store, "gpt", "quiet-bard")
    terminal.read(20, b"explain")
    terminal.read(3)
    size: int = psutil.Process(terminal.pid).memory_info().rss
    terminal.quit()
    return size / 2**20


def main() -> int:
    """Measures, prints, and says what does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, default=Path("checkpoints"))
    options = parser.parse_args()
    gates = Gates()
    lab, bare = first_frames(options.store)
    gates.show("first frame, median of nine", lab, 350, "ms")
    print(f"a bare Textual app {bare:.1f} ms in the same run, ratio {lab / bare:.2f}")
    row, fallen = first_run()
    gates.show("a first run of gpt: its first row", row, 10, "s")
    gates.show(f"a first run of gpt: loss down by {FALLEN}", fallen, 10, "s")
    gates.show("memory of the app", resident(options.store), 150, "MB")
    return 1 if gates.missed else 0


if __name__ == "__main__":
    sys.exit(main())
