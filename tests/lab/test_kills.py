"""A worker that is killed at any moment goes on, and ends with the bits of one that was not."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from zhtui.errors import LabError
from zhtui.lesson import catalog
from zhtui.runs.folder import RunFolder
from zhtui.work import client

KILLS = 25
LESSONS = [
    entry.name for entry in catalog.all_lessons()
    if entry.lesson and entry.package.startswith("lessons.")
]  # fmt: skip
# A step takes a little longer, so that a kill may come between any two of its writes.
SLOWED = """
import sys, time
from zhtui.runs import files
write = files.os.write
def slow(*arguments):
    time.sleep(0.002)
    return write(*arguments)
files.os.write = slow
from zhtui.work import worker
sys.exit(worker.main(sys.argv[1:]))
"""


def made(store: Path, lesson: str, name: str) -> RunFolder:
    return client.create(store, catalog.one(lesson), preset="tiny", where="cpu", name=name)


def worker(run: RunFolder) -> subprocess.Popen[bytes]:
    env = {**os.environ, **client.PATIENT, **client.surroundings(run)}
    with (run.path / "output.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-c", SLOWED, str(run.path)],
            stdout=log,
            stderr=log,
            env=env,
            start_new_session=True,
        )


def ended(run: RunFolder) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """A run's rows without the time that they took, and the sha256 of its last parts."""
    rows = [{k: repr(v) for k, v in row.items() if k != "time"} for row in run.rows()]
    kept = run.checkpoints()
    if not kept:
        return rows, {}
    parts = json.loads((kept[-1][1] / "state.json").read_text())["parts"]
    return rows, {name: part["sha256"] for name, part in parts.items()}


@cache
def undisturbed(place: Path, lesson: str) -> tuple[list[dict[str, Any]], dict[str, str], float]:
    """How a run ends that nobody kills, and the seconds that it took."""
    run, started = made(place / "whole", lesson, lesson.replace("_", "-")), time.monotonic()
    assert worker(run).wait(300) == 0, run.status().error
    return *ended(run), time.monotonic() - started


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs that nobody kills lie."""
    return tmp_path_factory.mktemp("kills")


@pytest.mark.slow
@pytest.mark.parametrize("kill", range(KILLS))
def test_a_killed_run_ends_as_one_that_was_not(place: Path, kill: int) -> None:
    lesson, dice = LESSONS[kill % len(LESSONS)], random.Random(kill)
    try:
        rows, parts, took = undisturbed(place, lesson)
    except LabError as error:
        pytest.skip(str(error))
    run = made(place / "killed", lesson, f"kill-{kill}")
    process = worker(run)
    deadline = time.monotonic() + 300
    while not run.alive() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(dice.uniform(0.0, took))
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    for line in (run.path / "metrics.jsonl").read_bytes().splitlines()[:-1]:
        json.loads(line)
    assert run.status().state in ("lost", "finished")
    assert worker(run).wait(300) == 0, run.status().error
    assert ended(run) == (rows, parts)
