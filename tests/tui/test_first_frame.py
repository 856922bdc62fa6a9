"""Before any run a lesson shows the first frame of its first scene; a run's views come first."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import explored
import numpy as np
import pytest
from asked import Kept, trained, until
from onscreen import Make, shown, tick
from recorded import record
from textual.pilot import Pilot

from zhtui.lesson import catalog
from zhtui.lesson.views import Heatmap
from zhtui.tui.app import LabApp
from zhtui.tui.reading.history import History
from zhtui.tui.reading.watch import Growth
from zhtui.tui.screens.explore.screen import ExploreScreen
from zhtui.tui.screens.lesson.screen import LessonScreen

NARROW, USUAL, WIDE = (80, 24), (120, 40), (200, 60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    own = tmp_path_factory.mktemp("own")
    explored.drop(own)
    return own


@pytest.fixture
def strange(
    make: Make, explorer: Kept, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., LabApp]:
    """Makes a lab with the stranger's lesson."""
    monkeypatch.setenv("ZHTUI_LESSONS", str(folder))

    def app() -> LabApp:
        lab = make(entries=[catalog.one("strange")])
        lab.session.explorer = explorer
        return lab

    return app


async def opened(pilot: Pilot[int], name: str = "strange") -> LessonScreen:
    """The lesson's screen, its first frame in sight."""
    app = pilot.app
    assert isinstance(app, LabApp)
    await tick(pilot)
    app.session.doors.lesson(catalog.one(name))
    await tick(pilot)
    screen = app.screen
    assert isinstance(screen, LessonScreen)
    return screen


async def came(pilot: Pilot[int], screen: LessonScreen) -> None:
    await until(pilot, lambda: screen.views.invites, 60)
    await tick(pilot)


@pytest.mark.parametrize("size", [NARROW, USUAL, WIDE], ids=["80x24", "120x40", "200x60"])
async def test_the_first_frame_is_on_the_stage_with_the_key_that_opens_it(
    strange: Make, size: tuple[int, int]
) -> None:
    async with strange().run_test(size=size) as pilot:
        screen = await opened(pilot)
        await came(pilot, screen)
        text = shown(pilot)
        assert "2 explore · mix · embedded" in text
        assert "each letter is a row of four numbers" in text
        assert "i explores it, frame by frame" in text
        assert "the cat" in text
        assert screen.views.origin == ("reference", "explore/mix.py#explore")
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExploreScreen))


async def test_a_run_s_own_views_come_first(strange: Make, store: Path) -> None:
    async with strange().run_test(size=NARROW) as pilot:
        screen = await opened(pilot)
        await came(pilot, screen)
        assert screen.panes.current == 2
        record(store, "strange", "brisk-otter", views={"weights": Heatmap(np.eye(3))})
        await tick(pilot, 6)
        assert not screen.views.invites
        assert screen.panes.current == 1, "the curve is looked at"
        assert screen.views.wanted == "weights"
        assert screen.views.border_subtitle == ""


async def test_with_a_run_no_frame_is_asked_for(strange: Make, store: Path) -> None:
    record(store, "strange", "brisk-otter")
    async with strange().run_test(size=USUAL) as pilot:
        screen = await opened(pilot)
        await tick(pilot)
        assert screen.views.first is None


async def test_where_no_frame_comes_the_notes_keep_the_place(
    strange: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with strange().run_test(size=USUAL) as pilot:
        monkeypatch.setattr(type(catalog.one("strange")), "scenes", lambda entry: ("bad-name",))
        screen = await opened(pilot)
        first = screen.views.first
        assert first is not None
        await until(pilot, lambda: first.reply is not None and first.reply.done)
        await tick(pilot)
        assert not screen.views.invites
        assert screen.notes.display
        assert not screen.views.display


def test_attention_of_a_passage_stands_first_while_gpt_trains(store: Path) -> None:
    """Live, and before the counted n-grams, at every moment of the run."""
    run, history, seen = trained(store, "counted", "baselines=true"), History(), []
    for _, events in itertools.groupby(run.events(), lambda event: event.get("step")):
        history.grow(Growth(events=list(events)))
        if history.views:
            seen.append(history.pictures())
    assert all(names[0] == "attention" for names in seen)
    assert any("baselines" in names for names in seen)
    assert history.newest["attention"] > history.newest["baselines"]


async def test_a_new_run_s_pane_does_not_carry_the_last_one_s_title(
    strange: Make, store: Path
) -> None:
    record(store, "strange", "brisk-otter", views={"weights": Heatmap(np.eye(3))})
    async with strange().run_test(size=NARROW) as pilot:
        screen = await opened(pilot)
        await tick(pilot, 6)
        await pilot.press("2")
        await tick(pilot)
        assert "2 weights · step" in shown(pilot)
        record(store, "strange", "calm-heron")
        await tick(pilot)
        await screen.look_at(next(each for each in screen.session.runs("strange")
                                  if each.folder.name == "calm-heron"))  # fmt: skip
        await tick(pilot)
        assert "weights" not in shown(pilot)
        assert "2 view · nothing yet" in shown(pilot)
        assert "this run has shown nothing yet" in shown(pilot)
