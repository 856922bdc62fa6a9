"""The knobs of a live run are dials; keys that do nothing are not shown, and say what would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asked import until
from onscreen import Make, shown, tick
from recorded import alive, lines, record
from textual.pilot import Pilot

from zhtui.lab import Heatmap
from zhtui.lesson.card import Knob
from zhtui.lesson.knobs import Row, dialled
from zhtui.runs.folder import CONTROL, EVENTS, RunFolder
from zhtui.tui.screens.lesson.screen import LessonScreen

Compare = Callable[..., bool]
CONFIG = {"lr": 1e-3, "n_layer": 4}


def asked(run: RunFolder) -> list[tuple[str, str]]:
    """The knobs that the run was asked for."""
    path = run.path / CONTROL
    rows = path.read_text().splitlines() if path.exists() else []
    known = map(json.loads, rows)
    return [(row["knob"], row["value"]) for row in known if row["action"] == "set"]


async def opened(pilot: Pilot[int], *keys: str) -> LessonScreen:
    """The lesson gpt."""
    await tick(pilot)
    await pilot.press("j", "j", "enter")
    await tick(pilot, 5)
    await pilot.press(*keys)
    await tick(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, LessonScreen)
    return screen


@pytest.mark.parametrize(("kind", "value", "up", "down"), [
    (float, 1.0, 1.2, 0.8), (float, 1e-3, 0.0012, 0.0008), (int, 4, 5, 3), (int, 10, 12, 8),
    (float, 7.0, 8.0, 6.0), (int, 100, 120, 80),
    (int, 1, 2, 0), (float, 0.0, 0.1, 0.0), (bool, True, False, False),
])  # fmt: skip
def test_a_turn_is_a_factor(kind: type, value: Any, up: Any, down: Any) -> None:
    row = Row("x", kind, value, Knob("a knob", low=0.0))
    assert (dialled(row, value, 1), dialled(row, value, -1)) == (up, down)


def test_a_dial_is_never_stuck_and_stays_within_its_bounds() -> None:
    row = Row("x", float, 1.0, Knob("a knob", low=1e-5, high=1e5))
    for by in (1, -1):
        value = 1.0
        for _ in range(200):
            turned = dialled(row, value, by)
            assert turned != value or turned in (1e-5, 1e5)
            value = turned
        assert value == (1e5 if by > 0 else 1e-5)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_live_knob_comes_first_and_turns_at_once_with_the_chart_in_sight(
    make: Make, store: Path, size: tuple[int, int]
) -> None:
    run = record(store, state="running", config=CONFIG)
    with alive(run):
        async with make().run_test(size=size) as pilot:
            screen = await opened(pilot, "e")
            assert screen.knobs.chosen == "lr"
            text = shown(pilot)
            assert "1 loss" in text
            assert "4 knobs" in text
            await pilot.press("right", "right")
            await pilot.pause()
            assert "◂ 0.0015 ▸" in shown(pilot)
            await until(pilot, lambda: bool(asked(run)))
            await asyncio.sleep(0.3)
            assert asked(run) == [("lr", "0.0015")], "once, when the hand rests"
            lines(
                run.path / EVENTS, [{"event": "knob", "step": 600, "knob": "lr", "value": "0.0015"}]
            )
            await tick(pilot)
            assert screen.knobs.values["lr"] == "0.0015"
            assert not screen.knobs.asked


async def test_a_knob_of_the_next_run_turns_too(make: Make, store: Path) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, "4", "down", "down", "right")
        assert screen.knobs.chosen == "n_layer"
        assert screen.draft.pairs() == ("n_layer=5",)
        await pilot.press(*["right"] * 20)
        await tick(pilot)
        assert screen.draft.pairs() == ("n_layer=12",), "its bound"


async def test_a_knob_is_found_by_its_words(make: Make, store: Path) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, "4", "slash", *"peak")
        assert screen.knobs.rows.keys() == ["lr"]
        await pilot.press("enter", "enter")
        await pilot.pause()
        assert "lr, of the next run" in shown(pilot)
        await pilot.press("escape")
        await pilot.pause()
        await pilot.press("escape")
        await tick(pilot)
        assert screen.knobs.rows.keys() == ["preset", "lr", "n_layer", "rung", "steps"]
        assert pilot.app.screen is screen, "one layer at a time"


@pytest.mark.parametrize(("key", "said"), [
    ("p", "gpt does not write text; v shows what it has learned"),
    ("i", "gpt has no scenes to explore; n has its text"),
    ("x", "gpt has no screen of its own"),
    ("v", "a run shows its views here; r starts one"),
    ("space", "no run yet: r starts one"),
    ("full_stop", "no run yet: r starts one"),
    ("left_square_bracket", "there is no other run of gpt"),
])  # fmt: skip
async def test_a_key_that_does_nothing_says_what_would(
    make: Make, store: Path, key: str, said: str
) -> None:
    async with make().run_test(size=(200, 60)) as pilot:
        await opened(pilot, key)
        assert [note.message for note in pilot.app._notifications] == [said]


async def test_the_line_of_keys_shows_what_works_now(make: Make, store: Path) -> None:
    async with make().run_test(size=(200, 60)) as pilot:
        await opened(pilot)
        words = shown(pilot).splitlines()[-1]
        for idle in ("space pause", ". step", "v view", "K stop"):
            assert idle not in words
        assert "c chart" in words
        assert "u questions" in words
    run = record(store, state="running", views={"heads": Heatmap([[1.0]])})
    with alive(run):
        async with make().run_test(size=(200, 60)) as pilot:
            await opened(pilot)
            words = shown(pilot).splitlines()[-1]
            for works in ("space pause", ". step", "v view", "K stop"):
                assert works in words


async def test_arrows_replay_in_the_chart_alone(make: Make, store: Path) -> None:
    record(store, samples={100: "the king", 300: "shall be"}, views={"heads": Heatmap([[1.0]])})
    async with make().run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        for pane in ("3", "5", "7"):
            await pilot.press(pane, "left", "right", "left")
            await tick(pilot)
            assert screen.replay.at is None, f"pane {pane}"
        await pilot.press("3", "left_curly_bracket")
        await tick(pilot)
        assert screen.replay.at == 600
        await pilot.press("escape")
        await tick(pilot)
        assert screen.replay.at is None, "the replay is a layer, too"
        await pilot.press("1", "left")
        await tick(pilot)
        assert screen.replay.at is not None


async def test_escape_goes_one_layer_out(make: Make, store: Path) -> None:
    record(store, views={"heads": Heatmap([[1.0]])})
    async with make().run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, "n", "z")
        assert screen.panes.zoomed
        await pilot.press("escape")
        await tick(pilot)
        assert not screen.panes.zoomed
        assert screen.panes.current == 5
        await pilot.press("escape")
        await tick(pilot)
        assert screen.panes.current == 1
        await pilot.press("escape")
        await tick(pilot)
        assert pilot.app.screen is not screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_pictures(snap_compare: Compare, make: Make, store: Path, size: tuple[int, int]) -> None:
    async def before(pilot: Pilot[int]) -> None:
        await opened(pilot, "e", "right")

    run = record(store, state="running", config=CONFIG)
    with alive(run):
        assert snap_compare(make(), terminal_size=size, run_before=before)
