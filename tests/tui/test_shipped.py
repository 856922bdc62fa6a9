"""The runs that `checkpoints/` holds from the start: each opens, and the moons are drawn."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from onscreen import shown, tick
from textual.pilot import Pilot

from zhtui.cli import app as cli
from zhtui.runs import store
from zhtui.tui.app import LabApp

SHIPPED = Path(__file__).parents[2] / "checkpoints"
RUNS = [run for run in store.runs(SHIPPED) if (run.path / "run.json").stat().st_size]


def lab(lesson: str, run: str) -> LabApp:
    return LabApp(
        SHIPPED, lesson, run, clock=lambda: 2e9, device=lambda: "cpu · 2 cores", watching=False
    )


@pytest.mark.parametrize("name", ["micrograd", "bigram", "gpt", "tokenizer"])
async def test_one_finished_run_a_lesson_opens(name: str) -> None:
    (run, *_) = [run for run in RUNS if run.lesson == name]
    assert run.status().state == "finished"
    assert run.rows()
    assert run.checkpoints()
    for step, view in run.artifacts():
        run.artifact(step, view)
    app = lab(name, run.name)
    async with app.run_test(size=(120, 40)) as pilot:
        await tick(pilot, 4)
        assert run.name in shown(pilot)
        assert "FINISHED" in shown(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("keys", [("2",), ("2", "v")], ids=["boundary", "neurons"])
def test_the_moons(
    snap_compare: Callable[..., bool], keys: tuple[str, ...], size: tuple[int, int]
) -> None:
    async def before(pilot: Pilot[int]) -> None:
        await tick(pilot, 4)
        for key in keys:
            await pilot.press(key)
            await tick(pilot, 3)

    app = lab("micrograd", "first-moons")
    assert snap_compare(app, terminal_size=size, run_before=before)


def test_they_take_less_than_a_megabyte_a_lesson() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", "checkpoints"], cwd=SHIPPED.parent, capture_output=True
    )
    if listed.returncode:
        pytest.skip("no git here to say what is shipped and what was recorded since")
    names = listed.stdout.decode().split("\0")
    assert 1 < sum((SHIPPED.parent / name).stat().st_size for name in names if name) / 1e6 < 19


def test_older_checkpoints_of_the_gpt_can_be_asked(capfd: pytest.CaptureFixture[str]) -> None:
    written = []
    for step in (None, 5000, 4999, 1000, 3):
        ask = ["zhtui", "sample", "quiet-bard", "--store", str(SHIPPED), "--tokens", "40"]
        cli.app([*ask[1:], *(["--step", str(step)] if step else [])], standalone_mode=False)
        written.append(capfd.readouterr().out)
    assert written[0] == written[1], "without a step, the newest writes"
    assert len(set(written)) == 4, "each checkpoint writes as it can"
