"""Cards are kept in words: read as they were, found out of date, and whole when asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from zhtui.lesson import catalog, kept
from zhtui.lesson.card import Lesson

OWN = [entry for entry in catalog.all_lessons() if entry.lesson and not entry.error]
FOLDERS = [entry.folder for entry in OWN]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where cards are kept: in the test's own folder, under a folder that is not there yet."""
    path = tmp_path / "cache" / "cards.json"
    monkeypatch.setattr(kept, "place", lambda: path)
    return path


def tuples(value: Any) -> Any:
    """Lists as tuples, all the way down."""
    if isinstance(value, Mapping):
        return {key: tuples(each) for key, each in value.items()}
    return tuple(map(tuples, value)) if isinstance(value, (list, tuple)) else value


def test_every_card_is_read_as_it_is(place: Path) -> None:
    assert not place.exists()
    catalog.keep()
    shown, whole = catalog.shown(), catalog.all_lessons()
    assert [entry.name for entry in shown] == [entry.name for entry in whole]
    for entry, other in zip(shown, whole, strict=True):
        assert isinstance(entry.lesson, kept.Kept)
        assert entry.fault == ""
        for name in kept.SAID:
            assert getattr(entry.card, name) == tuples(getattr(other.card, name)), name
        for name in kept.LATER:
            assert getattr(entry.card, name) is getattr(other.card, name)
        assert entry.scenes() == other.scenes()


def test_without_what_was_kept_they_are_imported(place: Path) -> None:
    assert not any(isinstance(entry.lesson, kept.Kept) for entry in catalog.shown())
    assert not place.exists(), "a list writes nothing"


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"{}", b"x" * 100, b"\n{}", b"[" * 100_000, b"a\n[1]", bytes(range(256))],
    ids=lambda content: repr(content[:9]),
)
def test_a_file_that_is_another_is_none(place: Path, content: bytes) -> None:
    place.parent.mkdir()
    place.write_bytes(content)
    assert kept.cards(FOLDERS) == {}
    assert len(catalog.shown()) == len(OWN)


@pytest.mark.parametrize("at", [0.1, 0.5, 0.99])
def test_a_byte_that_was_changed_is_found_out(place: Path, at: float) -> None:
    catalog.keep()
    content = bytearray(place.read_bytes())
    content[int(at * len(content))] ^= 1
    place.write_bytes(content)
    assert kept.cards(FOLDERS) == {}


@pytest.mark.parametrize("said", ['{"gpt": 1}', '{"gpt": {}}', '{"gpt": {"number": 9}}', "[]"])
def test_cards_of_another_version_are_none(
    place: Path, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_stamp", lambda folders, content: b"stamp")
    place.parent.mkdir()
    place.write_text(f"stamp\n{said}")
    assert kept.cards(FOLDERS) == {}


def lesson_in(shelf: Path) -> Path:
    """A lesson's folder, with a shelf of blocks beside it."""
    for name in ("one", "blocks"):
        (shelf / name).mkdir(parents=True)
        (shelf / name / "__init__.py").write_text("x = 1\n")
    return shelf / "one"


CHANGES: dict[str, Callable[[Path], object]] = {
    "a card": lambda shelf: (shelf / "one" / "__init__.py").write_text("x = 12\n"),
    "of the same size": lambda shelf: os.utime(shelf / "one" / "__init__.py", (1, 1)),
    "what it imports": lambda shelf: (shelf / "blocks" / "__init__.py").write_text("x = 12\n"),
    "a new file": lambda shelf: (shelf / "one" / "config.py").write_text(""),
    "a file that goes": lambda shelf: (shelf / "one" / "__init__.py").unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_counts(tmp_path: Path, change: str) -> None:
    folders: Collection[Path] = [lesson_in(tmp_path / "shelf")]
    kept.keep({entry.name: entry.card for entry in OWN[:2]}, folders)
    assert len(kept.cards(folders)) == 2
    CHANGES[change](tmp_path / "shelf")
    assert kept.cards(folders) == {}


def test_a_card_that_would_not_be_read_alike_is_left_out() -> None:
    card = OWN[0].card
    odd: dict[str, Lesson] = {
        "number": replace(card, charts={"loss": ("loss", float("nan"))}),  # type: ignore[dict-item]
        "object": replace(card, unit=object()),  # type: ignore[arg-type]
        "key": replace(card, charts={1: ("loss",)}),  # type: ignore[dict-item]
        "sound": card,
    }
    kept.keep(odd, FOLDERS)
    assert list(kept.cards(FOLDERS)) == ["sound"]


def test_where_nothing_can_be_kept_nothing_is_said(place: Path) -> None:
    place.parent.write_text("a file in place of the folder")
    catalog.keep()
    assert kept.cards(FOLDERS) == {}


def test_a_card_that_cannot_be_imported_any_more_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    catalog.keep()
    [entry, *_] = catalog.shown()
    broken = catalog.Entry(entry.name, entry.package, entry.folder, error="it is broken; mend it")
    monkeypatch.setattr(catalog, "_load", lambda *_: broken)
    assert entry.fault == "it is broken; mend it"


def test_a_list_imports_no_lesson(place: Path, tmp_path: Path) -> None:
    """As the app does it: in a process of its own, its cache where the system says."""
    code = (
        "import sys; from zhtui.lesson import catalog; {} "
        "print(len(catalog.shown()), *(name for name in sys.modules if name[:8] == 'lessons.'))"
    )
    known = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    said = [
        subprocess.run(
            [sys.executable, "-P", "-c", code.format(first)],
            capture_output=True, text=True, check=True, env=known,
        ).stdout.split()
        for first in ("catalog.keep();", "")
    ]  # fmt: skip
    assert said[1] == [str(len(OWN))], "names of modules, were there any"
    assert len(said[0]) > len(OWN)
