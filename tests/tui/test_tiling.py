"""How the views of a frame share a room: side by side or one over the other, each as it needs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zhtui.draw import board
from zhtui.draw.tiling import LEAST, Want, grid, wants
from zhtui.lesson.views import Bars, Board, Graph, Heatmap, Node, Table, Text

SQUARE = Heatmap(np.zeros((12, 12)), list("abcdefghijkl"))
CHAIN = Graph([Node(str(i), [f"box number {i}"]) for i in range(5)], [("0", "1"), ("1", "2")])
LEDGER = Table(("a part", "how many numbers", "share"), [("tokens", 4160, "2 %")] * 5)


def placed(*shown: object, room: tuple[int, int] = (86, 28)) -> tuple[int, list[int]]:
    return grid([wants(view) for view in shown], *room)  # type: ignore[arg-type]


def test_squares_stand_side_by_side_as_long_as_their_rows_keep_a_line_each() -> None:
    assert placed(SQUARE, SQUARE)[0] == 2
    assert placed(SQUARE, SQUARE, SQUARE)[0] == 3, "two rows of tiles would halve their rows"
    assert placed(*[SQUARE] * 4, room=(156, 49)) == (2, [24, 24])
    assert placed(*[SQUARE] * 3, room=(156, 49)) == (3, [49])


def test_a_line_of_text_stands_over_a_matrix_and_takes_no_more_than_it_needs() -> None:
    columns, shares = placed(Text("the cat sat"), SQUARE)
    assert columns == 1
    assert shares[0] < shares[1] / 2


def test_what_is_wide_is_not_cut_by_a_neighbour() -> None:
    assert wants(CHAIN).wide > 43, "half of the room"
    assert placed(CHAIN, LEDGER)[0] == 1


def test_a_table_that_grows_by_a_row_moves_nothing() -> None:
    tables = [Table(("a", "b"), [("x", 1)] * rows) for rows in (5, 6)]
    assert placed(CHAIN, tables[0]) == placed(CHAIN, tables[1])


@given(
    st.lists(st.builds(Want, st.integers(3, 122), st.integers(3, 50), st.booleans()), min_size=1),
    st.integers(1, 200),
    st.integers(1, 60),
)
def test_any_views_have_tiles_of_a_least_size(asked: list[Want], width: int, height: int) -> None:
    columns, shares = grid(asked, width, height)
    assert 1 <= columns <= max(width // LEAST[0], 1)
    assert 1 <= len(shares) <= max(height // LEAST[1], 1)
    assert min(shares) > 0
    assert (len(shares) - 1) * columns < len(asked), "no row is empty"


def test_an_empty_view_has_a_tile_too() -> None:
    for view in (Bars([], []), Table((), []), Text(""), Heatmap(np.zeros((0, 0))), Graph([], [])):
        assert wants(view).wide > 0


def test_a_map_has_the_room_in_which_its_values_are_drawn() -> None:
    squares = [["·"] * 7]
    line = Board(squares, np.arange(7.0)[None] / 8)
    assert wants(line).wide == 7 * 8 + 1 + 2
    columns, _ = placed(line, SQUARE, SQUARE, room=(118, 28))
    cells = board.draw(line, 118 // columns - 2, 12)
    assert all(short in "\n".join(cells.lines()) for short in (".12", ".38", ".75"))
    sides = Board([["·"] * 5] * 3, sides=np.zeros((3, 5, 4)))
    assert wants(sides) == Want(5 * 12 + 1 + 2, 3 * 4 + 1 + 2)
    rooms = Board([["0", "4", "5"], ["2", "3", "1"]], sides=np.zeros((2, 3, 4)), note="Q")
    assert wants(rooms) == Want(3 * 12 + 1 + 2, 1 + 2 * 4 + 1 + 2), "not of any picture"
    few = Board([["·"] * 3] * 3, np.zeros((3, 3)))
    assert wants(few) == wants(Board([["·"] * 3] * 3)), "they are drawn in any tile"
