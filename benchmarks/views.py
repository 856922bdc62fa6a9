"""What a run's views cost: their share of the training time, lesson by lesson.

    python -m benchmarks.views [LESSON[:PRESET] ...] [--gate 5]

Each lesson trains in a process of its own. All that its views.py computes and all that `Run.show`
writes is timed, outermost calls only, beside the whole of the training from its first step to its
end. A share of one run, so a slow or busy machine changes it little. Evaluations that views.py does
not make belong to the training. Exit status 1 where a share is above the gate.
"""

from __future__ import annotations

import argparse
import functools
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from inspect import isfunction
from pathlib import Path
from typing import Any

from benchmarks.terminal import Gates

GATE = 5  # per cent
LESSONS = (
    "micrograd:quick", "mlp:quick", "optimization:quick", "backprop:quick", "wavenet:quick",
    "attention:quick", "positions:quick", "gpt:quick", "transformer:quick", "moe:quick",
    "gpt2:quick", "td:quick", "mcts:quick",
)  # fmt: skip


class Watch:
    """Seconds inside the outermost of the functions that it stands around."""

    def __init__(self) -> None:
        self.depth, self.seconds, self.began, self.ended = 0, 0.0, 0.0, 0.0

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, timed."""

        @functools.wraps(call)
        def timed(*arguments: Any, **named: Any) -> Any:
            self.depth += 1
            since = time.perf_counter()
            try:
                return call(*arguments, **named)
            finally:
                self.depth -= 1
                if not self.depth:
                    self.seconds += time.perf_counter() - since

        return timed

    def stand_around(self, lesson: str) -> None:
        """Every function of the lesson's views.py, under each name that its modules know it by."""
        views = import_module(f"lessons.{lesson}.views")
        import_module(f"lessons.{lesson}.train")
        own = {
            each: self.around(each)
            for each in vars(views).values()
            if isfunction(each) and each.__module__ == views.__name__
        }
        inside = f"lessons.{lesson}."
        for module in [m for name, m in sys.modules.items() if name.startswith(inside)]:
            for name, value in list(vars(module).items()):
                if isfunction(value) and value in own:
                    setattr(module, name, own[value])


def share(lesson: str, preset: str) -> tuple[float, float]:
    """Seconds in views, and of the whole training."""
    from zhtui.lesson import catalog
    from zhtui.lesson.run import Run
    from zhtui.work import client
    from zhtui.work.drive import Drive, work

    watch = Watch()
    watch.stand_around(lesson)
    Run.show = watch.around(Run.show)  # type: ignore[method-assign]
    go = Drive.go

    def timed(self: Drive) -> Any:
        since = time.perf_counter()
        try:
            return go(self)
        finally:
            watch.ended = time.perf_counter() - since

    Drive.go = timed  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as store:
        folder = client.create(Path(store), catalog.one(lesson), preset=preset)
        if work(folder):
            raise SystemExit(f"{lesson} {preset} failed: see its output above")
    return watch.seconds, watch.ended


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lessons", nargs="*", default=LESSONS, metavar="LESSON[:PRESET]")
    parser.add_argument("--gate", type=float, default=GATE)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(*share(*options.one.split(":")))
        return 0
    gates = Gates()
    for each in options.lessons:
        named = each if ":" in each else f"{each}:quick"
        command = [sys.executable, "-m", "benchmarks.views", "--one", named]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        views, whole = (float(word) for word in done.stdout.split()[-2:])
        told = f"{named}, {views:.2f} of {whole:.1f} s"
        gates.show(told, 100 * views / whole, options.gate, "%")
    return gates.missed > 0


if __name__ == "__main__":
    sys.exit(main())
