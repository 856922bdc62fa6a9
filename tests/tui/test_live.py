"""The lab with a real worker, and what the app's process may load."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from onscreen import shown
from textual.pilot import Pilot

from zhtui.tui.app import LabApp
from zhtui.tui.screens.lesson.screen import LessonScreen


async def until(pilot: Pilot[int], done: Callable[[], bool]) -> None:
    """Lets the lab run until something is so; pytest's own timeout ends a wait in vain."""
    while not done():
        await pilot.pause(0.05)


async def test_a_run_is_started_paused_stepped_stopped_and_resumed(
    stranger: Callable[..., Path], store: Path
) -> None:
    stranger("drift")
    app = LabApp(store, "drift", device=lambda: "cpu")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, LessonScreen))
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        await until(pilot, lambda: screen.draft.preset == "quick")
        await pilot.press("4", "right")  # paper: a long run
        assert screen.draft.preset == "paper"
        screen.draft.set("mode", "slow")
        await pilot.press("1", "r")

        def state() -> str:
            return screen.history.status.state if screen.history.status else ""

        def step() -> int:
            return screen.history.status.step if screen.history.status else 0

        await until(pilot, lambda: state() == "running" and "loss" in screen.history.series)
        await until(pilot, lambda: step() > 5)
        assert "RUNNING" in shown(pilot)
        await pilot.press("space")
        await until(pilot, lambda: state() == "paused")
        before = step()
        await pilot.press("full_stop")
        await until(pilot, lambda: step() == before + 1)
        assert state() == "paused"
        await pilot.press("K")
        await until(pilot, lambda: state() == "stopped")
        assert screen.seen is not None
        assert screen.seen.folder.checkpoints(), "a stop saves"
        await until(pilot, lambda: not screen.seen.folder.alive())
        await pilot.press("space")
        await until(pilot, lambda: state() == "running" and step() > before + 1)
        await pilot.press("K")
        await until(pilot, lambda: state() == "stopped")


@pytest.mark.slow
async def test_gpt_tiny_runs_to_its_end(store: Path) -> None:
    app = LabApp(store, "gpt", device=lambda: "cpu")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, LessonScreen))
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        screen.draft.preset = "tiny"
        await pilot.press("r")
        await until(
            pilot,
            lambda: screen.history.status is not None and screen.history.status.state == "finished",
        )
        loss = screen.history.series["loss"].y
        assert loss[-1] < loss[0]


def test_the_app_never_loads_torch(store: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from zhtui.tui.app import LabApp\n"
        "async def main():\n"
        "    app = LabApp(Path(sys.argv[1]), 'gpt')\n"
        "    async with app.run_test(size=(120, 40)) as pilot:\n"
        "        await pilot.pause(0.5)\n"
        "        await pilot.press('question_mark', 'escape', 's', 'escape', 'escape')\n"
        "asyncio.run(main())\n"
        "print(sorted(set(sys.modules) & {'torch', 'tiktoken', 'plotext', 'scipy'}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(store)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert done.stdout.strip() == "[]"
