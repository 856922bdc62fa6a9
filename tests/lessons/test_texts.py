"""Every lesson reads texts in one way: a byte order mark is no part of them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lessons.blocks import names
from lessons.blocks.files import open_text, read_text
from lessons.blocks.text import CharText
from lessons.micrograd import points
from lessons.tokenizer import train as tokenizer

LESSONS = Path(names.__file__).parents[1]
WORDS = "anna\nbert\ncleo\n" * 3
POINTS = "0 1 a\n1 0 b\n0 2 a\n"


@pytest.fixture(params=["with a mark", "without"])
def mark(request: pytest.FixtureRequest) -> str:
    return "\ufeff" if request.param == "with a mark" else ""


def test_an_alphabet_has_no_mark(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "text.txt"
    path.write_text(mark + WORDS, encoding="utf-8")
    assert read_text(path) == WORDS
    assert CharText.read(path).alphabet.start == "\n"
    assert CharText.read(path).alphabet.characters == "".join(sorted(set(WORDS)))
    assert names.read(path) == WORDS.split()


def test_a_vocabulary_learns_no_mark(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "text.txt"
    path.write_text(mark + WORDS, encoding="utf-8")
    config = SimpleNamespace(text="", data=str(path))
    run: Any = SimpleNamespace(config=config, data=lambda name, auto: path)
    with tokenizer.text_of(run)() as file:
        assert file.read() == WORDS.encode()
    with open_text(path) as file:
        assert file.read(4) == b"anna"


def test_points_begin_with_the_first_line(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "points.txt"
    path.write_text(mark + POINTS, encoding="utf-8")
    assert np.isfinite(points.read(path).xy).all()


@pytest.mark.parametrize("path", sorted(LESSONS.glob("*/build.py")), ids=lambda p: p.parent.name)
def test_no_lesson_reads_a_text_of_its_own_accord(path: Path) -> None:
    assert ".read_text(" not in path.read_text(encoding="utf-8")
