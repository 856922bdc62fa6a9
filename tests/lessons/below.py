"""The ranks that a run has started, found in the table of processes, and waited for."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def until(look: Callable[[], Any], seconds: float) -> None:
    """Looks until something is there."""
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def ranks_of(owner: int, lesson: str) -> list[int]:
    """The processes below a run's owner that are ranks; torchrun stands between them."""
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    below = {str(owner)}
    for _ in range(3):
        below |= {pid for pid, above, _ in rows if above in below}
    module = f"-u -m lessons.{lesson}.rank"
    return [int(pid) for pid, _, words in rows if pid in below and module in words]


def gone(pids: list[int], seconds: float = 30.0) -> None:
    """Waits until none of them is there."""
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), seconds)
