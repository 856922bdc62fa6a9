"""A growing line of numbers: appended in pieces, smoothed as it grows, summarised a pixel column.

Appending costs the appended points only; a summary of a million points reads its blocks' extremes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from zhtui.draw.ticks import HUGE

BLOCK = 64
CHUNK = 256  # points smoothed in one matrix product
FINITE = np.finfo(np.float64).max
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Columns:
    """A series a pixel column, (columns,) each: extremes and the last smoothed value, NaN where no
    point falls; `broken` says that a NaN or an infinity was left out there or since the column
    before.
    """

    low: Floats
    high: Floats
    smooth: Floats
    broken: NDArray[np.bool_]


class Series:
    """Points of rising x. A point at or before the last one replaces the tail from there on, which
    is what a resumed run writes.
    """

    def __init__(self, smoothing: float = 0.95) -> None:
        self.smoothing = smoothing
        self._size = 0
        self._x: Floats = np.empty(1024)
        self._y: Floats = np.empty(1024)
        self._smooth: Floats = np.empty(1024)
        self._low: Floats = np.empty(16)
        self._high: Floats = np.empty(16)
        self._blocks = 0
        self._bad: list[int] = []
        self._smoothed = 0  # so many points are
        self._state = (0.0, 0.0)  # the smoothed sum and the weight that it holds

    def __len__(self) -> int:
        return self._size

    @property
    def x(self) -> Floats:
        """(n,) positions."""
        return self._x[: self._size]

    @property
    def y(self) -> Floats:
        """(n,) values, NaN for whatever was not finite."""
        return self._y[: self._size]

    @property
    def smooth(self) -> Floats:
        """(n,) the exponential moving average, corrected for its start; made when it is asked
        for.
        """
        if self._smoothed < self._size:
            self._extend_smooth(self._smoothed)
            self._smoothed = self._size
        return self._smooth[: self._size]

    @property
    def first_bad(self) -> float | None:
        """Where the first NaN or infinity stands."""
        return float(self._x[self._bad[0]]) if self._bad else None

    def best(self, higher: bool) -> tuple[float, float] | None:
        """(x, y) of the greatest or the least value, the first of equal ones; None without one."""
        if not np.isfinite(self.y).any():
            return None
        place = int(np.nanargmax(self.y) if higher else np.nanargmin(self.y))
        return float(self._x[place]), float(self._y[place])

    def extend(self, x: Floats, y: Floats) -> None:
        """Appends points; wherever x falls back, the tail is replaced from there on."""
        x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if not np.isfinite(x).all():  # no place: a stranger wrote it
            x, y = x[np.isfinite(x)], y[np.isfinite(x)]
        x = np.clip(x, -HUGE, HUGE)
        falls = np.flatnonzero(np.diff(x) <= 0) + 1
        for start, stop in zip([0, *falls.tolist()], [*falls.tolist(), len(x)], strict=True):
            if stop > start:
                self._append(x[start:stop], y[start:stop])

    def _append(self, x: Floats, y: Floats) -> None:
        if self._size and x[0] <= self._x[self._size - 1]:
            self._truncate(int(np.searchsorted(self.x, x[0])))
        start, stop = self._size, self._size + len(x)
        self._reserve(stop)
        good = np.isfinite(y)
        self._x[start:stop] = x
        self._y[start:stop] = np.where(good, y, np.nan)
        self._bad.extend((np.flatnonzero(~good) + start).tolist())
        self._size = stop
        self._extend_blocks()

    def _truncate(self, size: int) -> None:
        """Forgets what comes from index `size` on."""
        self._size = size
        self._bad = [i for i in self._bad if i < size]
        self._blocks = min(self._blocks, size // BLOCK)
        if self._smoothed > size:
            self._smoothed, self._state = 0, (0.0, 0.0)

    def _reserve(self, size: int) -> None:
        room = len(self._x)
        if size <= room:
            return
        room = max(size, room * 2)
        self._x = _roomier(self._x, room)
        self._y = _roomier(self._y, room)
        self._smooth = _roomier(self._smooth, room)

    def _extend_smooth(self, start: int) -> None:
        """Moving averages of value and of weight from `start` on, CHUNK points at a time."""
        falls, shares = _kernel(self.smoothing)
        start = self._extend_many(start)
        total, weight = self._state
        for left in range(start, self._size, CHUNK):
            values = self._y[left : min(left + CHUNK, self._size)]
            there = np.isfinite(values)
            fall, share = falls[: len(values)], shares[: len(values), : len(values)]
            sums = fall * total + share @ np.where(there, values, 0.0)
            weights = fall * weight + share @ there.astype(np.float64)
            self._smooth[left : left + len(values)] = _average(sums, weights)
            total, weight = float(sums[-1]), float(weights[-1])
        self._state = (total, weight)

    def _extend_many(self, start: int) -> int:
        """The same for all whole chunks at once, where every point is a number; returns the place
        from which on the rest is to be done.
        """
        count = (self._size - start) // CHUNK
        stop = start + count * CHUNK
        if count < 2 or np.isnan(self._y[start:stop]).any():
            return start
        total, weight = self._state
        falls, shares = _kernel(self.smoothing)
        sums = self._y[start:stop].reshape(count, CHUNK) @ shares.T
        before = np.empty(count)  # the sum that each chunk begins with
        for chunk, end in enumerate(sums[:, -1].tolist()):
            before[chunk] = total
            total = falls[-1] * total + end
        lost = (1 - weight) * falls[-1] ** np.arange(count)  # of the weight, likewise
        weights = 1 - lost[:, None] * falls
        self._smooth[start:stop] = _average(sums + before[:, None] * falls, weights).ravel()
        self._state = (float(total), float(weights[-1, -1]))
        return stop

    def _extend_blocks(self) -> None:
        """Extremes of the blocks that became complete."""
        first, last = self._blocks, self._size // BLOCK
        if last == first:
            return
        if last > len(self._low):
            self._low = _roomier(self._low, max(last, 2 * len(self._low)))
            self._high = _roomier(self._high, len(self._low))
        fresh = self._y[first * BLOCK : last * BLOCK].reshape(-1, BLOCK)  # (blocks, BLOCK)
        self._low[first:last] = np.fmin.reduce(fresh, axis=1)
        self._high[first:last] = np.fmax.reduce(fresh, axis=1)
        self._blocks = last

    def columns(self, left: float, right: float, count: int, log: bool = False) -> Columns:
        """The points of [left, right] in `count` equal columns, or columns of equal ratio."""
        left, right = max(left, -HUGE), min(right, HUGE)
        edges = (np.geomspace if log else np.linspace)(left, right, count + 1)
        cuts = np.searchsorted(self.x, edges)
        cuts[-1] = np.searchsorted(self.x, right, side="right")
        start, stop = cuts[:-1], cuts[1:]
        empty = start == stop
        bad = np.searchsorted(np.asarray(self._bad, dtype=np.int64), cuts)
        low, high = self._extremes(cuts)
        smooth = np.full(count, np.nan)
        smooth[~empty] = self.smooth[stop[~empty] - 1]
        low[empty] = high[empty] = np.nan
        smooth[np.isnan(low)] = np.nan
        return Columns(low, high, smooth, np.diff(bad) > 0)

    def _extremes(self, cuts: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Least and greatest a column; by blocks where a column holds many."""
        if cuts[-1] - cuts[0] <= 8 * BLOCK * len(cuts):
            lows: Floats = self.y
            highs = lows
        else:
            tail = self._y[self._blocks * BLOCK : self._size]
            lows = np.append(self._low[: self._blocks], np.fmin.reduce(tail, initial=np.nan))
            highs = np.append(self._high[: self._blocks], np.fmax.reduce(tail, initial=np.nan))
            cuts = cuts // BLOCK
        if not len(lows):
            nothing = np.full(len(cuts) - 1, np.nan)
            return nothing, nothing.copy()
        stop = int(cuts[-1])
        at = np.minimum(cuts[:-1], max(stop - 1, 0))
        lows, highs = lows[: max(stop, 1)], highs[: max(stop, 1)]
        return np.fmin.reduceat(lows, at), np.fmax.reduceat(highs, at)

    def at(self, x: float) -> int | None:
        """The index of the last point at or before `x`."""
        index = int(np.searchsorted(self.x, x, side="right")) - 1
        return index if index >= 0 else None


def _roomier(values: Floats, room: int) -> Floats:
    """The values at the front of a longer array."""
    longer = np.empty(room, dtype=values.dtype)
    longer[: len(values)] = values
    return longer


def _average(sums: Floats, weights: Floats) -> Floats:
    """sums / weights; an average of doubles is one too, so what rounds past the last one stays
    there.
    """
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        return np.clip(sums / weights, -FINITE, FINITE)


@cache
def _kernel(rate: float) -> tuple[Floats, Floats]:
    """How a chunk's averages come from the average before, (CHUNK,), and its points, (CHUNK,
    CHUNK).
    """
    index = np.arange(CHUNK)
    lag = index[:, None] - index[None, :]
    share = np.where(lag >= 0, rate ** np.maximum(lag, 0), 0.0) * (1 - rate)
    fall: Floats = np.power(rate, index + 1.0)
    return fall, share
