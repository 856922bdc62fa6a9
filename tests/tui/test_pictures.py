"""Pictures of the screens: home and a lesson, at two sizes, in their states."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from onscreen import Make, tick, to
from recorded import alive, curve, record
from textual.pilot import Pilot

from zhtui.lesson.views import Bars, Heatmap, View

SIZES = [(80, 24), (120, 40)]
SAMPLES = {99: "ROMY thakd, osr dhe", 499: "ROMEO:\nI will the world with thee, and the king."}
Compare = Callable[..., bool]


def views() -> dict[str, View]:
    """What a lesson might show."""
    offset = np.arange(8)[:, None] - np.arange(8)[None, :]
    weights = np.where(offset >= 0, np.exp(-offset / 2.0), 0.0)
    rows = list("the king")
    heads = Heatmap(weights / weights.sum(axis=1, keepdims=True), rows, rows, note="layer 2 head 3")
    return {"attention": heads, "next": Bars(["o", "e", "i"], [0.612, 0.187, 0.081], cut=2)}


def prepare(store: Path, state: str, stack: ExitStack) -> None:
    """Recorded runs: none, one that trains, one that failed."""
    if state == "empty":
        return
    record(store, "bigram", "calm-heron", rows=curve(300, 50, 3.3, 2.45))
    if state == "failed":
        rows = [*curve(300), *({"step": 300 + i, "loss": math.nan} for i in range(40))]
        error = "loss became NaN at step 300; start again with a lower lr (now lr=1)"
        record(store, rows=rows, steps=340, state="failed", error=error)
        return
    config = {"lr": 1e-3, "n_layer": 4, "rung": "full", "steps": 1000}
    run = record(store, state="running", samples=SAMPLES, views=views(), config=config)
    stack.enter_context(alive(run))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", ["empty", "running", "failed"])
@pytest.mark.parametrize("screen", ["home", "lesson"])
def test_screen(
    snap_compare: Compare, make: Make, store: Path, screen: str, state: str, size: tuple[int, int]
) -> None:
    with ExitStack() as stack:
        prepare(store, state, stack)
        assert snap_compare(make(), terminal_size=size, run_before=to(screen))


@pytest.mark.parametrize("screen", ["home", "lesson"])
def test_without_colours(
    snap_compare: Compare,
    make: Make,
    store: Path,
    screen: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ExitStack() as stack:
        prepare(store, "running", stack)
        monkeypatch.setenv("NO_COLOR", "1")
        assert snap_compare(make(), terminal_size=(120, 40), run_before=to(screen))


def test_all_panes(snap_compare: Compare, make: Make, store: Path) -> None:
    async def before(pilot: Pilot[int]) -> None:
        await tick(pilot)
        await pilot.press("down", "down", "enter")
        await tick(pilot, 6)
        await pilot.press("2", "down", "down", "right", "1", "left", "left")
        await tick(pilot)

    with ExitStack() as stack:
        prepare(store, "running", stack)
        assert snap_compare(make(), terminal_size=(200, 60), run_before=before)


def test_help(snap_compare: Compare, make: Make, store: Path) -> None:
    async def before(pilot: Pilot[int]) -> None:
        await tick(pilot)
        await pilot.press("question_mark")
        await tick(pilot)

    assert snap_compare(make(), terminal_size=(120, 40), run_before=before)
