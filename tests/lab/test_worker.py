"""Real workers: detached, hung up on, terminated, killed, resumed, steered from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from awaited import until

from zhtui.errors import BusyError, StoreError
from zhtui.lesson import catalog
from zhtui.runs.folder import RunFolder
from zhtui.work import client

Drop = Callable[..., Path]


@pytest.fixture
def live(store: Path, stranger: Drop) -> Iterator[tuple[RunFolder, int]]:
    """A run of 100,000 slow steps with a worker at it."""
    stranger()
    entry = catalog.one("drift")
    run = client.create(store, entry, preset="paper", knobs=("mode=slow",), where="cpu")
    pid = client.start(run)
    until(lambda: run.status().state == "running" and len(run.rows()) > 0)
    yield run, pid
    if run.alive():
        os.kill(pid, signal.SIGKILL)


def ended(run: RunFolder) -> str:
    return until(lambda: not run.alive() and run.status().state)


def test_a_worker_has_its_own_session_and_survives_a_hang_up(live: tuple[RunFolder, int]) -> None:
    run, pid = live
    assert os.getsid(pid) == pid != os.getsid(0)
    os.kill(pid, signal.SIGHUP)
    before = run.status().step
    until(lambda: run.status().step > before)
    assert run.alive()


def test_a_worker_gives_way_to_the_terminal(live: tuple[RunFolder, int]) -> None:
    _, pid = live
    assert os.getpriority(os.PRIO_PROCESS, pid) >= 10
    session = Path(f"/proc/{pid}/autogroup")
    if session.exists():  # Linux that weighs sessions: there niceness counts in one's own alone
        assert session.read_text().endswith("nice 10\n")


def test_sigterm_saves_and_exits_with_143(live: tuple[RunFolder, int]) -> None:
    run, pid = live
    os.kill(pid, signal.SIGTERM)
    assert ended(run) == "stopped"
    (worker,) = [child for child in client._children if child.pid == pid]
    assert worker.wait(timeout=10) == 143
    assert run.checkpoints()[-1][0] == run.status().step


def test_a_killed_worker_is_lost_and_goes_on_from_its_checkpoint(
    live: tuple[RunFolder, int],
) -> None:
    run, pid = live
    event = client.answer(run, client.request(run, "checkpoint"))
    os.kill(pid, signal.SIGKILL)
    assert ended(run) == "lost"
    second = client.start(run)
    until(lambda: any(event["event"] == "resumed" for event in run.events()))
    resumed = [event for event in run.events() if event["event"] == "resumed"][-1]
    assert resumed["step"] == event["step"] + 1
    os.kill(second, signal.SIGTERM)
    assert ended(run) == "stopped"


def test_it_is_paused_stepped_turned_and_stopped_from_outside(live: tuple[RunFolder, int]) -> None:
    run, _ = live
    paused = client.answer(run, client.request(run, "pause"))
    assert until(lambda: run.status().state == "paused")
    client.answer(run, client.request(run, "step", steps=3))
    until(lambda: run.status().step == paused["step"] + 4)
    event = client.answer(run, client.request(run, "set", knob="pull", value="0.9"))
    assert event["event"] == "obeyed"
    started = time.monotonic()
    client.answer(run, client.request(run, "resume"))
    assert time.monotonic() - started < 5
    client.answer(run, client.request(run, "stop"))
    assert ended(run) == "stopped"
    with pytest.raises(StoreError, match="no worker is at"):
        client.request(run, "pause")


def test_two_workers_on_one_run(live: tuple[RunFolder, int]) -> None:
    run, _ = live
    with pytest.raises(BusyError, match="a worker is at"):
        client.start(run)
    second = subprocess.run(
        [sys.executable, "-P", "-m", "zhtui.work.worker", str(run.path)],
        start_new_session=True,  # else all of this session gives way from now on
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert second.returncode == 1
    assert second.stderr.startswith("another worker is at")
    assert len(second.stderr.splitlines()) == 1
    assert run.alive()


def test_a_deleted_run_folder_ends_its_worker_with_a_sentence(live: tuple[RunFolder, int]) -> None:
    import shutil

    run, pid = live
    (worker,) = [child for child in client._children if child.pid == pid]
    shutil.rmtree(run.path, ignore_errors=True)
    shutil.rmtree(run.path, ignore_errors=True)
    assert worker.wait(timeout=30) == 1


def test_a_read_only_store_is_a_sentence(store: Path, stranger: Drop) -> None:
    stranger()
    blocked = store / "file"
    blocked.write_text("a file where the store should be")
    with pytest.raises(StoreError, match="choose another --store"):
        client.create(blocked, catalog.one("drift"), preset="tiny")
