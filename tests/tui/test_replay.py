"""A run's past on the lesson's screen: moved through, played, and forked from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from onscreen import Make, shown, tick
from recorded import NOW, alive, curve, lines, record
from textual.pilot import Pilot

from zhtui.lesson import catalog
from zhtui.lesson.views import Bars, Heatmap
from zhtui.runs import view_files
from zhtui.runs.folder import ARTIFACTS, EVENTS, RunFolder
from zhtui.tui.app import LabApp
from zhtui.tui.screens.lesson.replay import Stage
from zhtui.tui.screens.lesson.screen import LessonScreen
from zhtui.tui.widgets.ask import AskLine
from zhtui.work import client, drive


@pytest.fixture
def told(store: Path) -> RunFolder:
    """A run that showed a view and wrote a sample at steps 99, 199 … 499, and turned a knob at
    250.
    """
    run = record(store, config={"lr": 0.001, "n_layer": 4, "rung": "full", "steps": 1000})
    events = []
    for step in range(99, 600, 100):
        if step < 500:
            view = Heatmap(np.full((2, 2), step / 1000), list("ab"), list("xy"))
            view_files.write(run.path / ARTIFACTS / f"{step:06d}-attention.json", view)
            shown_event = {"event": "shown", "step": step, "name": "attention", "kind": "Heatmap"}
            events.append(shown_event)
            events.append({"event": "sample", "step": step, "text": f"wrote at {step}"})
    events.append({"event": "knob", "step": 250, "knob": "lr", "value": "0.5"})
    lines(run.path / EVENTS, events)
    return run


async def lesson(pilot: Pilot[int], *keys: str) -> Stage:
    """Opens the gpt lesson, presses keys; its stage."""
    await tick(pilot)
    await pilot.press("j", "j", "enter")
    await tick(pilot, 4)
    for key in keys:
        await pilot.press(key)
        await tick(pilot)
    assert isinstance(pilot.app.screen, LessonScreen)
    return pilot.app.screen.query_one(Stage)


def top(pilot: Pilot[int]) -> str:
    return shown(pilot).splitlines()[0]


async def test_the_crosshair_moves_everything_to_its_step(make: Make, told: RunFolder) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        stage = await lesson(pilot)
        text = shown(pilot)
        assert "wrote at 499" in text
        assert "attention · step 499" in text
        stage.turn(240.0)
        await tick(pilot, 4)
        text = shown(pilot)
        assert "◂ replay · step 240" in top(pilot)
        assert f"loss {told.rows()[240]['loss']:.4f}" in top(pilot)
        assert "attention · step 199" in text
        assert "wrote at 199" in text
        assert "wrote at 299" not in text
        assert "lr 0.001 → 0.5" in text, "the whole chart shows that it will be turned"
        assert text.count("0.5") == text.count("→ 0.5"), "the knob was turned later"
        await pilot.press("right")
        await tick(pilot, 4)
        assert stage.at is not None
        assert stage.at > 240
        stage.turn(260.0)
        await tick(pilot)
        assert "0.5" in shown(pilot)
        await pilot.press("l")
        await tick(pilot, 4)
        assert stage.at is None
        assert "FINISHED" in top(pilot)
        assert "attention · step 499" in shown(pilot)


async def test_braces_go_from_moment_to_moment_in_any_pane(make: Make, told: RunFolder) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        stage = await lesson(pilot, "3", "left_curly_bracket", "left_curly_bracket")
        assert stage.at == 399
        await pilot.press("left")
        assert stage.at == 399, "arrows are the pane's own"
        await pilot.press(*["left_curly_bracket"] * 6)
        await tick(pilot)
        assert stage.at == 99, "the first moment holds"
        await pilot.press("right_curly_bracket")
        assert stage.at == 199
        for _ in range(4):
            await pilot.press("right_curly_bracket")
        assert stage.at is None, "after the last moment it is live again"


async def test_before_the_first_view_there_is_none(make: Make, told: RunFolder) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        stage = await lesson(pilot)
        stage.turn(20.0)
        await tick(pilot, 4)
        text = shown(pilot)
        assert "nothing yet" in text
        assert "nothing written yet" in text
        stage.turn(120.0)
        await tick(pilot, 4)
        assert "attention · step 99" in shown(pilot)
        assert "wrote at 99" in shown(pilot)


async def test_it_plays_in_the_runs_own_time_and_faster(make: Make, told: RunFolder) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        stage = await lesson(pilot, "P")
        assert stage._ticker is not None
        stage._ticker.pause()  # the test is the clock
        assert stage.playing
        assert "▷ 1x" in top(pilot)
        stage.turn(0.0)
        stage._clock = 0.0
        stage.advance(2.0)  # twenty rows a second were recorded
        assert stage.at == 40
        await pilot.press("P", "P")
        assert stage.speed == 10
        stage.advance(1.0)
        assert stage.at == 240
        await tick(pilot, 4)
        assert "▷ 10x · step 240" in top(pilot)
        assert "attention · step 199" in shown(pilot)
        await pilot.press("space")
        assert not stage.playing
        assert stage.at == 240
        stage.action_play()
        stage.advance(1000.0)
        assert (stage.playing, stage.at) == (False, 599.0)


async def test_space_is_the_runs_own_while_nothing_is_replayed(make: Make, store: Path) -> None:
    run = record(store, state="running")
    with alive(run):
        async with make().run_test(size=(120, 40)) as pilot:
            await lesson(pilot, "space")
            assert '"pause"' in (run.path / "control.jsonl").read_text()


async def test_a_live_run_is_replayed_while_it_grows(make: Make, store: Path) -> None:
    run = record(store, state="running", rows=curve(100), steps=100)
    with alive(run):
        async with make().run_test(size=(120, 40)) as pilot:
            stage = await lesson(pilot)
            stage.turn(50.0)
            await tick(pilot)
            lines(run.path / "metrics.jsonl", curve(200)[100:])
            await tick(pilot)
            assert "replay · step 50" in top(pilot)
            assert len(stage.history.series["loss"]) == 200
            await pilot.press("escape")
            await tick(pilot)
            assert "RUNNING" in top(pilot)


async def test_views_that_are_gone_leave_the_last_picture(make: Make, told: RunFolder) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        stage = await lesson(pilot)
        shutil.rmtree(told.path / ARTIFACTS)
        stage.turn(240.0)
        await tick(pilot, 4)
        assert "attention · step 499" in shown(pilot)
        shutil.rmtree(told.path)
        stage.turn(140.0)
        await pilot.press("P", "space", "l", "left_curly_bracket")
        await tick(pilot, 4)
        assert isinstance(pilot.app.screen, LessonScreen)


async def test_broken_events_are_passed_over(make: Make, told: RunFolder) -> None:
    odd = [
        {"event": "shown", "step": "x", "name": 7},
        {"event": "shown", "name": "lost", "kind": "Bars", "step": 10**9},
        {"event": "knob", "step": None, "knob": "lr"},
        {"event": 3},
    ]
    lines(told.path / EVENTS, odd)
    view_files.write(told.path / ARTIFACTS / "000300-bars.json", Bars(["a"], [1.0]))
    async with make().run_test(size=(120, 40)) as pilot:
        stage = await lesson(pilot, "v", "v")
        stage.turn(240.0)
        await tick(pilot, 4)
        assert "replay · step 240" in top(pilot)


async def test_at_80_columns_the_replay_is_whole(make: Make, told: RunFolder) -> None:
    async with make().run_test(size=(80, 24)) as pilot:
        stage = await lesson(pilot, "3", "left_curly_bracket", "left_curly_bracket")
        assert stage.at == 399
        assert "wrote at 399" in shown(pilot)
        assert "replay · step 399" in top(pilot)


# Forks


@pytest.fixture
def real(store: Path) -> RunFolder:
    """A tiny run of the real gpt lesson, trained in this process."""
    folder = client.create(
        store, catalog.one("gpt"), preset="tiny", where="cpu", threads=1, name="one"
    )
    assert drive.work(folder) == 0
    return folder


async def test_a_fork_starts_beside_its_parent(
    store: Path, real: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(client, "start", lambda folder: started.append(folder) or 0)
    app = LabApp(store, device=lambda: "cpu", clock=lambda: NOW, watching=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        app.session.doors.lesson(catalog.one("gpt"), run="one")
        await tick(pilot, 4)
        stage = app.screen.query_one(Stage)
        stage.turn(11.0)
        await pilot.press("f")
        await pilot.pause()
        text = shown(pilot)
        assert "fork one after 12 steps" in text
        assert "lr" in text
        await pilot.press(*"lrr", "equals_sign", "1", "enter")
        await pilot.pause()
        assert "did you mean lr?" in shown(pilot)
        app.screen.query_one(AskLine).offer("lr=0.05")
        await pilot.press("enter")
        await tick(pilot, 6)
        (child,) = started
        origin = {"run": "one", "lesson": "gpt", "step": 12, "changed": {"lr": "0.05"}}
        assert child.card()["parent"] == origin
        assert isinstance(app.screen, LessonScreen)
        assert app.screen.seen is not None
        assert app.screen.seen.folder == child
        assert drive.work(child) == 0, "what the worker would have done"
        await tick(pilot, 6)
        assert stage.at is None
        chart = app.screen.query_one("#chart").picture
        drawn = chart.lines
        assert drawn[0].name == "one"
        ours = next(line for line in drawn if line.name == "lr=0.05").series
        marks = {each.text: each.at for each in chart.happened}
        assert marks == {"↳ fork of one": 12, "● lr 0.001 → 0.05": 12}
        theirs = drawn[0].series
        assert ours.y[:12].tolist() == theirs.y[:12].tolist()
        assert ours.y[13:].tolist() != theirs.y[13:].tolist()
        assert "one" in shown(pilot)


async def test_a_fork_at_the_end_says_what_is_missing(store: Path, real: RunFolder) -> None:
    app = LabApp(store, device=lambda: "cpu", clock=lambda: NOW, watching=False)
    async with app.run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        app.session.doors.lesson(catalog.one("gpt"), run="one")
        await tick(pilot, 4)
        await pilot.press("f")
        await pilot.press("enter")
        await pilot.pause()
        assert "nothing left to do" in " ".join(shown(pilot).split())
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, LessonScreen)
    assert [path.name for path in (store / "gpt").iterdir()] == ["one"]


async def test_a_fork_whose_parent_is_gone_stands_alone(make: Make, told: RunFolder) -> None:
    card = json.loads((told.path / "run.json").read_text())
    card["parent"] = {"run": "../../etc", "lesson": "gpt", "step": 7}
    (told.path / "run.json").write_text(json.dumps(card))
    async with make().run_test(size=(120, 40)) as pilot:
        stage = await lesson(pilot)
        assert stage.beside(["loss"], []) == []
        assert "FINISHED" in top(pilot)
