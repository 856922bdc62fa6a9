"""A lesson's screen, by keys, on recorded runs."""

from __future__ import annotations

import asyncio
import html
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onscreen import Make, shown, tick
from recorded import alive, curve, lines, record, status_of
from textual.app import App
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot
from textual.screen import Screen

from zhtui.lesson.views import KINDS, Bars, Heatmap
from zhtui.runs.folder import CONTROL, EVENTS, METRICS, STATUS, RunFolder
from zhtui.tui.screens.lesson.knobs import KnobRows
from zhtui.tui.screens.lesson.screen import LessonScreen
from zhtui.tui.screens.shared.dialogs import EditKnob
from zhtui.tui.screens.shared.layout import layout
from zhtui.tui.widgets.ask import AskLine
from zhtui.tui.widgets.chart import ChartWidget
from zhtui.tui.widgets.views import WIDGETS, HeatmapWidget

WIDE = (120, 40)
ATTENTION = Heatmap(np.array([[1.0, 0.0], [0.25, 0.75]]), list("ab"), list("ab"))


def requests(run: RunFolder) -> list[dict[str, Any]]:
    """What was asked of the run's worker."""
    path = run.path / CONTROL
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def opened(pilot: Pilot[int]) -> LessonScreen:
    """The screen of the lesson gpt."""
    await tick(pilot)
    await pilot.press("j", "j", "enter")
    await tick(pilot, 5)
    screen = pilot.app.screen
    assert isinstance(screen, LessonScreen)
    return screen


@pytest.mark.parametrize(
    ("size", "kind"),
    [((40, 10), "small"), ((80, 24), "one"), ((120, 40), "two"), ((200, 60), "all")],
)
def test_room_decides_how_many_panes(size: tuple[int, int], kind: str) -> None:
    assert layout(*size) == kind


async def test_a_tab_past_a_live_run_s_knobs_styles_two_panes_and_no_more(
    make: Make, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = record(store, state="running", samples={499: "To be"})
    styled: list[str] = []
    done = Stylesheet.update_nodes

    def update(sheet: Stylesheet, nodes: Any, animate: bool = False) -> None:
        styled.extend(str(node.id) for node in nodes)
        done(sheet, nodes, animate)

    with alive(run):
        async with make().run_test(size=WIDE) as pilot:
            await opened(pilot)
            await pilot.press("4")
            await tick(pilot)
            monkeypatch.setattr(Stylesheet, "update_nodes", update)
            await pilot.press("tab")
            await pilot.pause(0.1)
            assert "knobs" in styled
            assert len(styled) == 2


async def test_without_a_run_the_screen_says_how_to_start_one(make: Make) -> None:
    async with make().run_test(size=WIDE) as pilot:
        await opened(pilot)
        text = shown(pilot)
        assert "no run yet: r starts one" in text
        assert "What does it see?" in text, "the notes stand where views will"
        assert "3 samples" not in text, "a lesson that writes nothing"
        await pilot.press("3")
        await tick(pilot)
        assert "nothing written yet" in shown(pilot)


async def test_a_lesson_that_writes_keeps_its_pane(make: Make, entries: list[Any]) -> None:
    (entries[2].folder / "generate.py").write_text("")
    async with make().run_test(size=WIDE) as pilot:
        await opened(pilot)
        assert "nothing written yet" in shown(pilot)


async def test_a_run_that_ended_without_a_text_says_so(make: Make, store: Path) -> None:
    record(store, state="finished")
    async with make().run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("3")
        await tick(pilot)
        assert "this run wrote nothing" in shown(pilot)
        assert "nothing written yet" not in shown(pilot)


async def test_what_is_shown_once_stands_behind_what_goes_on(make: Make, store: Path) -> None:
    run = record(store, views={"attention": ATTENTION})
    lines(run.path / EVENTS, [{"event": "shown", "step": 0, "name": "baselines", "kind": "Table"}])
    lines(run.path / EVENTS, [{"event": "shown", "step": 0, "name": "attention", "kind": "x"}])
    async with make().run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        assert screen.history.pictures() == ["attention", "baselines"]
        assert "attention · step 600 · 1 of 2" in shown(pilot)


async def test_a_live_run_is_drawn_with_its_state_in_one_line(make: Make, store: Path) -> None:
    run = record(store, state="running", samples={499: "To be"}, views={"attention": ATTENTION})
    with alive(run):
        async with make().run_test(size=WIDE) as pilot:
            await opened(pilot)
            text = shown(pilot)
            top = text.splitlines()[0].split()
            assert top[:4] == ["9", "gpt", "·", "brisk-otter"]
            for part in ("RUNNING", "600", "1,000", "41.2k", "tok/s", "0:18"):
                assert part in top
            assert "nanoGPT on a CPU 1.8800" in text
            assert "attention · step 600" in text
            assert "To be" in text


async def test_what_a_run_writes_appears_and_a_half_line_waits(make: Make, store: Path) -> None:
    run = record(store, state="running", rows=curve(10), steps=10)
    with alive(run):
        async with make().run_test(size=WIDE) as pilot:
            screen = await opened(pilot)
            assert len(screen.history.series["loss"]) == 10
            with (run.path / METRICS).open("a") as file:
                file.write('{"step": 10, "loss": 2.5}\n{"step": 11, "lo')
            await tick(pilot)
            assert screen.history.series["loss"].y[-1] == 2.5
            assert len(screen.history.series["loss"]) == 11
            with (run.path / METRICS).open("a") as file:
                file.write('ss": 2.25}\n')
            await tick(pilot)
            assert screen.history.series["loss"].y[-1] == 2.25


async def test_messages_coalesce_and_lose_nothing(make: Make, store: Path) -> None:
    run = record(store, state="running", rows=curve(5), steps=5)
    with alive(run):
        async with make().run_test(size=WIDE) as pilot:
            screen = await opened(pilot)
            for step in range(5, 50):
                lines(run.path / METRICS, [{"step": step, "loss": 1.0}])
                pilot.app.session.watch.look()
            await pilot.pause()
            assert len(screen.history.series["loss"]) == 50


async def test_nothing_is_taken_while_the_link_is_busy(make: Make, store: Path) -> None:
    run = record(store, state="running", rows=curve(5), steps=5)
    with alive(run):
        async with make().run_test(size=WIDE) as pilot:
            screen = await opened(pilot)
            link = pilot.app.session.link
            now = [link.clock()]
            link.clock = lambda: now[0]
            link.queue(1000)
            lines(run.path / METRICS, [{"step": 5, "loss": 1.0}])
            await tick(pilot)
            assert len(screen.history.series["loss"]) == 5
            link.flushed(1000)
            now[0] += 1.0
            await tick(pilot)
            assert len(screen.history.series["loss"]) == 6


async def test_a_nan_is_named(make: Make, store: Path) -> None:
    rows = [*curve(20), {"step": 20, "loss": math.nan}]
    record(store, state="failed", rows=rows, error="loss became NaN; start again with a lower lr")
    async with make().run_test(size=WIDE) as pilot:
        await opened(pilot)
        text = shown(pilot)
        assert "NaN at step 20" in text
        assert "✗ FAILED" in text
        assert "lower lr" in text


@pytest.mark.parametrize(
    ("key", "action"),
    [("space", "pause"), ("full_stop", "step"), ("K", "stop"), ("S", "checkpoint")],
)
async def test_keys_steer_a_live_run(make: Make, store: Path, key: str, action: str) -> None:
    run = record(store, state="running")
    with alive(run):
        async with make().run_test(size=WIDE) as pilot:
            await opened(pilot)
            await pilot.press(key)
            await tick(pilot)
            assert [request["action"] for request in requests(run)] == [action]


async def test_space_on_a_paused_run_resumes_it(make: Make, store: Path) -> None:
    run = record(store, state="paused")
    with alive(run):
        async with make().run_test(size=WIDE) as pilot:
            await opened(pilot)
            await pilot.press("space")
            await tick(pilot)
            assert requests(run)[0]["action"] == "resume"


async def test_steering_a_run_without_a_worker_is_refused_with_a_sentence(
    make: Make, store: Path
) -> None:
    record(store, state="stopped")
    async with make().run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("K")
        await tick(pilot)
        said = [note.message for note in pilot.app._notifications]
        assert said == ["brisk-otter is stopped; space lets it go on"]


async def test_a_live_knob_is_asked_of_the_run_and_kept_for_the_next(
    make: Make, store: Path
) -> None:
    run = record(store, state="running", config={"lr": 1e-3, "n_layer": 4})
    with alive(run):
        async with make().run_test(size=WIDE) as pilot:
            screen = await opened(pilot)
            await pilot.press("e", "e")
            await pilot.pause()
            assert "lr, of this run, while it goes on" in shown(pilot)
            await pilot.press(*["backspace"] * 8, *"0.5", "enter")
            await tick(pilot)
            assert requests(run)[0] | {"id": ""} == {
                "id": "", "action": "set", "knob": "lr", "value": "0.5",
            }  # fmt: skip
            assert screen.draft.pairs() == ("lr=0.5",)
            event = {"event": "knob", "step": 600, "knob": "lr", "value": "0.5"}
            lines(run.path / EVENTS, [event])
            await tick(pilot)
            row = next(line for line in shown(pilot).splitlines() if "lr  " in line)
            assert row.count("0.5") == 2


async def test_a_bad_value_is_refused_where_it_is_typed(make: Make, store: Path) -> None:
    async with make().run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        await pilot.press("4", "down", "down", "enter")
        await pilot.pause()
        await pilot.press("backspace", *"99", "enter")
        await pilot.pause()
        assert "n_layer=99 is out of bounds" in " ".join(shown(pilot).split())
        await pilot.press("escape")
        await pilot.pause()
        assert screen.draft.pairs() == ()


async def test_presets_turn_with_the_arrows(make: Make) -> None:
    async with make().run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        assert screen.draft.preset == "quick"
        await pilot.press("4", "right")
        await pilot.pause()
        assert "◂ paper ▸" in shown(pilot)
        assert screen.draft.value("steps") == "5000"


async def test_the_crosshair_reads_every_line_and_escape_puts_it_away(
    make: Make, store: Path
) -> None:
    record(store)
    async with make().run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        await pilot.press("left", "left", "shift+left")
        await pilot.pause()
        chart = screen.query_one("#chart", ChartWidget)
        cursor = chart.picture.cursor
        assert cursor is not None
        assert f"step {int(cursor):,}" in shown(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert chart.picture.cursor is None
        assert pilot.app.screen is screen


async def test_a_panned_chart_stays_and_l_follows_again(make: Make, store: Path) -> None:
    run = record(store, state="running")
    with alive(run):
        async with make().run_test(size=WIDE) as pilot:
            screen = await opened(pilot)
            chart = screen.query_one("#chart", ChartWidget)
            await pilot.press("plus", "less_than_sign")
            span = chart.picture.span
            assert span is not None
            lines(run.path / METRICS, [{"step": 900, "loss": 1.0}])
            await tick(pilot)
            assert chart.picture.span == span
            await pilot.press("l")
            assert chart.picture.span is None


async def test_charts_and_logarithms_turn_by_key(make: Make, store: Path) -> None:
    record(store)
    async with make().run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("c")
        await pilot.pause()
        assert "1 rate · 2 of 2" in shown(pilot)
        await pilot.press("c", "y")
        await pilot.pause()
        assert "1 loss · 1 of 2" in shown(pilot)


async def test_views_turn_and_a_cell_is_read(make: Make, store: Path) -> None:
    views = {"attention": ATTENTION, "next": Bars(["o", "e"], [0.6, 0.4])}
    record(store, views=views)
    async with make().run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        await pilot.press("2", "down", "down", "right")
        await pilot.pause()
        assert isinstance(screen.focused, HeatmapWidget)
        assert '"b" → "b"  0.7500' in shown(pilot)
        await pilot.press("v")
        await tick(pilot)
        assert "next · step 600 · 2 of 2" in shown(pilot)


async def test_every_view_has_its_widget() -> None:
    assert set(WIDGETS) == set(KINDS)


async def test_80x24_shows_one_pane_and_tab_turns_them(make: Make, store: Path) -> None:
    record(store, samples={499: "the king"}, views={"attention": ATTENTION})
    async with make().run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        titles = ["1 loss", "2 attention", "3 samples", "4 knobs", "5 notes"]
        titles += ["6 device", "7 question"]
        for number, title in enumerate(titles, 1):
            await pilot.press(str(number))
            await tick(pilot)
            others = [other for other in titles if other != title]
            assert title in shown(pilot)
            assert not any(f"─ {other}" in shown(pilot) for other in others)
        await pilot.press("tab")
        await tick(pilot)
        assert "─ 1 loss" in shown(pilot)


async def test_a_tiny_terminal_says_so_and_recovers(make: Make, store: Path) -> None:
    record(store)
    async with make().run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.resize_terminal(20, 5)
        await tick(pilot)
        assert "small" in shown(pilot)
        await pilot.resize_terminal(*WIDE)
        await tick(pilot)
        assert "─ 1 loss" in shown(pilot)


async def test_zoom_shows_one_pane_alone(make: Make, store: Path) -> None:
    record(store)
    async with make().run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("3", "z")
        await tick(pilot)
        assert "─ 4 knobs" not in shown(pilot)
        await pilot.press("escape")
        await tick(pilot)
        assert "4 knobs" in shown(pilot)


async def test_older_and_newer_runs_turn_with_brackets(make: Make, store: Path) -> None:
    record(store, name="one")
    record(store, name="two", steps=100)
    async with make().run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        names = set()
        for key in ("right_square_bracket", "left_square_bracket"):
            await pilot.press(key)
            await tick(pilot)
            assert screen.seen is not None
            names.add(screen.seen.folder.name)
        assert names == {"one", "two"}


async def test_a_deleted_run_folder_leaves_what_was_drawn(make: Make, store: Path) -> None:
    import shutil

    run = record(store)
    async with make().run_test(size=WIDE) as pilot:
        await opened(pilot)
        shutil.rmtree(run.path)
        await tick(pilot)
        assert "─ 1 loss" in shown(pilot)


async def test_a_resumed_run_rewrites_its_tail(make: Make, store: Path) -> None:
    run = record(store, state="running", rows=curve(20), steps=20)
    with alive(run):
        async with make().run_test(size=WIDE) as pilot:
            screen = await opened(pilot)
            lines(run.path / METRICS, [{"step": step, "loss": 1.0} for step in range(10, 15)])
            await tick(pilot)
            assert screen.history.series["loss"].x.tolist() == list(range(15))


async def test_a_stranger_s_screen_is_shown_and_its_failure_too(
    make: Make, store: Path, entries: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "lessons" / "own"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "screen.py").write_text(
        "from textual.screen import Screen\n"
        "from textual.widgets import Static\n"
        "class Own(Screen):\n"
        "    def compose(self):\n"
        "        yield Static('a screen of its own')\n"
        "    def key_f(self):\n"
        "        raise RuntimeError('a handler failed')\n"
        "    def key_g(self):\n"
        "        self.query_one(Static).render_line = None\n"
        "        self.query_one(Static).refresh()\n"
        "def open_screen(opened):\n"
        "    import os\n"
        "    return Own() if os.environ['OWN'] == 'good' else 1 / 0\n"
    )
    monkeypatch.syspath_prepend(tmp_path / "lessons")
    entries[2] = type(entries[2])("gpt", "own", package, entries[2].lesson)
    async with make(entries=entries).run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        monkeypatch.setenv("OWN", "bad")
        await pilot.press("x")
        await pilot.pause()
        assert "ZeroDivisionError" in shown(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert pilot.app.screen is screen
        monkeypatch.setenv("OWN", "good")
        await pilot.press("x")
        await pilot.pause()
        assert "a screen of its own" in shown(pilot)
        for key, error in (("f", "a handler failed"), ("g", "TypeError")):
            await pilot.press(key)
            await tick(pilot)
            assert error in shown(pilot)
            await pilot.press("escape")
            await pilot.pause()
            assert pilot.app.screen is screen
            await pilot.press("x")
            await pilot.pause()
            assert "a screen of its own" in shown(pilot)


async def test_status_alone_moves_the_line_on_top(make: Make, store: Path) -> None:
    run = record(store, state="running")
    with alive(run):
        async with make().run_test(size=WIDE) as pilot:
            await opened(pilot)
            (run.path / STATUS).write_text(json.dumps(status_of("paused", 601, 1000)))
            await tick(pilot)
            assert "‖ PAUSED" in shown(pilot)
            assert "601 / 1,000" in shown(pilot)


async def test_a_run_of_any_numbers_is_opened(make: Make, store: Path) -> None:
    values = [1.0, 1e39, -1.7e308, 1.7e308, 5e-324, math.inf, math.nan, -math.inf, 2.0]
    rows = [{"step": step, "loss": value, "val": value} for step, value in enumerate(values)]
    record(store, rows=rows, steps=9)
    async with make().run_test(size=WIDE) as pilot:
        await tick(pilot)
        assert "gpt" in shown(pilot)
        await opened(pilot)
        await pilot.press("y", "right", "left", "escape", "y")
        await tick(pilot)
        assert "NaN at step 5" in shown(pilot)
        await pilot.press("R")
        await tick(pilot)
        await pilot.press("c")
        await tick(pilot)
        assert "brisk-otter" in shown(pilot)


async def test_only_what_is_noisy_is_smoothed(make: Make, store: Path) -> None:
    rows = [{"step": step, "loss": 9 - step, "lr": 9 - step} for step in range(8)]
    record(store, rows=rows)
    async with make().run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        (loss,) = screen.charts.chart.picture.lines
        assert loss.noisy
        assert "smoothed" in shown(pilot)
        await pilot.press("c")
        await tick(pilot)
        (lr,) = screen.charts.chart.picture.lines
        assert lr.last.tolist() == [9, 8, 7, 6, 5, 4, 3, 2]
        assert "smoothed" not in shown(pilot)


async def test_a_sign_of_life_alone_draws_nothing(
    make: Make, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = record(store, state="paused")
    with alive(run):
        async with make().run_test(size=WIDE) as pilot:
            await opened(pilot)
            await pilot.press("question_mark")
            await tick(pilot, 5)
            frames: list[Any] = []
            app: Any = pilot.app
            monkeypatch.setattr(app, "_display", lambda screen, frame: frames.append(frame))
            for second in range(10):
                known = status_of("paused", 600, 1000, row={"loss": 1.7}, best=None)
                told = {"time": time.time() + second, "promise": time.time() + 10 + second}
                (run.path / STATUS).write_text(json.dumps({**known, **told}))
                await tick(pilot)
                if not second:
                    frames.clear()  # that was another row
            assert frames == []


async def test_the_state_is_said_at_once_however_much_was_spent(make: Make, store: Path) -> None:
    run = record(store, state="paused")
    with alive(run):
        async with make().run_test(size=WIDE) as pilot:
            screen = await opened(pilot)
            link = pilot.app.session.link
            link.clock = lambda: 0.0
            link.queue(1_000_000)
            link.flushed(1_000_000)
            lines(run.path / METRICS, [{"step": 600, "loss": 1.0}])
            (run.path / STATUS).write_text(json.dumps(status_of("running", 601, 1000)))
            await tick(pilot)
            assert "▶ RUNNING" in shown(pilot)
            assert "PAUSED" not in shown(pilot)
            assert len(screen.history.series["loss"]) == 600, "the rest waits for the line"
            link.clock = lambda: 3.0
            await tick(pilot)
            assert len(screen.history.series["loss"]) == 601


async def test_the_source_is_shown(make: Make, store: Path, entries: list[Any]) -> None:
    (entries[2].folder / "model.py").write_text("def attention():\n    return 'who looks'\n")
    async with make().run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await pilot.pause()
        assert "def attention():" in shown(pilot)


async def test_enter_pressed_twice_while_a_value_is_checked_closes_one_dialog(make: Make) -> None:
    app, taken = make(), []
    async with app.run_test() as pilot:
        await tick(pilot, 2)
        slow = EditKnob("title", "text", "1", lambda text: time.sleep(0.1))
        await app.push_screen(slow, taken.append)
        await pilot.pause()
        field = slow.query_one(AskLine)
        for _ in range(2):
            slow.post_message(AskLine.Taken(field, "1"))
        await pilot.press("escape")
        await pilot.pause(0.5)
        assert taken == ["1"]
        assert app.screen is app.screen_stack[0]


# --- opening --------------------------------------------------------------------------------------


async def test_the_first_frame_of_a_lesson_has_its_words(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[str] = []
    display = App._display

    def shown_now(self: App[Any], screen: Screen[Any], frame: Any) -> None:
        display(self, screen, frame)
        if frame is not None and isinstance(screen, LessonScreen):
            frames.append(self.export_screenshot())

    monkeypatch.setattr(App, "_display", shown_now)
    app = make()
    async with app.run_test() as pilot:
        await tick(pilot, 2)
        await pilot.press("enter")
        await tick(pilot, 2)
        lesson = app.screen.lesson
        first = html.unescape(frames[0]).replace("\xa0", " ")
        for words in (lesson.title, "1 loss", "no run yet", "explain"):
            assert words in first


@pytest.mark.parametrize("turns", [0, 1, 2, 5, 10, 20, 40])
async def test_a_key_while_the_other_panes_are_on_their_way_is_obeyed(
    make: Make, turns: int
) -> None:
    app = make()
    async with app.run_test() as pilot:
        await tick(pilot, 2)
        app.screen.action_open()
        screen = app.screen
        for _ in range(turns):
            await asyncio.sleep(0)
        screen.action_to(4)
        await tick(pilot, 2)
        assert "4 knobs" in shown(pilot)
        assert isinstance(app.focused, KnobRows)


@pytest.mark.parametrize("turns", [0, 1, 2, 5, 10, 20, 40])
async def test_who_leaves_while_the_other_panes_are_on_their_way_leaves_in_peace(
    make: Make, store: Path, turns: int
) -> None:
    record(store, make().session.entries[0].name)
    app = make()
    async with app.run_test() as pilot:
        await tick(pilot, 2)
        home = app.screen
        for open_it in (home.action_open, home.action_runs):
            open_it()
            for _ in range(turns):
                await asyncio.sleep(0)
            app.pop_screen()
            await tick(pilot, 2)
            assert app.screen is home
            assert [each.target for each in app.session.watch._followers] == [home.newest]
