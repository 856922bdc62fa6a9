"""Whether logind ends what a user leaves running."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence

BUS = "org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager"
PATIENCE = 2.0  # seconds
Say = Callable[[Sequence[str]], str]


def logind_kills(say: Say | None = None) -> str | None:
    """What to do where logind ends a user's processes, and so a worker, at logout; else None.

    Asks logind itself: its bus property is the setting in force, whichever file it came from. Where
    there is no systemd, nothing is killed. `say` runs a command and gives what it printed.
    """
    answer = (say or _run)(["busctl", "get-property", *BUS.split(), "KillUserProcesses"])
    if answer.split() != ["b", "true"]:
        return None
    return (
        "systemd ends a user's processes at logout here (KillUserProcesses=yes): run `loginctl "
        "enable-linger` once, then start the lab by `systemd-run --user --scope zhtui`"
    )


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
