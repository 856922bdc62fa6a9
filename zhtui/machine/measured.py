"""What was measured of this machine, kept for it: which of two ways is the quicker one here.

A file in the user's own cache; where it cannot be written, all is measured anew.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from zhtui.errors import StoreError
from zhtui.machine import device
from zhtui.runs import border
from zhtui.runs.files import read_plain, write_json

KEPT = 200  # measurements, the newest


def recall(what: str) -> float | None:
    """What was found here before; None where nothing was."""
    value = _known().get(_key(what))
    return None if value is None else float(value)


def remember(what: str, value: float) -> None:
    """Keeps what was found."""
    known = _known()
    known.pop(_key(what), None)
    newest = [*known.items(), (_key(what), value)][-KEPT:]
    with suppress(OSError, StoreError):
        _place().parent.mkdir(parents=True, exist_ok=True)
        write_json(_place(), dict(newest))


def all_known() -> dict[str, float]:
    """Everything that was measured on this very machine, by what it is."""
    here = _key("")
    found = _known().items()
    return {key.removesuffix(here): value for key, value in found if key.endswith(here)}


def _known() -> dict[str, float]:
    return border.measured(read_plain(_place()) or b"")


def _key(what: str) -> str:
    """A measurement is of a processor, a version of torch and so many threads."""
    torch = sys.modules.get("torch")
    about = f"torch {torch.__version__}, {torch.get_num_threads()} threads" if torch else ""
    return f"{what} | {device.describe('cpu')} | {about}"


def _place() -> Path:
    from platformdirs import user_cache_path  # deferred: most starts measure nothing

    return user_cache_path("zhtui") / "measured.json"
