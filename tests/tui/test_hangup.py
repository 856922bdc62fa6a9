"""The lab needs a terminal, knows its size from one source, and ends with it in every state."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path
from struct import pack
from types import SimpleNamespace

import pexpect
import psutil
import pytest
from test_survival import Seen
from test_terminal import OPEN, RESTORED, ended, lab, until
from textual.events import Resize

from zhtui.lesson import catalog
from zhtui.runs.folder import RunFolder
from zhtui.tui.terminal.output import Link
from zhtui.tui.terminal.size import LARGEST, bounded
from zhtui.tui.terminal.web import web_driver
from zhtui.work import client, drive

Drop = Callable[..., Path]
ENDLESS = 400 << 20  # bytes; a lab has 75 MB, and one of 2,000 x 2,000 cells 220
# The app gets to nothing any more once "home" was drawn: it neither hears nor draws.
STUCK = """
import time
from zhtui.tui.app import LabApp
def stick(self, *_):
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        pass
LabApp.action_help = stick
"""
# Asked by SIGUSR1, the lab writes which of its threads read keys.
READERS = """
import signal, sys, threading
from pathlib import Path
def tell(*_):
    count = sum(each.name == "textual-input" for each in threading.enumerate())
    asked = Path(sys.argv[1], "asked")
    asked.write_text(str(count))
    asked.rename(asked.with_name("readers"))
signal.signal(signal.SIGUSR1, tell)
"""
SLOW = """
    import time
    from zhtui.lab import Token
    from .train import Place

    def generate(run, prompt, sampling):
        run.keep(place=Place())
        for _ in range(sampling.tokens):
            yield Token("word ")
            time.sleep(600)
    """


def memory(pid: int) -> int:
    """Bytes that a process holds."""
    return psutil.Process(pid).memory_info().rss


def there(pid: int) -> bool:
    """Whether a process lives; one that ended and was not waited for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def family(pid: int) -> list[int]:
    """A process and those that it started."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def hang_up(child: pexpect.spawn) -> None:
    """Closes the terminal; all that the lab was must end, without having grown."""
    known = family(child.pid)
    assert memory(child.pid) < ENDLESS
    child.ptyproc.fileobj.close()
    child.ptyproc.closed = child.closed = True
    until(lambda: not any(map(there, known)))


# No terminal


def ran(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    """A command without a terminal at its ends, and what it said."""
    known: dict[str, object] = {"stdin": subprocess.DEVNULL, "capture_output": True, **options}
    command = [sys.executable, "-m", "zhtui", *words]
    return subprocess.run(command, text=True, check=False, timeout=60, **known)  # type: ignore[call-overload]


@pytest.mark.parametrize("words", [(), ("run", "gpt")])
def test_without_a_terminal_one_sentence_and_exit_2(store: Path, words: tuple[str, ...]) -> None:
    done = ran(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("zhtui: the lab needs a terminal, and standard input is not one")
    assert done.stderr.count("\n") == 1
    assert not list(store.iterdir()), "no run was begun"


def test_an_input_that_is_closed_is_none() -> None:
    done = ran(stdin=None, preexec_fn=lambda: os.close(0))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


@contextmanager
def spawned(command: str, size: tuple[int, int] = (40, 120), **env: str) -> Iterator[pexpect.spawn]:
    """A shell's command on a terminal."""
    known = {**os.environ, "TERM": "xterm-256color", **env, "PY": sys.executable}
    known = {name: value for name, value in known.items() if value != "unset"}
    kept = {n: v for n, v in known.items() if n not in ("COLUMNS", "LINES") or n in env}
    child = pexpect.spawn(
        "/bin/sh", ["-c", command], env=kept, dimensions=size, timeout=30, encoding="utf-8"
    )
    try:
        yield child
    finally:
        ended(child)


@pytest.mark.parametrize(
    ("command", "env", "says"),
    [
        ("$PY -m zhtui | cat", {}, "standard output is not one"),
        ("$PY -m zhtui < /dev/null", {}, "standard input is not one"),
        ("$PY -m zhtui", {"TERM": "dumb"}, "TERM=dumb"),
        ("$PY -m zhtui", {"TERM": "unknown"}, "TERM=unknown"),
        ("$PY -m zhtui", {"TERM": "unset"}, "TERM=''"),
    ],
)
def test_a_terminal_that_is_none(store: Path, command: str, env: dict[str, str], says: str) -> None:
    with spawned(f"{command}; echo code $?", **env) as child:
        child.expect("code")
        said = child.before
        assert says in said
        assert len(said.strip().splitlines()) == 1
        if "|" not in command:
            child.expect_exact(" 2")


# One size


@pytest.mark.parametrize(
    ("size", "env"),
    [
        ((40, 120), {"TERM": "vt100"}),
        pytest.param(*((40, 120), {"TERM": "screen.xterm-256color"}), marks=pytest.mark.slow),
        pytest.param(*((40, 120), {"TERM": "nobody-knows-it"}), marks=pytest.mark.slow),
        pytest.param(*((40, 120), {"COLUMNS": "+77", "LINES": "5"}), marks=pytest.mark.slow),
        ((40, 120), {"COLUMNS": "99999999", "LINES": "99999999"}),
        ((0, 0), {}),
        ((0, 0), {"COLUMNS": "99999999", "LINES": "30"}),
    ],
)
def test_with_any_term_there_is_one_layout(
    store: Path, size: tuple[int, int], env: dict[str, str]
) -> None:
    """It draws once and rests, whatever the two ends say of the size."""
    with spawned("exec $PY -m zhtui", size, **env) as child:
        sent = quiet(child)
        assert "zhtui" in sent
        process = psutil.Process(child.pid)
        before = process.cpu_times().user
        assert child.pid == process.pid
        time.sleep(1.5)
        assert process.cpu_times().user - before < 0.5, "it rests"
        assert process.memory_info().rss < ENDLESS


def quiet(child: pexpect.spawn, seconds: float = 1.0) -> str:
    """What is sent until nothing has come for a while."""
    sent: list[str] = []
    while True:
        try:
            sent.append(child.read_nonblocking(65536, timeout=seconds if sent else 30))
        except pexpect.TIMEOUT:
            return "".join(sent)


@pytest.mark.parametrize(
    "typed",
    [
        "\x1b[48;99999;99999;1;1t",
        "\x1b[200~\x1b[48;5000;5000;1;1tpasted\x1b[201~",
        "\x1b[48;0;0;0;0t\x1b[<0;5;5M\x1b[<0;5;5m",
        "\x1b[?2048;1$y\x1b[48;3000;3000;9;9t",
    ],
)
def test_a_size_that_is_typed_is_not_believed(store: Path, typed: str) -> None:
    with lab(store) as child:
        seen = Seen(child)
        seen.until("explain")
        child.send(typed)
        seen.press("?", "What is on this screen")
        assert memory(child.pid) < ENDLESS
        assert "1016h" not in seen.text, "the mouse counts cells"
        child.send("q")
        seen.until("explain")
        hang_up(child)


@pytest.mark.parametrize(
    "size",
    [
        (65535, 65535),
        pytest.param((1, 65535), marks=pytest.mark.slow),
        pytest.param((65535, 1), marks=pytest.mark.slow),
    ],
)
def test_a_size_of_the_kernel_s_is_bounded(store: Path, size: tuple[int, int]) -> None:
    with lab(store) as child:
        Seen(child).until("explain")
        ioctl(child.child_fd, termios.TIOCSWINSZ, pack("HHHH", *size, 0, 0))
        quiet(child, 2.0)
        assert memory(child.pid) < ENDLESS
        ioctl(child.child_fd, termios.TIOCSWINSZ, pack("HHHH", 40, 120, 0, 0))
        child.send("?")
        sends(child, "What is on this screen")
        child.sendcontrol("q")
        child.expect(pexpect.EOF)


def sends(child: pexpect.spawn, words: str) -> None:
    """Reads until words are sent. A terminal of four million cells is not drawn here."""
    tail = ""
    while words not in tail:
        tail = tail[-len(words) :] + child.read_nonblocking(1 << 16, timeout=60)


def test_bounds() -> None:
    assert bounded(0, -3) == (1, 1)
    assert bounded(120, 40) == (120, 40)
    assert bounded(99999, 2001) == (LARGEST, LARGEST)


# The end


@pytest.mark.parametrize(
    "seconds", [0.0, 0.3, *(pytest.param(s, marks=pytest.mark.slow) for s in (0.15, 0.5, 0.8))]
)
def test_a_terminal_that_closes_amid_the_start(store: Path, seconds: float) -> None:
    with lab(store) as child:
        time.sleep(seconds)
        hang_up(child)


def test_a_terminal_that_closes_under_a_dialog(store: Path) -> None:
    with lab(store) as child:
        seen = Seen(child)
        seen.until("explain")
        seen.press("?", "What is on this screen")
        hang_up(child)


@pytest.fixture
def slow(store: Path, stranger: Drop) -> RunFolder:
    """A finished run of a lesson that takes ten minutes to answer."""
    stranger("slow", generate=SLOW)
    run = client.create(store, catalog.one("slow"), preset="tiny", where="cpu")
    assert drive.work(run) == 0
    return run


def test_a_terminal_that_closes_while_an_engine_answers(store: Path, slow: RunFolder) -> None:
    with lab(store, "slow", slow.name) as child:
        seen = Seen(child)
        seen.until("FINISHED")
        seen.press("p", "ready: the newest")
        seen.press("p\r", "word")
        assert len(family(child.pid)) > 1, "there is an engine"
        hang_up(child)


def test_a_bare_sigcont(store: Path) -> None:
    """Somebody stopped the lab from outside and lets it go on: there is one reader, not two."""
    with lab(store, code=READERS + OPEN) as child:
        seen = Seen(child)
        seen.until("explain")
        for _ in range(3):
            child.kill(signal.SIGSTOP)
            until(lambda: psutil.Process(child.pid).status() == psutil.STATUS_STOPPED)
            child.kill(signal.SIGCONT)
            until(lambda: psutil.Process(child.pid).status() != psutil.STATUS_STOPPED)
        child.kill(signal.SIGCONT)
        seen.press("?", "What is on this screen")
        child.kill(signal.SIGUSR1)
        until((store / "readers").exists)
        assert (store / "readers").read_text() == "1"
        child.send("q")
        seen.until("explain")
        child.send("q")
        child.expect(pexpect.EOF)
        assert RESTORED in child.before
        child.wait()
        assert child.exitstatus == 0


def test_a_terminal_that_closes_after_a_bare_sigcont(store: Path) -> None:
    with lab(store) as child:
        Seen(child).until("explain")
        child.kill(signal.SIGCONT)
        hang_up(child)


def test_a_storm_of_sizes(store: Path) -> None:
    with lab(store) as child:
        seen = Seen(child)
        seen.until("explain")
        end = time.monotonic() + 2.0
        while time.monotonic() < end:
            for rows, columns in ((5, 20), (60, 200), (24, 80), (1, 1), (300, 300)):
                child.setwinsize(rows, columns)
                drain(child)
        assert memory(child.pid) < ENDLESS
        for rows, columns in ((10, 30), (60, 200)) * 20:
            child.setwinsize(rows, columns)
        hang_up(child)


def drain(child: pexpect.spawn) -> None:
    try:
        child.read_nonblocking(1 << 20, timeout=0)
    except pexpect.TIMEOUT:
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_lab_that_hears_nothing_ends_at_a_signal(store: Path, number: signal.Signals) -> None:
    with lab(store, code=STUCK + OPEN) as child:
        Seen(child).until("explain")
        before = termios.tcgetattr(child.child_fd)
        child.send("?")
        time.sleep(0.5)
        child.kill(number)
        child.expect(pexpect.EOF)
        assert RESTORED in child.before
        assert before[3] & termios.ECHO == 0
        child.wait()
        assert child.exitstatus == 128 + number


def test_a_lab_that_hears_nothing_ends_with_its_terminal(store: Path) -> None:
    with lab(store, code=STUCK + OPEN) as child:
        Seen(child).until("explain")
        child.send("?")
        time.sleep(0.5)
        hang_up(child)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"width": 120, "height": 40}, [(120, 40)]),
        ({"width": 99999, "height": 99999}, [(LARGEST, LARGEST)]),
        ({"width": -5, "height": 0}, [(1, 1)]),
        ({"width": "9" * 9, "height": 40}, []),
        ({"width": 10.5, "height": None}, []),
        ({}, []),
    ],
)
def test_a_size_that_a_page_sends_is_bounded(
    said: dict[str, object], told: list[tuple[int, int]]
) -> None:
    posted: list[Resize] = []
    kind = web_driver(Link())
    driver = kind.__new__(kind)
    driver._app = SimpleNamespace(post_message=posted.append)
    driver.on_meta("resize", {"type": "resize", **said})
    assert [tuple(event.size) for event in posted] == told
