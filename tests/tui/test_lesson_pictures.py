"""Two pictures a lesson: its screen with the run that is shipped, and a frame of a scene."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from asked import Kept, until
from onscreen import tick
from textual.pilot import Pilot

from lessons.arena.screen.tournament import TournamentScreen
from zhtui.lesson import catalog
from zhtui.runs.folder import RunFolder
from zhtui.tui.app import LabApp
from zhtui.tui.screens.explore.screen import ExploreScreen
from zhtui.tui.session import Opened

SHIPPED = Path(__file__).parents[2] / "checkpoints"
SIZE = (120, 40)
RUNS = {
    "mlp": "given-letters",
    "optimization": "given-names",
    "backprop": "given-names",
    "wavenet": "given-names",
    "positions": "python-reference",
    "sampling": "python-reference",
    "transformer": "small-copyist",
    "moe": "eight-experts",
    "inspect": "planted-rule",
    "gpt2": "two-ranks",
    "parallel": "two-halves",
    "td": "self-taught",
    "mcts": "twelve-rounds",
    "arena": "first-tournament",
}
FRAMES = {  # scene, and the frame of it that says most
    "mlp": ("context", 3),
    "optimization": ("rows", 3),
    "backprop": ("tensors", 3),
    "wavenet": ("tree", 3),
    "positions": ("table", 2),
    "sampling": ("filters", 3),
    "transformer": ("masks", 1),
    "moe": ("route", 3),
    "inspect": ("lens", 2),
    "gpt2": ("ledger", 5),
    "parallel": ("pipeline", 5),
    "td": ("walk", 4),
    "mcts": ("uct", 18),
}
Compare = Callable[..., bool]


def lab(store: Path, lesson: str | None = None, run: str | None = None) -> LabApp:
    return LabApp(
        store, lesson, run, clock=lambda: 2e9, device=lambda: "cpu · 2 cores", watching=False
    )


@pytest.mark.parametrize("name", RUNS)
def test_lesson(snap_compare: Compare, name: str) -> None:
    async def before(pilot: Pilot[int]) -> None:
        await tick(pilot, 5)

    assert snap_compare(lab(SHIPPED, name, RUNS[name]), terminal_size=SIZE, run_before=before)


@pytest.mark.parametrize("name", FRAMES)
def test_frame(snap_compare: Compare, explorer: Kept, tmp_path: Path, name: str) -> None:
    app = lab(tmp_path / "store")
    app.session.explorer = explorer
    scene, frame = FRAMES[name]

    async def before(pilot: Pilot[int]) -> None:
        app.session.doors.explore(catalog.one(name), scene=scene)
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, ExploreScreen)
        await until(pilot, lambda: screen.inquiry.shown is not None and screen.inquiry.rows, 60)
        for _ in range(frame):
            await pilot.press("full_stop")
            await until(pilot, lambda: not screen.inquiry.busy and not screen.listener.news, 60)
        await until(pilot, lambda: screen.player.at == frame)
        app.clear_notifications()
        await tick(pilot, 3)  # a bar that has come for a moment goes again

    assert snap_compare(app, terminal_size=SIZE, run_before=before)


def test_a_tournament(snap_compare: Compare) -> None:
    app = lab(SHIPPED)
    folder = RunFolder(SHIPPED / "arena" / RUNS["arena"])

    async def before(pilot: Pilot[int]) -> None:
        opened = Opened(app.session, catalog.one("arena"))
        await app.push_screen(TournamentScreen(opened, folder))
        await pilot.pause()

    assert snap_compare(app, terminal_size=SIZE, run_before=before)
