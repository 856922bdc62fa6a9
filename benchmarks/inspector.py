"""The tokenizer's inspector in a pseudo-terminal: key to paint on 1 MB of text, 50,000 merges.

    ZHTUI_DATA=FOLDER python -m benchmarks.inspector [--rounds 12] [--size 120x40]

Three vocabularies in turn: learned from the text inside chunks, learned without a cut (50,000
merges), and GPT-2's (50,000). A key counts until the last byte of what it changed has come, so a
picture that arrives in two parts counts whole. Prints the 95th percentile of every key beside the
gate, and fails where one does not hold.
"""

from __future__ import annotations

import argparse
import fcntl
import os
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

from benchmarks.terminal import Gates, Terminal

GATE = 50.0  # ms
QUIET = 0.08  # seconds without a byte after which a picture is whole
SIZES = ((120, 40), (80, 24), (200, 60))
PAGE, RIGHT, LEFT, ENTER, ESCAPE = b"\x1b[6~", b"\x1b[C", b"\x1b[D", b"\r", b"\x1b"
JUMPS = (b"12", b"20000", b"1500", b"49000", b"7", b"9876", b"31000", b"640")


class Inspector:
    """The lab at the tokenizer's own screen."""

    def __init__(self, store: Path, width: int, height: int) -> None:
        self.terminal = Terminal(store, "tokenizer")
        size = struct.pack("HHHH", height, width, 0, 0)
        fcntl.ioctl(self.terminal.end, termios.TIOCSWINSZ, size)
        self.process = psutil.Process(self.terminal.pid)
        self.terminal.read(20, b"explain")
        self.settle()
        self.press(b"x")
        self.settle()

    def settle(self) -> None:
        """Waits until the lab has nothing more to do."""
        idle = 0
        while idle < 4:
            used = sum(self.process.cpu_times()[:2])
            self.terminal.read(0.25)
            idle = idle + 1 if sum(self.process.cpu_times()[:2]) - used < 0.02 else 0

    def press(self, key: bytes) -> float:
        """Milliseconds from a key to the last byte of what it changes; 0 where nothing comes."""
        terminal, start = self.terminal, time.perf_counter()
        last, wait = start, 1.0
        os.write(terminal.end, key)
        while select.select([terminal.end], [], [], wait)[0]:
            terminal.size += len(os.read(terminal.end, 1 << 16))
            last, wait = time.perf_counter(), QUIET
        return 1e3 * (last - start)

    def type(self, *keys: bytes) -> list[float]:
        """One key after the other."""
        return [self.press(key) for key in keys]


def measured(inspector: Inspector, rounds: int) -> Iterator[tuple[str, list[float]]]:
    """Every kind of key, pressed again and again, in the inspector's text and its list."""
    inspector.type(b"1")
    yield "page down", inspector.type(*[PAGE] * 3 * rounds)
    yield "line down", inspector.type(*[b"j"] * 3 * rounds)
    yield "next token", inspector.type(*[b"l"] * 3 * rounds)
    yield "step merge", inspector.type(*[RIGHT] * 3 * rounds)
    yield "step back", inspector.type(*[LEFT] * 3 * rounds)
    yield "ten merges", inspector.type(*[b"\x1b[1;2C"] * rounds)
    yield "to the next place", inspector.type(*[b"n"] * rounds)
    jumps = []
    for number in JUMPS[:rounds]:
        inspector.type(b"g", *[bytes([digit]) for digit in number])
        jumps.append(inspector.press(ENTER))
    yield "jump to a merge", jumps
    typed, letters = [], []
    for word in (b"the", b"ing", b"ROM", b" a ")[:rounds]:
        typed.append(inspector.press(b"/"))
        letters += inspector.type(*[bytes([letter]) for letter in word])
        inspector.type(ENTER, ESCAPE)
    yield "open the filter", typed
    yield "filter, a letter", letters
    yield "vocabulary, line", inspector.type(*[b"j"] * rounds)
    yield "vocabulary, page", inspector.type(*[PAGE] * rounds)
    for pane, name in ((b"5", "comparison"), (b"6", "traps"), (b"3", "tree"), (b"1", "text")):
        yield f"to the {name}", [inspector.press(pane)]


def show(gates: Gates, name: str, times: list[float]) -> None:
    """One line: the 95th percentile beside its gate, and the median."""
    percentile = sorted(times)[min(int(0.95 * len(times)), len(times) - 1)]
    gates.show(f"{name}, median {statistics.median(times):.1f}", percentile, GATE, "ms")


@contextmanager
def opened(store: Path, size: tuple[int, int]) -> Iterator[Inspector]:
    """The inspector on a terminal of that size; it is left afterwards."""
    inspector = Inspector(store, *size)
    try:
        yield inspector
    finally:
        inspector.terminal.quit()


def main() -> int:
    """Measures, prints, and says what does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--size", help="one size only, as 120x40")
    parser.add_argument("--whose", default="own,none,gpt2", help="of own, none and gpt2")
    options = parser.parse_args()
    if not os.environ.get("ZHTUI_DATA"):
        sys.exit("set ZHTUI_DATA to the folder with tinyshakespeare.txt and gpt2.tiktoken")
    sizes = [tuple(map(int, options.size.split("x")))] if options.size else SIZES[:2]
    gates = Gates()
    keys = {"own": b"", "none": b"ss", "gpt2": b"v"}
    with tempfile.TemporaryDirectory() as folder:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the lab is left then, too
        for width, height in sizes:
            for whose in options.whose.split(","):
                with opened(Path(folder), (width, height)) as inspector:
                    for key in keys[whose]:
                        inspector.press(bytes([key]))
                        inspector.settle()
                    every: list[float] = []
                    for name, times in measured(inspector, options.rounds):
                        every += times
                        show(gates, f"{width}x{height} {whose}: {name}", times)
                    show(gates, f"{width}x{height} {whose}: all of these", every)
    return 1 if gates.missed else 0


if __name__ == "__main__":
    sys.exit(main())
