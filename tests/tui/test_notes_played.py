"""Notes by keys: answers are unfolded, and what they name is played."""

from __future__ import annotations

from pathlib import Path

import pytest
from onscreen import Make, shown, tick
from recorded import record
from textual.pilot import Pilot

from zhtui.lab import Heatmap
from zhtui.lesson.catalog import Entry
from zhtui.runs.folder import RunFolder
from zhtui.tui.screens.lesson.screen import LessonScreen
from zhtui.tui.widgets.notes import NotesWidget
from zhtui.work import client

TEXT = """# gpt

Predict: what is it?

Run: `preset=tiny lr=0.5`, and look at the view `attention`. See: it is seven.

Press: `u`, on its own screen `c`.

Run: `preset=tiny lr=much`.
"""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, entries: list[Entry]) -> list[RunFolder]:
    """The runs whose worker would have been started, in a lab whose gpt has these notes."""
    (entries[2].folder / "notes.md").write_text(TEXT)
    folders: list[RunFolder] = []
    monkeypatch.setattr(client, "start", folders.append)
    return folders


async def notes_of(pilot: Pilot[int]) -> NotesWidget:
    """The notes of lesson gpt."""
    await tick(pilot)
    await pilot.press("j", "j", "enter")
    await tick(pilot, 5)
    await pilot.press("n")
    await tick(pilot)
    return pilot.app.screen.query_one(NotesWidget)


async def test_an_answer_is_unfolded_by_enter_and_all_by_a_key(
    make: Make, started: list[RunFolder]
) -> None:
    async with make().run_test(size=(80, 24)) as pilot:
        await notes_of(pilot)
        assert "it is seven" not in shown(pilot)
        await pilot.press("right", "right", "right", "enter")
        await tick(pilot)
        assert "it is seven" in shown(pilot)
        await pilot.press("enter")
        await tick(pilot)
        assert "it is seven" not in shown(pilot)
        await pilot.press("o")
        await tick(pilot)
        assert "it is seven" in shown(pilot)


async def test_a_run_is_started_after_a_word_and_the_next_run_s_knobs_stay(
    make: Make, started: list[RunFolder], store: Path
) -> None:
    async with make().run_test(size=(80, 24)) as pilot:
        await notes_of(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, LessonScreen)
        screen.draft.set("n_layer", "7")
        await pilot.press("right", "enter")
        await tick(pilot)
        assert "Start a run with preset=tiny lr=0.5?" in " ".join(shown(pilot).split())
        await pilot.press("n")
        await tick(pilot)
        assert not started
        await pilot.press("enter", "y")
        await tick(pilot)
        (run,) = started
        assert (run.card()["preset"], run.card()["config"]["lr"]) == ("tiny", 0.5)
        assert screen.draft.pairs() == ("n_layer=7",)


async def test_a_view_is_shown_where_the_run_has_it(
    make: Make, started: list[RunFolder], store: Path
) -> None:
    async with make().run_test(size=(80, 24)) as pilot:
        await notes_of(pilot)
        await pilot.press("right", "right", "enter")
        await tick(pilot)
        (note,) = pilot.app._notifications
        assert "has not shown attention" in note.message
    views = {"attention": Heatmap([[1.0]]), "other": Heatmap([[2.0]])}
    record(store, views=views)
    async with make().run_test(size=(80, 24)) as pilot:
        await notes_of(pilot)
        await pilot.press("right", "right", "enter")
        await tick(pilot)
        assert "2 attention" in shown(pilot)


async def test_a_key_is_pressed_and_a_knob_that_is_none_is_refused(
    make: Make, started: list[RunFolder]
) -> None:
    async with make().run_test(size=(80, 24)) as pilot:
        await notes_of(pilot)
        await pilot.press(*["right"] * 4, "enter")
        await tick(pilot)
        assert "7 question 1 of 2" in shown(pilot)
        await pilot.press("n", "right", "enter")
        await tick(pilot)
        (note,) = pilot.app._notifications
        assert note.severity == "error"
        assert not started
