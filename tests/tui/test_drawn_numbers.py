"""The numbers in pictures: apart from their neighbours, whole, and those of where they stand."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from zhtui.draw import (
    axes,
    bars,
    board,
    chart,
    curves,
    graph,
    heat,
    histogram,
    pictures,
    scale,
    scatter,
    ticks,
    vector,
)
from zhtui.draw.cells import Cells
from zhtui.draw.marks import Marks
from zhtui.draw.picture import Level, Line, Picture
from zhtui.draw.series import Series
from zhtui.lesson.views import Bars, Board, Curves, Graph, Heatmap, Histogram, Node, Scatter, Table
from zhtui.wording import number as reading

UNITS = {"k": 1e3, "M": 1e6, "G": 1e9}
NUMBER = re.compile(r"^-?\d{1,3}(,\d{3})*(\.\d+)?[kMG]?$|^-?\d+(\.\d+)?(e[-+]\d+)?[kMG]?$")
sizes = st.floats(-12, 18).map(lambda power: 10**power)
ends = st.one_of(st.just(0.0), sizes, sizes.map(lambda size: -size))
shares = st.floats(-10, 3).map(lambda power: 10**power)  # a range of its low end


def said(text: str) -> float:
    """The number that a reader reads."""
    assert NUMBER.match(text), text
    return float(text.rstrip("kMG").replace(",", "")) * UNITS.get(text[-1], 1.0)


def plain(text: str) -> float:
    """The number of a text that may be as short as -.5 or 2e9."""
    return float(text) if re.match(r"-?\.|-?\d+e\d", text) else said(text)


def y_axis(cells: Cells) -> list[tuple[int, str]]:
    """The rows and numbers left of the axis, from the bottom up."""
    rows = [(y, line.split("┤")[0].strip()) for y, line in enumerate(cells.lines()) if "┤" in line]
    return rows[::-1]


def x_axis(cells: Cells) -> list[str]:
    """The numbers of the lowest line that stand under a tick."""
    return [text for text in cells.text(cells.height - 1).split() if text not in ("step", "x")]


def rising(texts: list[str]) -> bool:
    """Whether each number is greater than the one before it."""
    return all(before < after for before, after in pairwise(map(said, texts)))


def trained(low: float, high: float, first: int = 0) -> Picture:
    """A loss between two values over 300 steps."""
    series = Series(0.9)
    values = low + (high - low) * (0.5 + 0.5 * np.sin(np.arange(300.0)))
    series.extend(np.arange(first, first + 300, dtype=float), values)
    return Picture([Line("loss", series)])


@given(ends, shares, st.integers(1, 12), st.booleans())
def test_each_tick_reads_as_the_number_where_it_stands(
    low: float, share: float, count: int, log: bool
) -> None:
    high = low + share * (abs(low) or 1.0)
    assume(not log or low > 0)
    known = ticks.told(low, high, count, log)
    assert len({text for _, text in known}) == len(known), known
    step = min((b - a for (a, _), (b, _) in pairwise(known)), default=abs(high - low))
    for value, text in known:
        size = abs(value) if log else 0.0
        assert abs(said(text) - value) <= 1e-3 * step + 1e-9 * size, (value, text)
        assert low - 0.01 * step <= value <= high + 0.01 * step + 1e-9 * size


@pytest.mark.parametrize(
    ("low", "high", "count", "log", "shown"),
    [
        (0.9999, 1.0001, 4, False, "0.99990 0.99995 1.00000 1.00005 1.00010"),
        (1e-5, 2e-5, 4, False, "1e-05 1.25e-05 1.5e-05 1.75e-05 2e-05"),
        (1000100, 1000110, 2, False, "1,000,100 1,000,105 1,000,110"),
        (2.3025, 2.3027, 4, True, "2.30250 2.30255 2.30260 2.30265 2.30270"),
        (-12346, -12344, 4, False, "-12.346k -12.3455k -12.345k -12.3445k -12.344k"),
        (0, 1, 5, False, "0 0.2 0.4 0.6 0.8 1.0"),
        (0, 60000, 3, False, "0 20k 40k 60k"),
        (0, 2.5e6, 5, False, "0 500k 1M 1.5M 2M 2.5M"),
        (0.1, 100, 7, True, "0.1 1 10 100"),
        (2, 2.5, 3, True, "2 2.2 2.4"),
        (5e-5, 2e-4, 3, False, "5e-05 0.0001 0.00015 0.0002"),
    ],
)
def test_ticks_are_as_short_as_tells_them_apart(
    low: float, high: float, count: int, log: bool, shown: str
) -> None:
    assert " ".join(text for _, text in ticks.told(low, high, count, log)) == shown


@given(ends, shares, st.integers(16, 120), st.integers(6, 30), st.booleans())
def test_the_labels_of_an_axis_rise_and_fit(
    low: float, share: float, width: int, height: int, log: bool
) -> None:
    x = np.linspace(0.0, 1.0, 50)
    high = low + share * (abs(low) or 1.0)
    view = Curves({"a": (low + (high - low) * x, low + (high - low) * x)}, log_x=log, log_y=log)
    cells = curves.draw(view, width, height)
    labels = y_axis(cells)
    assert rising([text for _, text in labels])
    assert rising(x_axis(cells))
    frame = curves.frame_of(view, curves.data(view))
    for y, text in labels:
        place = (1 - float(frame.height(np.array([said(text)]))[0])) * (height - 3)
        assert abs(min(math.floor(place + 1e-6), height - 4) - (y - 1)) <= 1


@pytest.mark.parametrize("width", [40, 70, 120])
def test_a_plateau_of_a_training_has_numbers_that_differ(width: int) -> None:
    cells = chart.draw(trained(3.29575, 3.29585), width, 18)
    texts = [text for _, text in y_axis(cells)]
    assert len(texts) >= 3
    assert rising(texts)
    assert said(texts[0]) == pytest.approx(3.29575, abs=5e-5)
    zoomed = trained(1.0, 2.0, first=1_000_000)
    zoomed.span = (1_000_100, 1_000_110)
    steps = x_axis(chart.draw(zoomed, width, 12))
    assert len(steps) >= 2
    assert rising(steps)
    assert said(steps[0]) == 1_000_100


def test_long_labels_leave_a_small_chart_its_curve() -> None:
    frame = axes.Frame(0, 1, -1.00000000002, -1.00000000001)
    wide = axes.y_marks(frame, 20, 70)
    assert len(wide) >= 4
    assert rising([text for _, text in wide[:4]])
    assert axes.margin(axes.y_marks(frame, 20, 16)) <= 12
    cells = curves.draw(Curves({"a": (np.arange(2.0), np.array([frame.low, frame.high]))}), 16, 12)
    assert any("⡠" in line or "⠊" in line or "⢀" in line for line in cells.lines())


# Matrices


def numbers(line: str) -> list[str]:
    """The numbers of a line, as they read."""
    return re.findall(r"(?<![\w.])-?\.?\d[\d,.]*(?:e[-+]?\d+)?", line)


@given(
    st.floats(-5000, 5000), st.floats(0.001, 5000), st.integers(8, 60), st.booleans(), st.booleans()
)
@example(-1000.5, 0.002, 26, False, False)  # two numbers that differ only behind the point
def test_both_ends_of_a_scale_of_colours_are_whole(
    low: float, span: float, width: int, signed: bool, rich: bool
) -> None:
    view = Heatmap(np.array([[low, low + span]]), signed=signed)
    line = heat.draw(view, width, 8, rich=rich).text(7)
    most = max(abs(low), abs(low + span))
    want = (-most, most) if signed else (low, low + span)
    shown = numbers(line)
    assert len({*shown}) == 2 or (not shown and width < 22), line
    for text, value in zip(shown, want, strict=False):
        near = 0.05 * (want[1] - want[0]) if width >= 30 else 0.0
        assert abs(float(text.replace(",", "")) - value) <= max(near, 0.006, 0.5 * abs(value)), line
        if width >= 30:
            assert "█" in line


def test_a_scale_of_colours_has_fewer_where_both_readings_take_the_room() -> None:
    view = Heatmap(np.array([[2.29, -1.5]]), signed=True)
    assert heat.draw(view, 28, 8).text(7) == "-2.2900 █████████████ 2.2900"
    assert heat.draw(view, 16, 8).text(7) == "-2.2900 … 2.2900"
    assert heat.draw(view, 14, 8).text(7).rstrip() == "-2.3 … 2.29"
    assert heat.draw(view, 20, 8, rich=False).text(7) == "-2.2900 #= ▒█ 2.2900"


@given(st.floats(-9999, 9999))
def test_a_short_number_says_the_number(value: float) -> None:
    for text in (scale.short(value), scale.shortest(value)):
        assert abs(float(text) - value) <= max(
            0.0501, 0.501 * 10 ** math.floor(math.log10(abs(value) or 1))
        ), text
    assert scale.shortest(10.0) == "10"
    assert scale.shortest(-20.3) == "-20"


# Tables


@given(st.integers(1, 5000), st.integers(1, 40))
def test_how_many_rows_more_there_are_is_said_in_the_room_there_is(more: int, width: int) -> None:
    lines = pictures.plain(Table(["n"], [[i] for i in range(more + 1)]), width, 3)
    assert len(lines[-1]) <= width
    assert numbers(lines[-1]) in ([], [f"{more:,}"])
    if width >= 20:
        assert lines[-1] == f"  … {more:,} more row{'s' * (more > 1)}"


# Boards


def squares(view: Board, width: int, height: int) -> list[str]:
    """The rows of squares between their borders, each as it reads."""
    lines = board.draw(view, width, height).lines()
    inside = [line.split("│")[1:-1] for line in lines if "│" in line]
    return [square.strip() for row in inside for square in row]


@given(
    st.floats(-99999, 99999), st.booleans(), st.integers(8, 40), st.integers(3, 9),
    st.sampled_from(["", ".", "O", "X", "12"]), st.booleans(),
)  # fmt: skip
def test_the_mark_of_a_square_stays_apart_from_its_number(
    value: float, whole: bool, width: int, height: int, mark: str, two: bool
) -> None:
    value = float(round(value)) if whole else value
    view = Board([[mark] * (1 + two)] * (1 + two), np.full((1 + two, 1 + two), value))
    counted = value.is_integer() and 0 < abs(value) < 1e4
    text = f"{value:.0f}" if counted else scale.short(value)
    for shown in squares(view, width, height):
        assert set(shown.split()) <= {mark, text} or set(shown) <= set("╲╱╳╭─╮╰╯ "), shown


def test_a_small_board_shows_mark_and_value() -> None:
    assert squares(Board([["O"]], np.array([[0.0]])), 30, 4) == ["O  .00"]
    assert squares(Board([["X"]], np.array([[-0.25]])), 30, 4) == ["X  -.25"]
    assert squares(Board([[".", "."]], np.array([[99.0, 7.0]])), 12, 4) == ["99", "7"]


# The ends of what is drawn, and bars


@given(st.floats(-1e6, 1e6), st.floats(-9, 6), st.integers(4, 80))
def test_the_edges_of_a_histogram_are_apart_and_whole(low: float, power: float, width: int) -> None:
    high = low + 10**power
    assume(high - low > 1e-11 * abs(low))
    view = Histogram(np.linspace(low, high, 6), {"a": np.arange(5)})
    shown = histogram.draw(view, width, 4).text(3).split()
    if width >= 40:
        assert abs(said(shown[0]) - low) <= 0.05 * (high - low)
        assert abs(said(shown[-1]) - high) <= 0.05 * (high - low)
    numbers_shown = [float(text.replace(",", "").rstrip("kMG")) for text in shown]
    assert numbers_shown == sorted({*numbers_shown}), "left to right, apart, none glued"


def test_zero_does_not_stand_in_another_number() -> None:
    view = Histogram(np.linspace(-0.05, 1, 21), {"a": np.arange(20)})
    assert histogram.draw(view, 40, 4).text(3).split() == ["-0.0500", "1"]
    assert histogram.draw(view, 8, 4).text(3).split() == []
    close = Histogram(np.linspace(1.00001, 1.00002, 3), {"a": np.arange(2)})
    assert "1.0000100 … 1.0000150" in histogram.draw(close, 60, 4, Marks((0, 0))).text(0)


@given(st.floats(-1e6, 1e6), st.floats(-9, 6), st.integers(4, 90))
def test_the_ends_of_a_plane_are_apart_and_whole(low: float, power: float, width: int) -> None:
    high = low + 10**power
    assume(high - low > 1e-11 * abs(low))
    plane = Scatter(np.array([0.5]), np.array([low]), extent=(0, 1, low, high))
    line = scatter.draw(plane, width, 4).text(3)
    assert re.fullmatch(r"\s*|(x \.?0+ ?… ?1[.0]*)?\s*( y \S+ ?… ?\S+)?\s*", line), line
    if "y" in line:
        least, most = map(plain, line.split("y ")[1].replace(" ", "").split("…"))
        near = 0.05 * (high - low) if width >= 45 else max(0.006, 0.5 * max(abs(low), abs(high)))
        assert least < most
        assert abs(least - low) <= near
        assert abs(most - high) <= near
    else:
        assert width < 45


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=4), st.integers(4, 40))
def test_the_number_beside_a_bar_is_whole_and_apart_from_its_label(
    values: list[float], width: int
) -> None:
    cells = bars.draw(Bars([*"1234"][: len(values)], values), width, len(values))
    for line, value in zip(cells.lines(), values, strict=False):
        text = re.sub("[ ▏▎▍▌▋▊▉█]+", " ", line).split(" ", 1)[1].strip()
        assert text in (reading(value), ticks.number(value), scale.short(value), "…"), line


# The cursor of a matrix


@given(st.integers(8, 90), st.integers(0, 23), st.integers(1, 24))
def test_the_label_at_the_cursor_joins_no_other(width: int, column: int, columns: int) -> None:
    names = [str(i) for i in range(90, 90 + columns)]
    column = min(column, columns - 1)
    cells = heat.draw(Heatmap(np.ones((2, columns)), columns=names), width, 8, Marks((1, column)))
    shown = cells.text(0).split()
    assert names[column] in shown
    assert {text for text in shown if not text.endswith("…")} <= {*names}


@given(st.text("ab ", max_size=9), st.integers(8, 60), st.sampled_from([[], [["it", "is"]]]))
def test_the_value_at_the_cursor_stays_whole(name: str, width: int, texts: list[list[str]]) -> None:
    assume(width > 8 or not texts)
    view = Heatmap(np.array([[0.4227, 0.5]]), [name], [f"{name}1", f"{name}2"], texts=texts)
    line = heat.draw(view, width, 8, Marks((0, 0))).text(7)
    assert "0.4227" in line.split()
    assert "→" in line or "…" in line or width <= 13


# What a chart says in words


def test_the_crosshair_tells_apart_what_the_axis_tells_apart() -> None:
    x = np.arange(60.0)
    view = Curves({"a": (x * 1e-7 + 1, 0.9999 + x * 3e-6), "b": (x * 1e-7 + 1, x * 0 + 1)})
    lines = [curves.draw(view, 70, 18, Marks((0, i))).text(0) for i in range(60)]
    for i, line in enumerate(lines):
        across, height, other = map(float, numbers(line))
        assert across == pytest.approx(1 + i * 1e-7, abs=1e-7)
        assert height == pytest.approx(0.9999 + i * 3e-6, abs=2e-6)
        assert other == 1
    assert len({*lines}) == 60
    one = trained(3.29575, 3.29585)
    one.cursor, one.levels = 2.0, [Level(3.295862, "figure")]
    shown = chart.draw(one, 90, 18)
    assert float(numbers(shown.text(0))[1]) == pytest.approx(3.29575 + 0.95465e-4, abs=1e-6)
    assert any("figure 3.295862" in line for line in shown.lines())


def test_a_chart_over_seconds_tells_where_it_failed_in_seconds() -> None:
    series = Series(0.9)
    series.extend(np.array([0.2, 0.4, 0.75]), np.array([1.0, 2.0, np.nan]))
    one = Picture([Line("loss", series)], x_name="s", whole=False)
    assert "NaN at s 0.7500" in chart.draw(one, 60, 12).text(1)
    long = trained(1.0, 2.0, first=1_000_000)
    long.lines[0].series.extend(np.array([1_000_300.0]), np.array([np.nan]))
    for width in range(16, 60):
        top = chart.draw(long, width, 12).text(1)
        assert "NaN" in top
        assert all(text in ("2", "2.0", "1,000,300") for text in numbers(top)), top


# Labels beside each other


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30),
    st.integers(6, 60),
    st.integers(0, 29),
)
def test_the_labels_of_points_read_as_they_are(
    points: list[tuple[float, float]], width: int, cursor: int
) -> None:
    x, y = map(np.array, zip(*points, strict=True))
    labels = [str(i + 10) for i in range(len(points))]
    here = min(cursor, len(points) - 1)
    view = Scatter(x, y, labels, extent=(0, 1, 0, 1))
    lines = scatter.draw(view, width, 8, Marks((here, 0))).lines()[:7]
    shown = [text for line in lines for text in re.findall(r"\d+", line)]
    assert set(shown) <= {*labels}
    assert len({*shown}) == len(shown), "none is cut to another's"
    assert labels[here] in shown, "that at the cursor is on top"


def test_letters_may_be_neighbours() -> None:
    view = Scatter(np.array([0.0, 0.06]), np.zeros(2), ["a", "b"], extent=(0, 1, -1, 1))
    assert "ab" in "".join(scatter.draw(view, 20, 5).lines())


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=6), st.integers(16, 90), st.integers(6, 20)
)  # fmt: skip
def test_the_words_of_uprights_are_apart(places: list[float], width: int, height: int) -> None:
    view = Curves(
        {"a": (np.array([0.0, 1.0]), np.array([0.0, 1.0]))},
        marks=[(at, str(100 + i)) for i, at in enumerate(places)],
    )
    rows = curves.draw(view, width, height).lines()[1:-2]
    shown = [text for row in rows for text in re.findall(r"\d+", re.split("[│┤]", row)[1])]
    assert set(shown) <= {str(100 + i) for i in range(len(places))}
    assert shown


# An exported picture


def test_an_svg_holds_its_numbers_whole_and_apart() -> None:
    x = np.arange(1_000_100.0, 1_000_300.0)
    for low, high in ((0.9999, 1.0001), (-1.00000002, -1.00000001), (0.0, 4.0)):
        y = np.linspace(low, high, 200)
        drawn = vector.draw("t", [vector.Curve("a", x, y)], [("level", low)], "step")
        left = float(re.findall(r"viewBox='(-?\d+) ", drawn)[0])
        known = re.findall(r"<text x='([\d.]+)' y='([\d.]+)' text-anchor='end'[^>]*>([^<]*)", drawn)
        texts = [(float(at), text) for at, _, text in known if text != "step"]
        assert rising([text for _, text in texts])
        assert all(at - 7.9 * len(text) >= left for at, text in texts)
        assert (left == 0) == (high == 4)
        under = re.findall(r"<text x='([\d.]+)'[^>]*text-anchor='middle'[^>]*>([^<]*)", drawn)
        assert rising([text for _, text in under])
        ends = [(float(at) - 4 * len(t), float(at) + 4 * len(t)) for at, t in under]
        assert all(before[1] < after[0] for before, after in pairwise(ends))
        told = float(re.findall(r">level ([-\d.]+)<", drawn)[0])
        assert told == pytest.approx(low, abs=0.02 * (high - low))


def test_the_labels_of_thin_rows_are_whole() -> None:
    for first in (0, 10, 100):
        names = [str(i) for i in range(first, first + 20)]
        lines = heat.draw(Heatmap(np.eye(20), names), 50, 12).lines()[:10]
        assert [line.split()[0] for line in lines] == names[::2]
    lines = heat.draw(Heatmap(np.eye(20), [*"abcdefghijklmnopqrst"]), 50, 12).lines()[:10]
    assert "".join(line[:2] for line in lines) == "abcdefghijklmnopqrst", "letters stand in pairs"


@given(st.lists(st.floats(-99, 99), min_size=4, max_size=4))
def test_no_label_of_an_edge_lies_over_another(values: list[float]) -> None:
    edges = [("a", "c"), ("b", "c"), ("a", "d"), ("b", "d")]
    labels = {edge: f"{value:.4g}" for edge, value in zip(edges, values, strict=True)}
    drawn = graph.draw(Graph([Node(n, [n]) for n in "abcd"], edges, labels=labels), 50, 12)
    for ends in (edges[:2], edges[2:]):
        assert all(any(labels[end] in line for line in drawn.lines()) for end in ends)
    shown = [text for line in drawn.lines() for text in numbers(line)]
    assert sorted(shown) == sorted(labels.values())


@given(st.integers(11, 110), st.integers(8, 90), st.integers(4, 30))
def test_the_names_of_a_board_s_columns_do_not_join(size: int, width: int, height: int) -> None:
    names = [str(i) for i in range(size)]
    line = board.draw(Board([["."] * size], columns=names), width, height).text(0)
    assert line.split()[0] == "0"
    assert set(line.split()) <= {*names}


@given(st.lists(st.integers(100, 9999), max_size=4), st.integers(12, 80))
def test_the_levels_of_bars_do_not_cut_one_another(levels: list[int], width: int) -> None:
    view = Bars(["a"], [5000.0], levels={f"level{i}": level for i, level in enumerate(levels)})
    line = bars.draw(view, width, 3).text(0)
    whole = {reading(level) for level in levels} | {f"level{i}" for i in range(4)}
    assert not levels or {t for t in line.split() if not t.endswith("…")} <= whole, line


def test_a_cursor_beyond_the_names_of_columns_is_drawn() -> None:
    cells = heat.draw(Heatmap(np.eye(3), columns=["a"]), 40, 8, Marks((0, 2)))
    assert cells.text(0).split() == ["a"]
