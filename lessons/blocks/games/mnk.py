"""m,n,k: k in a row wins on m rows of n columns (5x5 with four in a row, gomoku is 15x15x5).

A state is (squares of player 0, squares of player 1). A row of n squares takes n + 1 bits: the last
is never set, so a line that is shifted by one falls into that gap and not onto the next row.

    3x3:  bits  0 1 2 (3)        shift by 1: a row     by n + 1 = 4: a column
                4 5 6 (7)        by 5 and by 3: the two diagonals
                8 9 10

Leaves out: gomoku's rules of opening and overlines (five or more win here).
"""

from __future__ import annotations

import re

State = tuple[int, int]
LARGEST = 40  # rows and columns


class MNK:
    """The game on a board of m rows and n columns. Raises `ValueError` for sides out of 1 to 40."""

    def __init__(self, m: int, n: int, k: int) -> None:
        if not (1 <= m <= LARGEST and 1 <= n <= LARGEST and 1 <= k <= LARGEST):
            raise ValueError(f"{m}x{n}x{k} is not a board; rows, columns and k are 1 to {LARGEST}")
        self.m, self.n, self.k = m, n, k
        self.name = f"{m}x{n}x{k}"
        self.squares = (m, n)
        self.size = m * n
        self.bits = tuple(1 << (i // n * (n + 1) + i % n) for i in range(m * n))  # of a move
        self.full = sum(self.bits)
        self.ways = (1, n + 1, n + 2, n)  # a step to the right, down, and along both diagonals

    def start(self) -> State:
        """(0, 0): the empty board."""
        return 0, 0

    def in_a_row(self, squares: int) -> bool:
        """Whether k of a player's squares lie in a line.

        A shift and an "and" leave the squares that have a neighbour; doubling the length of the run
        needs log k of them: for k = 4, runs of 2, then of 4.
        """
        for way in self.ways:
            run, length = squares, 1
            while length < self.k and run:
                step = min(length, self.k - length)
                run &= run >> step * way
                length += step
            if run:
                return True
        return False

    def moves(self, state: State) -> list[int]:
        """The free squares in order, none after the end."""
        if self.result(state) is not None:
            return []
        taken = state[0] | state[1]
        return [i for i, bit in enumerate(self.bits) if not taken & bit]

    def apply(self, state: State, move: int) -> State:
        """The state after the mover took a square.

        Raises `ValueError` where the square is not free or the game is over.
        """
        first, second = state
        if not 0 <= move < self.size or (first | second) & self.bits[move]:
            raise ValueError(self._refusal(state, move))
        if self.result(state) is not None:
            raise ValueError(self._refusal(state, move))
        bit = self.bits[move]
        return (first, second | bit) if self.to_move(state) else (first | bit, second)

    def to_move(self, state: State) -> int:
        """0 where both have as many squares, else 1."""
        return state[0].bit_count() - state[1].bit_count()

    def result(self, state: State) -> int | None:
        """+1 or −1 for k in a row of player 0 or 1, 0 on a full board; else None.

        Only the player who moved last can have won.
        """
        first, second = state
        if self.to_move(state):
            if self.in_a_row(first):
                return 1
        elif self.in_a_row(second):
            return -1
        return 0 if first | second == self.full else None

    def marks(self, state: State) -> tuple[str, ...]:
        """The rows of the board as text, of " ", "X" and "O"."""
        first, second = state
        cells = "".join(" XO"[bool(first & b) + 2 * bool(second & b)] for b in self.bits)
        return tuple(cells[row * self.n : (row + 1) * self.n] for row in range(self.m))

    def spell(self, state: State, move: int) -> str:
        """A square by column and row, a1 at the top left: on 5x5, spell(s, 7) -> "c2"."""
        row, column = divmod(move, self.n)
        return f"{column_name(column)}{row + 1}"

    def read(self, state: State, text: str) -> int:
        """The move that a text names ("c2"). Raises `ValueError` where it cannot be made."""
        parts = re.fullmatch(r"([a-z]{1,2})(\d{1,2})", text.strip().lower())
        names = [column_name(column) for column in range(self.n)]
        if not parts or parts[1] not in names or not 1 <= int(parts[2]) <= self.m:
            last = f"{names[-1]}{self.m}"
            raise ValueError(f"{text.strip()!r} is not a square; give one from a1 to {last}")
        move = (int(parts[2]) - 1) * self.n + names.index(parts[1])
        if move not in self.moves(state):
            raise ValueError(self._refusal(state, move))
        return move

    def _refusal(self, state: State, move: int) -> str:
        if self.result(state) is not None:
            return "the game is over; start a new one"
        if not 0 <= move < self.size:
            return f"there is no square {move}; take one from 0 to {self.size - 1}"
        return f"{self.spell(state, move)} is taken; choose a free square"


def column_name(column: int) -> str:
    """a to z, then aa, ab …: column_name(27) -> "ab"."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return letters[column] if column < 26 else letters[column // 26 - 1] + letters[column % 26]
