"""What the lab lives through outside of a run folder: disks, signals, shells, lessons, names."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from awaited import until
from typer.testing import CliRunner

from zhtui import say
from zhtui.ask.client import Engine
from zhtui.cli.app import app
from zhtui.data.download import SPAN, Failed, Pace
from zhtui.errors import BusyError, LessonError, StoreError
from zhtui.lesson import catalog, vetting
from zhtui.runs import files, lease, store
from zhtui.runs.folder import LEASE, STATUS, RunFolder
from zhtui.work import client, drive
from zhtui.work.record import Recorder

Drop = Callable[..., Path]
VETTED = vetting.vetted  # which tests with strangers are spared
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
LONG = "a" * 10_000


@pytest.fixture
def run(stranger: Drop, store: Path) -> RunFolder:
    """A run of a stranger's lesson that has not begun."""
    stranger()
    return client.create(store, catalog.one("drift"), preset="tiny", where="cpu", name="theirs")


def zhtui(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A command in a shell of its own."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "zhtui", *words],
        capture_output=True, text=True, errors="replace", env={**os.environ, **env},
        timeout=60,
    )  # fmt: skip


# Checkpoints


def spoiled(path: Path, **state: Any) -> None:
    """A checkpoint that is sound but none of this lesson's."""
    whole = json.loads((path / "state.json").read_text())
    whole["parts"]["place"]["state"] = state
    (path / "state.json").write_text(json.dumps(whole))


def test_a_checkpoint_that_does_not_fit_is_passed_over_and_named(run: RunFolder) -> None:
    assert drive.work(run) == 0
    losses = [(row["step"], row["loss"]) for row in run.rows()]
    *_, (older, _), (newest, path) = run.checkpoints()
    spoiled(path, y=1)
    assert drive.work(run) == 0
    events = run.events()
    told = [event["text"] for event in events if event["event"] == "damaged"]
    assert len(told) == 1
    assert path.name in told[0]
    assert [e["step"] for e in events if e["event"] == "resumed"] == [newest, older]
    assert [(row["step"], row["loss"]) for row in run.rows()] == losses


def test_where_none_fits_the_run_fails_with_what_to_do(run: RunFolder) -> None:
    assert drive.work(run) == 0
    for _, path in run.checkpoints():
        spoiled(path, y=1)
    assert drive.work(run) == 1
    assert "start a new run" in run.status().error


# Disks


def test_a_run_on_a_full_disk_says_so(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    append = files.Appender.append

    def full(self: files.Appender, value: Any) -> None:
        if value.get("step") == 20:
            assert (run.path / ".room").stat().st_size == 32 << 10
            raise FULL
        append(self, value)

    monkeypatch.setattr(files.Appender, "append", full)
    assert drive.work(run) == 1
    assert "No space left" in run.status().error
    assert not (run.path / ".room").exists()
    said = CliRunner().invoke(app, ["runs", "list"]).stdout
    assert "No space left" in said


def test_a_status_is_told_though_the_events_cannot_be(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Recorder, event: str, /, **fields: Any) -> None:
        raise FULL

    monkeypatch.setattr(Recorder, "event", full)
    assert drive.work(run) == 1
    assert run.status().state == "failed"


@pytest.mark.parametrize("where", ["_promise", "write_json"])
def test_no_half_made_run_keeps_its_name(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    place = run.path.parents[1]

    def full(*_: Any) -> None:
        raise FULL

    with monkeypatch.context() as patch:
        patch.setattr(client, where, full)
        with pytest.raises(StoreError, match="No space left"):
            client.create(place, catalog.one("drift"), preset="tiny", name="mine")
    assert not (place / "drift" / "mine").exists()
    client.create(place, catalog.one("drift"), preset="tiny", name="mine")


# Workers and signals


def test_a_worker_that_says_nothing_is_told_as_silent(run: RunFolder) -> None:
    late = {"state": "running", "step": 3, "steps": 9, "promise": time.time() - 5}
    files.write_json(run.path / STATUS, late)
    code = "import sys, pathlib; from zhtui.runs import lease\n"
    code += "with lease.hold(pathlib.Path(sys.argv[1])): print('held', flush=True); input()"
    command = [sys.executable, "-P", "-c", code, str(run.path / LEASE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert run.status().state == "silent"
        assert run.status().live
        files.write_json(run.path / STATUS, {**late, "promise": time.time() + 5})
        assert run.status().state == "running"
        holder.communicate(b"\n")
    assert run.status().state == "lost"


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM])
def test_a_headless_run_saves_at_every_signal_that_ends_it(
    run: RunFolder, number: signal.Signals
) -> None:
    files.write_json(
        run.path / "run.json", {**run.card(), "config": {"steps": 4000, "mode": "slow"}}
    )
    command = [sys.executable, "-P", "-m", "zhtui", "run", "--resume", "theirs", "--headless"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
        until(lambda: run.status().step > 10)
        child.send_signal(number)
        assert child.wait(30) == 128 + number
    status = run.status()
    assert status.state == "stopped"
    assert run.checkpoints()[-1][0] == status.step


def test_of_many_who_start_a_worker_one_is_told_that_it_does(run: RunFolder) -> None:
    files.write_json(
        run.path / "run.json", {**run.card(), "config": {"steps": 4000, "mode": "slow"}}
    )
    outcomes: list[str] = []

    def start() -> None:
        try:
            client.start(run)
            outcomes.append("started")
        except BusyError:
            outcomes.append("busy")

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["busy", "busy", "started"]
    until(run.alive)
    with pytest.raises(BusyError):
        client.start(run)
    client.answer(run, client.request(run, "stop"))
    until(lambda: not run.alive())
    until(lambda: run.status().state == "stopped")
    client.start(run)
    until(run.alive)
    client.answer(run, client.request(run, "stop"))
    until(lambda: not lease.held(run.path / LEASE))


# The engine


def test_an_engine_that_does_not_read_blocks_nobody() -> None:
    engine = Engine(command=(sys.executable, "-c", "import time; time.sleep(60)"))
    started = time.monotonic()
    for _ in range(3):
        engine.ask("form", None, lambda: None, lesson="x" * 1_000_000)
    engine.close()
    assert time.monotonic() - started < 5


# Lessons


DEADLY = {
    "import os\nos._exit(3)": "ends Python, with code 3",
    "while True: pass": "was not imported within",
    "raise KeyboardInterrupt": "raises KeyboardInterrupt",
    "class Odd(BaseException): pass\nraise Odd": "raises Odd",
    "import os\nos.close(1)": "closes the standard streams",
    "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)": "ends Python, with code -9",
}


@pytest.mark.parametrize("text", DEADLY, ids=lambda text: DEADLY[text][:14])
def test_a_deadly_lesson_is_one_row(
    stranger: Drop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    monkeypatch.setattr(vetting, "vetted", VETTED)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(vetting, "LIMIT", 2.0 if "while" in text else 30.0)
    folder = stranger("deadly")
    (folder / "__init__.py").write_text(text)
    stranger("sound")
    by_name = {entry.name: entry for entry in catalog.all_lessons()}
    assert DEADLY[text] in by_name["deadly"].error
    assert by_name["sound"].lesson is not None
    with pytest.raises(LessonError, match="could not be loaded"):
        catalog.one("deadly")
    monkeypatch.setattr(vetting, "_tried", lambda module: "asked again")
    catalog._load.cache_clear()
    assert DEADLY[text] in {e.name: e for e in catalog.all_lessons()}["deadly"].error
    (folder / "more.py").write_text("")
    catalog._load.cache_clear()
    assert "asked again" in {e.name: e for e in catalog.all_lessons()}["deadly"].error


def test_a_lesson_that_prints_prints_nothing_here(
    stranger: Drop, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = stranger("loud")
    card = (folder / "__init__.py").read_text()
    (folder / "__init__.py").write_text("print('here I am')\n" + card)
    assert catalog.one("loud").card.title == "loud"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("number='x'", "number is no number"),
        ("number=float('nan')", "number is no number"),
        ("summary='x' * 5000", "summary has more than"),
        ("title=5", "title is no text"),
        ("charts={}", "charts are none"),
        ("scenes='abc'", "scenes is no list"),
        ("presets={'tiny': 1}", "a preset is not of the config's class"),
        ("questions=(1,)", "questions holds something else"),
    ],
)
def test_a_card_that_does_not_fit_is_one_row(stranger: Drop, change: str, fault: str) -> None:
    folder = stranger("odd")
    with (folder / "__init__.py").open("a") as file:
        file.write(f"\nfrom dataclasses import replace\nlesson = replace(lesson, {change})\n")
    by_name = {entry.name: entry for entry in catalog.all_lessons()}
    assert fault in by_name["odd"].error
    assert by_name["bigram"].lesson is not None


TYPED = "is of no kind that can be typed: int, float, bool or str"


@pytest.mark.parametrize(
    ("field", "fault"),
    [
        ('pull: float | None = knob(0.1, "how fast")', f"knob pull {TYPED}"),
        ('pull: list = knob((), "how fast")', f"knob pull {TYPED}"),
        ('pull: Literal["a", "b"] = knob("a", "how fast")', f"knob pull {TYPED}"),
        ('steps: float = knob(40.0, "steps")', "config has no knob steps of kind int"),
        ("steps: int = 40", "config has no knob steps of kind int"),
    ],
)
def test_a_knob_that_nobody_can_type_is_named(stranger: Drop, field: str, fault: str) -> None:
    folder = stranger("untyped")
    name = field.partition(":")[0]
    text = (folder / "config.py").read_text()
    lines = [f"    {field}" if line.strip().startswith(name) else line for line in text.split("\n")]
    (folder / "config.py").write_text("from typing import Literal\n" + "\n".join(lines))
    by_name = {entry.name: entry for entry in catalog.all_lessons()}
    assert f"its card does not fit, {fault}; correct it" in by_name["untyped"].error


# What is printed, and where it cannot be


ASCII = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
SAYING = [
    ("lessons",), ("keys",), ("doctor",), ("--help",), ("--version",), ("data",), ("runs",),
    ("explore", "sampling"), ("run", "micrograd", "steps=3", "--preset", "tiny", "--headless"),
]  # fmt: skip


@pytest.mark.parametrize("words", SAYING, ids=lambda words: words[0])
def test_every_command_speaks_ascii_where_it_must(words: tuple[str, ...]) -> None:
    done = zhtui(*words, **ASCII)
    assert done.returncode == 0, done.stderr
    assert (done.stdout + done.stderr).isascii()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("lessons",), ("keys",), ("runs",), SAYING[-1]], ids=" ".join)
def test_a_full_disk_behind_the_output_is_a_sentence(words: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "zhtui", *words], stdout=full, stderr=subprocess.PIPE,
            text=True, timeout=60,
        )  # fmt: skip
    assert done.returncode == 1, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("zhtui: ")
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [("runs", "show", LONG), ("runs", "show", f"./{LONG}"), ("runs", "--store", LONG),
     ("run", LONG, "--headless"), ("run", "--resume", LONG, "--headless"), ("sample", LONG),
     ("run", "bigram", f"data={LONG}", "--headless"),
     ("run", "bigram", f"data=/{LONG}", "--headless"),
     ("run", "bigram", "--name", LONG, "--headless"), ("data", "get", LONG), ("explore", LONG),
     ("run", "micrograd", "--preset", LONG, "--headless"), ("check", LONG), ("tokenize", LONG),
     ("runs", "--store", "~nobody-of-that-name/x"), ("runs", "show", "~nobody-of-that-name/x"),
     ("run", "micrograd", "--seed", "9" * 30, "--headless"),
     ("run", "micrograd", "--threads", "100000", "--headless")],
    ids=lambda words: " ".join(words)[:24],
)  # fmt: skip
def test_a_name_without_end_is_a_sentence(words: tuple[str, ...]) -> None:
    done = zhtui(*words)
    assert done.returncode in (0, 1, 2)
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < 4000


def test_what_would_command_a_terminal_is_spelled_out(capsys: pytest.CaptureFixture[str]) -> None:
    say.say("a\x1b]0;x\x07b\n\tc\u202ed\x9be\x7f\ud800")
    assert capsys.readouterr().out == "a\\x1b]0;x\\x07b\n\tc\\u202ed\\x9be\\x7f\\ud800\n"
    say.say("\x1b[1m", raw=True, end="")
    assert capsys.readouterr().out == "\x1b[1m"


def test_a_server_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    pace = Pace(0)
    for have in range(1, 4):
        now[0] += SPAN
        pace.check("host", have * 1_000_000)
    now[0] += SPAN
    with pytest.raises(Failed, match="less than"):
        pace.check("host", 3_000_010)


def test_the_list_says_that_the_disk_is_full(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zhtui.machine import room

    assert "full" not in CliRunner().invoke(app, ["runs"]).stdout
    monkeypatch.setattr(room, "free", lambda place: 3 << 20)
    assert "is full (3 MiB left)" in CliRunner().invoke(app, ["runs"]).stdout
    assert "is full (3 MiB left)" in CliRunner().invoke(app, ["doctor"]).stdout
    assert [each.name for each in store.runs(run.path.parents[1])] == ["theirs"]
