"""How long a run takes here, as the runs say that were made on this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from typing import Any

from zhtui.errors import StoreError
from zhtui.runs.folder import RunFolder

STEPS = "steps"
ENOUGH = 2  # rows from which there is a pace


def expected(runs: Iterable[RunFolder], config: Mapping[str, Any]) -> float | None:
    """Seconds of training for a config, at the pace of the first of the runs that has the same one
    but for its steps; None where no run on this machine has.
    """
    for run in runs:
        seconds = _pace(run, config)
        if seconds is not None:
            return seconds * float(config.get(STEPS, 1))
    return None


def _pace(run: RunFolder, config: Mapping[str, Any]) -> float | None:
    """Seconds a step, of a run of such a config that was made here."""
    try:
        theirs = run.card().get("config")
    except StoreError:
        return None
    same = isinstance(theirs, Mapping) and _but_steps(theirs) == _but_steps(config)
    if not same or run.status().host != socket.gethostname():
        return None
    rows = [row for row in run.rows() if "time" in row]
    return rows[-1]["time"] / (rows[-1]["step"] + 1) if len(rows) >= ENOUGH else None


def _but_steps(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name != STEPS}


def told(seconds: float) -> str:
    """A duration as it is expected: "about 20 s", "about 3 min", "about 2 h"."""
    if seconds < 1.5:
        return "about a second"
    if seconds < 90:
        return f"about {_rounded(seconds)} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.0f} h"


def _rounded(seconds: float) -> int:
    """To one digit where there are two: 23 is 20, 7 is 7."""
    return round(seconds) if seconds < 10 else 5 * round(seconds / 5)
