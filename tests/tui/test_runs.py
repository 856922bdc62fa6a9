"""The runs' screen, by keys, on recorded folders."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onscreen import Make, shown, tick
from recorded import alive, curve, record
from textual.events import Key
from textual.pilot import Pilot
from textual.screen import Screen

from zhtui.draw.series import Series
from zhtui.runs import learner
from zhtui.runs.folder import CARD, EVENTS, METRICS, OUTPUT, RunFolder
from zhtui.tui.app import LabApp
from zhtui.tui.reading import columns
from zhtui.tui.screens.home.screen import HomeScreen
from zhtui.tui.screens.lesson.screen import LessonScreen
from zhtui.tui.screens.runs.panes import ListPane, OverlayPane
from zhtui.tui.screens.runs.screen import RunsScreen
from zhtui.tui.widgets.ask import AskLine
from zhtui.tui.widgets.chart import ChartWidget
from zhtui.tui.widgets.rows import Rows

KNOBS = {"lr": 0.001, "n_layer": 4, "rung": "full", "steps": 1000}


@pytest.fixture
def three(store: Path) -> list[RunFolder]:
    """Two runs of gpt that differ in two knobs, and one of bigram."""
    other = {**KNOBS, "lr": 0.003, "n_layer": 2}
    return [
        record(store, "gpt", "brisk-otter", config=KNOBS),
        record(store, "gpt", "calm-heron", config=other, rows=curve(900, end=2.0), steps=900),
        record(store, "bigram", "keen-fox", steps=100, config={"steps": 1000}),
    ]


async def runs(pilot: Pilot[int], *keys: str) -> str:
    """Opens the screen, presses keys; what is then shown."""
    await tick(pilot)
    await pilot.press("R")
    for key in keys:
        await pilot.press(key)
        await tick(pilot, 2)
    await tick(pilot)
    assert isinstance(pilot.app.screen_stack[-1], RunsScreen) or keys
    return shown(pilot)


def chosen(pilot: Pilot[int]) -> str:
    return pilot.app.screen.query_one(ListPane).rows.chosen


def said(pilot: Pilot[int]) -> str:
    """What the notes at the corner say."""
    return "\n".join(note.message for note in pilot.app._notifications)


def typed(text: str) -> list[str]:
    names = {"=": "equals_sign", "<": "less_than_sign", ">": "greater_than_sign", " ": "space"}
    names |= {".": "full_stop", "-": "minus"}
    return [names.get(letter, letter) for letter in text]


# The list


async def test_all_runs_of_all_lessons_are_listed_with_their_figures(
    make: Make, three: list[RunFolder]
) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        text = await runs(pilot)
        lines = text.splitlines()
        assert "3 runs" in lines[0]
        for name, steps in (("brisk-otter", 600), ("calm-heron", 900), ("keen-fox", 100)):
            line = next(line for line in lines if name in line)
            assert f"{steps} / 1,000" in line
            assert "2 min ago" in line
        best = next(line for line in lines if "brisk-otter" in line)
        assert "✓ 1.7" in best, "1.88 was reached"


async def test_a_filter_that_no_run_matches_says_so(make: Make, three: list[RunFolder]) -> None:
    async with make().run_test(size=(80, 24)) as pilot:
        text = await runs(pilot, "slash", *typed("zzz"), "enter")
        assert "no run matches zzz; esc shows all" in text
        assert "no runs here" not in text
        await pilot.press("escape")
        await tick(pilot)
        assert "brisk-otter" in shown(pilot)


async def test_an_empty_store_says_what_to_do(make: Make) -> None:
    async with make().run_test(size=(80, 24)) as pilot:
        assert "enter a lesson and press r" in await runs(pilot, "n", "d", "E", "space", "enter")


async def test_a_filter_is_words_that_all_hold(make: Make, three: list[RunFolder]) -> None:
    learner.write_note(three[0], "the good one")
    async with make().run_test(size=(120, 40)) as pilot:
        text = await runs(pilot, "slash", *typed("gpt lr>0.002"))
        assert "1 of 3 runs" in text
        assert chosen(pilot) == "gpt/calm-heron"
        await pilot.press("enter")
        await pilot.press("slash", "ctrl+u", *typed("good"))
        await tick(pilot)
        assert chosen(pilot) == "gpt/brisk-otter"
        await pilot.press("ctrl+u", *typed("n_layer=4"))
        await tick(pilot)
        assert "1 of 3 runs" in shown(pilot)
        await pilot.press("escape")
        await tick(pilot)
        assert not pilot.app.screen.query(AskLine)
        assert "3 runs" in shown(pilot)


async def test_the_list_is_ordered(make: Make, three: list[RunFolder]) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await runs(pilot, "o")
        listed = [run.folder.name for run in pilot.app.screen.listed]
        assert listed[0] == "keen-fox", "by lesson"
        for _ in range(4):
            await pilot.press("o")
        assert "by best" in shown(pilot)
        bests = [run.status.best for run in pilot.app.screen.listed]
        assert bests == sorted(bests)
        await pilot.press("O")
        assert [run.status.best for run in pilot.app.screen.listed] == bests[::-1]


async def test_enter_opens_the_run_and_r_comes_back(make: Make, three: list[RunFolder]) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await runs(pilot, "slash", *typed("calm"), "enter", "enter")
        screen = pilot.app.screen
        assert isinstance(screen, LessonScreen)
        assert screen.seen is not None
        assert screen.seen.folder.name == "calm-heron"
        await pilot.press("R")
        await tick(pilot)
        assert isinstance(pilot.app.screen, RunsScreen)
        assert len(pilot.app.screen_stack) == 2, "the screen that was open already"
        await pilot.press("escape", "escape")
        await tick(pilot)
        assert isinstance(pilot.app.screen, HomeScreen)


# The chart and the differences


async def test_marked_runs_lie_over_each_other(make: Make, three: list[RunFolder]) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        text = await runs(pilot, "slash", *typed("gpt"), "enter", "space", "space")
        chart = pilot.app.screen.query_one(OverlayPane).chart.picture
        assert sorted(line.name for line in chart.lines) == ["brisk-otter", "calm-heron"]
        assert len({line.colour for line in chart.lines}) == 2
        assert "nanoGPT on a CPU 1.8800" in text
        assert "2 val" in text, "the lesson's figure first"
        await pilot.press("c")
        await tick(pilot)
        assert "2 loss" in shown(pilot)
        await pilot.press("a")
        await tick(pilot)
        assert len(chart.lines) <= 2
        assert not pilot.app.screen.marks


def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often the chart was drawn and the screen laid out, from now on."""
    times = {"chart": 0, "layout": 0}

    def counting(name: str, done: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            times[name] += 1
            return done(*given, **named)

        return call

    monkeypatch.setattr(ChartWidget, "draw", counting("chart", ChartWidget.draw))
    monkeypatch.setattr(Screen, "_refresh_layout", counting("layout", Screen._refresh_layout))
    return times


async def test_the_cursor_draws_no_chart_of_marked_runs_and_lays_nothing_out(
    make: Make, three: list[RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await runs(pilot, "a")
        times = counted(monkeypatch)
        for key in ("down", "up", "down"):
            await pilot.press(key)
            await pilot.pause(0.05)
        assert times == {"chart": 0, "layout": 0}
        await pilot.press("o")
        await pilot.pause(0.05)
        assert times == {"chart": 1, "layout": 0}


async def test_a_mark_draws_the_chart_once_and_after_the_rows(
    make: Make, three: list[RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await runs(pilot, "space")
        times, frames = counted(monkeypatch), []
        display = LabApp._display

        def show(app: LabApp, screen: Screen[Any], frame: Any) -> None:
            frames.append((times["chart"], len(app.screen.marks)))
            display(app, screen, frame)

        monkeypatch.setattr(LabApp, "_display", show)
        await pilot.press("space")
        await pilot.pause(0.1)
        assert frames[0] == (0, 2), "the mark is in sight before the chart is drawn"
        assert times["chart"] == 1


async def test_the_differences_are_the_knobs_that_differ(
    make: Make, three: list[RunFolder]
) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        text = await runs(pilot, "slash", *typed("gpt"), "enter", "a", "3", "z")
        head = next(line for line in text.splitlines() if "best" in line)
        assert head.split()[1:] == ["run", "last", "best", "@", "lr", "n_layer", "│"]
        line = next(line for line in text.splitlines() if "━  calm-heron" in line)
        assert line.split()[-3:-1] == ["0.003", "2"]


async def test_a_knob_that_was_turned_on_the_way_is_a_difference(
    make: Make, three: list[RunFolder]
) -> None:
    turned = {"event": "knob", "step": 200, "knob": "rung", "value": "head"}
    with (three[0].path / EVENTS).open("a") as file:
        file.write(json.dumps(turned) + "\n")
    async with make().run_test(size=(120, 40)) as pilot:
        text = await runs(pilot, "slash", *typed("gpt"), "enter", "a", "3", "z")
        assert "→head" in next(line for line in text.splitlines() if "━  brisk-otter" in line)


async def test_the_crosshair_reads_every_line(make: Make, three: list[RunFolder]) -> None:
    async with make().run_test(size=(160, 50)) as pilot:
        await runs(pilot, "slash", *typed("gpt"), "enter", "a", "c", "2", "left", "left", "left")
        cursor = pilot.app.screen.query_one(OverlayPane).chart.picture.cursor
        assert cursor is not None
        text = shown(pilot)
        assert f"at {int(cursor):,}" in text
        row = three[1].rows()[int(cursor)]
        line = next(line for line in text.splitlines() if "━  calm-heron" in line)
        assert f"{row['loss']:.4f}" in line
        await pilot.press("escape")
        await tick(pilot)
        assert "last" in shown(pilot)


async def test_x_is_steps_seconds_or_tokens(make: Make, three: list[RunFolder]) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await runs(pilot, "slash", *typed("gpt"), "enter", "a", "c")
        chart = pilot.app.screen.query_one(OverlayPane).chart
        ends = {line.name: line.series.x[-1] for line in chart.picture.lines}
        assert ends == {"brisk-otter": 599, "calm-heron": 899}
        await pilot.press("x")
        await tick(pilot)
        ends = {line.name: line.series.x[-1] for line in chart.picture.lines}
        assert ends["calm-heron"] == pytest.approx(899 / 20, abs=1e-3)
        assert "over seconds" in shown(pilot)
        await pilot.press("x")
        await tick(pilot)
        assert "no run here has recorded its tokens" in shown(pilot)


async def test_tokens_are_counted_where_the_run_said_how_many(make: Make, store: Path) -> None:
    folder = record(store)
    status = json.loads((folder.path / "status.json").read_text()) | {"units": 768}
    (folder.path / "status.json").write_text(json.dumps(status))
    async with make().run_test(size=(120, 40)) as pilot:
        await runs(pilot, "c", "x", "x")
        (line,) = pilot.app.screen.query_one(OverlayPane).chart.picture.lines
        assert line.series.x[-1] == 600 * 768


async def test_smoothing_and_both_logs(make: Make, three: list[RunFolder]) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await runs(pilot, "c", "s", "s")
        pane = pilot.app.screen.query_one(OverlayPane)
        line = pane.chart.picture.lines[0]
        assert not line.noisy
        np.testing.assert_array_equal(line.last, line.series.y)
        assert "unsmoothed" in shown(pilot)
        await pilot.press("X", "2", "y")
        await tick(pilot)
        assert "log x · log y" in shown(pilot)


# What is done to a run


async def test_a_note_is_written_and_found(make: Make, three: list[RunFolder]) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await runs(pilot, "slash", *typed("brisk"), "enter", "n", *typed("keep this"), "enter")
        assert three[0].note() == "keep this"
        await tick(pilot)
        assert "keep this" in shown(pilot)


async def test_a_run_gets_another_name_and_keeps_its_mark(
    make: Make, three: list[RunFolder]
) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await runs(pilot, "slash", *typed("brisk"), "enter", "space", "e", "ctrl+u")
        await pilot.press(*typed("No"), "enter")
        assert "cannot be a run's name" in shown(pilot)
        await pilot.press("ctrl+u", *typed("brisk-2"), "enter")
        await tick(pilot)
        assert (three[0].path.with_name("brisk-2") / CARD).exists()
        await tick(pilot)
        assert [path.name for path in pilot.app.screen.marks] == ["brisk-2"]


async def test_deleting_asks_first(make: Make, three: list[RunFolder]) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await runs(pilot, "slash", *typed("brisk"), "enter", "d")
        assert "cannot be brought back" in shown(pilot)
        await pilot.press("enter")
        await tick(pilot)
        assert three[0].path.exists(), "enter keeps it"
        await pilot.press("d", "escape")
        await tick(pilot)
        assert three[0].path.exists(), "escape does no harm"
        await pilot.press("d", "d")
        await tick(pilot)
        assert not three[0].path.exists()
        assert "0 of 2 runs" in shown(pilot)


async def test_a_live_run_is_not_deleted(make: Make, store: Path) -> None:
    run = record(store, state="running")
    with alive(run):
        async with make().run_test(size=(120, 40)) as pilot:
            await runs(pilot, "d", "d")
            assert "stop it first" in said(pilot)
        assert run.path.exists()


@pytest.mark.parametrize(
    ("key", "file"),
    [
        ("c", "brisk-otter.csv"),
        ("j", "brisk-otter.json"),
        ("v", "zhtui-val.svg"),
        ("t", "gpt/brisk-otter"),
    ],
)
async def test_exports_lie_in_the_working_directory(
    make: Make, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, file: str
) -> None:
    record(store)
    monkeypatch.chdir(tmp_path)
    async with make().run_test(size=(120, 40)) as pilot:
        await runs(pilot, "E")
        assert "Export brisk-otter" in shown(pilot)
        await pilot.press(key)
        await tick(pilot)
        assert (tmp_path / file).exists()
        assert f"wrote {file}" in said(pilot)


async def test_the_console_is_the_end_of_the_workers_output(make: Make, store: Path) -> None:
    run = record(store)
    (run.path / OUTPUT).write_text("first\n\x1b[31mred\x1b[0m\n10 %\r20 %\r30 %\nValueError: bad\n")
    async with make().run_test(size=(120, 40)) as pilot:
        text = await runs(pilot, "L")
        lines = [line.strip("│ ").split("│")[-1].strip() for line in text.splitlines()]
        assert [word for word in ("first", "red", "30 %", "ValueError: bad") if word in lines] == [
            "first", "red", "30 %", "ValueError: bad",
        ]  # fmt: skip
        with (run.path / OUTPUT).open("a") as file:
            file.write("and more\n")
        await tick(pilot)
        assert "and more" in shown(pilot)


# Survival


async def test_a_run_deleted_under_the_screen_goes(make: Make, three: list[RunFolder]) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await runs(pilot, "a")
        for run in three:
            shutil.rmtree(run.path)
        await tick(pilot, 4)
        assert "0 runs" in shown(pilot)
        assert not pilot.app.screen.overlay.traces
        await pilot.press("n", "e", "d", "E", "p", "enter", "space", "L", "c", "x", "s")


async def test_half_written_folders_are_lived_with(make: Make, three: list[RunFolder]) -> None:
    (three[0].path / METRICS).write_bytes(b'{"step": 1, "loss": 2.0}\n{"step": 2, "lo')
    (three[0].path / EVENTS).write_bytes(b"\x00\xff\n[1]\nnull\n")
    (three[1].path / CARD).write_text("{")
    (three[2].path / CARD).write_text(json.dumps({"format": 1, "config": 7, "parent": "x"}))
    async with make().run_test(size=(120, 40)) as pilot:
        text = await runs(pilot, "a", "3")
        assert "1 run " in text
        assert "calm-heron" not in text


async def test_growing_runs_grow_in_the_chart(make: Make, store: Path) -> None:
    run = record(store, state="running", rows=curve(10), steps=10)
    with alive(run):
        async with make().run_test(size=(120, 40)) as pilot:
            await runs(pilot, "c")
            with (run.path / METRICS).open("a") as file:
                file.writelines(json.dumps(row) + "\n" for row in curve(40)[10:])
            await tick(pilot)
            (line,) = pilot.app.screen.query_one(OverlayPane).chart.picture.lines
            assert len(line.series) == 40


@pytest.mark.parametrize("size", [(20, 5), (50, 12), (80, 24), (300, 80)])
async def test_every_size_is_drawn(
    make: Make, three: list[RunFolder], size: tuple[int, int]
) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await runs(pilot, "a")
        await pilot.resize_terminal(*size)
        await tick(pilot)
        small = size[0] < 50 or size[1] < 12
        assert ("terminal is too" in shown(pilot)) == small
        await pilot.resize_terminal(120, 40)
        await tick(pilot)
        assert "3 marked" in shown(pilot)


async def test_a_thousand_runs_are_listed_by_window(make: Make, store: Path) -> None:
    record(store, "bigram", "run-0000", steps=2)
    for i in range(1, 1000):
        shutil.copytree(store / "bigram" / "run-0000", store / "bigram" / f"run-{i:04d}")
    async with make().run_test(size=(80, 24)) as pilot:
        await runs(pilot, "o", "o", "G")
        assert chosen(pilot) == "bigram/run-0999"
        assert "run-0999" in shown(pilot)
        await pilot.press("g")
        await tick(pilot)
        assert "run-0000" in shown(pilot)


# Rows as columns


def rows_of(found: dict[str, columns.Points]) -> dict[str, list[Any]]:
    """Columns as lists; null is read as NaN, which equals nothing, so it is a word here."""
    return {name: [worded(x), worded(y)] for name, (x, y) in found.items()}


def worded(numbers: np.ndarray) -> list[Any]:
    return ["nan" if math.isnan(number) else number for number in numbers.tolist()]


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["step", "time", "loss", 'a"b', "val", "é"]),
            st.one_of(
                st.integers(-10, 10**9),
                st.floats(allow_nan=False, allow_infinity=False),
                st.just("word"),
                st.just(None),
            ),
        ),
        max_size=30,
    ),
    st.integers(1, 9),
)
def test_the_sweep_reads_what_the_parser_reads(rows: list[dict[str, Any]], times: int) -> None:
    lines = [json.dumps(row).encode() for row in rows * times * 8]
    slow = rows_of(columns._collected(enumerate(lines)))
    fast = rows_of(columns.columns(lines))
    assert {name: fast[name] for name in slow} == slow


def test_evaluations_stand_in_their_place() -> None:
    lines = [json.dumps(row).encode() for row in curve(1000)]
    found = columns.columns(lines)
    assert found["loss"][0].tolist() == list(range(1000))
    assert found["val"][0].tolist() == [step for step in range(1000) if (step + 1) % 50 == 0]
    assert found["loss"][1].tolist() == [row["loss"] for row in curve(1000)]
    assert set(found) == {"time", "loss", "lr", "val", "train"}


@pytest.mark.parametrize(
    "odd", [b"{}", b"", b"[]", b"nope", b'{"loss": 1, "step": 5}', b'{"step": NaN, "loss": 1.0}']
)
def test_odd_lines_do_not_change_the_others(odd: bytes) -> None:
    plain = [json.dumps({"step": i, "loss": i / 7}).encode() for i in range(200)]
    lines = [*plain[:100], odd, *plain[100:]]
    found = columns.columns(lines)["loss"][1].tolist()
    assert [v for v in found if v not in (1.0,)] == [i / 7 for i in range(200) if i != 7]


@pytest.mark.parametrize("rate", [0.0, 0.6, 0.98])
def test_many_points_are_smoothed_as_one_by_one(rate: float) -> None:
    values = np.random.default_rng(5).normal(3, 1, 3000)
    whole, grown = Series(rate), Series(rate)
    whole.extend(np.arange(3000.0), values)
    for start in range(0, 3000, 100):
        grown.extend(np.arange(3000.0)[start : start + 100], values[start : start + 100])
        assert len(grown.smooth) == start + 100, "smoothed as it is drawn"
    total = weight = 0.0
    for value, smooth, piece in zip(values, whole.smooth, grown.smooth, strict=True):
        total, weight = rate * total + (1 - rate) * value, rate * weight + (1 - rate)
        assert smooth == pytest.approx(total / weight, rel=1e-5)
        assert piece == pytest.approx(total / weight, rel=1e-5)


@pytest.mark.parametrize("opens", ["runs", "home"])
async def test_what_was_typed_with_the_slash_goes_to_its_line(
    make: Make, three: list[RunFolder], opens: str
) -> None:
    app = make()
    async with app.run_test() as pilot:
        await tick(pilot, 2)
        if opens == "runs":
            app.screen.action_runs()
            await tick(pilot, 2)
        for key in ("slash", "g", "p", "t", "enter"):  # all before the first is obeyed
            app.post_message(Key(key, "/" if key == "slash" else "\r" if key == "enter" else key))
        await tick(pilot, 2)
        assert app.screen.words == "gpt"
        assert isinstance(app.focused, Rows)
