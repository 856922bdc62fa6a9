"""Odd words at a shell: what they name is refused in a sentence, and nothing reaches it raw."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from zhtui.cli.app import app
from zhtui.errors import ConfigError, LessonError, StoreError
from zhtui.lesson import catalog
from zhtui.machine import doctor
from zhtui.runs import learner
from zhtui.runs.folder import RunFolder
from zhtui.work import client

Drop = Callable[..., Path]


def typed(*words: str, answer: str = "") -> Result:
    """What a command says and raises."""
    return CliRunner().invoke(app, list(words), input=answer)


def refused(*words: str) -> str:
    """The sentence with which a wrong command is refused, before anything is printed."""
    done = typed(*words)
    assert isinstance(done.exception, ConfigError), (done.output, done.exception)
    assert not done.output
    return str(done.exception)


@pytest.fixture
def run(stranger: Drop, store: Path) -> RunFolder:
    """A run that nobody has begun."""
    stranger()
    return client.create(store, catalog.one("drift"), preset="tiny", where="cpu", name="one")


def test_no_path_is_asked_about_raw(run: RunFolder, store: Path) -> None:
    (store / "drift").rename(store / "ev\x1b[31mil")
    said = typed("runs", "delete", "one", answer="n\n").output
    assert r"ev\x1b[31mil/one?" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("place", ["X,²", "X,1,²", "X,٣", f"X,{'9' * 5000}", "X,-1", ",1", "X"])
def test_what_is_no_cell_is_refused(place: str) -> None:
    assert "is not a cell" in refused("explore", "attention", "--at", place)
    assert "is not a cell" in refused("explore", "attention", "--poke", f"{place}=1")


def test_bytes_that_are_no_text_are_refused(run: RunFolder) -> None:
    """What a shell gives of a byte that is no UTF-8: it could not be written."""
    with pytest.raises(StoreError, match="a note is text in UTF-8"):
        learner.write_note(run, "a\udcff")
    assert run.note() == ""
    assert "is not a text" in refused("run", "tokenizer", "data=/x/\udcff.txt", "--headless")


def test_json_before_the_command_of_runs_holds_for_it(run: RunFolder) -> None:
    assert json.loads(typed("runs", "--json", "list").output)["run"] == "one"
    assert json.loads(typed("runs", "--json", "show", "one").output)["lesson"] == "drift"
    assert "leave --json out" in refused("runs", "--json", "pause", "one")


def test_an_unknown_label_is_answered_with_those_there_are() -> None:
    assert "there are: copy: greedy decoding" in refused("verify", "transformer", "--only", "x!")
    assert "no label contains 'typo'; there are: " in refused("verify", "--only", "typo")


def test_an_unknown_data_set_is_a_wrong_command() -> None:
    assert "there is no data set 'nope': take one of" in refused("data", "get", "nope")


def test_all_lessons_are_found_before_one_is_checked() -> None:
    done = typed("check", "sampling", "smapling")
    assert isinstance(done.exception, LessonError)
    assert done.output == ""


@pytest.mark.parametrize(
    "words", [("runs", "step", "one"), ("gpt2", "eval", "one", "--limit")], ids=" ".join
)
def test_a_count_has_an_end(run: RunFolder, words: tuple[str, ...]) -> None:
    done = typed(*words, "9" * 20)
    assert done.exit_code == 2
    assert "is not in the range" in done.output or "less than or equal" in done.output


def test_doctor_finds_a_store_that_is_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        monkeypatch.setenv("ZHTUI_STORE", str(place))
        assert f"! {tmp_path / 'file'} is no folder" in "\n".join(doctor._store())


def test_a_store_that_is_a_file_has_no_runs_to_list(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for words in ((), ("list",), ("--json",)):
        assert "is no folder; choose" in refused("runs", "--store", str(tmp_path / "file"), *words)


def test_doctor_finds_a_data_folder_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZHTUI_DATA", str(tmp_path / "file"))
    assert next(doctor._data()).startswith(f"! ZHTUI_DATA is {tmp_path / 'file'}, which is not")
