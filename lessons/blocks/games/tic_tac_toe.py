"""Tic-tac-toe: nine bits a player.

    0 1 2        a state is (X's squares, O's squares), each an int with bit i for square i;
    3 4 5        X (player 0) begins, and whose turn it is follows from the counts.
    6 7 8

Leaves out: boards of another size (mnk.py).
"""

from __future__ import annotations

State = tuple[int, int]

FULL = 0b111_111_111
LINES = (
    0b000_000_111, 0b000_111_000, 0b111_000_000,  # rows
    0b001_001_001, 0b010_010_010, 0b100_100_100,  # columns
    0b100_010_001, 0b001_010_100,  # diagonals
)  # fmt: skip
WON = tuple(any(squares & line == line for line in LINES) for squares in range(512))
WINS = tuple(  # the squares, as bits, that complete a line of such squares
    sum(1 << i for i in range(9) if not squares >> i & 1 and WON[squares | 1 << i])
    for squares in range(512)
)
FREE = tuple(tuple(i for i in range(9) if not taken >> i & 1) for taken in range(512))
PAD = "789456123"  # the digits of a numeric pad, as they lie on the squares 0 to 8


class TicTacToe:
    """The game, in the form of the protocol `Game`. All methods are functions of the state."""

    name = "tic-tac-toe"
    squares = (3, 3)
    size = 9

    def start(self) -> State:
        """(0, 0): the empty board."""
        return 0, 0

    def moves(self, state: State) -> tuple[int, ...]:
        """The free squares in order, none after the end: moves((0b111, 0b11000)) -> ()."""
        x, o = state
        return () if WON[x] or WON[o] else FREE[x | o]

    def apply(self, state: State, move: int) -> State:
        """The state after the mover took a square: apply((0, 0), 4) -> (16, 0).

        Raises `ValueError` where the square is not free or the game is over.
        """
        x, o = state
        if not 0 <= move < 9 or (x | o) >> move & 1 or WON[x] or WON[o]:
            raise ValueError(self._refusal(state, move))
        bit = 1 << move
        return (x | bit, o) if x.bit_count() == o.bit_count() else (x, o | bit)

    def to_move(self, state: State) -> int:
        """0 for X, 1 for O: to_move((16, 0)) -> 1."""
        x, o = state
        return x.bit_count() - o.bit_count()

    def result(self, state: State) -> int | None:
        """+1 where X has three in a row, −1 where O has, 0 on a full board; else None."""
        x, o = state
        if WON[x]:
            return 1
        if WON[o]:
            return -1
        return 0 if x | o == FULL else None

    def marks(self, state: State) -> tuple[str, ...]:
        """The rows of the board: marks((16, 1)) -> ("O  ", " X ", "   ")."""
        x, o = state
        cells = "".join(" XO"[(x >> i & 1) + 2 * (o >> i & 1)] for i in range(9))
        return cells[:3], cells[3:6], cells[6:]

    def spell(self, state: State, move: int) -> str:
        """A square by column and row, a1 at the top left: spell(s, 5) -> "c2"."""
        return "abc"[move % 3] + "123"[move // 3]

    def read(self, state: State, text: str) -> int:
        """The move that a text names, "c2" or a digit of the numeric pad (7 8 9 on top).

        Raises `ValueError` where it names no square, or one that cannot be taken.
        """
        text = text.strip().lower()
        if len(text) == 2 and text[0] in "abc" and text[1] in "123":
            move = "abc".index(text[0]) + 3 * "123".index(text[1])
        elif len(text) == 1 and text in PAD:
            move = PAD.index(text)
        else:
            raise ValueError(f"{text!r} is not a square; give a1 to c3, or 1 to 9 as on the pad")
        if move not in self.moves(state):
            raise ValueError(self._refusal(state, move))
        return move

    def _refusal(self, state: State, move: int) -> str:
        if self.result(state) is not None:
            return "the game is over; start a new one"
        if not 0 <= move < 9:
            return f"there is no square {move}; take one from 0 to 8"
        return f"{self.spell(state, move)} is taken; choose a free square"
