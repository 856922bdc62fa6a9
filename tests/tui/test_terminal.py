"""The lab on a pseudo-terminal: it starts, gives the terminal back, and runs outlive it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pyte
import pytest
from recorded import record, status_of

from zhtui.lesson import catalog
from zhtui.runs.files import write_json
from zhtui.runs.folder import STATUS, RunFolder
from zhtui.work import client

OPEN = (
    "import sys; from pathlib import Path; from zhtui.tui.app import open_lab; "
    "sys.exit(open_lab(Path(sys.argv[1]), *sys.argv[2:]))"
)
RESTORED = "\x1b[?1049l"  # back from the alternate screen


def ended(child: pexpect.spawn) -> None:
    """Ends a program, however long a busy machine takes to do so."""
    try:
        child.close(force=True)
    except pexpect.ExceptionPexpect:  # it was killed, and still there a tenth of a second later
        child.wait()
        child.closed = child.ptyproc.closed = True


@contextmanager
def lab(
    store: Path, *arguments: str, code: str = OPEN, **environment: str
) -> Iterator[pexpect.spawn]:
    """The lab on a terminal of 120 x 40; ended whatever happens."""
    known = {"TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
    inherited = {**os.environ, **known}.items()  # a parallel pytest says how wide its own lines are
    child = pexpect.spawn(
        sys.executable,
        ["-W", "error", "-c", code, str(store), *arguments],
        env={name: value for name, value in inherited if name not in ("COLUMNS", "LINES")},
        dimensions=(40, 120),
        timeout=30,
        encoding="utf-8",
    )
    try:
        yield child
    finally:
        ended(child)


def screen_of(text: str) -> list[str]:
    """What a terminal shows after it was sent a text."""
    screen = pyte.Screen(120, 40)
    pyte.Stream(screen).feed(text)
    return [line.rstrip() for line in screen.display]


def drift(store: Path, stranger: Callable[..., Path]) -> RunFolder:
    """A stranger's lesson with a live run."""
    stranger("drift")
    folder = client.create(
        store, catalog.one("drift"), preset="paper", knobs=("mode=slow",), where="cpu"
    )
    client.start(folder)
    until(lambda: bool(folder.rows()))
    return folder


def until(done: Callable[[], bool]) -> None:
    """Waits for something that another process does; pytest's timeout ends a wait in vain."""
    while not done():
        time.sleep(0.02)


def stop(folder: RunFolder) -> None:
    """Lets a worker end."""
    if folder.alive():
        client.request(folder, "stop")
        until(lambda: not folder.alive())


def test_it_starts_and_q_gives_the_terminal_back(store: Path) -> None:
    with lab(store) as child:
        child.expect("explain")
        child.send("q")
        child.expect(pexpect.EOF)
        assert RESTORED in child.before
        child.wait()
        assert child.exitstatus == 0


@pytest.mark.parametrize("options", ["", "--mouse"])
def test_the_shell_is_told_what_runs_came_to(store: Path, options: str) -> None:
    code = f"import sys; sys.argv[1:] = {options.split()}; from zhtui.__main__ import main; main()"
    with lab(store, code=code) as child:
        child.expect("explain")
        run = record(store, "gpt", "brisk-otter")
        write_json(run.path / STATUS, status_of("finished", 600, 1000, time=time.time()))
        child.send("q")
        child.expect_exact(RESTORED)
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == 0
        assert "gpt/brisk-otter: finished at step" in child.before


def test_the_first_frame_is_whole(store: Path) -> None:
    with lab(store) as child:
        seen, lines = "", [""]
        while not lines[-1].strip().startswith("enter open"):
            seen += child.read_nonblocking(65536, timeout=30)
            lines = screen_of(seen)
        assert lines[0].startswith(" zhtui")
        assert any("gpt" in line for line in lines)


def test_a_paused_run_sends_nothing_and_its_state_comes_at_once(
    store: Path, stranger: Callable[..., Path]
) -> None:
    folder = drift(store, stranger)
    try:
        with lab(store, "drift") as child:
            child.expect("RUNNING")
            child.send(" ")
            child.expect("PAUSED")
            child.send("?")
            child.expect("What is on this screen")
            assert silence(child, 3.0) == "", "nothing changed, so nothing is drawn"
            child.send("\x1b")
            silence(child, 1.0)
            child.send(" ")
            began = time.monotonic()
            child.expect("RUNNING")
            assert time.monotonic() - began < 2.5
    finally:
        stop(folder)


def silence(child: pexpect.spawn, seconds: float) -> str:
    """What is sent within so many seconds, from a second after the last of what was on its way."""
    while True:
        try:
            child.read_nonblocking(1 << 16, timeout=1.0)
        except pexpect.TIMEOUT:
            break
    until, sent = time.monotonic() + seconds, ""
    while (left := until - time.monotonic()) > 0:
        try:
            sent += child.read_nonblocking(1 << 16, timeout=left)
        except pexpect.TIMEOUT:
            break
    return sent


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_no_raw_terminal_behind(store: Path, number: signal.Signals) -> None:
    with lab(store) as child:
        child.expect("explain")
        child.kill(number)
        child.expect(pexpect.EOF)
        assert RESTORED in child.before


def test_a_closed_terminal_ends_the_lab_and_not_the_run(
    store: Path, stranger: Callable[..., Path]
) -> None:
    folder = drift(store, stranger)
    try:
        with lab(store, "drift") as child:
            child.expect("RUNNING")
            pid = child.pid
        until(lambda: not _there(pid))
        step = folder.status().step
        until(lambda: folder.status().step > step)
        assert folder.status().state == "running"
        with lab(store, "drift") as child:
            child.expect("RUNNING")
            child.send("q")
            child.expect("go on training")
            child.send("q")
            child.expect(pexpect.EOF)
        assert folder.alive(), "quitting does not stop a run"
    finally:
        stop(folder)


def _there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("environment", [{"TERM": "xterm", "COLORTERM": ""}, {"NO_COLOR": "1"}])
def test_poor_terminals_get_no_colour_that_they_lack(
    store: Path, environment: dict[str, str]
) -> None:
    with lab(store, **environment) as child:
        child.expect("explain.*quit")
        assert "38;2;" not in child.before, "no true colour"
        child.send("q")
        child.expect(pexpect.EOF)


def everywhere(store: Path, **environment: str) -> str:
    """All that was sent to a terminal on the way from home through a lesson and all runs to a
    console.
    """
    record(store)
    way = [
        ("", "explain"),
        ("/", "find /  attention"),
        ("gpt", "find / gpt"),
        ("\r", "find / gpt"),
        ("\r", "FINISHED"),
        ("R", "by newest"),
        ("?", "What is on this screen"),
        ("\x1b", "by newest"),
        ("\r", "FINISHED"),
        ("p", "let it train a while"),
    ]
    sent = ""
    with lab(store, **environment) as child:
        for key, seen in way:
            child.send(key)
            while not any(seen in line for line in screen_of(sent)):
                sent += child.read_nonblocking(65536, timeout=30)
        child.send("\x11")
        child.expect(pexpect.EOF)
    return sent + str(child.before)


def test_sixteen_colours_are_the_terminal_s_own(store: Path) -> None:
    sent = everywhere(store, TERM="xterm", COLORTERM="")
    assert "38;2;" not in sent
    assert "38;5;" not in sent
    assert "\x1b[96" in sent, "it has colours all the same"


@pytest.mark.parametrize(
    "environment",
    [{"LANG": "C", "LC_ALL": "C"}, pytest.param({"TERM": "linux"}, marks=pytest.mark.slow)],
)
def test_a_terminal_without_utf_8_gets_not_one_byte_above_127(
    store: Path, environment: dict[str, str]
) -> None:
    sent = everywhere(store, **environment)
    assert sent.isascii(), sorted({each for each in sent if not each.isascii()})


def test_config_toml_says_otherwise(store: Path, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('ascii = false\n[keys]\nhome.runs = "f5"\n')
    with lab(store, LANG="C", LC_ALL="C") as child:
        child.expect("f5.*explain")
        assert "─" in child.before + child.after


def test_the_mouse_is_asked_for_unless_it_is_not_wanted(store: Path) -> None:
    for options, asked in (("", True), (", mouse=False", False)):
        code = OPEN.replace("*sys.argv[2:])", f"*sys.argv[2:]{options})")
        with lab(store, code=code) as child:
            child.expect("explain")
            assert ("\x1b[?1000h" in child.before) is asked
