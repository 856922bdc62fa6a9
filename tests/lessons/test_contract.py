"""What every lesson found must hold, whatever it teaches: what `zhtui check` looks at, and more."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhtui.lesson import catalog
from zhtui.lesson.catalog import Entry
from zhtui.work.check import CHECKS, Check, promise

ENTRIES = [entry for entry in catalog.all_lessons() if entry.package.startswith("lessons.")]
LESSONS = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
KEEP = ("tiny", "quick", "paper")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@LESSONS
def test_the_contract_holds(entry: Entry, check: Check, store: Path) -> None:
    assert promise(check)
    check(entry, store)


@LESSONS
def test_a_lesson_of_the_lab_s_own_has_presets_questions_and_notes(entry: Entry) -> None:
    card = entry.card
    assert set(KEEP) <= set(card.presets)
    assert len(card.questions) >= 3
    notes = (entry.folder / "notes.md").read_text(encoding="utf-8")
    assert len(notes) > 500
