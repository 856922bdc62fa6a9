"""No number in a run may end the lab: finite or not, in every chart, list, export and picture."""

from __future__ import annotations

import io
import json
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from zhtui import wording
from zhtui.draw import chart, pictures, vector
from zhtui.draw.picture import Level, Line, Picture
from zhtui.draw.series import Series
from zhtui.lesson import catalog
from zhtui.lesson.views import Bars, Board, Curves, Heatmap, Histogram, Scatter, Table, Text
from zhtui.runs import export, folder
from zhtui.runs.files import append_json, write_json
from zhtui.runs.folder import RunFolder
from zhtui.work import headless

EDGES = [0.0, 5e-324, 1e-308, 3.5e38, 1e39, 1e300, 1.7976931348623157e308]
NUMBERS = st.floats() | st.sampled_from([*EDGES, *(-edge for edge in EDGES)])
ROWS = st.lists(NUMBERS, min_size=1, max_size=30)
SOME = settings(max_examples=150, deadline=None)


@SOME
@given(values=ROWS, levels=st.lists(NUMBERS, max_size=2), log=st.booleans(), log_x=st.booleans())
def test_a_chart_draws_any_numbers(
    values: list[float], levels: list[float], log: bool, log_x: bool
) -> None:
    series = Series(0.9)
    series.extend(np.arange(len(values), dtype=float), np.array(values))
    assert np.array_equal(series.y[np.isfinite(values)], np.array(values)[np.isfinite(values)])
    lines = [Line("loss", series, 0, False, True), Line("val", series, 1)]
    known = [Level(value, "published") for value in levels]
    picture = Picture(lines, known, log=log, log_x=log_x, cursor=1.0)
    for _ in range(2):  # the second one on the axes of the first
        assert chart.draw(picture, 80, 20).height == 20
    curve = vector.Curve("loss", series.x, series.y, series.smooth)
    told = [("published", value) for value in levels]
    drawn = vector.draw("t", [curve], told, "step", log_x=log_x, log_y=log)
    assert drawn.endswith("</svg>\n")
    assert "nan" not in drawn
    assert "inf" not in drawn


@SOME
@given(places=st.lists(NUMBERS, min_size=1, max_size=9))
def test_a_step_may_be_any_number(places: list[float]) -> None:
    series = Series(0.9)
    series.extend(np.array(places), np.ones(len(places)))
    chart.draw(Picture([Line("loss", series)], cursor=2.0), 80, 20)


@SOME
@given(data=st.data(), size=st.integers(1, 8))
def test_a_view_shows_any_numbers(data: st.DataObject, size: int) -> None:
    def some(*shape: int) -> Any:
        count = math.prod(shape)
        return np.array(data.draw(st.lists(NUMBERS, min_size=count, max_size=count))).reshape(shape)

    one, signed, log = data.draw(NUMBERS), data.draw(st.booleans()), data.draw(st.booleans())
    views = [
        Heatmap(some(size, 3), signed=signed),
        Heatmap(some(size, 3), low=one, high=data.draw(NUMBERS)),
        Histogram(np.sort(some(size + 1)), {"a": some(size)}),
        Bars(["b"] * size, some(size).tolist(), levels={"l": one}, log=log),
        Curves({"a": (some(size), some(size))}, {"l": one}, [(one, "m")], log_x=log, log_y=signed),
        Scatter(some(size), some(size), field=some(2, 2), extent=(0.0, one, 0.0, 1.0)),
        Text("x" * size, weights=some(size)),
        Table(("a",), [(value,) for value in some(size).tolist()]),
        Board([["X"]] * size, values=some(size, 1)),
    ]
    for view in views:
        assert pictures.draw(view, 80, 24).width >= 80
        assert isinstance(pictures.plain(view), list)


@settings(max_examples=10, deadline=None)
@given(values=ROWS)
def test_a_run_of_any_numbers_is_listed_plotted_and_exported(values: list[float]) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "micrograd" / "otter"
        path.mkdir(parents=True)
        card = {"format": 1, "lesson": "micrograd", "preset": "tiny", "config": {}, "seed": 1}
        (path / folder.CARD).write_text(json.dumps({**card, "data": None}))
        run = RunFolder(path)
        for step, value in enumerate(values):
            append_json(path / folder.METRICS, {"step": step, "time": 0.1 * step, "loss": value})
        status = {"state": "finished", "row": {"loss": values[-1]}, "best": values[0]}
        write_json(path / folder.STATUS, {**status, "left": values[0], "rate": values[-1]})
        assert isinstance(headless.plot(run, catalog.one("micrograd").card), str)
        for to in export.PRINTED:
            export.stream(run, to, io.StringIO())
        for to in export.WRITTEN:
            assert export.write(run, to, Path(place) / to).exists()


@given(NUMBERS)
def test_words_for_a_number_are_short(value: float) -> None:
    assert len(wording.number(value)) <= 24
    assert len(wording.rate(value, "tok")) <= 24
    assert len(wording.clock(value)) <= 16
