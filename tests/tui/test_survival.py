"""What the lab lives through: slow disks, jumping clocks, a run that goes, a terminal that does."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest
from onscreen import Make, shown, tick
from recorded import NOW, alive, record
from test_terminal import OPEN, drift, lab, screen_of, silence, stop, until

from zhtui.lesson.views import Heatmap
from zhtui.runs.files import write_json
from zhtui.runs.folder import METRICS, STATUS, RunFolder
from zhtui.work.record import Recorder

# Every look at the store takes half a second; one from the thread that draws is written down.
SLOW = """
import os, sys, threading, time, traceback
store, book = sys.argv[1], os.environ["BOOK"]
told = threading.local()

def slow(path):
    if not str(path).startswith(store) or getattr(told, "busy", False):
        return
    told.busy = True
    if threading.current_thread() is threading.main_thread():
        with open(book, "a") as file:
            file.write("".join(traceback.format_stack(limit=12)) + "\\n\\n")
    time.sleep(float(os.environ["DELAY"]))
    told.busy = False

def audit(event, arguments):
    if event in ("open", "os.scandir", "os.listdir"):
        slow(arguments[0])

def slowed(function):
    def call(path, *arguments, **options):
        slow(path)
        return function(path, *arguments, **options)
    return call

os.stat, os.lstat = slowed(os.stat), slowed(os.lstat)
sys.addaudithook(audit)
"""


class Seen:
    """What a terminal shows, as it comes in."""

    def __init__(self, child: pexpect.spawn) -> None:
        self.child, self.text = child, ""

    def until(self, words: str) -> list[str]:
        """Reads until the words stand on the screen; the child's timeout ends a wait in vain."""
        while words not in (shows := "\n".join(screen_of(self.text))):
            try:
                self.text += self.child.read_nonblocking(65536, timeout=self.child.timeout)
            except (pexpect.TIMEOUT, pexpect.EOF) as error:
                raise AssertionError(f"no {words!r} in\n{shows}") from error
        return shows.split("\n")

    def press(self, key: str, words: str) -> float:
        """Seconds from a key to the words."""
        started = time.perf_counter()
        self.child.send(key)
        self.until(words)
        return time.perf_counter() - started


def walked(store: Path, book: Path, delay: str) -> list[float]:
    """Seconds of each key on a way through the lab, on a disk that takes `delay` for a look."""
    run = record(store, views={"attention": Heatmap([[0.0, 1.0], [1.0, 0.5]])})
    with (
        alive(run),
        lab(store, code=SLOW + OPEN, BOOK=str(book), DELAY=delay) as child,
    ):
        seen = Seen(child)
        seen.until("explain")
        way = [("?", "What is on this screen"), ("q", "enter open  r run")]
        way += [("R", "by newest"), ("?", "1 lists the runs"), ("q", "space mark")]
        took = [seen.press(key, words) for key, words in way]
        seen.until("brisk-otter")
        took.append(seen.press("\r", "4 knobs"))
        seen.until("1.7108 (")
        way = [(" ", "is finished; r starts"), ("P", "1x"), ("f", "what changes")]
        return took + [seen.press(key, words) for key, words in way]


@pytest.mark.slow
def test_a_slow_disk_never_blocks_a_key(tmp_path: Path) -> None:
    book, took = tmp_path / "book", []
    for delay in ("0", "0.5"):
        (store := tmp_path / f"store{delay}").mkdir()
        took.append(walked(store, book, delay))
    quick, slow = took
    later = [after - before for before, after in zip(quick, slow, strict=True)]
    assert max(later) < 3.0, "seconds that the disk adds; drawing and other processes add to both"
    assert not book.exists(), book.read_text()


def test_a_run_that_is_deleted_under_the_lab(store: Path, stranger: Callable[..., Path]) -> None:
    folder = drift(store, stranger)
    with lab(store, "drift") as child:
        seen = Seen(child)
        seen.until("RUNNING")
        stop(folder)
        seen.until("STOPPED")
        shutil.rmtree(folder.path)
        seen.press("?", "What is on this screen")
        child.send("q")
        seen.press("R", "no runs here")
        child.sendcontrol("q")
        child.expect(pexpect.EOF)


def test_a_terminal_of_20x5_and_back_while_a_run_streams(
    store: Path, stranger: Callable[..., Path]
) -> None:
    folder = drift(store, stranger)
    try:
        with lab(store, "drift") as child:
            seen = Seen(child)
            seen.until("RUNNING")
            step = folder.status().step
            child.setwinsize(5, 20)
            until(lambda: folder.status().step > step + 5)
            child.setwinsize(40, 120)
            seen.text = ""
            seen.until("RUNNING")
            seen.until("\n╭─ 1 ")  # the pane's corner stands on the left edge again
            seen.until("explain")
            child.sendcontrol("q")
            child.send("q")
            child.expect(pexpect.EOF)
    finally:
        stop(folder)


def test_a_terminal_that_was_small_for_a_moment_is_drawn_anew(store: Path) -> None:
    """Back before the lab looked: the size is the one that it knows, and what was there is lost."""
    with lab(store, "gpt") as child:
        seen = Seen(child)
        seen.until("explain")
        silence(child, 0.5)
        child.kill(signal.SIGWINCH)
        seen.text = ""
        seen.until("explain")


@contextmanager
def multiplexer(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """A tmux server of one's own; calls commands of it."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    socket = str(tmp_path / "tmux")

    def call(*arguments: str) -> str:
        command = ["tmux", "-S", socket, "-f", os.devnull, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout

    try:
        yield call
    finally:
        subprocess.run(["tmux", "-S", socket, "kill-server"], check=False, capture_output=True)


def test_a_detached_multiplexer_is_attached_again(
    store: Path, stranger: Callable[..., Path], tmp_path: Path
) -> None:
    folder = drift(store, stranger)
    try:
        with multiplexer(tmp_path) as tmux:
            command = [sys.executable, "-c", OPEN, str(store), "drift"]
            tmux("new-session", "-d", "-x", "120", "-y", "40", *command)  # nobody is attached
            until(lambda: "RUNNING" in tmux("capture-pane", "-p"))
            for size in ((24, 80), (40, 120)):
                arguments = ["-S", str(tmp_path / "tmux"), "attach"]
                child = pexpect.spawn(
                    "tmux", arguments, dimensions=size, env={**os.environ, "TERM": "xterm-256color"}
                )
                child.expect("RUNNING", timeout=30)
                child.send("\x02d")  # ctrl+b d
                child.expect("detached", timeout=30)
                child.close()
                step = folder.status().step
                until(lambda at=step: folder.status().step > at + 3)
            tmux("send-keys", "?")
            until(lambda: "What is on this screen" in tmux("capture-pane", "-p"))
    finally:
        stop(folder)


@pytest.mark.parametrize(
    ("values", "words"),
    [([[0.0, 1.0], [1.0, 0.5]], "cells · step 600"), ([[0.0, 1.0], [1.0]], "cannot be drawn")],
)
async def test_a_stranger_s_matrix_of_lists(
    make: Make, store: Path, values: list[list[float]], words: str
) -> None:
    record(store, views={"cells": Heatmap(values)})
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        pilot.app.session.doors.lesson(pilot.app.session.entry("gpt"))
        await tick(pilot)
        assert words in shown(pilot)


async def test_a_clock_that_jumps(make: Make, store: Path) -> None:
    """Back by a day and on by a year: words stay sensible, a live run stays live."""
    record(store)
    live = record(store, name="calm-ibex", state="running", steps=300)
    now = [NOW]
    with alive(live):
        app = make(clock=lambda: now[0])
        async with app.run_test(size=(120, 40)) as pilot:
            await tick(pilot)
            for jump, words in ((0.0, "2 min ago"), (-86400.0, "just now"), (366e5, "423 d ago")):
                now[0] = NOW + jump
                app.session.watch.hurry()
                await tick(pilot)
                await pilot.press("R")
                await tick(pilot)
                assert words in shown(pilot)
                assert "running" in shown(pilot)
                await pilot.press("escape")


def test_a_worker_goes_on_telling_when_the_clock_is_set_back(
    store: Path, stranger: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from zhtui.lesson import catalog

    stranger("drift")
    folder = record(store, lesson="drift", state="starting", steps=1)
    told = Recorder(folder, catalog.one("drift").card)
    told.status("running", force=True, step=1)
    before = time.time()
    monkeypatch.setattr(time, "time", lambda: before - 7200)
    until(told.due)
    told.status("running", step=2)
    assert RunFolder(folder.path).status().step == 2
    assert folder.status().promise < before
    told.close()


def test_a_promise_of_before_the_clock_was_set_back_is_none(store: Path) -> None:
    folder = record(store, state="starting")
    status = {"state": "starting", "promise": time.time() + 7200}
    write_json(folder.path / STATUS, status)
    assert folder.status().state == "lost"


def test_a_killed_lab_leaves_the_run_and_opens_again(
    store: Path, stranger: Callable[..., Path]
) -> None:
    folder = drift(store, stranger)
    try:
        with lab(store, "drift") as child:
            Seen(child).until("RUNNING")
            child.kill(signal.SIGKILL)
            child.wait()
        with (folder.path / METRICS).open("ab") as file:
            file.write(b'{"step": 999999, "lo')  # as a full disk would cut it
        with lab(store, "drift") as child:
            Seen(child).until("RUNNING")
    finally:
        stop(folder)
