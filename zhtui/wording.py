"""Numbers as a reader sees them; the same words headless and on every screen."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

# What moves the cursor, ends a line, commands a terminal, turns the direction of writing, or is
# half a character.
UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


LONGEST = 3.6e8  # seconds that a clock shows: 100,000 hours


def one_line(text: str) -> str:
    """A stranger's text as it may be printed: what would end the line or command the terminal is
    spelled out ("a\\nb").
    """
    return UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)


def several_lines(text: str) -> str:
    """The same of a text that keeps its lines and tabs."""
    return "\n".join("\t".join(map(one_line, line.split("\t"))) for line in text.split("\n"))


def number(value: float | None) -> str:
    """A metric: 4 decimals near one, else 5 significant digits; "–" for none."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:.4f}" if 0.01 <= abs(value) < 1000 else f"{value:.4g}"


def json_text(value: Any, *, ensure_ascii: bool = True, nan: bool = False) -> str:
    """A value as one line of JSON. NaN and the infinities, which JSON lacks, are null, but where
    `nan` keeps them for Python's own reader. A number of numpy's or torch's is a plain one.
    """
    try:
        return json.dumps(value, allow_nan=nan, ensure_ascii=ensure_ascii)
    except (TypeError, ValueError):  # seldom: so all is looked through only where it has to be
        return json.dumps(_simple(value, nan), allow_nan=nan, ensure_ascii=ensure_ascii)


def _simple(value: Any, nan: bool) -> Any:
    value = plain_number(value)
    if isinstance(value, float):
        return value if nan or math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {plain_number(key): _simple(item, nan) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_simple(item, nan) for item in value]
    return value


def plain_number(value: Any) -> Any:
    """A number of numpy's or torch's, or an array of one number, as Python's own; anything else as
    it is.
    """
    if not hasattr(value, "item") or math.prod(getattr(value, "shape", ())) != 1:
        return value
    return value.item()


def rate(value: float, unit: str) -> str:
    """41.2k tok/s."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{_tenths(value / size)}{letter} {unit}/s"
    return f"{value:.0f} {unit}/s" if value >= 10 else f"{_tenths(value)} {unit}/s"


def _tenths(value: float) -> str:
    return f"{value:.1f}" if abs(value) < 1e6 else f"{value:.3g}"


def clock(seconds: float | None) -> str:
    """0:18, 12:05, 3:07:00."""
    if seconds is None or not math.isfinite(seconds) or abs(seconds) >= LONGEST:
        return "–:––"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
