"""Pictures, drawn without an app."""

from __future__ import annotations

import copy
import math
import re
import unicodedata
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhtui.draw import (
    bars,
    board,
    braille,
    chart,
    graph,
    heat,
    histogram,
    scatter,
    table,
    text,
    ticks,
    tree,
    vector,
)
from zhtui.draw.cells import Cells
from zhtui.draw.grid import Page
from zhtui.draw.inks import BAND, CURSOR, FAINT, HEAT, LIT, PLAIN, PUBLISHED, SERIES, SIGNED, WRONG
from zhtui.draw.marks import Marks
from zhtui.draw.picture import Happening, Level, Line, Picture
from zhtui.draw.series import Series
from zhtui.lesson.views import (
    Bars,
    Board,
    Graph,
    Heatmap,
    Histogram,
    Node,
    Scatter,
    Table,
    Text,
    Tree,
)


def series(values: list[float], every: int = 1, first: int = 0) -> Series:
    made = Series(0.9)
    made.extend(np.arange(len(values)) * every + first, np.array(values, dtype=float))
    return made


def picture(values: list[float], **options: Any) -> Picture:
    return Picture([Line("loss", series(values))], **options)


# Cells


BOTH = pytest.mark.parametrize("kind", [Page, Cells])
Kind = type[Page] | type[Cells]


@BOTH
def test_text_keeps_to_its_cells_and_wide_characters_take_two(kind: Kind) -> None:
    cells = kind(6, 1)
    assert cells.put(0, 0, "日本") == 4
    assert cells.text(0) == "日本  "
    cells.put(5, 0, "語")  # only its first half would fit
    assert cells.text(0) == "日本  "
    cells.put(-1, 0, "語a")
    assert cells.text(0).startswith(" a")


@BOTH
def test_text_without_width_or_shape_is_made_visible(kind: Kind) -> None:
    cells = kind(8, 1)
    cells.put(0, 0, "a\n\x1b[0;\u0301")
    assert cells.text(0) == "a⏎·[0;\u0301  "


@BOTH
@pytest.mark.parametrize("word", ["नमस्ते हिन्दी", "תּוֹרָה", "مُحَمَّد", "தமிழ்", "ê̄"])
def test_no_mark_of_a_word_is_lost(kind: Kind, word: str) -> None:
    cells = kind(30, 1)
    cells.put(0, 0, word)
    assert cells.text(0).rstrip() == unicodedata.normalize("NFC", word)


@BOTH
def test_a_mark_stays_with_its_letter_and_stands_on_a_ring_alone(kind: Kind) -> None:
    cells = kind(8, 2)
    cells.put(0, 0, "x\u0302y\n\u0301z", WRONG)
    assert cells.text(0) == "x\u0302y⏎◌\u0301z   "
    assert list(cells.runs(0)) == [("x\u0302y⏎◌\u0301z", WRONG), ("   ", PLAIN)]
    before = copy.deepcopy(cells)
    cells.put(0, 0, "x")
    assert cells.text(0) == "xy⏎◌\u0301z   "
    assert cells.differs(before) == [0]
    cells.put(0, 1, "\u0301")
    assert cells.text(1) == "◌\u0301       "


@BOTH
@given(st.text(max_size=30), st.integers(-5, 12))
def test_any_text_fits_any_row(kind: Kind, value: str, x: int) -> None:
    from rich.cells import cell_len

    cells = kind(10, 1)
    cells.put(x, 0, value)
    assert cell_len(cells.text(0)) == 10


@BOTH
def test_runs_join_cells_of_one_colour(kind: Kind) -> None:
    cells = kind(5, 1)
    cells.put(1, 0, "ab", WRONG)
    assert [run[0] for run in cells.runs(0)] == [" ", "ab", "  "]
    assert cells.differs(cells) == []
    assert cells.differs(kind(4, 1)) is None
    assert list(kind(0, 0).lines()) == []


PUTS = st.lists(
    st.tuples(
        st.integers(-3, 9), st.integers(-1, 3), st.text("ab日é\n", max_size=6),
        st.integers(0, 103), st.integers(0, 103),
    ),
    max_size=6,
)  # fmt: skip


@given(PUTS, PUTS)
def test_a_page_and_an_array_hold_the_same_picture(first: Any, second: Any) -> None:
    page, cells = Page(8, 3), Cells(8, 3)
    before = [list(zip(page.runs(y), cells.runs(y), strict=True)) for y in range(3)]
    assert all(one == two for row in before for one, two in row)
    for puts in (first, second):
        old_page, old_cells = copy.deepcopy(page), copy.deepcopy(cells)
        for put in puts:
            assert page.put(*put) == cells.put(*put)
        assert page.lines() == cells.lines()
        for y in range(3):
            pairs = list(zip(page.runs(y), cells.runs(y), strict=True))
            assert all(one == two for one, two in pairs)
        assert page.differs(old_page) == _changed(cells, old_cells)
    assert page.differs(cells) is None
    assert cells.differs(page) is None


def _changed(cells: Cells, before: Cells) -> list[int]:
    """The rows that read or look otherwise."""
    return [y for y in range(3) if list(cells.runs(y)) != list(before.runs(y))]


# Series


def test_points_that_come_again_replace_the_tail() -> None:
    grown = series([5, 4, 3, 2])
    grown.extend(np.array([2, 3, 4]), np.array([9.0, 8.0, 7.0]))
    assert grown.x.tolist() == [0, 1, 2, 3, 4]
    assert grown.y.tolist() == [5, 4, 9, 8, 7]
    once = series([5, 4, 9, 8, 7])
    np.testing.assert_allclose(grown.smooth, once.smooth, rtol=1e-6)


@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_appending_in_pieces_is_appending_at_once(sizes: list[int]) -> None:
    values = np.sin(np.arange(sum(sizes)) / 7) + 2
    values[3::97] = np.nan
    whole, pieces = Series(0.9), Series(0.9)
    steps = np.arange(len(values))
    whole.extend(steps, values)
    for part in np.split(steps, np.cumsum(sizes)[:-1]):
        pieces.extend(part, values[part])
    np.testing.assert_allclose(pieces.smooth, whole.smooth, rtol=1e-4)
    for left, right in zip(
        pieces.columns(0, len(values), 40).__dict__.values(),
        whole.columns(0, len(values), 40).__dict__.values(),
        strict=True,
    ):
        np.testing.assert_allclose(left, right, rtol=1e-4)


def test_smoothing_is_the_corrected_moving_average() -> None:
    values = [3.0, 1.0, 4.0, math.nan, 5.0]
    total = weight = 0.0
    for value, smooth in zip(values, series(values).smooth.tolist(), strict=True):
        total *= 0.9
        weight *= 0.9
        if not math.isnan(value):
            total, weight = total + 0.1 * value, weight + 0.1
        assert smooth == pytest.approx(total / weight, rel=1e-5)


def test_no_spike_is_hidden_among_a_million_points() -> None:
    values = np.ones(1_000_000)
    values[123_456], values[777_777] = 9.0, -9.0
    long = Series()
    long.extend(np.arange(len(values)), values)
    columns = long.columns(0, len(values), 200)
    assert np.nanmax(columns.high) == 9.0
    assert np.nanmin(columns.low) == -9.0
    assert abs(int(np.nanargmax(columns.high)) - 123_456 // 5000) <= 1


def test_the_extremes_by_blocks_are_those_of_the_points() -> None:
    dice = np.random.default_rng(3)
    values = dice.normal(size=200_003)
    long = Series()
    long.extend(np.arange(len(values)), values)
    columns = long.columns(0, len(values), 20)  # wide columns: read from blocks
    parts = np.array_split(values, 20)
    # a block that straddles an edge may count for the column beside it
    for i, part in enumerate(parts[1:-1], 1):
        near = np.concatenate([values[max(0, i * 10000 - 70) : (i + 1) * 10000 + 140]])
        assert part[70:-140].max() <= columns.high[i] <= near.max()


# Ticks


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_round_ranges_hold_the_data(low: float, span: float) -> None:
    least, most = ticks.grown(low, low + span)
    assert least <= low + 1e-6 * span
    assert most >= low + span - 1e-6 * span


def test_a_range_grows_at_once_and_shrinks_late() -> None:
    axis = ticks.Range()
    first = axis.fit(0.0, 4.2)
    assert axis.fit(0.5, 3.0) == first  # more than half is used: it stays
    assert axis.fit(0.0, 9.0)[1] >= 9.0
    assert axis.fit(1.0, 1.5)[1] < 4.0


@pytest.mark.parametrize(
    ("value", "step", "shown"),
    [(1.5, 0.5, "1.5"), (2.0, 1.0, "2"), (25000, 5000, "25k"), (0, 1, "0"), (0.25, 0.25, "0.25")],
)
def test_tick_texts(value: float, step: float, shown: str) -> None:
    assert ticks.number(value, step) == shown


def test_the_step_axis_ends_at_a_round_number_within_the_run() -> None:
    assert ticks.horizon(612, 1000) == 800
    assert ticks.horizon(950, 1000) == 1000
    assert ticks.horizon(0) == 10


# Chart


def test_braille_packs_each_dot_where_it_belongs() -> None:
    dots = np.zeros((4, 4), dtype=bool)
    dots[0, 0] = dots[3, 3] = True
    assert braille.GLYPHS[braille.pack(dots)][0].tolist() == ["⠁", "⢀"]
    assert braille.GLYPHS[0] == " "


def test_a_falling_curve_falls_from_the_upper_left_to_the_lower_right() -> None:
    cells = chart.draw(picture([4 - i / 50 for i in range(100)]), 60, 16)
    ink = cells.ink == SERIES
    rows = [int(np.flatnonzero(ink[1:-2, x])[0]) for x in range(8, 50) if ink[1:-2, x].any()]
    assert rows == sorted(rows)
    assert rows[0] < 4 < 9 < rows[-1]


def test_blank_cells_are_spaces() -> None:
    cells = chart.draw(picture([4, 3, 2, 1]), 60, 16)
    assert "\u2800" not in "".join(cells.lines())
    assert (cells.glyph == " ").mean() > 0.6


def test_the_raw_course_is_faint_and_the_smoothed_one_bright() -> None:
    dice = np.random.default_rng(0)
    noisy = (2 + dice.normal(0, 0.5, 400)).tolist()
    cells = chart.draw(Picture([Line("loss", series(noisy), noisy=True)]), 80, 20)
    assert (cells.ink == BAND).sum() > (cells.ink == SERIES).sum() > 20
    assert re.search(r"loss [\d.]+ \(smoothed [\d.]+\)", cells.text(0)), "which number is which"


def test_what_is_exact_is_drawn_as_it_is() -> None:
    jump = [0.7, 9.0, *[0.5] * 30]  # at step 1
    cells = chart.draw(picture(jump), 80, 20)
    assert not (cells.ink == BAND).any()
    assert "smoothed" not in cells.text(0)
    top = next(y for y in range(1, 17) if (cells.ink[y] == SERIES).any())
    assert top <= 4, "the jump is drawn bright to its height"
    tokens = Line("tokens", series([9, 7, 5]))
    assert tokens.last.tolist() == [9, 7, 5]


def test_a_nan_breaks_the_line_and_is_named_in_red() -> None:
    values = [3.0] * 50 + [math.nan] * 10 + [3.0] * 40
    cells = chart.draw(picture(values, total=100), 70, 12)
    assert "NaN at step 50 · loss" in cells.text(1)
    red = cells.ink == WRONG
    assert red[1].any()
    row = next(y for y in range(2, 10) if (cells.ink[y] == SERIES).any())
    lit = np.flatnonzero(cells.ink[row] == SERIES)
    assert np.diff(lit).max() >= 5, "the line goes on over the NaN"


def test_infinities_are_left_out_of_the_range() -> None:
    cells = chart.draw(picture([3.0, math.inf, 2.0, -math.inf, 1.0] * 10), 60, 12)
    assert not any("inf" in line for line in cells.lines())
    assert "NaN at step 1" in cells.text(1)


def test_published_figures_are_labelled_lines() -> None:
    one = picture([4 - i / 50 for i in range(100)], levels=[Level(2.45, "bigram")])
    cells = chart.draw(one, 70, 16)
    row = next(y for y in range(16) if "bigram 2.4500" in cells.text(y))
    near = "".join(cells.text(y) for y in (row - 1, row, row + 1))
    assert any(dot * 3 in near for dot in braille.LEVEL)
    assert (cells.ink[row] == PUBLISHED).sum() >= 10


@given(st.floats(1.2, 3.8))
def test_a_figure_stands_at_the_height_of_a_curve_that_reached_it(value: float) -> None:
    levels = [Level(value, "")]
    flat = chart.draw(picture([4.0, 1.0, *[value] * 300], levels=levels), 60, 16)
    frame = chart.draw(picture([4.0, 1.0, *[math.nan] * 300], levels=levels), 60, 16)
    column = 40
    dots = [ord(cells.glyph[y, column]) - 0x2800 for cells in (flat, frame) for y in range(1, 14)]
    lit = [(y % 13, dot) for y, dot in enumerate(dots) if dot > 0]
    (row, curve), (place, level) = lit[0], lit[-1]
    assert row == place
    assert curve & level == level, "one of the curve's dots is the figure's"


def test_a_figure_far_away_is_an_arrow_and_leaves_the_curve_its_room() -> None:
    one = picture([4.0, 3.9, 3.8], levels=[Level(0.011, "published")])
    shown = "\n".join(chart.draw(one, 70, 16).lines())
    assert "↓ published 0.0110" in shown
    assert "0.0 ┤" not in shown


def test_the_crosshair_reads_every_line() -> None:
    one = Picture(
        [
            Line("loss", series([4, 3, 2, 1])),
            Line("val", series([3.5, 1.5], every=2, first=1), 1, True),
        ],
        cursor=2.0,
    )
    cells = chart.draw(one, 80, 12)
    assert "step 2" in cells.text(0)
    assert "loss 2" in cells.text(0)
    assert "val 3.5000" in cells.text(0)
    assert (cells.ink[1:-2] == CURSOR).any()


def test_a_turned_knob_is_marked_where_it_was_turned_and_hides_no_curve() -> None:
    falls = [4 - i / 40 for i in range(100)]
    turned = [Happening(60, "● lr 0.1 → 200")]
    plain, cells = (chart.draw(picture(falls, happened=h), 80, 16) for h in ((), turned))
    assert any("● lr 0.1 → 200" in line for line in cells.lines())
    crossed = chart.draw(picture(falls, cursor=60.0), 80, 16)
    uprights = {x for y in range(1, 14) for x in range(80) if cells.glyph[y, x] == "┊"}
    assert uprights == set(np.argwhere(crossed.ink[1:-2] == CURSOR)[:, 1].tolist())
    lit = plain.ink[1:-2] == SERIES
    assert (cells.ink[1:-2][lit] == SERIES).all()
    assert (cells.glyph[1:-2][lit] == plain.glyph[1:-2][lit]).all()


def test_the_crosshair_reads_what_happened_there() -> None:
    happened = [Happening(60, "● lr 0.1 → 200"), Happening(60, "↳ fork of one")]
    falls = [4 - i / 40 for i in range(100)]
    at = chart.draw(picture(falls, happened=happened, cursor=60.0), 120, 16).text(0)
    assert "step 60" in at
    assert "● lr 0.1 → 200, ↳ fork of one" in at
    away = chart.draw(picture(falls, happened=happened, cursor=20.0), 120, 16).text(0)
    assert "lr" not in away


def test_marks_that_do_not_fit_leave_their_uprights() -> None:
    happened = [Happening(step, f"● lr {step} → {step + 1}") for step in range(0, 100, 4)]
    cells = chart.draw(picture([4 - i / 40 for i in range(100)], happened=happened), 60, 12)
    shown = "\n".join(cells.lines())
    assert shown.count("┊") > 25
    assert "lr 96 → 97" in shown, "the newest is named before the others"


def test_the_best_point_has_a_star_and_is_told() -> None:
    values = [4.0, 3.0, 1.0, 2.0, 2.5, 2.0]
    line = Line("val", series(values, every=100), best=series(values, every=100).best(False))
    cells = chart.draw(Picture([line]), 80, 16)
    assert "★ 1 at 200" in cells.text(0)
    stars = [(y, x) for y in range(1, 14) for x in range(80) if cells.glyph[y, x] == "★"]
    assert len(stars) == 1
    assert stars[0][0] == max(y for y in range(1, 14) if (cells.ink[y, :70] == SERIES).any()), (
        "the lowest point"
    )
    assert series([1.0, 5.0, 5.0]).best(True) == (1.0, 5.0)
    assert series([math.nan]).best(True) is None


def test_a_seldom_measured_line_says_of_which_step_its_value_is() -> None:
    val = Line("val", series([3.5, 1.5], every=50, first=10), 1, True)
    lines = [Line("loss", series([2.0] * 100)), val]
    assert "val 3.5000 (of step 10)" in chart.draw(Picture(lines, cursor=30.0), 90, 12).text(0)
    assert "(of step" not in chart.draw(Picture(lines, cursor=10.0), 90, 12).text(0)


def test_a_reading_that_is_too_long_ends_in_a_sign() -> None:
    lines = [Line(f"metric{i}", series([2.0] * 9), i) for i in range(9)]
    assert chart.draw(Picture(lines), 60, 12).text(0).endswith("…")


def test_log_height_only_where_all_is_positive() -> None:
    assert "0.1 ┤" in "\n".join(chart.draw(picture([10, 1, 0.1], log=True), 60, 16).lines())
    mixed = chart.draw(picture([10, -1], log=True), 60, 16)
    assert "-" in "".join(mixed.lines())


def test_line_ends_are_named() -> None:
    one = Picture([Line("loss", series([3.0] * 9)), Line("val", series([3.0] * 9), 1)])
    lines = chart.draw(one, 80, 14).lines()
    ends = [line.split()[-1] for line in lines[1:-2] if line.split()[-1] in ("loss", "val")]
    assert sorted(ends) == ["loss", "val"]


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=60),
    st.integers(0, 90),
    st.integers(0, 24),
    st.booleans(),
)
def test_any_numbers_can_be_drawn_at_any_size(
    values: list[float], width: int, height: int, log: bool
) -> None:
    one = picture(values, log=log, levels=[Level(1.0, "one"), Level(math.nan, "none")])
    cells = chart.draw(one, width, height)
    assert (cells.width, cells.height) == (width, height)


# Heatmap


def test_two_values_share_a_cell() -> None:
    view = Heatmap(np.random.default_rng(0).random((64, 64)))
    cells = heat.draw(view, 70, 40)
    inks = np.unique(cells.ink[0:32, 1:65])
    assert inks.min() >= 0
    assert len(np.unique(cells.paper)) <= 17
    assert (cells.glyph[0:32, 1:65] == "▀").any()


def test_the_cursor_reads_the_exact_number_by_its_labels() -> None:
    view = Heatmap(np.array([[0.25, 0.5], [0.75, 0.6123]]), list("ab"), list("xy"))
    cells = heat.draw(view, 40, 12, Marks((1, 1)))
    assert '"b" → "y"  0.6123' in cells.text(cells.height - 1)
    assert "[" in "".join(cells.lines())
    assert cells.spots is not None
    assert cells.spots.beside((1, 1), 5, -9) == (1, 0)


def test_a_small_matrix_shows_its_numbers() -> None:
    shown = "\n".join(heat.draw(Heatmap(np.array([[0.25, -1.5]])), 60, 20).lines())
    assert ".25" in shown
    assert "-1.5" in shown


@pytest.mark.parametrize(
    ("shape", "room", "taken"),
    [
        ((11, 11), (60, 44), (55, 33)),
        ((11, 11), (100, 44), (88, 33)),
        ((48, 48), (120, 52), (96, 48)),
        ((48, 48), (150, 46), (144, 24)),
        ((4, 4), (100, 44), (96, 40)),
        ((7, 4), (76, 15), (48, 7)),
        ((27, 27), (60, 44), (54, 27)),
    ],
)
def test_a_heatmap_grows_in_whole_steps_to_the_room_there_is(
    shape: tuple[int, int], room: tuple[int, int], taken: tuple[int, int]
) -> None:
    names = [[chr(97 + i % 26) for i in range(size)] for size in shape]
    cells = heat.draw(Heatmap(np.random.default_rng(0).random(shape), *names), *room)
    assert cells.spots is not None
    first, last = cells.spots.box((0, 0)), cells.spots.box((shape[0] - 1, shape[1] - 1))
    assert first is not None
    assert last is not None, "all of it is in sight"
    size = last[0] + last[2] - first[0], last[1] + last[3] - first[1]
    assert size == taken
    if size[1] >= shape[0]:
        sides = [str(cells.glyph[y, 0]) for y in range(first[1], first[1] + size[1])]
        assert [side for side in sides if side.strip()] == names[0], "each row by its name"


def test_zero_is_the_middle_of_a_signed_matrix() -> None:
    span = heat.scale(np.array([[-1.0, 0.0, 3.0]]), None, None, True)
    assert span.levels(np.array([[0.0]]))[0, 0] == SIGNED + 7
    assert (span.low, span.high) == (-3.0, 3.0)


def test_what_is_no_number_has_no_colour() -> None:
    span = heat.scale(np.array([[np.nan, 1.0, 2.0]]), None, None, False)
    levels = span.levels(np.array([[np.nan, 1.0, 2.0]]))
    assert levels.tolist() == [[0, HEAT, HEAT + 15]]


@pytest.mark.parametrize("signed", [True, False])
def test_without_colours_what_is_not_finite_is_blank(signed: bool) -> None:
    hidden = np.array([[1.0, -np.inf], [-1.0, 0.5]])
    cells = heat.draw(Heatmap(hidden, signed=signed), 40, 14, rich=False)
    texts = [line[21:] for line in cells.lines()[:4]]
    assert "".join(texts).strip() == "-inf", texts


def test_numbers_stay_where_there_is_room_for_them_or_for_the_scale() -> None:
    view = Heatmap(np.eye(12) * 0.5 + 0.25, [*"abcdefghijkl"], [*"abcdefghijkl"])
    lines = heat.draw(view, 78, 13).lines()
    assert lines[1].split() == ["a", ".75", *[".25"] * 11]
    assert lines[12].split() == ["l", *[".25"] * 11, ".75"], "the last row, in the scale's place"
    assert "█" in heat.draw(view, 78, 14).lines()[-1], "a line more, and the scale is there"
    assert "█" in heat.draw(view, 78, 12).lines()[-1], "a line less: no numbers, so the scale"


def test_whole_numbers_on_a_board_are_counts() -> None:
    cells = [[".", "X", "."]]
    counted = board.draw(Board(cells, values=np.array([[5.0, np.nan, 1.0]])), 40, 8)
    assert "5" in "".join(counted.lines())
    assert "5.0" not in "".join(counted.lines())
    shares = board.draw(Board(cells, values=np.array([[0.5, np.nan, 1.0]])), 40, 8)
    assert ".50" in "".join(shares.lines())


def test_without_colours_shades_take_their_place() -> None:
    cells = heat.draw(Heatmap(np.array([[0.0, 1.0], [0.5, 0.9]])), 40, 14, rich=False)
    assert (cells.paper == 0).all()
    assert {"█", "▒"} <= set("".join(cells.lines()))


def test_a_large_matrix_shows_the_part_around_the_cursor() -> None:
    view = Heatmap(np.eye(500), [str(i) for i in range(500)])
    cells = heat.draw(view, 40, 12, Marks((400, 300)))
    assert '"400" → column 300  0' in cells.text(cells.height - 1)
    assert cells.text(11).endswith("more …")
    cells = heat.draw(view, 50, 12, Marks((400, 300)))
    assert re.search(r"\d+ x \d+ of 500 x 500$", cells.text(11))
    cells = heat.draw(view, 90, 12, Marks((400, 300)))
    told = re.search(r"rows (\d+)–(\d+) of 500, columns (\d+)–(\d+) of 500", cells.text(11))
    assert told is not None, "that there is more is said"
    first, last, left, right = map(int, told.groups())
    assert first <= 401 <= last
    assert left <= 301 <= right
    whole = heat.draw(Heatmap(np.eye(8)), 40, 12)
    assert " of " not in whole.text(11)


# The other views


def test_histograms_stand_over_common_edges() -> None:
    view = Histogram(np.linspace(-1, 1, 5), {"one": np.array([0, 4, 2, 1])}, note="tanh")
    lines = histogram.draw(view, 30, 8).lines()
    assert lines[0] == "tanh"
    assert "█" in lines[2]
    assert any(line.split() == ["-1", "0", "1"] for line in lines)


def test_bars_are_as_long_as_their_values_and_faint_after_the_cut() -> None:
    cells = bars.draw(Bars(["a", "b", "c"], [4.0, 2.0, 1.0], cut=2), 40, 6)
    full, half = cells.text(0).count("█"), cells.text(1).count("█")
    assert half == pytest.approx(full / 2, abs=1)
    assert "cut here" in cells.text(2)
    assert (cells.ink[3] == FAINT).sum() > 3


def test_negative_bars_go_to_the_left() -> None:
    cells = bars.draw(Bars(["a", "b"], [1.0, -1.0]), 40, 2)
    assert cells.text(0).index("█") > cells.text(1).index("█")


def test_points_lie_where_they_should() -> None:
    view = Scatter(np.array([0.0, 1.0]), np.array([0.0, 1.0]), groups=[0, 1], extent=(0, 1, 0, 1))
    cells = scatter.draw(view, 20, 11)
    assert cells.text(0).rstrip().endswith("○")
    assert cells.text(9).startswith("●")


def test_a_field_is_painted_under_the_points() -> None:
    field = np.array([[-1.0, 1.0], [-1.0, 1.0]])
    cells = scatter.draw(Scatter(np.array([0.9]), np.array([0.5]), field=field), 20, 6)
    assert (cells.paper[1:5] >= SIGNED).any()


def test_text_wraps_at_words_and_keeps_its_colours() -> None:
    cells = text.draw(Text("the king is\nhere", spans=[(4, 8, 2)]), 8, 3)
    assert cells.lines() == ["the king", "is", "here"]
    assert (cells.paper[0] > 0).sum() == 4


def test_weights_shade_characters() -> None:
    cells = text.draw(Text("abc", weights=np.array([0.0, 0.5, 1.0])), 8, 1)
    assert cells.paper[0, 0] == 0
    assert 0 < cells.paper[0, 1] < cells.paper[0, 2]


def test_a_table_draws_only_the_window() -> None:
    view = Table(["n", "square"], [(i, i * i) for i in range(100_000)], 50_001, note="squares")
    widths = table.measure(view)
    cells = table.window(view, widths, 50_000, 40, 6, Marks((50_000, 0)))
    assert cells.lines()[2].split() == ["▸[50,000]", "2,500,000,000"]
    assert cells.ink[3].max() == LIT
    assert cells.height == 6
    assert " squares " in cells.text(1)


def test_a_column_that_is_cut_says_so_and_shows_no_part_of_a_number() -> None:
    view = Table(["part", "count", "about"], [["row", 96, "large"], ["none", 7, ""]])
    widths = table.measure(view)  # at 2, 8 and 15
    seen = table.window(view, widths, 0, 12, 4).lines()
    assert [line[:12] for line in (seen[0], *seen[2:])] == [
        "  part  cou…", "  row      …", "  none     …",
    ]  # fmt: skip
    seen = table.window(view, widths, 0, 8, 4, left=12).lines()
    assert [line[12:20] for line in (seen[0], *seen[2:])] == ["…  about", "…  large", "7"]
    seen = table.window(view, widths, 0, 18, 4).lines()
    assert [line[:18] for line in (seen[0], *seen[2:])] == [
        "  part  count  ab…", "  row      96  la…", "  none      7",
    ], "where there is nothing there is no sign"  # fmt: skip


def test_a_graph_goes_from_left_to_right() -> None:
    nodes = [Node(name, [name, "data 1.0"]) for name in ("a", "b", "ab", "out")]
    edges = [("a", "ab"), ("b", "ab"), ("ab", "out"), ("a", "out")]
    shown = graph.draw(Graph(nodes, edges, lit=[("a", "ab")]), 60, 10)
    places = [min(line.index(f"│ {n} ") for line in shown.lines() if f"│ {n} " in line)
              for n in ("a", "ab", "out")]  # fmt: skip
    assert places == sorted(places)
    assert len(set(places)) == 3
    assert "▸" in "".join(shown.lines())
    assert (shown.ink == LIT).any()


def test_a_graph_with_a_circle_is_drawn_all_the_same() -> None:
    view = Graph([Node("a", ["a"]), Node("b", ["b"])], [("a", "b"), ("b", "a")])
    assert "│ a │" in "\n".join(graph.draw(view, 30, 5).lines())


def test_a_deep_graph_does_not_end_the_stack() -> None:
    nodes = [Node(str(i), [str(i)]) for i in range(3000)]
    edges = [(str(i), str(i + 1)) for i in range(2999)]
    assert graph.depths([node.id for node in nodes], edges)["2999"] == 2999


def test_a_tree_hangs_its_children_at_the_right() -> None:
    view = Tree("the", [Tree("th", [Tree("t"), Tree("h")]), Tree("e")])
    assert tree.draw(view, 30, 3).lines() == ["the ─┬─ th ─┬─ t", "     │      ╰─ h", "     ╰─ e"]


def test_a_board_shows_marks_and_values() -> None:
    values = np.array([[np.nan, 0.25], [0.5, np.nan]])
    shown = "\n".join(board.draw(Board([["X", ""], ["", "O"]], values), 40, 12).lines())
    assert all(part in shown for part in ("X", "O", ".25", ".50"))


def test_a_label_stands_nearer_to_its_own_line_than_to_another() -> None:
    dice = np.random.default_rng(0)
    noisy = (1.9 + 2.3 * np.exp(-np.arange(600) / 100) + dice.normal(0, 0.12, 600)).tolist()
    levels = [Level(1.88, "the first of the figures"), Level(1.47, "the second")]
    seen = 0
    for width in range(40, 100, 3):
        cells = chart.draw(picture(noisy, levels=levels), width, 20)
        shown = cells.lines()
        lines = [
            y
            for y in range(20)
            if (np.isin(cells.glyph[y], list(braille.LEVEL)) & (cells.ink[y] == PUBLISHED)).any()
        ]
        upper, lower = lines[0], lines[-1]
        assert lower > upper
        (second,) = [y for y, line in enumerate(shown) if "1.4700" in line]
        assert abs(second - lower) < abs(second - upper)
        for first in [y for y, line in enumerate(shown) if "1.8800" in line]:
            assert abs(first - upper) < abs(first - lower)
            seen += 1
    assert seen > 10


def test_the_names_in_an_svg_stand_as_their_lines_end() -> None:
    x = np.arange(9.0)
    ends = {"train": 2.01, "loss": 2.0, "val": 2.02, "far": 4.0}
    curves = [vector.Curve(name, x, np.full(9, value)) for name, value in ends.items()]
    drawn = vector.draw("t", curves, [], "step")
    found = re.findall(r"y='([\d.]+)'[^>]*>(train|loss|val|far) ", drawn)
    order = [name for _, name in sorted((float(y), name) for y, name in found)]
    assert order == ["far", "val", "train", "loss"]
    places = sorted(float(y) for y, _ in found)
    assert np.diff(places).min() >= 15


@pytest.mark.parametrize(("guess", "told"), [(6.0, "your guess 6"), (60.0, "↑ your guess 60")])
def test_the_axis_goes_to_meet_a_guess_or_an_arrow_says_where_it_is(
    guess: float, told: str
) -> None:
    """Curves from 4 to 2: a guess within four of their heights is inside, another one is named."""
    one = picture([4 - i / 50 for i in range(100)], levels=[Level(guess, "your guess", within=4.0)])
    lines = chart.draw(one, 60, 16).lines()
    assert any(told in line for line in lines)
    other = picture([4 - i / 50 for i in range(100)], levels=[Level(guess, "published")])
    far = chart.draw(other, 60, 16).lines()
    assert any(f"↑ published {guess:g}" in line for line in far), "another level is no reason"
