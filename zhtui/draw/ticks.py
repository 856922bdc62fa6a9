"""Round numbers for axes, and ranges that grow at once and shrink late."""

from __future__ import annotations

import math

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


HUGE, TINY = 1e290, 1e-290  # beyond these a difference or a ratio of floats may be infinite or 0
CLOSE = 1e-12  # of the larger one: two numbers so near to each other are one on an axis


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


def logarithmic(low: float, high: float, count: int) -> list[float]:
    """1, 2 and 5 a decade where they fit, else every so many decades; both ends positive."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    stride = max(1, math.ceil((last - first) / max(count, 1)))
    digits = (1, 2, 5) if (last - first) * 3 <= count + 1 else (1,)
    marks = [d * 10.0**e for e in range(first, last + 1, stride) for d in digits]
    inside = [mark for mark in marks if low * (1 - 1e-9) <= mark <= high * (1 + 1e-9)]
    return inside if len(inside) > 1 else linear(low, high, count)


def number(value: float, step: float = 0.0) -> str:
    """A tick's text: as many decimals as `step` needs, thousands as k, millions as M."""
    if value == 0:
        return "0"
    size = abs(value)
    for mark, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= mark:
            scale = 1e3 if unit == "k" else mark
            return f"{value / scale:.6g}{unit}"
    if size < 1e-4 or (step and step < 1e-4):
        return f"{value:.2g}"
    if step <= 0:
        return f"{value:.4g}"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if round(step, decimals) != round(step, 12):
        decimals += 1
    return f"{value:,.{min(decimals, 6)}f}"


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
