"""The lab in a pseudo-terminal: first frame, key to paint beside a busy worker, bytes, memory.

    python benchmarks/terminal.py [--lesson gpt] [--presses 60] [--seconds 8]

A run of the lesson trains on all cores meanwhile. Prints each figure beside its gate, and fails
where one does not hold. Needs a POSIX terminal.
"""

from __future__ import annotations

import argparse
import fcntl
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from zhtui import catalog, client
from zhtui.folder import RunFolder

SIZE = (40, 120)
OPEN = (
    "import sys; from pathlib import Path; from zhtui.tui.app import open_lab; "
    "sys.exit(open_lab(Path(sys.argv[1]), *sys.argv[2:]))"
)


class Terminal:
    """The app on a pseudo-terminal whose other end is read here."""

    def __init__(self, store: Path, *arguments: str, before: str = "") -> None:
        """`before` is code that the process runs before it opens the lab."""
        self.started = time.perf_counter()
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed lab has its bytecode
            code = f"{before}\n{OPEN}"
            os.execv(sys.executable, [sys.executable, "-c", code, str(store), *arguments])
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

    def press(self, key: bytes, seconds: float = 1.0) -> float:
        """Milliseconds from a key to the first byte that answers it."""
        start = time.perf_counter()
        os.write(self.end, key)
        select.select([self.end], [], [], seconds)
        return 1e3 * (time.perf_counter() - start)

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


def first_frame(store: Path) -> float:
    """Milliseconds from the start of the process to its first painted line, the median of nine."""
    times = []
    for _ in range(9):
        terminal = Terminal(store)
        terminal.read(20, b"explain")
        times.append(1e3 * (time.perf_counter() - terminal.started))
        terminal.read(0.3)
        terminal.quit()
    return statistics.median(times)


def idle(store: Path, seconds: float, gates: Gates) -> None:
    """Bytes and processor time of a lab that nobody touches."""
    terminal = Terminal(store)
    terminal.read(20, b"explain")
    terminal.read(3)
    process = psutil.Process(terminal.pid)
    used, sent = sum(process.cpu_times()[:2]), terminal.size
    terminal.read(seconds)
    spent = sum(process.cpu_times()[:2]) - used
    gates.show("idle: bytes a second", (terminal.size - sent) / seconds, 0, "B/s")
    gates.show("idle: share of a core", 100 * spent / seconds, 1, "%")
    terminal.quit()


def busy(store: Path, options: argparse.Namespace, gates: Gates) -> None:
    """Keys, bytes and memory beside a worker that uses all cores."""
    entry = catalog.one(options.lesson)
    folder = client.create(store, entry, preset=options.preset)
    worker = client.start(folder)
    try:
        terminal = Terminal(store, options.lesson)
        terminal.read(20, b"explain")
        deadline = time.monotonic() + 120
        while not folder.rows() and time.monotonic() < deadline:
            terminal.read(0.5)
        terminal.read(3)
        presses = []
        for _ in range(options.presses):
            terminal.read(0.15)
            presses.append(terminal.press(b"\t"))
        presses.sort()
        gates.show("key to paint, median", statistics.median(presses), 50, "ms")
        gates.show("key to paint, p95", presses[int(0.95 * len(presses))], 50, "ms")
        sent = terminal.size
        terminal.read(options.seconds)
        gates.show("streaming", (terminal.size - sent) / options.seconds / 1024, 64, "KB/s")
        memory = psutil.Process(terminal.pid).memory_info().rss / 2**20
        gates.show("memory of the app", memory, 150, "MB")
        gates.show("quit over 100 KB/s", terminal.quit(100_000), 1.0, "s")
    finally:
        os.kill(worker, signal.SIGTERM)


def main() -> int:
    """Measures, prints, and says what does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lesson", default="gpt")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--presses", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=8.0)
    options = parser.parse_args()
    gates = Gates()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        gates.show("first frame, best of five", first_frame(store), 350, "ms")
        idle(store, options.seconds, gates)
        busy(store, options, gates)
        time.sleep(2)  # the worker saves before the folder goes
    return 1 if gates.missed else 0


if __name__ == "__main__":
    sys.exit(main())
