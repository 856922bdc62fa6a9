"""`python -P -m zhtui.work.worker RUN [INBOX]`: trains one run, detached from every terminal."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from zhtui.errors import LabError
from zhtui.runs.folder import RunFolder
from zhtui.work import drive
from zhtui.work.record import log_sentence

POLITENESS = 10  # of 19; the terminal and the shell go first, where the CPU does the training


def main(arguments: list[str]) -> int:
    """Runs to the end. A hang-up does nothing to it; SIGTERM saves and stops (exit code 143)."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    give_way()
    inbox = int(arguments[1]) if len(arguments) > 1 else None
    turn = Turn(int(arguments[2])) if len(arguments) > 2 else None
    try:
        return drive.work(
            RunFolder(Path(arguments[0])), inbox=inbox, listeners=(turn,) if turn else ()
        )
    except LabError as error:
        log_sentence(str(error))
        return 1


class Turn:
    """The lock of who started this worker; given back when the lease is held."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        os.set_inheritable(descriptor, False)

    def __call__(self, kind: str, value: Mapping[str, Any]) -> None:
        """The first thing that is told comes after the lease."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def give_way() -> None:
    """Lets the terminal go first. Linux weighs sessions before it weighs the processes in one, so
    the worker's session gives way too: its niceness alone would count for nothing.
    """
    os.nice(POLITENESS)
    with suppress(OSError):  # no Linux, or none that groups by session
        Path("/proc/self/autogroup").write_text(str(POLITENESS))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
