"""Pictures of the runs' screen and of a replay."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onscreen import Make, tick
from recorded import curve, lines, record
from textual.pilot import Pilot

from zhtui.lesson.views import Heatmap
from zhtui.runs import learner, view_files
from zhtui.runs.folder import ARTIFACTS, CARD, EVENTS, OUTPUT

Compare = Callable[..., bool]
KNOBS = {"lr": 0.001, "n_layer": 4, "rung": "full", "steps": 1000}
PLACES = {
    "list": ("R",),
    "overlay": ("R", "a", "c", "2", "left", "left"),
    "differences": ("R", "a", "3"),
    "console": ("R", "o", "L"),
    "delete": ("R", "d"),
}


def prepare(store: Path) -> None:
    """A run, one with other knobs and a note, a fork, and one that failed."""
    first = record(store, config=KNOBS)
    (first.path / OUTPUT).write_text("loading\nUserWarning: slow here\n")
    other = {**KNOBS, "lr": 0.003, "n_layer": 2}
    heron = record(store, "gpt", "calm-heron", config=other, rows=curve(900, end=2.0), steps=900)
    learner.write_note(heron, "faster, and ends higher")
    record(store, "bigram", "bold-wren", steps=12, state="failed", error="loss became NaN")
    fork = record(store, "gpt", "keen-fox", config={**KNOBS, "lr": 0.01}, steps=300)
    card = json.loads((fork.path / CARD).read_text())
    card["parent"] = {"run": "brisk-otter", "lesson": "gpt", "step": 200}
    (fork.path / CARD).write_text(json.dumps(card))
    for age, name in enumerate(["gpt/keen-fox", "bigram/bold-wren", "gpt/calm-heron"]):
        _made(store / name / CARD, 2_000_000_000 - age)
    _made(first.path / CARD, 1_000_000_000)


def _made(path: Path, when: float) -> None:
    os.utime(path, (when, when))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("place", PLACES)
def test_runs(
    snap_compare: Compare, make: Make, store: Path, place: str, size: tuple[int, int]
) -> None:
    async def before(pilot: Pilot[int]) -> None:
        await tick(pilot)
        for key in PLACES[place]:
            await pilot.press(key)
            await tick(pilot, 3)

    prepare(store)
    assert snap_compare(make(), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_replay(snap_compare: Compare, make: Make, store: Path, size: tuple[int, int]) -> None:
    run = record(store, config=KNOBS)
    for step in (199, 399):
        view = Heatmap(np.tril(np.full((4, 4), step / 400)), list("king"), list("king"))
        view_files.write(run.path / ARTIFACTS / f"{step:06d}-attention.json", view)
        shown = {"event": "shown", "step": step, "name": "attention", "kind": "Heatmap"}
        lines(run.path / EVENTS, [shown, {"event": "sample", "step": step, "text": f"at {step}"}])

    async def before(pilot: Pilot[int]) -> None:
        await tick(pilot)
        await pilot.press("j", "j", "enter")
        await tick(pilot, 4)
        await pilot.press("left_curly_bracket", "left_curly_bracket")
        await tick(pilot, 6)

    assert snap_compare(make(), terminal_size=size, run_before=before)


def test_an_empty_store(snap_compare: Compare, make: Make) -> None:
    async def before(pilot: Pilot[int]) -> None:
        await tick(pilot)
        await pilot.press("R")
        await tick(pilot)

    assert snap_compare(make(), terminal_size=(80, 24), run_before=before)


def test_without_colours(
    snap_compare: Compare, make: Make, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def before(pilot: Pilot[int]) -> None:
        await tick(pilot)
        await pilot.press("R", "a")
        await tick(pilot, 6)

    prepare(store)
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(make(), terminal_size=(120, 40), run_before=before)
