"""Lessons are found, a stranger's too; a broken one is a row with its error."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from zhtui.errors import LessonError
from zhtui.lesson import catalog

Drop = Callable[..., Path]


def test_the_built_in_lessons_are_found() -> None:
    assert {"gpt", "bigram"} <= set(catalog.names())
    numbers = [entry.card.number for entry in catalog.all_lessons() if entry.lesson]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == len(numbers)


def test_a_strangers_lesson_is_found(stranger: Drop) -> None:
    stranger("drift")
    entry = catalog.one("drift")
    assert entry.card.summary == "a number drifts to zero"
    assert entry.has("train")
    assert not entry.has("generate")
    with pytest.raises(LessonError, match=r"drift has no generate\.py"):
        entry.function("generate", "generate")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("import nothing_like_this", "ModuleNotFoundError"),
        ("lesson = (", "SyntaxError"),
        ("raise SystemExit", "SystemExit"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_broken_lesson_is_a_row_with_its_error(stranger: Drop, text: str, error: str) -> None:
    folder = stranger("broken")
    (folder / "__init__.py").write_text(text)
    stranger("sound")
    by_name = {entry.name: entry for entry in catalog.all_lessons()}
    assert error in by_name["broken"].error
    assert by_name["sound"].lesson is not None
    assert by_name["gpt"].lesson is not None
    with pytest.raises(LessonError, match="could not be loaded"):
        catalog.one("broken")


def test_a_lesson_with_the_name_of_another_says_so(
    stranger: Drop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stranger("gpt")
    stranger("sound")
    own = tmp_path / "own"
    monkeypatch.setenv("ZHTUI_LESSONS", f"{own}{os.pathsep}{own}")
    for listed in (catalog.all_lessons, catalog.shown):
        errors = {entry.name: entry.error for entry in listed() if entry.error}
        why = f"lesson gpt in {folder} has the name of another; rename its folder"
        assert errors == {"own/gpt": why}
    assert catalog.one("gpt").folder != folder
    monkeypatch.delenv("ZHTUI_LESSONS")
    assert not [entry for entry in catalog.all_lessons() if entry.error]


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(LessonError, match="did you mean bigram"):
        catalog.one("bigrams")


def test_a_folder_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHTUI_LESSONS", "/no/such/folder")
    with pytest.raises(LessonError, match="ZHTUI_LESSONS names /no/such/folder"):
        catalog.names()


def test_a_card_costs_neither_torch_nor_numpy() -> None:
    code = (
        "import sys; from zhtui.lesson import catalog; catalog.all_lessons(); "
        "print(sorted({'torch', 'numpy', 'textual', 'rich'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code]) == b"[]\n"
