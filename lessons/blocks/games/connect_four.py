"""Connect four: seven columns of six squares; a disc falls to the lowest free one.

A state is (discs of player 0, discs of player 1). A column takes seven bits from the bottom up; the
seventh is never set, so a line that is shifted does not run on into the next column.

    5 12 19 …        a move is a column, 0 to 6
    …                shift by 1: a column, by 7: a row, by 6 and 8: the diagonals
    0  7 14 …
"""

from __future__ import annotations

State = tuple[int, int]

ROWS, COLUMNS = 6, 7
HIGH = ROWS + 1  # bits a column
BOTTOM = sum(1 << HIGH * c for c in range(COLUMNS))
TOP = BOTTOM << ROWS - 1
FULL = BOTTOM * ((1 << ROWS) - 1)
COLUMN = tuple(((1 << ROWS) - 1) << HIGH * c for c in range(COLUMNS))


def four(discs: int) -> bool:
    """Whether four discs lie in a line: four(0b1111) -> True, a column."""
    for way in (1, HIGH, HIGH - 1, HIGH + 1):
        pairs = discs & discs >> way
        if pairs & pairs >> 2 * way:
            return True
    return False


class ConnectFour:
    """The game, in the form of the protocol `Game`."""

    name = "connect-four"
    squares = (ROWS, COLUMNS)
    size = COLUMNS

    def start(self) -> State:
        """(0, 0): the empty board."""
        return 0, 0

    def moves(self, state: State) -> list[int]:
        """The columns with room, none after the end."""
        if self.result(state) is not None:
            return []
        taken = state[0] | state[1]
        return [c for c in range(COLUMNS) if COLUMN[c] & ~taken]

    def apply(self, state: State, move: int) -> State:
        """The state after a disc fell into a column: apply((0, 0), 1) -> (128, 0).

        Adding a column's lowest bit to its discs carries up to the lowest free one. Raises
        `ValueError` where the column is full or the game is over.
        """
        first, second = state
        taken = first | second
        if not 0 <= move < COLUMNS or not COLUMN[move] & ~taken or four(first) or four(second):
            raise ValueError(self._refusal(state, move))
        disc = taken + (1 << HIGH * move) & COLUMN[move] & ~taken
        return (first, second | disc) if self.to_move(state) else (first | disc, second)

    def to_move(self, state: State) -> int:
        """0 where both have as many discs, else 1."""
        return state[0].bit_count() - state[1].bit_count()

    def result(self, state: State) -> int | None:
        """+1 or −1 for four in a row of player 0 or 1, 0 on a full board; else None."""
        first, second = state
        if four(first):
            return 1
        if four(second):
            return -1
        return 0 if first | second == FULL else None

    def marks(self, state: State) -> tuple[str, ...]:
        """The rows of the board from the top, of " ", "X" and "O"."""
        first, second = state
        rows = []
        for row in reversed(range(ROWS)):
            bits = [1 << HIGH * column + row for column in range(COLUMNS)]
            rows.append("".join(" XO"[bool(first & b) + 2 * bool(second & b)] for b in bits))
        return tuple(rows)

    def spell(self, state: State, move: int) -> str:
        """The column's number from 1: spell(s, 3) -> "4"."""
        return str(move + 1)

    def read(self, state: State, text: str) -> int:
        """The move that a text names, 1 to 7 or a to g. Raises `ValueError` if it cannot be."""
        text = text.strip().lower()
        if len(text) != 1 or text not in "1234567abcdefg":
            raise ValueError(f"{text!r} is not a column; give one from 1 to 7")
        move = "1234567abcdefg".index(text) % COLUMNS
        if move not in self.moves(state):
            raise ValueError(self._refusal(state, move))
        return move

    def _refusal(self, state: State, move: int) -> str:
        if self.result(state) is not None:
            return "the game is over; start a new one"
        if not 0 <= move < COLUMNS:
            return f"there is no column {move}; take one from 0 to {COLUMNS - 1}"
        return f"column {move + 1} is full; choose another one"
