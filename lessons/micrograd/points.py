"""Two kinds of points in the plane: moons, circles, spirals, xor, or a file of `x y label` lines.

Left out: validation data. These pictures are for watching a network learn, not for measuring it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from lessons.blocks.files import read_text
from zhtui.lab import DataError

SHAPES = ("moons", "circles", "spirals", "xor")


@dataclass(frozen=True)
class Points:
    """Positions (n, 2) and a label -1 or +1 for each; `names` says what -1 and +1 stand for."""

    xy: NDArray[np.float64]
    labels: NDArray[np.float64]
    names: tuple[str, str] = ("0", "1")


def moons(n: int, noise: float, rng: RandomState) -> Points:
    """Two half circles that reach into each other.

    The draws come in the order of scikit-learn's `make_moons`: one shuffle, then the noise. So
    RandomState(1337) gives the course's points.
    """
    outer, inner = np.linspace(0, np.pi, n // 2), np.linspace(0, np.pi, n - n // 2)
    x = np.append(np.cos(outer), 1 - np.cos(inner))
    y = np.append(np.sin(outer), 1 - np.sin(inner) - 0.5)
    return scattered(x, y, n // 2, noise, rng)


def circles(n: int, noise: float, rng: RandomState) -> Points:
    """A ring around a ring."""
    outer = np.linspace(0, 2 * np.pi, n // 2, endpoint=False)
    inner = np.linspace(0, 2 * np.pi, n - n // 2, endpoint=False)
    x = np.append(np.cos(outer), 0.5 * np.cos(inner))
    y = np.append(np.sin(outer), 0.5 * np.sin(inner))
    return scattered(x, y, n // 2, noise, rng)


def spirals(n: int, noise: float, rng: RandomState) -> Points:
    """Two arms that wind around each other, a little more than one turn."""
    first, second = np.linspace(0.1, 1, n // 2), np.linspace(0.1, 1, n - n // 2)
    radius = np.append(first, second)
    angle = radius * 2.5 * np.pi + np.append(np.zeros(len(first)), np.full(len(second), np.pi))
    return scattered(radius * np.cos(angle), radius * np.sin(angle), n // 2, noise / 4, rng)


def xor(n: int, noise: float, rng: RandomState) -> Points:
    """Four corners; neighbours differ, so that no straight line parts them."""
    corner = np.arange(n) * 4 // n  # 0 1 | 2 3
    x = np.array([-1.0, 1.0, -1.0, 1.0])[corner]
    y = np.array([-1.0, 1.0, 1.0, -1.0])[corner]
    return scattered(x, y, int((corner < 2).sum()), 2 * noise, rng)


def scattered(
    x: NDArray[np.float64], y: NDArray[np.float64], first: int, noise: float, rng: RandomState
) -> Points:
    """The points shuffled, then moved a little; the first `first` of them are of kind -1."""
    xy = np.stack([x, y], axis=1)  # (n, 2)
    labels = np.where(np.arange(len(x)) < first, -1.0, 1.0)
    order = np.arange(len(x))
    rng.shuffle(order)
    return Points(xy[order] + rng.normal(scale=noise, size=xy.shape), labels[order])


def make(shape: str, n: int, noise: float, seed: int) -> Points:
    """One of `SHAPES`, drawn from numpy's `RandomState(seed)`."""
    drawers = {"moons": moons, "circles": circles, "spirals": spirals, "xor": xor}
    return drawers[shape](n, noise, RandomState(seed % 2**32))


def read(path: Path) -> Points:
    """Points from lines of `x y label`, centred and scaled.

    Spaces or commas part them, `#` starts a comment, and any two words may be the labels. Raises
    `DataError` with the number of the first bad line.
    """
    rows: list[tuple[float, float]] = []
    words: list[str] = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        cells = line.split("#")[0].replace(",", " ").split()
        if cells:
            rows.append(position(cells, path, number))
            words.append(cells[2])
    names = tuple(sorted(set(words)))
    if len(names) != 2:
        found = ", ".join(names[:5]) or "none"
        raise DataError(f"{path.name} has the labels {found}: give it exactly two kinds of label.")
    xy = np.array(rows)  # (n, 2)
    spread = xy.std(axis=0)
    xy = (xy - xy.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    labels = np.where(np.array(words) == names[1], 1.0, -1.0)
    return Points(xy, labels, (names[0], names[1]))


def position(cells: list[str], path: Path, number: int) -> tuple[float, float]:
    """The x and y of one line's cells. Raises `DataError`."""
    try:
        x, y, _ = cells
        place = float(x), float(y)
    except ValueError:
        place = (np.nan, np.nan)
    if not np.isfinite(place).all():
        raise DataError(
            f"{path.name} line {number} is not 'x y label': write two numbers and a label on it."
        )
    return place
