"""A model asked at a replayed step, and while a real worker trains it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from asked import VERSE, trained, until
from onscreen import shown
from textual.pilot import Pilot

from zhtui.lesson import catalog
from zhtui.runs.folder import RunFolder
from zhtui.tui.app import LabApp
from zhtui.tui.screens.console.screen import ConsoleScreen
from zhtui.tui.screens.explore.screen import ExploreScreen
from zhtui.tui.screens.lesson.replay import Stage
from zhtui.tui.screens.lesson.screen import LessonScreen
from zhtui.work import client


@pytest.fixture
def live(store: Path) -> Iterator[RunFolder]:
    """A run that a worker has just begun: its first checkpoint is due in a minute."""
    text = store / "verse.txt"
    text.write_text(VERSE * 40)
    knobs = (f"data={text}", "steps=1000000", "eval_every=1000000")
    run = client.create(store, catalog.one("gpt"), preset="tiny", knobs=knobs, where="cpu")
    pid = client.start(run)
    yield run
    if run.alive():
        os.kill(pid, signal.SIGKILL)


async def opened(pilot: Pilot[int]) -> LessonScreen:
    """The lesson's screen with all that its run has said."""
    await until(pilot, lambda: isinstance(pilot.app.screen, LessonScreen))
    screen = pilot.app.screen
    assert isinstance(screen, LessonScreen)
    await until(pilot, lambda: "loss" in screen.history.series, seconds=60)
    return screen


@pytest.mark.slow
async def test_the_console_and_explore_are_of_the_step_that_is_replayed(
    store: Path,
) -> None:
    run = trained(store)
    assert [step for step, _ in run.checkpoints()] == list(range(2, 21, 2))
    app = LabApp(store, "gpt", device=lambda: "cpu")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await until(pilot, lambda: len(screen.history.series["loss"]) >= 20)
        await pilot.press(*["left"] * 3)
        stage = screen.query_one(Stage)
        assert stage.at is not None
        stage.turn(12.0)  # thirteen steps are done
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, ConsoleScreen))
        console = app.screen
        assert isinstance(console, ConsoleScreen)
        await until(pilot, lambda: console.writer.opening.done)
        assert "step 12" in shown(pilot)
        assert "an older checkpoint" in shown(pilot)
        await pilot.press("p", *"ROMEO:", "enter")
        await until(pilot, lambda: console.branches.hand and console.branches.hand.tokens)
        assert console.branches.hand is not None
        assert console.branches.hand.step == 12
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, ExploreScreen))
        inside = app.screen
        assert isinstance(inside, ExploreScreen)
        await until(pilot, lambda: inside.inquiry.shown is not None, seconds=60)
        assert inside.inquiry.at == 12
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("l", "p")
        await until(pilot, lambda: isinstance(app.screen, ConsoleScreen))
        assert isinstance(app.screen, ConsoleScreen)
        assert app.screen.subject.step is None, "the newest again"


@pytest.mark.slow
async def test_a_real_worker_gives_the_checkpoints_that_are_looked_at(
    store: Path, live: RunFolder
) -> None:
    app = LabApp(store, "gpt", live.name, device=lambda: "cpu")
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        assert not live.checkpoints()
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, ExploreScreen))
        inside = app.screen
        assert isinstance(inside, ExploreScreen)
        inquiry = inside.inquiry
        await until(pilot, lambda: inquiry.shown is not None and not inquiry.busy, seconds=60)
        first = inquiry.at
        assert first is not None
        assert "▶ live" in shown(pilot)
        assert [step for step, _ in live.checkpoints()] == [first]
        await pilot.press("f")
        await until(pilot, lambda: inquiry.at != first and not inquiry.busy, seconds=60)
        second = inquiry.at
        assert second is not None
        assert second > first
        await pilot.press("less_than_sign")
        await until(pilot, lambda: inquiry.at == first and not inquiry.busy)
        assert "an older checkpoint" in shown(pilot)
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: inquiry.at == second and not inquiry.busy)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ConsoleScreen))
        console = app.screen
        assert isinstance(console, ConsoleScreen)
        await until(pilot, lambda: console.writer.opening.done)
        await pilot.press("f")
        await until(pilot, lambda: console.branches.hand and console.branches.hand.step, seconds=60)
        assert console.branches.hand is not None
        assert (console.branches.hand.step or 0) > second, "it writes with the fresh one"
