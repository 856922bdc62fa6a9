"""Mutated run folders end, blind, fill or steer nothing: each costs one sentence or one row."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from attacked import (
    COMMANDS,
    LESSON,
    Terminal,
    attacked,
    fingerprint,
    said_raw,
    settings,
    some,
    sound,
)

from zhtui.cli.app import app
from zhtui.errors import LabError
from zhtui.lesson import catalog
from zhtui.runs import store as runs_store
from zhtui.runs.folder import RunFolder
from zhtui.tui.app import LabApp
from zhtui.work import headless

COMMAND = typer.main.get_command(app)
Usage = typer.BadParameter.__base__  # what was typed is no command
assert Usage is not None
SECONDS, HANGS = 5.0, 60.0  # of the processor, and by the clock: others may be at work
GIB = 1 << 30
QUICK, PILOTS, REAL = 200, 20, 2000
BATCH = 25  # variants a test


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sound store that every variant is a copy of."""
    place = tmp_path_factory.mktemp("attack") / "base"
    sound(place)
    return place


@pytest.fixture
def moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a variant lies, with all that the lab keeps of its own."""
    for name, value in settings(tmp_path / "at"):
        monkeypatch.setenv(name, value)
    return tmp_path / "at"


class Late(BaseException):
    """A command took too long."""


def _late(number: int, frame: object) -> None:
    raise Late


def said_by(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command says on a terminal; a mistake is its sentence. Anything else is raised."""
    out, err = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    signal.signal(signal.SIGALRM, _late)
    signal.setitimer(signal.ITIMER_REAL, HANGS)
    started = time.process_time()
    try:
        COMMAND.main(["runs", *words], "zhtui", standalone_mode=False)
    except (LabError, Usage) as error:
        out.write(str(error).encode("unicode_escape").decode())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        monkeypatch.undo()
    if time.process_time() - started > SECONDS:
        raise Late
    return out.getvalue() + err.getvalue()


def trained(store: Path) -> None:
    """Goes on with the mutated run in this process, if it can."""
    run = RunFolder(store / LESSON / "theirs")
    signal.signal(signal.SIGALRM, _late)
    signal.setitimer(signal.ITIMER_REAL, HANGS)
    out = Terminal()
    try:
        headless.run(run, out=out)
    except LabError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    assert not said_raw(out.getvalue())


@pytest.mark.parametrize("first", range(0, QUICK, BATCH))
def test_no_mutated_run_ends_a_command(base: Path, moved: Path, first: int) -> None:
    faults = []
    for seed in range(first, first + BATCH):
        store, done = attacked(base, moved, seed)
        before = fingerprint(moved)
        for words in some(seed):
            with pytest.MonkeyPatch.context() as patch:
                text = ""
                try:
                    asked = tuple(word.format(out=moved / "out") for word in words)
                    text = said_by(asked, patch)
                except (Exception, Late) as error:  # noqa: BLE001 - every kind is a finding
                    faults.append((seed, done, words, traceback.format_exception(error)[-3:]))
                if found := said_raw(text):
                    faults.append((seed, done, words, found))
                if words[0] == "list" and "sound" not in text:
                    faults.append((seed, done, words, "the sound run is not listed"))
                if words[0] == "set" and seed % 8 == 0:
                    try:
                        trained(store)
                    except (Exception, Late) as error:  # noqa: BLE001 - as above
                        faults.append((seed, done, "run", traceback.format_exception(error)[-3:]))
        if fingerprint(moved) != before:
            faults.append((seed, done, "bytes outside of the store"))
        assert RunFolder(store / LESSON / "sound").card()["lesson"] == LESSON
        shutil.rmtree(moved)
    assert not faults, "\n".join(map(str, faults))


@pytest.mark.parametrize("first", range(0, PILOTS, 5))
async def test_no_mutated_run_ends_or_blinds_the_lab(base: Path, moved: Path, first: int) -> None:
    entries = [catalog.one(LESSON)]
    for seed in range(first * 11, first * 11 + 55, 11):
        store, done = attacked(base, moved, seed)
        lab = LabApp(store, device=lambda: "", entries=entries)
        async with lab.run_test(size=(120, 40)) as pilot:
            for _ in range(40):
                await pilot.pause(0.05)
                if any(run.folder.name == "sound" for run in lab.session.runs()):
                    break
            else:
                raise AssertionError(f"{seed}: {done}: the sound run is not seen")
            lab.session.doors.lesson(entries[0], run="theirs")
            await pilot.pause(0.3)
            for key in ("2", "v", "3", "f", "q"):
                await pilot.press(key)
            lab.session.doors.runs()
            await pilot.pause(0.2)
            await pilot.press("down", "space", "l")
            await pilot.pause(0.1)
            lines = [strip.text for strip in lab.screen._compositor.render_strips()]
            assert not said_raw("".join(lines)), f"{seed}: {done}"
            assert lab.session.watch.is_alive(), f"{seed}: {done}: the watcher is gone"
        assert lab.return_code in (None, 0), f"{seed}: {done}"
        shutil.rmtree(moved)


def limited() -> None:
    """A child that takes more than a gibibyte, or writes more than 64 MiB, is ended."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20, 64 << 20))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, REAL, 200))
def test_no_mutated_run_ends_a_process(base: Path, moved: Path, first: int) -> None:
    commands = [*((*("runs",), *words) for words in COMMANDS), ("run", "--resume", "theirs",
                "--headless"), ("sample", "theirs"), ("doctor",)]  # fmt: skip
    faults = []
    for seed in range(first, first + 200):
        store, done = attacked(base, moved, QUICK + seed)
        before = fingerprint(moved)
        words = commands[seed % len(commands)]
        asked = [word.format(out=moved / "out") for word in words]
        if "other" in asked:
            asked[asked.index("other")] = "theirs"
        fault = _fault(asked, moved)
        if fault:
            faults.append((QUICK + seed, done, words, fault))
        if fingerprint(moved) != before:
            faults.append((QUICK + seed, done, words, "bytes outside of the store"))
        assert [run.name for run in runs_store.runs(store)].count("sound") == 1
        shutil.rmtree(moved)
    assert not faults, "\n".join(map(str, faults))


def _fault(words: list[str], place: Path) -> str:
    """What was wrong with a command in a process of its own; "" where nothing was."""
    env = {**os.environ, **dict(settings(place))}
    (place / "cache").mkdir(exist_ok=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with (place / "out" / "said").open("w+b") as said:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "zhtui", *words],
            stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=env, cwd=place / "out",
            preexec_fn=limited, start_new_session=True,
        )  # fmt: skip
        try:
            child.wait(timeout=HANGS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            return "it hung"
        said.seek(0)
        text = said.read().decode("utf-8", errors="replace")
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = spent.ru_utime + spent.ru_stime - before.ru_utime - before.ru_stime
    most = spent.ru_maxrss << 10
    if "Traceback" in text or child.returncode not in (0, 1, 2):
        return f"code {child.returncode}: {text[-600:]}"
    if took > SECONDS * (2 if "doctor" in words else 1):  # it loads torch
        return f"{took:.1f} s"
    if most > GIB:
        return f"{most >> 20} MiB"
    raw = said_raw(text) if "export" not in words else []
    return f"raw {raw}" if raw else ""


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """No timer of one test rings in another."""
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
