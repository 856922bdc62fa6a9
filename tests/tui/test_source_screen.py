"""The code of a lesson, at the line that the thing at the cursor comes from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onscreen import Make, shown, tick
from recorded import record
from textual.pilot import Pilot

from zhtui.lesson import catalog
from zhtui.lesson.catalog import Entry
from zhtui.lesson.views import Heatmap
from zhtui.tui.screens.shared.source import CodeView, SourceScreen

Compare = Callable[..., bool]
CODE = {
    "train.py": "def train(run):\n    row = {'loss': 1.0}\n    run.show('attention', look(row))\n"
    + "    # more\n" * 60
    + "    row['val'] = 2.0\n    yield row\n\n\ndef look(row):\n    return row\n",
    "config.py": "class Config:\n    lr: float = 1.0\n    n_layer: int = 4\n",
    "generate.py": "def generate(run, prompt, sampling):\n    yield prompt\n",
}
VIEWS = {"attention": Heatmap(np.eye(2))}


@pytest.fixture
def lab(make: Make, store: Path, entries: list[Entry]) -> Make:
    """A lab whose lesson gpt has code, and a run that shows a view."""
    for name, text in CODE.items():
        (entries[2].folder / name).write_text(text)
    record(store, views=VIEWS, samples={499: "To be"})
    return make


async def opened(pilot: Pilot[int], *keys: str) -> SourceScreen:
    """The source after some keys on the lesson's screen."""
    await tick(pilot)
    await pilot.press("j", "j", "enter")
    await tick(pilot, 5)
    await pilot.press(*keys)
    await tick(pilot)
    await pilot.press("s")
    await tick(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, SourceScreen)
    return screen


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("1",), "row = {'loss': 1.0}"),
        (("2",), "def look(row):"),
        (("3",), "def generate(run, prompt, sampling):"),
        (("4", "down", "down"), "n_layer: int = 4"),
        (("4",), "def train(run):"),
        (("6",), "def train(run):"),
        (("7",), "row['val'] = 2.0"),
    ],
)
async def test_the_line_of_what_the_cursor_is_at_is_lit_and_in_sight(
    lab: Make, keys: tuple[str, ...], line: str
) -> None:
    async with lab().run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, *keys)
        view = screen.query_one(CodeView)
        assert "".join(text for text, _ in view.rows[view.lit - 1]).strip() == line
        assert any(row.startswith("▸") and line in row for row in shown(pilot).splitlines())


async def test_files_turn_and_the_lit_line_is_in_one(lab: Make) -> None:
    async with lab().run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, "1")
        view = screen.query_one(CodeView)
        assert "metric loss · line 2" in shown(pilot)
        await pilot.press("right")
        await tick(pilot)
        assert "class Config:" in shown(pilot)
        assert view.lit == 0
        await pilot.press("left")
        await tick(pilot)
        assert view.lit == 2


async def test_it_scrolls_copies_and_goes_back(lab: Make) -> None:
    async with lab().run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, "1")
        view = screen.query_one(CodeView)
        await pilot.press("space", "j")
        await pilot.pause()
        assert view.scroll_offset.y == 16
        await pilot.press("c")
        assert pilot.app.clipboard == CODE["train.py"]
        await pilot.press("escape")
        await tick(pilot)
        assert "1 loss" in shown(pilot)


async def test_a_file_that_vanished_says_so(lab: Make, entries: list[Entry]) -> None:
    async with lab().run_test(size=(80, 24)) as pilot:
        await opened(pilot, "1")
        (entries[2].folder / "config.py").unlink()
        await pilot.press("right")
        await tick(pilot)
        assert "config.py cannot be read" in shown(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_picture(snap_compare: Compare, lab: Make, size: tuple[int, int]) -> None:
    async def before(pilot: Pilot[int]) -> None:
        await opened(pilot, "2")

    assert snap_compare(lab(), terminal_size=size, run_before=before)


async def test_the_lab_s_own_lessons_are_read_where_they_lie(make: Make) -> None:
    entry = catalog.one("gpt")
    async with make().run_test(size=(120, 40)) as pilot:
        await pilot.app.push_screen(SourceScreen(entry, "view", "attention"))
        await tick(pilot)
        row = next(row for row in shown(pilot).splitlines() if row.startswith("▸"))
        assert "def grid(values: Tensor" in row
