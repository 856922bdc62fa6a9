"""What is marked in a picture: the cell under the cursor, what moved, what must not have, what is
asked for. All in the rows and columns of the view, as `Spot` has them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Cell = tuple[int, int]  # row, column
Mask = NDArray[np.bool_]
States = NDArray[np.uint8]

AS_IS, QUIET, MOVED, BAD = range(4)  # nothing is known of it; stays; moved; must not have moved


@dataclass(frozen=True, eq=False)
class Marks:
    """`moved` and `wrong` are masks over the view's cells; `hidden` is a cell shown as "?"."""

    cursor: Cell | None = None
    moved: Mask | None = None
    wrong: Mask | None = None
    hidden: Cell | None = None

    def states(self, rows: int, columns: int) -> States:
        """(rows, columns) how each cell is shown."""
        told: States = np.full((rows, columns), AS_IS, dtype=np.uint8)
        if self.moved is not None:
            told[:] = QUIET
            told[fitted(self.moved, rows, columns)] = MOVED
        if self.wrong is not None:
            told[fitted(self.wrong, rows, columns)] = BAD
        return told


NOTHING = Marks()


def fitted(mask: Mask, rows: int, columns: int) -> Mask:
    """A mask as (rows, columns): a line lies along the longer side, more numbers a cell count as
    one, what is too much is left out and what is missing is false.
    """
    given: Mask = np.asarray(mask, dtype=bool)
    if given.ndim > 2:
        given = np.asarray(given.any(axis=tuple(range(2, given.ndim))))
    if given.ndim < 2:
        given = given.reshape((-1, 1) if columns == 1 else (1, -1))
    if columns == 1 and given.shape[1] > 1:
        line = rows > 1 and given.shape[0] == 1
        given = given.T if line else np.asarray(given.any(axis=1, keepdims=True))
    full = np.zeros((rows, columns), dtype=bool)
    part = given[:rows, :columns]
    full[: part.shape[0], : part.shape[1]] = part
    return full
