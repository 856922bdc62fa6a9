"""Odd words at a shell: what they name is refused in a sentence, and nothing reaches it raw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from zhtui.cli.app import app
from zhtui.errors import ConfigError
from zhtui.lesson import catalog
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
