"""Two views side by side, where all panes have room."""

from __future__ import annotations

from pathlib import Path

from onscreen import Make, shown, tick
from recorded import record

from zhtui.lesson.views import Bars
from zhtui.tui.screens.lesson.screen import LessonScreen

VIEWS = {name: Bars(["a", "b"], [0.25, 0.75], note=f"of {name}") for name in ("first", "second")}


async def test_two_views_stand_side_by_side_where_there_is_room(make: Make, store: Path) -> None:
    record(store, views=VIEWS)
    async with make(lesson="gpt").run_test(size=(200, 60)) as pilot:
        await tick(pilot, 8)
        text = shown(pilot)
        assert "of first" in text
        assert "of second" in text
        screen = pilot.app.screen
        assert isinstance(screen, LessonScreen)
        before = screen.views.wanted
        await pilot.press("v")
        await tick(pilot, 8)
        assert screen.views.beside == before, "the other one is first now"
        assert screen.views.second is not None
        assert shown(pilot).count("of first") == shown(pilot).count("of second") == 1


async def test_the_second_view_comes_and_goes_with_the_room(make: Make, store: Path) -> None:
    record(store, views=VIEWS)
    async with make(lesson="gpt").run_test(size=(120, 40)) as pilot:
        await tick(pilot, 8)
        screen = pilot.app.screen
        assert isinstance(screen, LessonScreen)
        assert screen.views.second is None
        for size, two in (((200, 60), True), ((120, 40), False), ((200, 60), True)):
            await pilot.resize_terminal(*size)
            await tick(pilot, 8)
            assert (screen.views.second is not None) == two
        await pilot.press("2", "z")
        await tick(pilot, 8)
        assert screen.views.second is None, "one pane alone has one view"
        await pilot.press("z")
        await tick(pilot, 8)
        assert screen.views.second is not None


async def test_a_replay_takes_both_views_along(make: Make, store: Path) -> None:
    record(store, views=VIEWS)
    async with make(lesson="gpt").run_test(size=(200, 60)) as pilot:
        await tick(pilot, 8)
        screen = pilot.app.screen
        assert isinstance(screen, LessonScreen)
        screen.replay.turn(20.0)
        await tick(pilot, 6)
        assert "of first" not in shown(pilot)
        assert "of second" not in shown(pilot)
        screen.replay.turn(None)
        await tick(pilot, 8)
        assert "of first" in shown(pilot)
        assert "of second" in shown(pilot)
