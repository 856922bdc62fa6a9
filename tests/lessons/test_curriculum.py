"""lessons/README.md against the folders beside it."""

from __future__ import annotations

import re
from pathlib import Path

import lessons
from zhtui.lesson import page

FOLDER = Path(lessons.__file__).parent
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
HERE, _, PLANNED = PAGE.partition("\n## Planned\n")  # there may be nothing planned


def test_every_lesson_has_a_row_and_every_row_a_lesson() -> None:
    listed = set(re.findall(r"^\| \S+ \| \[(\w+)\]\(\1\) \|", HERE, re.M))
    cards = FOLDER.glob("*/__init__.py")
    there = {card.parent.name for card in cards if "lesson = Lesson(" in card.read_text("utf-8")}
    assert there <= listed
    assert all((FOLDER / name).is_dir() for name in listed)


def test_what_a_lesson_can_give_is_told_as_the_types_have_it() -> None:
    assert page.page() in HERE, "put what `python -m zhtui.lesson.page` prints into the page"


def test_nothing_that_is_there_is_called_planned() -> None:
    planned = re.findall(r"^\| \d+ \| (\w+) \|", PLANNED, re.M)
    assert not [name for name in planned if (FOLDER / name).is_dir()]
