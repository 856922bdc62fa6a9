"""Answers to cards: read as they are typed, held against the numbers, judged in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhtui.errors import ConfigError
from zhtui.lesson.answer import judged, lettered, read, solution, weighed
from zhtui.lesson.card import Cell, Question

NAMES = ("low", "mid", "high")
TRUTH = {"low": 1.0, "mid": 2.0, "high": 3.0}
PICKED = {name: Cell("scene", "S", row) for row, name in enumerate(NAMES)}


def asked(kind: str, **more: object) -> Question:
    """A card that compares three cells."""
    return Question("Title", "Which?", "", "so", "thus", kind=kind, among=PICKED, **more)


def letters(question: Question, *names: str) -> str:
    """The letters of some names, as the card has them."""
    known = {name: letter for letter, name in lettered(question, NAMES).items()}
    return "".join(known[name] for name in names)


def test_the_highest_is_right_or_the_lowest_where_that_is_asked() -> None:
    highest, lowest = asked("choose"), asked("choose", lowest=True)
    assert solution(highest, TRUTH) == letters(highest, "high")
    assert solution(lowest, TRUTH) == letters(lowest, "low")
    assert judged(highest, TRUTH, letters(highest, "high")).right
    wrong = judged(highest, TRUTH, letters(highest, "mid"))
    assert not wrong.right
    assert wrong.words == "no: it is high; you said mid"


def test_an_order_is_told_how_much_of_it_is_right() -> None:
    question = asked("order")
    assert solution(question, TRUTH) == letters(question, "high", "mid", "low")
    said = judged(question, TRUTH, letters(question, "high", "low", "mid"))
    assert not said.right
    assert said.words.startswith("1 of 3 are right")


def test_lines_are_answered_in_the_order_of_their_names() -> None:
    question = Question("T", "Which?", "", "so", "thus", kind="lines", cell=Cell("scene", "C"))
    assert solution(question, TRUTH) == letters(question, "high", "low", "mid")
    assert judged(question, TRUTH, solution(question, TRUTH)).right


def test_letters_tell_nothing_and_stay() -> None:
    question = asked("order")
    assert lettered(question, NAMES) == lettered(question, reversed(NAMES))
    orders = {
        "".join(lettered(Question("T", f"{n}?", "", "so", "thus"), NAMES).values())
        for n in range(20)
    }
    assert len(orders) > 2, "another question has another order"


@pytest.mark.parametrize("text", ["bac", "b a c", "B > A > C", " b,a;c "])
def test_letters_are_read_as_they_are_typed(text: str) -> None:
    assert read(asked("order"), NAMES, text) == "bac"


@pytest.mark.parametrize(("kind", "text"), [
    ("choose", ""), ("choose", "ab"), ("choose", "d"), ("order", "ab"), ("order", "aab"),
    ("order", "abcd"), ("lines", "2"),
])  # fmt: skip
def test_what_is_no_answer_is_refused_with_what_to_type(kind: str, text: str) -> None:
    with pytest.raises(ConfigError, match="type"):
        read(asked(kind), NAMES, text)


@pytest.mark.parametrize(
    ("guess", "words", "right"),
    [
        (2.7, "right, exactly", True),
        (2.75, "right: too high by 0.0500 only", True),
        (2.9, "close: too high by 0.2000", False),
        (3.3, "too high by 0.6000", False),
        (9.7, "far off: too high by 7", False),
        (2.2, "too low by 0.5000", False),
    ],
)
def test_a_number_is_judged_by_the_spread_of_what_the_card_tells(
    guess: float, words: str, right: bool
) -> None:
    verdict = weighed(guess, 2.7, {"before": 1.7})
    assert verdict.words == words
    assert verdict.right == right


def test_a_guess_on_the_wrong_side_of_what_was_told_hears_so() -> None:
    said = weighed(2.0, 2.567, {"one layer": 2.392}).words
    assert said.endswith(". Not less than one layer, but more")


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_nearer_is_never_judged_worse(guess: float, truth: float, known: float) -> None:
    nearer = truth + (guess - truth) / 2
    numbers = {"told": known}
    assert weighed(nearer, truth, numbers).right >= weighed(guess, truth, numbers).right
