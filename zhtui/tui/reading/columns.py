"""Lines of metrics.jsonl as columns of numbers: a million rows in a second, not a million objects.

Most rows of a run have the same keys in the same order. Of these only the numbers are read, in one
sweep; every other row (an evaluation has more keys) goes through the JSON parser. Whatever does not
look exactly as expected goes there too, so the fast way never changes what is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from zhtui.draw.series import Floats
from zhtui.runs import border

Points = tuple[Floats, Floats]  # (steps, values)
FEW = 64  # lines from which the sweep pays
DIGITS = b"0123456789-."  # of a number without an exponent
NUMBER = DIGITS + b"+eE "  # what may stand between the keys of a plain row
BLANK = bytes(code if code in DIGITS else 32 for code in range(256))  # all else is a space
MARKS = bytes(range(1, 10))  # stand for the keys while their order is checked
ORDER = MARKS + b"\n"


def columns(lines: Sequence[bytes]) -> dict[str, Points]:
    """(steps, values) a metric, in the order of the lines; `time` is one of them."""
    if len(lines) < FEW:
        return _collected(enumerate(lines))
    plain, others = _parted(lines)
    swept = _swept([lines[i] for i in plain.tolist()])
    if swept is None:
        return _collected(enumerate(lines))
    names, numbers = swept  # (rows, keys)
    numbers, plain = _with_steps(numbers, names.index("step"), plain)
    steps = numbers[:, names.index("step")]
    found = {name: (steps, numbers[:, i]) for i, name in enumerate(names) if name != "step"}
    rest = _rows((i, lines[i]) for i in others.tolist())
    return _merged(found, plain, rest) if rest else found


def _parted(lines: Sequence[bytes]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places of the lines with the commonest number of quotes, and of the others."""
    quotes = np.array([line.count(b'"') for line in lines])
    usual = quotes == np.bincount(quotes).argmax()
    return np.flatnonzero(usual), np.flatnonzero(~usual)


def _swept(lines: Sequence[bytes]) -> tuple[list[str], Floats] | None:
    """(keys, numbers) of lines that are all made like the first one; None where they are not."""
    first = border.row(lines[0])
    if first is None or len(first) > len(MARKS):
        return None
    text = b"\n".join(lines)
    made = lines[0].translate(None, DIGITS) + b"\n"
    wordy = not any(set(json.dumps(name).encode()) & set(DIGITS) for name in first)
    if wordy and text.translate(None, DIGITS) == (made * len(lines))[:-1]:
        spaced = text.translate(BLANK)  # no number here has an exponent
    else:
        for index, name in enumerate(first):
            key = json.dumps(name).encode() + b": "
            opening = b"{" if not index else b", "
            text = text.replace(opening + key, MARKS[index : index + 1])
        text = text.replace(b"}", b"")
        row = MARKS[: len(first)] + b"\n"
        if text.translate(None, NUMBER) != (row * len(lines))[:-1]:
            return None  # another order, a word, a NaN: the slow way knows
        spaced = text.translate(bytes.maketrans(ORDER, b" " * len(ORDER)))
    try:
        numbers = np.fromstring(spaced, dtype=np.float64, sep=" ")
    except (ValueError, DeprecationWarning):  # digits that make no number
        return None
    if len(numbers) != len(lines) * len(first):
        return None
    return list(first), numbers.reshape(len(lines), len(first))


def _with_steps(
    numbers: Floats, column: int, plain: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.int64]]:
    """The rows whose step is one: a whole number within bounds."""
    steps = numbers[:, column]
    sound = (steps >= 0) & (steps <= border.LAST_STEP) & (steps == np.floor(steps))
    return (numbers, plain) if sound.all() else (numbers[sound], plain[sound])


def _merged(
    found: dict[str, Points], plain: NDArray[np.int64], rest: list[tuple[int, dict[str, float]]]
) -> dict[str, Points]:
    """The points of both ways, in the order of the lines."""
    merged = dict(found)
    for name in dict.fromkeys(name for _, row in rest for name in row if name != "step"):
        own = [(place, row["step"], row[name]) for place, row in rest if name in row]
        places, steps, values = (
            np.array(part, dtype=np.float64) for part in zip(*own, strict=True)
        )
        if name in found:
            order = np.argsort(np.concatenate([plain.astype(np.float64), places]), kind="stable")
            steps = np.concatenate([found[name][0], steps])[order]
            values = np.concatenate([found[name][1], values])[order]
        merged[name] = (steps, values)
    return merged


def _collected(lines: Iterable[tuple[int, bytes]]) -> dict[str, Points]:
    return _merged({}, np.empty(0, dtype=np.int64), _rows(lines))


def _rows(lines: Iterable[tuple[int, bytes]]) -> list[tuple[int, dict[str, float]]]:
    """(place, numbers) of each line that is a row."""
    rows = []
    for place, line in lines:
        row = border.row(line)
        if row is not None:
            rows.append((place, row))
    return rows
