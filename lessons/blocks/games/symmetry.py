"""A board turned and mirrored is the same position: up to eight images, and one name for them all.

Leaves out: connect four, which has one mirror (`mirror`), and colours exchanged.
"""

from __future__ import annotations

from functools import lru_cache

State = tuple[int, int]


@lru_cache(maxsize=64)
def permutations(rows: int, columns: int) -> tuple[tuple[int, ...], ...]:
    """Where each square goes: 8 ways on a square board, 4 on a rectangle.

    The first changes nothing. `way[i]` is the square that square i becomes: turned once by a
    quarter, the corners of 3x3 go 0 -> 2 -> 8 -> 6 -> 0.
    """
    ways: dict[tuple[int, ...], None] = {}
    last, end = rows - 1, columns - 1
    squares = [divmod(i, columns) for i in range(rows * columns)]
    for down, right in ((False, False), (False, True), (True, True), (True, False)):
        ways[tuple((last - r if down else r) * columns + (end - c if right else c)
                   for r, c in squares)] = None  # fmt: skip
    if rows == columns:
        for way in list(ways):  # the same four after a mirror in the main diagonal
            ways[tuple(way[c * columns + r] for r, c in squares)] = None
    return tuple(ways)


@lru_cache(maxsize=64)
def mirror(columns: int) -> tuple[int, ...]:
    """The columns from right to left: mirror(3) -> (2, 1, 0). For connect four."""
    return tuple(reversed(range(columns)))


@lru_cache(maxsize=1)
def _images() -> tuple[tuple[int, ...], ...]:
    """For each of the 8 ways the image of each of the 512 sets of squares of 3x3."""
    return tuple(
        tuple(sum(1 << way[i] for i in range(9) if squares >> i & 1) for squares in range(512))
        for way in permutations(3, 3)
    )


def canonical(state: State) -> State:
    """The least of the images of a 3x3 state: canonical((0b100, 0)) -> (1, 0).

    A corner is a corner: 5,478 states have 765 such names.
    """
    x, o = state
    return min((image[x], image[o]) for image in _images())


def way_to_canonical(state: State) -> tuple[int, ...]:
    """The permutation that takes a 3x3 state to its `canonical` form."""
    x, o = state
    ways = zip(_images(), permutations(3, 3), strict=True)
    return min((image[x], image[o], way) for image, way in ways)[2]
