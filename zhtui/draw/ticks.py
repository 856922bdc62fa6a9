"""Round numbers for axes, and ranges that grow at once and shrink late."""

from __future__ import annotations

import math
from collections.abc import Callable

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
UNITS = {"G": 1e9, "M": 1e6, "k": 1e3}
LEAST = {"G": 1e9, "M": 1e6, "k": 1e4}  # from which numbers have the unit


HUGE, TINY = 1e290, 1e-290  # beyond these a difference or a ratio of floats may be infinite or 0
CLOSE = 1e-12  # of the larger one: two numbers so near to each other are one on an axis
SAME = 1e-14  # of a number: what its own float can hardly tell


def clamped(value: float) -> float:
    """A finite number as an axis can hold it."""
    return min(max(value, -HUGE), HUGE)


def nice_step(span: float, count: int) -> float:
    """The round step (1, 2, 2.5 or 5 times a power of 10) that cuts `span` into at most `count`."""
    if not TINY / 10 < span < math.inf:
        return 1.0
    rough = span / max(count, 1)
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in STEPS if step * power >= rough * (1 - 1e-9))


def linear(low: float, high: float, count: int) -> list[float]:
    """Round numbers within [low, high]."""
    step = nice_step(high - low, count)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [i * step for i in range(first, min(last, first + 100) + 1)]


def decades(low: float, high: float, count: int) -> list[float]:
    """1, 2 and 5 a decade where they fit, else every so many decades; both ends positive."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    stride = max(1, math.ceil((last - first) / max(count, 1)))
    digits = (1, 2, 5) if (last - first) * 3 <= count + 1 else (1,)
    marks = [d * 10.0**e for e in range(first, last + 1, stride) for d in digits]
    return [mark for mark in marks if low * (1 - 1e-9) <= mark <= high * (1 + 1e-9)]


def told(low: float, high: float, count: int, log: bool = False) -> list[tuple[float, str]]:
    """Round numbers within [low, high], each with its text; by decades where two lie in it."""
    values, step = decades(low, high, count) if log else [], 0.0
    if len(values) < 2:
        values, step = linear(low, high, count), nice_step(high - low, count)
    most = max(map(abs, values), default=0.0)
    if log and _digits(most or 1.0, step) <= (4 if low >= 1e-4 else 2):
        step = 0.0  # few digits tell all, and no zeros at their ends
    return [(value, number(value, step, most)) for value in values]


def decimals(step: float) -> int:
    """The decimals of a round step, below 0 for its zeros: 2 of 0.25, 0 of 5, -2 of 2500."""
    places = -math.floor(math.log10(step) + 1e-9)
    lead = step * 10.0**places
    return places + (abs(lead - round(lead)) > 1e-6)


def _digits(size: float, step: float) -> int:
    """The digits from a number's first to its last that `step` changes: 4 of 1.005 and 0.005."""
    return min(math.floor(math.log10(size) + 1e-12) + decimals(step) + 1, 17) if step > 0 else 0


def number(value: float, step: float = 0.0, most: float = 0.0) -> str:
    """The text of a multiple of `step`, exactly: thousands as k, millions as M, unless it is
    about as short without. `most` is the largest size beside it; with no step, 4 digits.
    """
    if value == 0:
        return "0"
    size = abs(value)
    digits = _digits(max(size, most), step)
    if size >= 1e4:
        return _large(value, step, digits)
    if size < 1e-4 or (0 < step < 1e-4 and digits <= 3):
        return f"{value:.{max(_digits(size, step), 2)}g}"
    if step <= 0:
        return f"{value:.4g}"
    return f"{value:,.{min(max(decimals(step), 0), 17)}f}"


def _large(value: float, step: float, digits: int) -> str:
    """The text of 10,000 and more, where the largest of its axis has so many digits."""
    size = abs(value)
    if size >= 1e15:
        return f"{value:.{max(digits, 6)}g}"
    unit = next(unit for unit, least in LEAST.items() if size >= least)
    if digits <= 6:
        return f"{value / UNITS[unit]:.6g}{unit}"
    places = decimals(step)
    brief = max(places + round(math.log10(UNITS[unit])), 0)
    full, short = f"{value:,.{max(places, 0)}f}", f"{value / UNITS[unit]:.{brief}f}{unit}"
    return full if len(full) <= len(short) + 1 else short


def near(value: float, span: float, said: Callable[[float], str] = number) -> str:
    """A value's text as `said` has it; with more digits where that is further off than `span`."""
    text = said(value)
    if not (math.isfinite(value) and TINY < span < HUGE) or span < SAME * abs(value):
        return text
    if abs(_value(text) - value) <= span:
        return text
    step = 10.0 ** math.floor(math.log10(span))
    value = round(value / step) * step
    if 1e-4 <= abs(value) < 1e15:
        return f"{value:,.{max(decimals(step), 0)}f}"
    return f"{value:.{max(_digits(abs(value), step), 2)}g}" if value else "0"


def ends(low: float, high: float, said: Callable[[float], str] = number) -> tuple[str, str]:
    """The texts of both ends of a range, each within a twentieth of it."""
    span = (high - low) / 20
    return near(low, span, said), near(high, span, said)


def within(
    value: float, low: float, high: float, log: bool, said: Callable[[float], str] = number
) -> str:
    """The text of a value on an axis, to a hundredth of the axis."""
    span = abs(value) * (math.log(high) - math.log(low)) if log else high - low
    return near(value, span / 100, said)


def _value(text: str) -> float:
    """What a text says."""
    return float(text.rstrip("kMG").replace(",", "")) * UNITS.get(text[-1], 1.0)


def grown(low: float, high: float, count: int = 5) -> tuple[float, float]:
    """The round range around [low, high]."""
    low, high = clamped(low), clamped(high)
    if high - low <= max(CLOSE * max(abs(low), abs(high)), TINY):
        pad = abs(low) * 0.05 if abs(low) > TINY else 0.5
        low, high = low - pad, high + pad
    step = nice_step(high - low, count)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


class Range:
    """An axis range of round ends that keeps still: it grows at once, and shrinks only when the
    data leave more than half of it empty.
    """

    def __init__(self) -> None:
        self.low, self.high = math.nan, math.nan

    def fit(self, low: float, high: float, count: int = 5) -> tuple[float, float]:
        """The range to draw for data within [low, high]."""
        low, high = clamped(low), clamped(high)
        inside = self.low <= low and high <= self.high  # false while either end is NaN
        if not inside or (high - low) < 0.5 * (self.high - self.low):
            nice = grown(low, high, count)
            if not inside or nice[1] - nice[0] < 0.75 * (self.high - self.low):
                self.low, self.high = nice
        return self.low, self.high


def horizon(last: float, total: float = 0.0) -> float:
    """The right end of a step axis: the next round number after `last`, no further than `total`."""
    last = max(clamped(last), 1.0)
    power: float = 10.0 ** math.floor(math.log10(last))
    steps = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
    end = next(step * power for step in steps if step * power >= last * (1 - 1e-9))
    end = max(end, 10.0)
    return min(end, total) if total >= last else end
