"""What every lesson found must hold, whatever it teaches: what `zhtui check` looks at, and more."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from zhtui.lesson import catalog
from zhtui.lesson.catalog import Entry
from zhtui.work.check import CHECKS, Check, promise

ENTRIES = [entry for entry in catalog.all_lessons() if entry.package.startswith("lessons.")]
LESSONS = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
KEEP = ("tiny", "quick", "paper")
# A step of many processes takes a second, and these checks take many steps: half a minute each.
SLOW = {"parallel-tiny", "parallel-stopped", "parallel-sampled"}
# A kill takes a process of its own, and its start takes most of the time: a few in every suite.
SLOW |= {f"{entry.name}-killed" for entry in ENTRIES} - {"bigram-killed", "gpt-killed", "td-killed"}


def case(entry: Entry, check: Check) -> ParameterSet:
    """A lesson and what it must hold."""
    name = f"{entry.name}-{check.__name__}"
    return pytest.param(entry, check, id=name, marks=[pytest.mark.slow] if name in SLOW else [])


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A store for each lesson: one whole run in it is what several checks compare with."""
    return cache(tmp_path_factory.mktemp)


@pytest.mark.parametrize(
    ("entry", "check"), [case(entry, check) for entry in ENTRIES for check in CHECKS]
)
def test_the_contract_holds(entry: Entry, check: Check, stores: Callable[[str], Path]) -> None:
    assert promise(check)
    check(entry, stores(entry.name))


@LESSONS
def test_a_lesson_of_the_lab_s_own_has_presets_questions_and_notes(entry: Entry) -> None:
    card = entry.card
    assert set(KEEP) <= set(card.presets)
    assert len(card.questions) >= 3
    notes = (entry.folder / "notes.md").read_text(encoding="utf-8")
    assert len(notes) > 500
