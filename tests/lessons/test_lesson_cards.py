"""The cards of all lessons: what a scene answers is computed, and no card gives its answer away."""

from __future__ import annotations

import math
import re

import pytest

from zhtui.lesson import catalog
from zhtui.lesson.answer import solution
from zhtui.lesson.card import CHOOSE, LINES, NUMBER, ORDER, Question
from zhtui.lesson.catalog import Entry
from zhtui.work.check_scenes import card_truth

ENTRIES = [entry for entry in catalog.all_lessons() if entry.package.startswith("lessons.")]
CARDS = [(entry, question) for entry in ENTRIES for question in entry.card.questions]
OF_SCENES = [(entry, question) for entry, question in CARDS if question.cells]
FIGURE = re.compile(r"(?<![\w.])\d[\d,]*\.?\d*(?![\w%])")
# What the mathematics says of each card that a scene answers: a number, or the right order.
KNOWN: dict[str, float | list[str]] = {
    "A table of counts is a model": 3 / 4,
    "What the counts say of three pairs": ["'m' after 'e'", "'m' begins a word", "'v' after 'a'"],
    "Row 0 has one letter to listen to": 1.0,
    "How large should a step be?": ["α = .5", "α = .02", "α = .1"],
    "A reward goes back door by door": ["from 1 to 5", "from 3 to 4", "from 3 to 2"],
}


def named(pair: tuple[Entry, Question]) -> str:
    """A test's name."""
    return f"{pair[0].name}-{pair[1].ask[:24]}"


@pytest.mark.parametrize("pair", OF_SCENES, ids=named)
def test_a_scene_answers_with_numbers_that_differ(pair: tuple[Entry, Question]) -> None:
    entry, question = pair
    truth = card_truth(entry, question)
    assert all(map(math.isfinite, truth.values()))
    assert len(set(truth.values())) == len(truth) >= (2 if question.kind != NUMBER else 1)
    known = KNOWN.get(question.ask)
    if isinstance(known, float):
        assert truth[""] == pytest.approx(known, abs=1e-6)
    if isinstance(known, list):
        assert sorted(truth, key=lambda name: -truth[name]) == known
    if question.kind != NUMBER:
        letters = solution(question, truth)
        assert letters != "".join(sorted(letters)) or question.kind == CHOOSE, (
            "a, b, c is no riddle"
        )
        assert len(letters) == (1 if question.kind == CHOOSE else len(truth))


def test_all_kinds_are_used_and_six_lessons_have_a_card_without_a_run() -> None:
    kinds = {question.kind for _, question in CARDS}
    assert kinds == {NUMBER, CHOOSE, ORDER, LINES}
    assert len({entry.name for entry, _ in OF_SCENES}) >= 6


@pytest.mark.parametrize("pair", CARDS, ids=named)
def test_no_title_gives_an_answer_away(pair: tuple[Entry, Question]) -> None:
    """The first figure of what is seen stands not in the title, to two digits."""
    _, question = pair
    answers = [each.rstrip(".,").replace(",", "") for each in FIGURE.findall(question.see)]
    titled = [each.rstrip(".,").replace(",", "") for each in FIGURE.findall(question.ask)]
    near = [
        each for each in titled if answers and abs(float(each) / float(answers[0] or 1) - 1) < 0.01
    ]
    assert not near
