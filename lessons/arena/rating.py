"""Elo from a cross table, with intervals (Bradley and Terry 1952; Elo 1978).

    P(i beats j) = 1 / (1 + 10^((R_j − R_i) / 400)),   a draw is half a win for both

The ratings that make the table likeliest, found by Hunter's iteration (2004); their mean is 0. An
agent that won or lost all its games has no finite rating: half a draw against each opponent is
added, which pulls everyone a little to the middle.

Leaves out: the advantage of the first move (both sides are played), and ratings over time.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROUNDS = 2000
Z = 1.96  # of 95 %


def elo(points: Floats, games: Floats) -> Floats:
    """(n,) ratings from points (n, n) of row against column and games (n, n) between them.

    Two players, 3 points of 4: 3/4 = 1/(1 + 10^(-d/400)), d = 191; the half draw makes it 166.
    """
    met = games > 0
    won = points + 0.25 * met  # half a draw: a quarter of a point to each
    played = games + 0.5 * met
    strength = np.ones(len(points))
    for _ in range(ROUNDS):
        together = played / (strength[:, None] + strength[None, :])
        np.fill_diagonal(together, 0)
        fresh = won.sum(1) / np.maximum(together.sum(1), 1e-12)
        fresh /= np.exp(np.log(np.maximum(fresh, 1e-12)).mean())
        if np.abs(np.log(np.maximum(fresh, 1e-12) / strength)).max() < 1e-9:
            break
        strength = np.maximum(fresh, 1e-12)
    ratings: Floats = 400 * np.log10(strength)
    centred: Floats = ratings - ratings.mean()
    return centred


def errors(ratings: Floats, games: Floats) -> Floats:
    """(n,) half widths of 95 % intervals, from the curvature of the likelihood."""
    scale = np.log(10) / 400
    chance = 1 / (1 + 10 ** ((ratings[None, :] - ratings[:, None]) / 400))
    information = (scale**2 * games * chance * (1 - chance)).sum(1)
    widths: Floats = Z / np.sqrt(np.maximum(information, 1e-12))
    return widths


def wilson(wins: float, games: int) -> tuple[float, float]:
    """A 95 % interval for a share (Wilson 1927): wilson(8, 10) -> (0.49, 0.94)."""
    if not games:
        return 0.0, 1.0
    share, spread = wins / games, Z * Z / games
    middle = (share + spread / 2) / (1 + spread)
    half = Z * sqrt(share * (1 - share) / games + spread / (4 * games)) / (1 + spread)
    return max(middle - half, 0.0), min(middle + half, 1.0)
