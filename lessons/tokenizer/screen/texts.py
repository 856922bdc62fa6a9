"""Where the inspector's text comes from: a data set on this machine, a file, or what was typed."""

from __future__ import annotations

import re

from lessons.tokenizer.bpe import to_bytes
from zhtui.lab import LabError, data_sets, find_data

LIMIT = 4 << 20  # characters of a text that are looked at
TYPED = "your text"


def read(name: str) -> tuple[str, str]:
    """(text, what it is); "auto" is the first data set there is. Raises `LabError`."""
    try:
        path = find_data(name, auto=("shakespeare", "python"), download=False)
    except LabError:
        if name == "auto" or name in data_sets() or "/" in name:
            raise
        return _typed(name), TYPED
    with path.open(encoding="utf-8", newline="") as file:
        return file.read(LIMIT), path.name


def check(name: str) -> None:
    """Raises `LabError` where there is nothing to read; `read` tells the rest."""
    if not name:
        raise LabError("an empty text has no tokens; type some, or press esc")


def number(value: str) -> int:
    """The merge that was typed. Raises `LabError` where it is no whole number."""
    digits = value.replace(",", "")
    if not re.fullmatch("[0-9]{1,9}", digits):
        raise LabError(f"{value!r} is not a merge; give a whole number")
    return int(digits)


def _typed(text: str) -> str:
    try:
        to_bytes(text)
    except ValueError as error:
        raise LabError(str(error)) from error
    return text
