"""A scene that needs no run: past the oldest there is none, and the knobs count that a run owns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from asked import Kept, until
from explored import opened, press, settled
from onscreen import Make, shown, tick

from zhtui.lesson import catalog
from zhtui.lesson.played import EXPLORE, Action
from zhtui.runs.folder import RunFolder
from zhtui.tui.app import LabApp
from zhtui.tui.screens.explore.screen import ExploreScreen
from zhtui.work import client, drive

SIZE = (120, 40)
OLDER, NEWER = "left_curly_bracket", "right_curly_bracket"


@pytest.fixture
def attention(make: Make, explorer: Kept) -> Callable[[], LabApp]:
    """Makes a lab with the lesson attention, whose explorer is warm from test to test."""

    def app() -> LabApp:
        lab = make(entries=[catalog.one("attention")])
        lab.session.explorer = explorer
        return lab

    return app


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A layer of 4 heads that was really trained."""
    entry, store = catalog.one("attention"), tmp_path / "store"
    text = tmp_path / "verse.txt"
    text.write_text("the cat sat on the mat\n" * 40)
    knobs = (f"data={text}", "steps=4")
    run = client.create(store, entry, preset="tiny", knobs=knobs, where="cpu", name="an-otter")
    assert drive.work(run) == 0
    return run


def names(screen: ExploreScreen) -> list[str]:
    """The knobs in sight."""
    return [item.key for item in screen.knobs.items]


def heads(screen: ExploreScreen) -> int:
    """How many heads the frame in sight has."""
    assert screen.inquiry.shown is not None
    return int(str(screen.inquiry.shown.say).split("Q has ")[1].split()[0])


async def test_what_a_run_has_itself_is_no_knob_beside_it(
    attention: Callable[[], LabApp], run: RunFolder
) -> None:
    async with attention().run_test(size=SIZE) as pilot:
        await tick(pilot)  # the lab has read which runs there are
        screen = await opened(pilot, "groups")
        own = heads(screen)
        assert names(screen) == ["text", "mistake"]
        assert "without a run ({ past" in shown(pilot)
        assert "heads, kv_heads" in shown(pilot)

        await press(pilot, OLDER)
        assert screen.watched.folder is None
        assert names(screen) == ["text", "heads", "kv_heads", "mistake"]
        assert "an-otter" not in shown(pilot)
        assert "without a run; } looks at one" in shown(pilot)
        screen.turn("heads", 8)
        await settled(pilot)
        assert heads(screen) == 8

        await press(pilot, OLDER)
        assert screen.watched.folder is None, "there is nothing beyond none"
        await press(pilot, NEWER)
        assert names(screen) == ["text", "mistake"]
        assert heads(screen) == own
        assert "an-otter" in shown(pilot)
        await press(pilot, OLDER)
        assert heads(screen) == 8, "what was turned is kept"


async def test_a_link_that_sets_such_a_knob_looks_at_no_run(
    attention: Callable[[], LabApp], run: RunFolder
) -> None:
    async with attention().run_test(size=SIZE) as pilot:
        await tick(pilot)
        screen = await opened(pilot, "average")
        screen._play(Action(EXPLORE, "groups", ("heads=8", "kv_heads=2")))
        await settled(pilot)
        assert screen.watched.folder is None
        assert heads(screen) == 8
        assert "heads" in names(screen)


async def test_without_any_run_all_knobs_are_there(attention: Callable[[], LabApp]) -> None:
    async with attention().run_test(size=SIZE) as pilot:
        screen = await opened(pilot, "groups")
        assert names(screen) == ["text", "heads", "kv_heads", "mistake"]
        assert "no run of attention yet" in shown(pilot)


async def test_help_names_the_keys_of_a_run_where_the_scene_looks_at_one(
    attention: Callable[[], LabApp],
) -> None:
    async with attention().run_test(size=(120, 60)) as pilot:
        screen = await opened(pilot, "groups")
        told = {key.id for key in screen.explained[1][0][1]}
        assert {"explore.step_back", "explore.run", "explore.knobs"} <= told
        await press(pilot, "1")
        await until(pilot, lambda: not screen.inquiry.takes_run)
        assert screen.inquiry.scene == "average"
        told = {key.id for key in screen.explained[1][0][1]}
        assert not told & {"explore.step_back", "explore.live", "explore.fresh", "explore.run"}
        assert "explore.knobs" in told
        await pilot.press("question_mark")
        await pilot.pause()
        assert "an older checkpoint" not in shown(pilot)
