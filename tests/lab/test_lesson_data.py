"""Data sets that a lesson declares: found, noted in run.json by name, taken again on a resume."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from zhtui.cli.app import app
from zhtui.data.noted import noted
from zhtui.errors import DataError
from zhtui.lab import DataSet, Run, find_data, has_data
from zhtui.lesson import catalog
from zhtui.lesson.card import Lesson, Reference
from zhtui.runs.figures import own_references
from zhtui.runs.files import append_json, write_json
from zhtui.runs.folder import CARD, RunFolder
from zhtui.work import client, drive

Drop = Callable[..., Path]
QUIZ = b'{"ask": "why?", "endings": ["a", "b"]}\n'
BINARY = bytes(range(256)) * 4
CARD_OF = """
    from .config import PRESETS, Config
    from zhtui.lab import DataSet, Lesson, Reference

    lesson = Lesson(
        number=900, title="{{name}}", summary="reads two", part="Strangers", config=Config,
        presets=PRESETS,
        data=(
            DataSet("quiz", "https://127.0.0.1:1/quiz.jsonl", "{quiz}", {size}, title="a quiz"),
            DataSet("shards", "https://127.0.0.1:1/a.bin", "{shards}", 1024, text=False),
        ),
    )
    """
TRAIN = """
    class Place:
        def state_dict(self):
            return {}
        def load_state_dict(self, state):
            pass

    def train(run):
        run.keep(place=Place())
        paths = [run.data(name, auto=("given",)) for name in ("auto", "quiz", "shards")]
        for step in run.steps():
            yield dict(loss=float(len(paths)))
    """


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """$ZHTUI_DATA with the two files."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "quiz.jsonl").write_bytes(QUIZ)
    (folder / "a.bin").write_bytes(BINARY)
    monkeypatch.setenv("ZHTUI_DATA", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def run(stranger: Drop, store: Path, data: Path) -> RunFolder:
    """A run of a lesson that reads a data set of the lab's and two of its own."""
    quiz, shards = (hashlib.sha256(raw).hexdigest() for raw in (QUIZ, BINARY))
    card = CARD_OF.format(quiz=quiz, size=len(QUIZ), shards=shards)
    stranger("reader", __init__=card, train=TRAIN)
    return client.create(store, catalog.one("reader"), preset="tiny", where="cpu", name="one")


def test_each_is_noted_by_name_with_its_hash(run: RunFolder, data: Path) -> None:
    assert drive.work(run) == 0, run.status().error
    kept = run.card()["data"]
    assert list(kept) == ["given", "quiz", "shards"]
    assert kept["given"]["asked"] == "auto"
    assert kept["quiz"]["path"] == str(data / "quiz.jsonl")
    assert kept["quiz"]["sha256"] == hashlib.sha256(QUIZ).hexdigest()
    assert kept["shards"]["sha256"] == hashlib.sha256(BINARY).hexdigest()
    said = [event["name"] for event in run.events() if event["event"] == "data"]
    assert said == ["given", "quiz", "shards"]
    shown = CliRunner().invoke(app, ["runs", "show", "one"]).stdout
    assert "data given, quiz, shards" in shown


def test_a_run_that_goes_on_wants_the_same_bytes(run: RunFolder, data: Path) -> None:
    def stop(kind: str, value: object) -> None:
        if kind == "row":
            append_json(run.path / "control.jsonl", {"id": "s", "action": "stop"})

    assert drive.work(run, listeners=(stop,)) == 0
    (data / "quiz.jsonl").write_bytes(QUIZ * 2)
    assert drive.work(run) == 1
    assert "quiz.jsonl is damaged (its sha256 is another)" in run.status().error
    (data / "quiz.jsonl").write_bytes(QUIZ)
    assert drive.work(run) == 0
    assert list(run.card()["data"]) == ["given", "quiz", "shards"]


def test_one_that_is_nowhere_says_how_it_comes_here(run: RunFolder, data: Path) -> None:
    (data / "quiz.jsonl").unlink()
    assert drive.work(run) == 1
    assert "a quiz is not on this machine" in run.status().error
    assert run.status().error.endswith("put quiz.jsonl where ZHTUI_DATA points")


def test_they_are_found_without_a_run(run: RunFolder, data: Path) -> None:
    assert find_data("quiz") == data / "quiz.jsonl"
    assert Run(None).data("shards") == data / "a.bin"
    assert find_data("auto", auto=("quiz",)) == data / "quiz.jsonl"
    mine = DataSet("mine", "https://127.0.0.1:1/mine.bin", "00" * 32, 3, text=False)
    assert not has_data(mine)
    (data / "mine.bin").write_bytes(b"\0\1\2")
    assert has_data(mine), "what is in it is not looked at"
    with pytest.raises(DataError, match="is damaged"):
        find_data(mine, download=False)
    with pytest.raises(DataError, match="take 'quiz'"):
        find_data("quizz")


def test_they_are_listed_and_asked_for_by_name(run: RunFolder, data: Path) -> None:
    said = CliRunner().invoke(app, ["data", "list"]).stdout
    assert f"{data / 'quiz.jsonl'}  a quiz" in said
    assert "shakespeare" in said
    assert "gpt2-tokens" in said
    assert "quiz: " in CliRunner().invoke(app, ["data", "get", "quiz"]).stdout


def test_a_data_set_without_a_hash_counts_nowhere(data: Path) -> None:
    (data / "loose.txt").write_text("anything")
    with pytest.raises(DataError):
        find_data(DataSet("loose", "https://127.0.0.1:1/loose.txt"), download=False)


def test_cards_of_before_had_one_and_still_open(run: RunFolder) -> None:
    row = {"asked": "auto", "name": "given", "path": "given_names.txt", "sha256": "00"}
    assert noted({"data": row}) == {"given": row}
    assert noted({"data": None}) == noted({}) == {}
    assert noted({"data": {"given": row, "bad": 7, "odd": {}}}) == {"given": row}
    write_json(run.path / CARD, {**run.card(), "data": row})
    assert drive.work(run) == 1
    assert "has changed since this run began" in run.status().error
    mine = Reference("loss", 1.0, 0.1, "mine", "a page", preset="tiny", data="given")
    other = Reference("loss", 1.0, 0.1, "other", "a page", preset="tiny", data="names")
    known = catalog.one("reader").card
    lesson = Lesson(1, "", "", "", known.config, known.presets, references=(mine, other))
    assert own_references(run, lesson) == [mine]
