"""The command line as a shell sees it: output, exit codes, pipes, signals. Real processes."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from zhtui.cli.app import app
from zhtui.errors import ConfigError, LessonError
from zhtui.lesson import catalog
from zhtui.runs import lease
from zhtui.runs import store as runs_store
from zhtui.runs.folder import LEASE
from zhtui.wording import number
from zhtui.work import client, drive

Drop = Callable[..., Path]
ZHTUI = [sys.executable, "-P", "-m", "zhtui"]


def zhtui(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end and holds it to its exit code."""
    command = [*ZHTUI, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def test_version_and_help() -> None:
    assert re.fullmatch(r"zhtui \d+\.\d+\.\d+\n", zhtui("--version").stdout)
    text = zhtui("--help").stdout
    for command in ("run", "runs", "sample", "lessons", "data", "verify", "doctor"):
        assert f"  {command} " in text


def test_lessons_are_listed_with_a_strangers_and_a_broken_one(stranger: Drop) -> None:
    stranger("drift")
    (stranger("broken") / "__init__.py").write_text("1 / 0")
    lines = zhtui("lessons").stdout.splitlines()
    assert any(re.match(r" +9  gpt +attention", line) for line in lines)
    place = next(i for i, line in enumerate(lines) if "a number drifts to zero" in line)
    assert lines[place + 1].split() == ["presets:", "tiny,", "quick,", "paper"]
    assert "ZeroDivisionError" in lines[-1]
    rows = [json.loads(line) for line in zhtui("lessons", "--json").stdout.splitlines()]
    assert {"gpt", "bigram", "drift", "broken"} <= {row["name"] for row in rows}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "gtp", "--headless"], "there is no lesson 'gtp'; did you mean gpt?"),
        (["run", "--headless"], "name a lesson: "),
        (["run", "drift", "pul=1", "--headless"], "there is no knob 'pul'; did you mean pull?"),
        (
            ["run", "gpt", "learning_rate=1", "--headless"],
            "no knob 'learning_rate'; did you mean lr?",
        ),
        (["run", "drift", "pull=9", "--headless"], "pull=9 is out of bounds; it takes 0 … 1"),
        (["run", "drift", "--preset", "huge", "--headless"], "drift has no preset 'huge'; choose"),
        (["run", "--resume", "nobody", "--headless"], "there is no run 'nobody' in"),
        (["runs", "pause", "nobody"], "there is no run 'nobody' in"),
        (["sample", "nobody"], "there is no run 'nobody' in"),
        (["run", "drift", "--name", "../x", "--headless"], "'../x' cannot be a run's name"),
        (["run", "drift", "--device", "tpu", "--headless"], "there is no device 'tpu': take auto"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    stranger: Drop, store: Path, words: list[str], sentence: str
) -> None:
    stranger()
    done = subprocess.run([*ZHTUI, *words], capture_output=True, text=True, timeout=60, check=False)
    wrong = done.stderr.strip().splitlines()
    assert sentence in wrong[-1]
    assert "Traceback" not in done.stderr
    assert done.returncode == 2
    assert not list(store.glob("*/*")), "no run is left behind"


WORDY = """
    from dataclasses import dataclass
    from zhtui.lab import knob

    @dataclass(frozen=True)
    class Config:
        steps: int = knob(4, "steps", low=1)
        every: int = knob(1, "seldom", low=1)
        data: str = knob("auto", "which text")
        pull: float = knob(0.1, "how fast", live=True)
        mode: str = knob("plain", "how")

    PRESETS = dict(tiny=Config())
    """


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("every=1e300",), "every has too many digits; write it as every=1, at least 1"),
        (("every=9223372036854775808",), "every has too many digits"),
        (("data=" + "x" * 200_000,), "no run can be made with this (config[...]: expected str of"),
        (tuple(f"data={'x' * 9000}{n}" for n in range(130)), "too long to be kept"),
        (
            (os.fsdecode(b"data=/tmp/x-\xff.txt"),),
            os.fsdecode(b"data=/tmp/x-\xff.txt is not a text"),
        ),
    ],
)
def test_no_run_is_made_whose_card_could_not_be_read(
    stranger: Drop, store: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], sentence: str
) -> None:
    stranger("drift", config=WORDY)
    command = ["run", "drift", "--preset", "tiny", "--name", "one", "--headless", *words]
    monkeypatch.setattr("sys.argv", ["zhtui", *command])
    asked = CliRunner().invoke(app, command)
    assert isinstance(asked.exception, ConfigError)
    assert sentence in str(asked.exception)
    assert list(store.glob("*/*")) == []


def test_a_command_without_end_is_kept_as_far_as_a_card_takes_it(
    stranger: Drop, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger("drift", config=WORDY)
    command = [
        "run",
        "drift",
        "--preset",
        "tiny",
        "--name",
        "one",
        "--headless",
        "data=" + "x" * 12_000,
    ]
    monkeypatch.setattr("sys.argv", ["zhtui", *command, "\udcff"])
    assert CliRunner().invoke(app, command).exit_code == 0
    card = runs_store.find(store, "one").card()
    assert len(card["config"]["data"]) == 12_000
    assert (len(card["command"][-2]), card["command"][-1]) == (10_000, "?")


def test_headless_in_a_pipe_prints_plain_lines_and_a_plot(stranger: Drop) -> None:
    stranger()
    out = zhtui("run", "drift", "--headless", "--preset", "tiny", "--name", "one").stdout
    assert "\x1b" not in out
    assert "\r" not in out
    lines = out.splitlines()
    assert lines[0] == "drift one  preset tiny"
    assert any(re.fullmatch(r"step 0/40  loss -?\d\.\d{4}", line) for line in lines)
    assert any("┤" in line for line in lines)
    assert any(line.startswith("best loss ") for line in lines)


def test_headless_with_json_gives_the_rows_of_the_folder(stranger: Drop, store: Path) -> None:
    stranger()
    out = zhtui("run", "drift", "--headless", "--preset", "tiny", "--json", "--name", "one").stdout
    objects = [json.loads(line) for line in out.splitlines()]
    (run,) = runs_store.runs(store)
    assert [one for one in objects if "loss" in one] == run.rows()
    assert [one for one in objects if "event" in one] == run.events()


def test_headless_on_a_terminal_draws_a_bar(stranger: Drop) -> None:
    stranger()
    ours, theirs = pty.openpty()
    command = [*ZHTUI, "run", "drift", "--headless", "--preset", "tiny"]
    with subprocess.Popen(command, stdout=theirs) as process:
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError):  # the terminal is gone when the process is
            while chunk := os.read(ours, 65536):
                seen += chunk
        os.close(ours)
    assert process.returncode == 0
    assert b"\r\x1b[2K" in seen
    assert "━".encode() in seen


def interrupted(number: signal.Signals, *words: str) -> tuple[int, str]:
    """Sends a signal to a headless run after its first row: its exit code and what it said then."""
    command = [*ZHTUI, "run", "drift", "mode=slow", "--headless", "--preset", "paper", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("step 0/"):
                process.send_signal(number)
                break
        rest = process.stdout.read()
    return process.returncode, rest


def test_ctrl_c_saves_and_says_how_to_go_on(stranger: Drop, store: Path) -> None:
    stranger()
    code, rest = interrupted(signal.SIGINT, "--name", "one")
    assert code == 130
    step = runs_store.runs(store)[0].checkpoints()[-1][0]
    assert f"interrupted; saved at step {step:,}" in rest
    assert rest.rstrip().endswith("zhtui run --resume one --headless")


def test_sigterm_headless_saves_and_exits_143(stranger: Drop, store: Path) -> None:
    stranger()
    assert interrupted(signal.SIGTERM)[0] == 143
    assert runs_store.runs(store)[0].checkpoints()


def test_a_closed_pipe_ends_quietly_with_a_checkpoint(stranger: Drop, store: Path) -> None:
    stranger()
    words = "run drift mode=slow steps=2000 --headless --preset paper"  # a line each 100 steps
    shell = f"{sys.executable} -P -m zhtui {words} | head -1"
    done = subprocess.run(shell, shell=True, capture_output=True, text=True, timeout=60, check=True)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""
    (run,) = runs_store.runs(store)
    assert run.status().state == "stopped"
    assert run.checkpoints()


def test_a_failed_run_exits_1_with_its_sentence(stranger: Drop) -> None:
    stranger()
    done = zhtui("run", "drift", "mode=nan", "--headless", "--preset", "tiny", code=1)
    assert done.stderr.strip() == "loss became NaN at step 25; start again with a lower lr"


def test_a_sample_that_cannot_be_written_prints_nothing(stranger: Drop, store: Path) -> None:
    stranger("drift", generate="def generate(run, prompt, sampling):\n    yield from ()")
    zhtui("run", "drift", "--headless", "--name", "mine", "steps=2")
    for path in (store / "drift" / "mine").glob("step-*/state.json"):
        path.write_text("{")
    done = zhtui("sample", "mine", "--prompt", "Once", code=1)
    assert not done.stdout
    assert "no sound checkpoint" in done.stderr


def test_a_checkpoint_later_than_the_step_asked_for_is_named(stranger: Drop) -> None:
    generate = """
        from zhtui.lab import Token

        def generate(run, prompt, sampling):
            yield Token(f"at {run.step}")
        """
    stranger("drift", generate=generate)
    zhtui("run", "drift", "--headless", "--preset", "tiny", "--name", "mine")
    told = []
    for step in ("0", "3", "9", "40"):
        asked = CliRunner().invoke(app, ["sample", "mine", "--step", step])
        assert asked.stdout.startswith("at ")
        told.append(asked.stderr)
    later = "zhtui: no checkpoint is of step 0 or before; this is step 4's\n"
    assert told == [later, later.replace("0", "3"), "", ""]


def test_options_before_a_command(stranger: Drop, store: Path) -> None:
    """A store holds for the command; what is of the lab alone is refused, not passed over."""
    stranger("drift")
    other = store.parent / "other"
    zhtui("--store", str(other), "run", "drift", "--headless", "--name", "mine", "steps=2")
    assert (other / "drift" / "mine").is_dir()
    assert not (store / "drift").exists()
    assert "mine" in zhtui("--store", str(other), "runs").stdout
    refused = zhtui("--store", str(other), "gpt2", "report", "mine", "--to", "x", code=1)
    assert "mine is no run of lesson gpt2" in refused.stderr, "a lesson's command found it"
    assert "mine" in zhtui("--store", str(other), "runs", "show", "mine").stdout
    for option in ("--ascii", "--web"):
        assert f"{option} is an option of the lab" in zhtui(option, "runs", code=2).stderr


def test_runs_are_listed_shown_resumed_exported_and_deleted(stranger: Drop, store: Path) -> None:
    stranger()
    assert "no runs in" in zhtui("runs").stdout
    zhtui("run", "drift", "--headless", "--preset", "tiny", "--name", "one")
    head, line = zhtui("runs").stdout.splitlines()
    assert head.split()[:3] == ["lesson", "run", "state"]
    assert re.match(r"drift +one +finished +step 40/40", line)
    for word, name in (("run", "one"), ("state", "finished")):
        assert head.index(f" {word} ") == line.index(f" {name} "), "each above its column"
    (row,) = [json.loads(line) for line in zhtui("runs", "list", "--json").stdout.splitlines()]
    assert (row["run"], row["state"], row["step"]) == ("one", "finished", 40)
    shown = zhtui("runs", "show", "one").stdout
    assert "pull=0.1" in shown
    assert "checkpoints at 4, 8" in shown
    table = zhtui("runs", "export", "one").stdout.splitlines()
    assert table[0] == "step,time,loss"
    assert len(table) == 41
    assert "no worker is at one" in zhtui("runs", "pause", "one", code=2).stderr
    assert (
        "mode cannot change"
        in zhtui("run", "--resume", "one", "mode=nan", "--headless", code=2).stderr
    )
    zhtui("runs", "delete", "one", "--yes")
    assert runs_store.runs(store) == []


def test_a_detached_run_is_steered_from_a_shell(stranger: Drop, store: Path) -> None:
    from zhtui.lesson import catalog
    from zhtui.work import client

    stranger()
    entry = catalog.one("drift")
    run = client.create(store, entry, preset="paper", knobs=("mode=slow",), where="cpu", name="far")
    client.start(run)
    client.answer(run, client.request(run, "pause"), 60)
    assert "far: set at step" in zhtui("runs", "set", "far", "pull=0.7").stdout
    assert "pull=70 is out of bounds" in zhtui("runs", "set", "far", "pull=70", code=2).stderr
    assert "far: step at step" in zhtui("runs", "step", "far", "2").stdout
    assert "far: resume at step" in zhtui("runs", "resume", "far").stdout
    assert "a worker is at far" in zhtui("runs", "delete", "far", "--yes", code=1).stderr
    assert "far: stop at step" in zhtui("runs", "stop", "far").stdout


def test_a_read_only_store_and_a_newer_one(stranger: Drop, store: Path, tmp_path: Path) -> None:
    stranger()
    (tmp_path / "file").write_text("x")
    words = ("run", "drift", "--headless", "--store", str(tmp_path / "file"))
    assert "choose another --store" in zhtui(*words, code=2).stderr
    new = store / "drift" / "new"
    new.mkdir(parents=True)
    (new / "run.json").write_text('{"format": 99, "lesson": "drift"}')
    assert "newer zhtui" in zhtui("runs", "show", "new", code=2).stderr
    assert "new" in zhtui("runs").stdout


def test_a_strangers_lesson_adds_a_command(stranger: Drop) -> None:
    card = """
        from .config import PRESETS, Config
        from zhtui.lab import Lesson
        lesson = Lesson(number=901, title="loud", summary="it shouts", part="Strangers",
                        config=Config, presets=PRESETS, commands=("shout",))
        """
    command = """
        def shout(word: str, times: int = 1) -> None:
            "Says a word loudly."
            print(word.upper() * times)
        """
    stranger("loud", __init__=card, command=command)
    assert "Says a word loudly." in zhtui("--help").stdout
    assert zhtui("shout", "ho", "--times", "3").stdout == "HOHOHO\n"


def test_a_strangers_lesson_adds_a_group_of_commands(stranger: Drop) -> None:
    card = """
        from .config import PRESETS, Config
        from zhtui.lab import Lesson
        lesson = Lesson(number=901, title="loud", summary="it shouts", part="Strangers",
                        config=Config, presets=PRESETS, commands=("loud",))
        """
    command = """
        import typer
        loud = typer.Typer(help="Says a word in two ways.")
        @loud.command()
        def shout(word: str) -> None:
            print(word.upper())
        @loud.command()
        def whisper(word: str) -> None:
            print(word.lower())
        """
    stranger("loud", __init__=card, command=command)
    assert "Says a word in two ways." in zhtui("--help").stdout
    assert zhtui("loud", "whisper", "Ho").stdout == "ho\n"


def test_doctor_says_what_is_here() -> None:
    out = zhtui("doctor").stdout
    assert "torch" in out
    assert "lessons: " in out


def test_completion_is_offered() -> None:
    asked = {"_ZHTUI_COMPLETE": "complete_bash", "COMP_WORDS": "zhtui run bi", "COMP_CWORD": "2"}
    env = {**os.environ, **asked}
    done = subprocess.run(ZHTUI, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert "bigram" in done.stdout


def test_the_command_line_loads_no_textual() -> None:
    code = "import sys, zhtui.cli.app, zhtui.work.headless; print('textual' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code]) == b"False\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--seed", "5"), "--seed is settled when a run begins"),
        (("--preset", "quick"), "--preset is settled when a run begins"),
        (("--device", "cpu"), "--device is settled when a run begins"),
        (("bigram",), "one is a run of drift, not of bigram"),
    ],
)
def test_what_a_resumed_run_cannot_take_is_refused(
    stranger: Drop, store: Path, words: tuple[str, ...], sentence: str
) -> None:
    stranger("drift")
    client.create(store, catalog.one("drift"), preset="tiny", where="cpu", name="one")
    asked = CliRunner().invoke(app, ["run", *words, "--resume", "one", "--headless"])
    assert isinstance(asked.exception, ConfigError)
    assert sentence in str(asked.exception)


def test_a_resume_turns_all_knobs_or_none(stranger: Drop, store: Path) -> None:
    stranger("drift")
    run = client.create(store, catalog.one("drift"), preset="tiny", where="cpu", name="one")

    def refused(*pairs: str) -> str:
        asked = CliRunner().invoke(app, ["run", "--resume", "one", *pairs, "--headless"])
        assert not run.events(), "nothing is kept"
        return str(asked.exception)

    assert "there is no knob 'bogus'" in refused("pull=0.9", "bogus=1")
    assert "mode cannot change on a resume" in refused("pull=0.9", "mode=slow")
    assert "pull=9 is out of bounds" in refused("pull=0.9", "pull=9")
    with lease.hold(run.path / LEASE):
        assert "turn a live knob with `zhtui runs set one KEY=VALUE`" in refused("pull=0.9")
    asked = CliRunner().invoke(
        app, ["run", "--resume", "one", "pull=0.9", "pull=0.2", "--headless"]
    )
    assert asked.exit_code == 0
    turned = [(e["step"], e["value"]) for e in run.events() if e["event"] == "knob"]
    assert turned == [(0, "0.9"), (0, "0.2")]


def test_a_knob_is_turned_from_the_newest_sound_checkpoint_on(stranger: Drop, store: Path) -> None:
    stranger("drift")
    run = client.create(store, catalog.one("drift"), preset="tiny", where="cpu", name="one")
    drive.work(run)
    (run.path / "step-000040" / "state.json").write_text("{")
    client.turn(run, "pull=0.9")
    assert [e["step"] for e in run.events() if e["event"] == "knob"] == [36]


def test_what_was_run_is_summed_up_when_the_lab_is_left(
    stranger: Drop, store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import typer

    from zhtui.cli import app as commands
    from zhtui.cli import runs
    from zhtui.tui import app as lab

    stranger()
    zhtui("run", "drift", "--headless", "--preset", "tiny", "--name", "before")
    began = time.time()

    def opened(*given: object, **options: object) -> int:
        zhtui("run", "drift", "--headless", "--preset", "tiny", "--name", "one")
        return 0

    monkeypatch.delenv("TEXTUAL_DRIVER", raising=False)
    monkeypatch.setattr(commands, "require_terminal", lambda: None)
    monkeypatch.setattr(lab, "open_lab", opened)
    with pytest.raises(typer.Exit):
        commands._open(store)
    (line,) = capsys.readouterr().out.splitlines()
    best = runs_store.find(store, "one").status().best
    assert best is not None
    assert re.match(rf"drift/one: finished at step 40  best {number(best)} \w+  0:\d\d of tr", line)
    assert line.endswith(str(store / "drift" / "one"))
    assert list(runs.left(store, time.time() + 1)) == [], "nothing was run since then"
    assert [each.split(":")[0] for each in runs.left(store, began)] == ["drift/one"]


COMMANDS = {
    "weird": "def weird(a: 'NoSuchThing'): ...",
    "text": "text = 5",
    "ghost": "",
    "raises": "1 / 0",
    "leaves": "raise SystemExit(3)",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_strangers_command_that_is_none_is_a_row_of_the_help(stranger: Drop, name: str) -> None:
    folder = stranger(command=COMMANDS[name])
    card = (folder / "__init__.py").read_text()
    (folder / "__init__.py").write_text(card.replace("number=", f"commands=({name!r},), number="))
    listed = CliRunner().invoke(app, ["--help"])
    assert listed.exit_code == 0
    assert re.search(rf"  {name} +! ", listed.output)
    assert "  doctor " in listed.output, "the others are there"
    for words in ([name], [name, "--help"], [name, "x", "--y", "z"]):
        with pytest.raises(LessonError, match=r"drift"):
            CliRunner().invoke(app, words, catch_exceptions=False)


def test_a_strangers_help_commands_no_terminal(stranger: Drop) -> None:
    code = """
        from typing import Annotated
        import typer
        TOLD = "\x1b]0;title\x07"
        def loud(word: Annotated[str, typer.Option(help=TOLD, metavar=TOLD)] = ""): ...
        loud.__doc__ = TOLD
        several = typer.Typer(help=TOLD)
        several.command("one")(loud)
        several.command("two", help=TOLD, epilog=TOLD)(loud)
        """
    folder = stranger(command=code)
    card = (folder / "__init__.py").read_text()
    names = ("loud", "several", "\x1b[31m")
    (folder / "__init__.py").write_text(card.replace("number=", f"commands={names}, number="))
    for words in ([], ["loud"], ["several"], ["several", "one"], ["several", "two"]):
        said = CliRunner().invoke(app, [*words, "--help"])
        assert said.exit_code == 0, said.output
        assert "\x1b" not in said.output
        assert "\x07" not in said.output
        assert "title" in said.output
