"""Every view, of any shape and with anything in it, is drawn and stays in its room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from any_view import marks_of, phrases, views
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from zhtui.draw import axes, heat, pictures, vector_cells, words
from zhtui.draw.cells import Cells
from zhtui.draw.inks import BAND, CURSOR, FAINT, GOOD, LIT, QUIET_HEAT, SERIES, WRONG
from zhtui.draw.marks import Marks
from zhtui.draw.where import where
from zhtui.lesson.explore import Spot
from zhtui.lesson.views import (
    KINDS,
    Bars,
    Board,
    Curves,
    Graph,
    Heatmap,
    Histogram,
    Node,
    Scatter,
    Table,
    Text,
    Tree,
    View,
    plain,
)

SCROLLED = (Table, Graph, Tree, Board, Text, Bars, Histogram)  # may be larger than the room


@settings(max_examples=120, deadline=None)
@given(st.data(), st.integers(0, 90), st.integers(0, 30), st.booleans())
def test_any_view_is_drawn_in_its_room(
    data: st.DataObject, width: int, height: int, rich: bool
) -> None:
    view = data.draw(views())
    marks = data.draw(marks_of(view))
    cells = pictures.draw(view, width, height, marks, rich)
    if isinstance(view, SCROLLED):
        assert cells.width >= width
        assert cells.height >= height
    else:
        assert (cells.width, cells.height) == (width, height)
    assert all(cell_len(cells.text(y)) == cells.width for y in range(cells.height))
    assert all(cell_len(line) <= width for line in pictures.plain(view, width, height, marks)[:-1])
    assert vector_cells.cells(cells).endswith("</svg>\n")


@settings(deadline=None)
@given(st.data(), st.integers(20, 90), st.integers(8, 30))
def test_a_cell_is_found_where_it_lies_and_neighbours_are_cells(
    data: st.DataObject, width: int, height: int
) -> None:
    view = data.draw(views())
    rows, columns = pictures.shape(view)
    cells = pictures.draw(view, width, height)
    if cells.spots is None or not rows or not columns:
        return
    for row in range(min(rows, 3)):
        for column in range(min(columns, 3)):
            for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0), (8, 0)):
                i, j = cells.spots.beside((row, column), down, right)
                assert 0 <= i < rows
                assert 0 <= j < columns
            box = cells.spots.box((row, column))
            if box is not None:
                assert cells.spots.at(box[0], box[1]) is not None
            assert isinstance(where(view, Spot("X", row, column)), str)
    assert where(view, Spot("X", rows, columns)) == ""


# Words


def test_roles_are_inks_and_words_without_a_role_have_the_given_one() -> None:
    cells = Cells(20, 1)
    stop = words.put(cells, 0, 0, [("yes", "good"), (" or ", ""), ("no", "wrong")], FAINT)
    assert stop == 9
    assert cells.ink[0, :9].tolist() == [GOOD] * 3 + [FAINT] * 4 + [WRONG] * 2


@given(phrases, st.integers(0, 20))
def test_words_are_cut_to_their_room(phrase: Any, room: int) -> None:
    parts = words.cut(words.inked(phrase), room)
    size = sum(words.width(text) for text, _ in parts)
    assert size <= room
    if words.width(phrase) > room > 0:
        assert parts[-1][0] == "…"
    else:
        assert words.width(phrase) == size or room == 0


def test_a_long_note_wraps_where_there_is_room_and_is_cut_where_there_is_none() -> None:
    note = "each row of the matrix is a distribution over what came before it"
    tall = pictures.draw(Heatmap(np.eye(3), note=note), 40, 24).lines()
    assert " ".join(tall[:2]) == note
    low = pictures.draw(Heatmap(np.eye(3), note=note), 40, 9).lines()
    assert low[0].endswith("…")
    assert len(low[0]) <= 40


# Room


@pytest.mark.parametrize("rich", [True, False])
def test_a_matrix_grows_with_its_room(rich: bool) -> None:
    view = Heatmap(np.random.default_rng(0).random((12, 12)))
    sizes = []
    for width, height in ((38, 12), (58, 20), (110, 45)):
        cells = pictures.draw(view, width, height, rich=rich)
        assert cells.spots is not None
        boxes = [cells.spots.box((i, j)) for i in (0, 11) for j in (0, 11)]
        shown = [box for box in boxes if box is not None]
        assert len(shown) == 4 or (not rich and height == 12)
        sizes.append(shown[0][2] * shown[0][3])
    assert sizes == sorted(sizes)
    assert sizes[-1] >= 12


def test_rows_are_labelled_one_by_one_where_there_is_room() -> None:
    letters = list("abcdefghijklmnopqrstuvwxyz.")
    view = Heatmap(np.random.default_rng(0).random((27, 27)), letters, letters)
    lines = pictures.draw(view, 110, 45).lines()
    starts = [line[0] for line in lines[1:28]]
    assert starts == letters
    paired = pictures.draw(view, 58, 20).lines()
    assert [line[:2] for line in paired[1:4]] == ["ab", "cd", "ef"]


def test_a_text_stands_on_each_cell() -> None:
    view = Heatmap(np.zeros((2, 3)), texts=[["F1", "F2", ""], ["B1", "", "idle"]])
    shown = "\n".join(pictures.plain(view, 60, 12))
    assert all(text in shown for text in ("F1", "F2", "B1", "idle"))


def test_numbers_are_exact_where_they_are_0_and_1_and_counts_are_whole() -> None:
    assert heat.texts_of(Heatmap(np.zeros(0)), np.array([[0.0, 1.0, 0.004]])) == [["0", "1", ".00"]]
    assert heat.texts_of(Heatmap(np.zeros(0)), np.array([[12.0, 3.0]])) == [["12", "3"]]


def test_bars_grow_thick_and_levels_cross_them() -> None:
    view = Bars(["a", "b"], [1.0, 0.5], levels={"half": 0.5})
    cells = pictures.draw(view, 60, 12)
    lines = cells.lines()
    assert "half 0.5" in lines[0]
    at = lines[0].index("half")
    assert "┊" in lines[3][at - 1 : at + 2]
    assert lines[1].count("█") == pytest.approx(2 * lines[4].count("█"), abs=2)


def test_logarithmic_bars_step_evenly() -> None:
    lines = pictures.plain(Bars(list("abcd"), [1, 0.1, 0.01, 0.001], log=True), 60, 4)
    steps = np.diff([line.count("█") for line in lines])
    assert steps.max() - steps.min() <= 1


# Curves


def curves(**more: Any) -> Curves:
    x = np.linspace(0, 1, 60)
    return Curves({"down": (x, 1 - x), "up": (x, x), "flat": (x, 0 * x + 0.5)}, **more)


def test_line_ends_stand_in_the_order_of_their_last_values() -> None:
    lines = pictures.plain(curves(), 70, 20)
    at = {name: next(y for y, line in enumerate(lines) if line.endswith(name)) for name in ("up", "flat", "down")}  # fmt: skip # noqa: E501
    assert at["up"] < at["flat"] < at["down"]
    assert axes.apart([3, 3, 3, 9], 10) == [2, 3, 4, 9]
    assert axes.apart([9, 9, 9], 10) == [7, 8, 9]


def test_levels_and_marks_have_their_words() -> None:
    shown = "\n".join(
        pictures.plain(curves(levels={"chance": 0.25}, marks=[(0.5, "here")]), 70, 20)
    )
    assert "chance 0.2500" in shown
    assert "┊here" in shown


def test_log_axes_make_a_power_a_straight_line() -> None:
    x = 10.0 ** np.arange(-4, 2)
    cells = pictures.draw(Curves({"p": (x, x**-2)}, log_x=True, log_y=True), 60, 20)
    assert cells.spots is not None
    boxes = [cells.spots.box((0, j)) for j in range(6)]
    places = np.array([box[:2] for box in boxes if box is not None])
    assert np.abs(np.diff(places, axis=0, n=2)).max() <= 1


def test_the_crosshair_reads_every_line_there() -> None:
    cells = pictures.draw(curves(x_name="t"), 80, 20, Marks((1, 30)))
    assert cells.text(0).startswith("t 0.5085  ◆ up 0.5085  ━ down 0.4915  ━ flat 0.5")
    assert "◆" in "".join(cells.lines()[1:])


# Marks


def every() -> Mapping[str, View]:
    """One view of each kind that shows change, at least 2 x 2 cells where it has two axes."""
    return {
        "heatmap": Heatmap(np.array([[0.1, 0.2], [0.3, 0.9]])),
        "table": Table(["a", "b"], [[1, 2], [3, 4]]),
        "bars": Bars(["a", "b"], [1.0, 2.0]),
        "text": Text("ab\ncd"),
        "board": Board([["X", "O"], ["", "X"]]),
        "graph": Graph([Node("a", ["a"]), Node("b", ["b"])], [("a", "b")]),
        "tree": Tree("a", [Tree("b")]),
        "histogram": Histogram(np.arange(3.0), {"a": np.ones(2), "b": np.ones(2)}),
        "curves": Curves(
            {"a": (np.arange(9.0), np.arange(9.0)), "b": (np.arange(9.0), np.ones(9))}
        ),
        "scatter": Scatter(np.array([0.0, 1.0]), np.array([0.0, 1.0])),
    }


@pytest.mark.parametrize("name", every())
@pytest.mark.parametrize("rich", [True, False])
def test_what_must_not_move_is_red_and_has_a_sign(name: str, rich: bool) -> None:
    view = every()[name]
    wrong = np.zeros(pictures.shape(view), dtype=bool)
    wrong[-1, -1] = True
    before = pictures.draw(view, 60, 14, rich=rich)
    cells = pictures.draw(view, 60, 14, Marks(wrong=wrong), rich)
    assert ((cells.ink == WRONG) | (cells.paper == WRONG)).any()
    signs = "".join(cells.lines()).count("!") > "".join(before.lines()).count("!")
    reverse = (cells.paper == WRONG).any()
    assert signs or (name == "text" and reverse)


@pytest.mark.parametrize("name", every())
def test_what_moved_is_lit_and_the_rest_quiet(name: str) -> None:
    view = every()[name]
    moved = np.zeros(pictures.shape(view), dtype=bool)
    moved[0, 0] = True
    cells = pictures.draw(view, 60, 14, Marks(moved=moved))
    none = pictures.draw(view, 60, 14, Marks(moved=~moved | moved))
    assert cells.differs(none), "what stays looks otherwise than what moved"
    if name == "heatmap":
        assert (cells.ink >= QUIET_HEAT).any() or (cells.paper >= QUIET_HEAT).any()
    elif name == "curves":
        assert (cells.ink // 8 == BAND // 8).any()
        assert (cells.ink == SERIES).any()
    else:
        assert (cells.ink == LIT).any()


@pytest.mark.parametrize("name", every())
@pytest.mark.parametrize("rich", [True, False])
def test_what_is_asked_for_is_a_question_mark(name: str, rich: bool) -> None:
    view = every()[name]
    cells = pictures.draw(view, 60, 14, Marks(hidden=(0, 0)), rich)
    shown = "?" in "".join(cells.lines())
    assert shown
    if name == "heatmap":
        assert "0.2000" in cells.text(13), "the scale does not tell it"
    at = pictures.draw(view, 60, 14, Marks(cursor=(0, 0), hidden=(0, 0)), rich)
    assert "0.1000" not in at.text(0)


@pytest.mark.parametrize("name", every())
def test_the_cursor_is_seen_without_colours(name: str) -> None:
    view = every()[name]
    before = pictures.draw(view, 60, 14, rich=False)
    cells = pictures.draw(view, 60, 14, Marks(cursor=(0, 0)), rich=False)
    glyphs = (cells.glyph != before.glyph).any()
    assert glyphs or (cells.paper == CURSOR).any()


# Words for a cell


def test_a_cell_is_named_by_its_labels() -> None:
    view = Heatmap(np.array([[0.1, 0.61]]), ["c"], ["h", "t"])
    assert where(view, Spot("S", 0, 1)) == "row 'c', column 't' = 0.6100"
    assert where(Heatmap(np.eye(2)), Spot("S", 1, 0)) == "row 2, column 1 = 0"
    assert where(Bars(["e"], [0.25]), Spot("p", 0)) == "e = 0.2500"
    assert where(Text("abc"), Spot("t", 0, 2)) == "character 3 'c'"
    board = Board([["S", ""]], sides=np.arange(8.0).reshape(1, 2, 4))
    assert where(board, Spot("q", 0, 1)) == "row 1, column 2 up 4, right 5, down 6, left 7"
    table = Table(["n", "what"], [[1, [("no", "wrong")]]])
    assert where(table, Spot("t", 0, 1)) == "row 1, what = no"


def test_every_kind_has_a_drawing() -> None:
    assert set(pictures.DRAWINGS) == set(KINDS)
    assert plain([("a", "good"), ("b", "")]) == "ab"


# Boards


def lines(board: Board, width: int, height: int) -> str:
    cells = pictures.draw(board, width, height)
    return "\n".join(cells.text(y) for y in range(cells.height))


@pytest.mark.parametrize("size", [(60, 9), (60, 5)], ids=["numbers at the sides", "low squares"])
def test_every_best_way_out_of_a_square_is_seen(size: tuple[int, int]) -> None:
    """The numbers were written over the arrows, and two ways shared one cell."""
    board = Board([["A", "B"]], sides=[[[8, 8, 5, 6.4], [0, 0, 0, 0]]], arrows=[["ur", ""]])
    text = lines(board, *size)
    assert ("↑8.00" in text and "→8.00" in text) or "↗" in text
    assert not set(text.split("B")[0].split("A")[-1]) & set("←↓↖↘")


def test_where_all_ways_are_alike_no_arrow_points() -> None:
    text = lines(Board([["", ""]], sides=np.zeros((1, 2, 4))), 30, 4)
    assert ".00" in text
    assert not set(text) & set("↑→↓←")


def test_a_path_goes_from_square_to_square() -> None:
    cells = pictures.draw(Board([[""] * 3] * 3, path=[(0, 0), (0, 2), (2, 2)]), 40, 14)
    assert cells.spots is not None
    for cell in ((0, 1), (1, 2)):
        box = cells.spots.box(cell)
        assert box is not None
        assert cells.ink[box[1] + box[3] // 2, box[0] + box[2] // 2] == LIT


def test_arrows_point_out_of_their_squares() -> None:
    shown = pictures.plain(Board([["", "", "#"]], arrows=[["r", "urdl", "ud"]]), 40, 6)
    assert all(glyph in "".join(shown) for glyph in "→┼#↑↓")


def test_a_map_of_20_by_20_fits_large_rooms_and_small() -> None:
    view = Board([["#"] * 20] * 20, values=np.ones((20, 20)))
    for width, height in ((58, 20), (110, 45)):
        cells = pictures.draw(view, width, height)
        assert (cells.width, cells.height) == (width, height)
