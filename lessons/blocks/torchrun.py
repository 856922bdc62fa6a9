"""Processes that torch's own launcher (torchrun) starts, watches, and ends together.

    with Launched("lessons.gpt2.rank", told, 3) as others:
        ...                          # one of them ends: the launcher ends the rest
        if others.gone(): print(others.why())

They are a process group of their own, so that Ctrl-C in a terminal does not reach them: who
started them tells them when to stop.

Leaves out: other machines; `torchrun --nnodes` starts those.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from tempfile import TemporaryFile
from types import TracebackType

FAREWELL = 10.0  # seconds that they have to go by themselves
OWNER = "RANKS_OWNER"  # the process that they work for
LAST = 4000  # characters of what they wrote
LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"  # where they talk, and nobody else hears


class RankEnded(RuntimeError):
    """A process that others wait for has ended; it says with which words."""


class Launched:
    """n processes of one module, with `told` as their argument."""

    def __init__(self, module: str, told: str, n: int, threads: int = 1) -> None:
        self.log = TemporaryFile()  # noqa: SIM115 - it lives as long as the processes
        self.process = subprocess.Popen(
            [
                sys.executable, "-P", "-m", "lessons.blocks.loopback",
                f"--nproc-per-node={n}", "-m", module, told,
            ],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, process_group=0,
            env={
                **os.environ, "OMP_NUM_THREADS": str(threads), OWNER: str(os.getpid()),
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "PYTHONSAFEPATH": "1",  # no module comes from the folder that one stands in
                "GLOO_SOCKET_IFNAME": LOOPBACK,
            },
        )  # fmt: skip

    def __enter__(self) -> Launched:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close(FAREWELL if kind in (None, GeneratorExit) else 0.0)

    def gone(self, seconds: float = 0.0) -> bool:
        """Whether they have ended, or end within so many seconds."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.process.poll() is not None

    def log_text(self) -> str:
        """The end of what they wrote, without what a terminal would obey."""
        size = self.log.seek(0, os.SEEK_END)
        self.log.seek(max(0, size - 4 * LAST))
        said = self.log.read(4 * LAST).decode(errors="replace")[-LAST:]
        return "".join(c if c.isprintable() or c == "\n" else "·" for c in said)

    def why(self) -> str:
        """Why one has ended, in a line; all that they wrote goes to this process's own log."""
        sys.stderr.write(self.log_text())
        sys.stderr.flush()
        lines = [line.strip() for line in self.log_text().splitlines() if line.strip()]
        killed = [line for line in lines if line.startswith("traceback : Signal")]
        told = [line for line in lines if "Error" in line and "ChildFailedError" not in line]
        line = (killed or told or lines or ["without a word"])[-1]  # the cause is listed last
        return line.removeprefix("traceback : ")[:200]

    def close(self, grace: float = FAREWELL) -> None:
        """Waits for them to go; who does not is ended."""
        if not self.gone(grace):
            self.process.terminate()
            if not self.gone(FAREWELL):
                os.killpg(self.process.pid, 9)
        self.process.wait()
        self.log.close()


def leave_with_launcher() -> None:
    """In a process that was launched: ends it where its launcher or its owner is gone; nobody else
    would.
    """
    told = (os.getppid(), int(os.environ.get(OWNER, os.getppid())))
    threading.Thread(target=_watch, args=told, daemon=True).start()


def _watch(launcher: int, owner: int) -> None:
    while os.getppid() == launcher and _lives(owner):
        time.sleep(1.0)
    os._exit(1)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)  # asks only
    except OSError:  # nobody, or somebody else's by now
        return False
    return True
