"""A run folder that a stranger made: zhtui writes into the store alone, and no line of theirs."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from zhtui.cli.app import app, main
from zhtui.errors import CheckpointError, StoreError
from zhtui.lesson import catalog
from zhtui.lesson.views import Text
from zhtui.runs import changes, checkpoint, files, learner, lease, store, view_files
from zhtui.runs.folder import ARTIFACTS, LEASE, NOTE, OUTPUT, PLAIN, STATUS, RunFolder
from zhtui.work import client, drive, fork

Drop = Callable[..., Path]
OWN = "alias ls='ls --color'\n"
BAD = "x\ntouch PWNED\n"


@pytest.fixture
def run(stranger: Drop, store: Path) -> RunFolder:
    """A run that was copied into the store."""
    stranger()
    return client.create(store, catalog.one("drift"), preset="tiny", where="cpu", name="theirs")


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A file of the user's that the shell executes."""
    path = tmp_path / "bashrc"
    path.write_text(OWN)
    return path


def zhtui(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def laid(path: Path, target: Path) -> Path:
    """A link in place of whatever has the name."""
    path.unlink(missing_ok=True)
    path.symlink_to(target)
    return path


@pytest.mark.parametrize("name", [name for name in PLAIN if name != "run.json"])
def test_a_run_with_a_link_is_let_be(run: RunFolder, victim: Path, name: str) -> None:
    laid(run.path / name, victim)
    for refused in (
        lambda: client.start(run),
        lambda: client.request(run, "stop"),
        lambda: client.turn(run, "pull=0.5"),
        lambda: learner.write_note(run, "mine"),
        lambda: drive.work(run),
        lambda: changes.rename(run.path.parents[1], run, "other"),
        lambda: changes.delete(run),
    ):
        with pytest.raises(StoreError, match="is a link"):
            refused()
    assert victim.read_text() == OWN
    assert run.path.is_dir()


def test_no_log_is_written_where_a_link_leads(run: RunFolder, victim: Path) -> None:
    """What was found: the error of a worker, in a file that the shell executes."""
    card = run.card()
    files.write_json(run.path / "run.json", {**card, "config": {"pull": BAD}})
    laid(run.path / OUTPUT, victim)
    assert isinstance(zhtui("runs", "resume", "theirs").exception, StoreError)
    assert victim.read_text() == OWN


def test_a_folder_of_views_that_is_a_link(run: RunFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    laid(run.path / ARTIFACTS, outside)
    (outside / "000001-secret.json").write_text(json.dumps(view_files.encode(Text("secret"))))
    with pytest.raises(StoreError, match="is a link"):
        client.start(run)
    with pytest.raises(StoreError, match="is a link"):
        view_files.write(run.path / ARTIFACTS / "000002-text.json", Text("ours"))
    assert [file.name for file in outside.iterdir()] == ["000001-secret.json"]
    assert run.artifacts() == []
    with pytest.raises(StoreError):
        run.artifact(1, "secret")


@pytest.mark.parametrize("make", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_nothing_is_written_through_a_name_that_waits_there(
    run: RunFolder, victim: Path, make: Callable[[Path, Path], None]
) -> None:
    number = os.getpid()
    (run.path / ARTIFACTS).mkdir()
    for name in (
        f".{STATUS}.{number}",
        f".{NOTE}.{number}",
        f"{ARTIFACTS}/.000019-sample.json",
        f"{ARTIFACTS}/000019-sample.json",
        NOTE,
    ):
        (run.path / name).unlink(missing_ok=True)
        make(victim, run.path / name)
    files.write_json(run.path / STATUS, {"state": "stopped"})
    files.replace_file(run.path / NOTE, b"mine\n")
    view_files.write(run.path / ARTIFACTS / "000019-sample.json", Text("ours"))
    assert victim.read_text() == OWN
    assert run.status().state == "stopped"
    assert run.note() == "mine"
    assert run.artifact(19, "sample") == Text("ours")


@pytest.mark.parametrize("make", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_what_is_appended_to_has_one_name(
    run: RunFolder, victim: Path, make: Callable[[Path, Path], None]
) -> None:
    make(victim, run.path / OUTPUT)
    make(victim, run.path / LEASE)
    with pytest.raises(StoreError, match="is a link"):
        files.append_json(run.path / OUTPUT, {"event": BAD})
    with pytest.raises(StoreError, match="is a link"), lease.hold(run.path / LEASE):
        pass
    with pytest.raises(StoreError, match="is a link"):
        client.start(run)
    assert victim.read_text() == OWN


def test_a_lease_that_leads_nowhere_makes_no_file(run: RunFolder, tmp_path: Path) -> None:
    laid(run.path / LEASE, tmp_path / "new")
    with pytest.raises(StoreError), lease.hold(run.path / LEASE):
        pass
    assert not lease.held(run.path / LEASE)
    assert not (tmp_path / "new").exists()


def test_a_pipe_holds_nobody_up(run: RunFolder) -> None:
    (run.path / STATUS).unlink()
    for name in (STATUS, NOTE, OUTPUT):
        os.mkfifo(run.path / name)
    assert run.status().state == "lost"
    assert run.note() == ""
    with pytest.raises(StoreError, match="no plain file"):
        client.start(run)


def test_a_checkpoint_goes_where_no_link_leads(run: RunFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "state.json").write_text("theirs")
    laid(run.path / "step-000040", outside)
    laid(run.path / f".step-000040.{os.getpid()}", outside)
    assert run.checkpoints() == []
    assert drive.work(run) == 0, run.status().error
    assert run.checkpoints()[-1][0] == 40
    assert [file.read_text() for file in outside.iterdir()] == ["theirs"]


def test_a_checkpoint_with_a_link_is_not_read(run: RunFolder, victim: Path) -> None:
    assert drive.work(run) == 0
    newest = run.checkpoints()[-1][1]
    (newest / "state.json").rename(victim)
    laid(newest / "state.json", victim)
    with pytest.raises(CheckpointError, match="damaged"):
        checkpoint.read(newest)


def test_a_fork_takes_no_link_along(run: RunFolder, store: Path, victim: Path) -> None:
    assert drive.work(run) == 0
    view_files.write(run.path / ARTIFACTS / "000001-ours.json", Text("ours"))
    laid(run.path / ARTIFACTS / "000002-theirs.json", victim)
    laid(run.checkpoints()[-1][1] / "more", victim)
    child = fork.fork(store, run, 40, ["steps=60"])
    assert child.artifacts() == [(1, "ours")]
    assert not [path for path in child.path.rglob("*") if path.is_symlink()]
    assert not list(child.path.rglob("more"))


# What is written and printed


def test_a_value_of_a_stranger_s_begins_no_line_of_the_log(stranger: Drop, store: Path) -> None:
    config = """
        from dataclasses import dataclass
        from zhtui.lab import knob

        @dataclass(frozen=True)
        class Config:
            steps: int = knob(4, "steps")
            word: str = knob("a", "any")
            pull: float = knob(0.1, "how fast")

        PRESETS = dict(tiny=Config(), quick=Config(), paper=Config())
        """
    train = "def train(run): raise ValueError(run.config.word)"
    stranger("wordy", config=config, train=train)
    for knob in ("word", "pull"):
        run = client.create(store, catalog.one("wordy"), preset="tiny", where="cpu", name=knob)
        card = run.card()
        files.write_json(run.path / "run.json", {**card, "config": {knob: BAD + "\x1b[31m"}})
        client.start(run)
        while run.alive() or not run.status().error:
            time.sleep(0.02)
        log = (run.path / OUTPUT).read_text()
        assert log.strip()
        assert "\x1b" not in log
        assert not [line for line in log.splitlines() if line.strip().startswith("touch")]


def test_nothing_of_a_run_reaches_the_terminal_raw(
    run: RunFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = "\x1b]0;owned\x07\r"
    card = {**run.card(), "preset": evil, "config": {evil: evil}}
    files.write_json(run.path / "run.json", card)
    status = {"state": evil, "error": evil, "row": {evil: 1.0}, "unit": evil, "rate": 1.0}
    files.write_json(run.path / STATUS, status)
    learner.write_note(run, f"{evil}two\nlines")
    for words in (["list"], ["show", "theirs"], ["note", "theirs"]):
        said = zhtui("runs", *words).stdout
        assert "owned" in said
        assert "\x1b" not in said
        assert "\r" not in said
    assert "two\nlines" in said
    monkeypatch.setattr("sys.argv", ["zhtui", "run", "--headless", "--resume", "theirs"])
    with pytest.raises(SystemExit):
        main()
    assert "\x1b" not in "".join(capsys.readouterr())


# What may be deleted


def project(folder: Path, **card: object) -> Path:
    """A folder that is none of zhtui's and holds a run.json."""
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(card))
    (folder / "thesis.tex").write_text("years")
    return folder


@pytest.mark.parametrize("card", [{}, {"format": 1}, {"format": 1, "lesson": "drift"}])
def test_a_project_with_a_run_json_is_no_run(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, card: dict[str, object]
) -> None:
    place = project(tmp_path / "work" / "project", **card)
    monkeypatch.chdir(place.parent)
    for name in ("./project", str(place), "project", "../work/project"):
        for words in (["delete", name, "--yes"], ["rename", name, "new"], ["note", name, "x"]):
            assert isinstance(zhtui("runs", *words).exception, StoreError)
        assert isinstance(zhtui("runs", "resume", name).exception, StoreError)
    assert sorted(file.name for file in place.iterdir()) == ["run.json", "thesis.tex"]
    with pytest.raises(StoreError):
        changes.delete(RunFolder(place))
    assert place.is_dir()


def test_the_store_s_run_comes_before_a_folder_of_its_name(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project(tmp_path / "work" / "theirs", **run.card())
    nested = project(tmp_path / "work" / "drift" / "theirs", **run.card())
    monkeypatch.chdir(place.parent)
    assert store.find(run.path.parents[1], "theirs") == run
    assert store.find(run.path.parents[1], "drift/theirs") == run
    assert store.find(run.path.parents[1], "./drift/theirs") == RunFolder(nested)
    assert zhtui("runs", "delete", "drift/theirs", "--yes").exit_code == 0
    assert not run.path.exists()
    assert place.is_dir()
    assert nested.is_dir()
    assert isinstance(zhtui("runs", "delete", "theirs", "--yes").exception, StoreError)


def test_a_run_in_another_store_is_reached_by_its_path(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHTUI_STORE", str(tmp_path / "empty"))
    assert zhtui("runs", "delete", str(run.path), "--yes").exit_code == 0
    assert not run.path.exists()
