"""Notes that were opened over a scene: what they name is played here, or on the lesson's screen."""

from __future__ import annotations

from pathlib import Path

import explored
import pytest
from explored import opened, settled
from onscreen import Make, shown, tick
from recorded import record
from textual.pilot import Pilot

from zhtui.lab import Heatmap
from zhtui.runs.folder import RunFolder
from zhtui.tui.screens.explore.screen import ExploreScreen
from zhtui.tui.screens.lesson.screen import LessonScreen
from zhtui.tui.screens.shared.notes import NotesScreen
from zhtui.work import client

TEXT = """# strange

Explore: `strange.mix heat=2`, and look at the view `X`. See: it is flat.

Run: `preset=tiny steps=3`, and look at the view `shares`.

Press: `u`.
"""
SCENE, HERE, FOLD, RUN, THERE, KEY = range(1, 7)  # how often → is pressed for each


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    own = tmp_path_factory.mktemp("own")
    (explored.drop(own) / "notes.md").write_text(TEXT)
    return own


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[RunFolder]:
    """The runs whose worker would have been started."""
    folders: list[RunFolder] = []
    monkeypatch.setattr(client, "start", folders.append)
    return folders


async def notes_over(pilot: Pilot[int], scene: str = "walk") -> ExploreScreen:
    """Notes over a scene whose first frame is in sight; the scene's screen."""
    screen = await opened(pilot, scene)
    await pilot.press("n")
    await tick(pilot)
    assert isinstance(pilot.app.screen, NotesScreen)
    return screen


async def play(pilot: Pilot[int], which: int) -> None:
    """Chooses what the notes name, and plays it."""
    await pilot.press(*["right"] * which, "enter")
    await tick(pilot, 5)


async def test_the_keys_that_play_stand_on_top(explore: Make) -> None:
    async with explore().run_test(size=(80, 24)) as pilot:
        await notes_over(pilot)
        assert "← → choose   enter play, open, unfold   o all answers" in shown(pilot)
        await play(pilot, FOLD)
        assert "it is flat" in shown(pilot)


async def test_a_scene_is_played_on_the_screen_that_is_there(explore: Make) -> None:
    async with explore().run_test(size=(120, 40)) as pilot:
        screen = await notes_over(pilot)
        await play(pilot, SCENE)
        await settled(pilot)
        assert pilot.app.screen is screen
        assert screen.inquiry.scene == "mix"
        assert screen.inquiry.values == {"heat": 2.0}
        assert "each letter is a row of four numbers" in shown(pilot)


async def test_a_view_of_the_frame_is_chosen(explore: Make) -> None:
    async with explore().run_test(size=(120, 40)) as pilot:
        screen = await notes_over(pilot, "mix")
        assert screen.tiles.chosen == "text"
        await play(pilot, HERE)
        assert pilot.app.screen is screen
        assert screen.tiles.chosen == "X"


async def test_a_run_is_started_on_the_lesson_s_screen_below(
    explore: Make, started: list[RunFolder]
) -> None:
    async with explore().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        await pilot.press("enter")
        await tick(pilot, 5)
        below = pilot.app.screen
        assert isinstance(below, LessonScreen)
        await notes_over(pilot)
        await play(pilot, RUN)
        assert "Start a run with preset=tiny steps=3?" in " ".join(shown(pilot).split())
        await pilot.press("y")
        await tick(pilot, 5)
        assert pilot.app.screen is below
        assert [run.card()["config"]["steps"] for run in started] == [3]
        assert below.seen is not None
        assert below.seen.folder == started[0]


async def test_a_view_of_a_run_opens_the_lesson_s_screen_over_it(
    explore: Make, store: Path
) -> None:
    views = {"shares": Heatmap([[1.0]]), "other": Heatmap([[2.0]])}
    record(store, "strange", views=views)
    async with explore().run_test(size=(80, 24)) as pilot:
        await tick(pilot)
        await notes_over(pilot)
        await play(pilot, THERE)
        for _ in range(3):
            await tick(pilot)
        assert isinstance(pilot.app.screen, LessonScreen)
        assert "2 shares" in shown(pilot)
        await pilot.press("escape", "n")
        await tick(pilot)
        assert isinstance(pilot.app.screen, NotesScreen), "esc goes back to the scene"


async def test_a_key_says_what_it_says_on_the_lesson_s_screen(explore: Make) -> None:
    async with explore().run_test(size=(80, 24)) as pilot:
        await notes_over(pilot)
        await play(pilot, KEY)
        await tick(pilot, 5)
        assert isinstance(pilot.app.screen, LessonScreen)
        (note,) = pilot.app._notifications
        assert "question" in note.message
