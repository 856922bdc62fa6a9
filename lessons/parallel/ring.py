"""Ring all-reduce: everyone ends with the sum, and nobody sends more than 2 (n − 1) / n of it.

n ranks, each with a vector cut into n chunks. In step s rank r sends one chunk to rank r + 1:

    reduce-scatter   n − 1 steps: chunk r − s is sent and added; rank r ends with chunk r + 1 whole
    all-gather       n − 1 steps: the whole chunks go round once more, and replace

(Patarasuk and Yuan 2009.) Leaves out: trees, which win for short vectors, and time for a start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """The chunks (n, n, size) after a step, and which chunk each rank sent: (n,)."""

    phase: str
    number: int
    chunks: Floats
    sent: NDArray[Any]


def steps(vectors: Floats) -> Iterator[Step]:
    """(n, n · size) vectors, a row a rank. Two ranks: [1, 2] and [3, 4] end as [4, 6] twice."""
    n = len(vectors)
    chunks = vectors.reshape(n, n, -1).astype(float).copy()
    ranks = np.arange(n)
    yield Step("start", 0, chunks.copy(), np.full(n, -1))
    for s in range(n - 1):
        sent = (ranks - s) % n
        moved = chunks[ranks, sent].copy()
        chunks[(ranks + 1) % n, sent] += moved
        yield Step("reduce-scatter", s + 1, chunks.copy(), sent)
    for s in range(n - 1):
        sent = (ranks + 1 - s) % n
        moved = chunks[ranks, sent].copy()
        chunks[(ranks + 1) % n, sent] = moved
        yield Step("all-gather", s + 1, chunks.copy(), sent)


def bytes_sent(size: float, ranks: int) -> float:
    """What a rank sends for a vector of so many bytes: 2 (n − 1) / n of it. 100, 4 -> 150"""
    return 2 * size * (ranks - 1) / ranks
