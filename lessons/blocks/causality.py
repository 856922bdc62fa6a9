"""What must not move when one cell of attention is changed: masks for `Frame(still=…)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def still(
    T: int, rows: Mapping[str, int], scores: Sequence[str] = ()
) -> Callable[[Any], Mapping[str, Mask]]:
    """For a poke at a spot: a mask a view, true where nothing may move.

    `rows` are views whose rows are T positions, with their columns; `scores` are (T, T) and have no
    mask yet. A query is its own row's business, a key its own column's before the mask; a letter,
    a key or a value at position p is no business of the rows before p.
    """

    def of(spot: Any) -> Mapping[str, Mask]:
        at = spot.column if spot.view == "text" else spot.row
        place = np.arange(T)
        quiet = place != at if spot.view[0] == "Q" else place < at  # (T,)
        row, column = np.meshgrid(place != at, place != at, indexing="ij")  # (T, T), (T, T)
        sides = {"Q": row, "K": column, "V": np.ones((T, T), dtype=bool)}
        square = sides.get(spot.view[0], row & column)
        wide = {name: np.repeat(quiet[:, None], columns, 1) for name, columns in rows.items()}
        return wide | dict.fromkeys(scores, square)

    return of
