"""What notes name that can be played."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from zhtui.lab import Lesson, knob
from zhtui.lesson.played import EXPLORE, KEY, RUN, VIEW, Action, Aim, label


@dataclass(frozen=True)
class Config:
    """Knobs of a lesson."""

    lr: float = knob(0.1, "rate")
    steps: int = knob(10, "steps")


PRESETS = {"tiny": Config(), "quick": Config(), "paper": Config()}
CARD = Lesson(1, "td", "", "", Config, PRESETS, scenes=("walk", "rooms"))
KEYS = ("x", "→", ".")


def aimed(text: str) -> list[Action]:
    """The actions of a paragraph in which spans stand between backquotes."""
    aim, found, before = Aim("td", CARD, KEYS), [], ""
    aim.begin()
    for place, part in enumerate(text.split("`")):
        action = aim(before, part) if place % 2 else None
        found += [action] if action is not None else []
        before += part
    return found


@pytest.mark.parametrize(("text", "actions"), [
    ("Run: `preset=paper lr=2`", [Action(RUN, "paper", ("lr=2",))]),
    ("with `preset=tiny` it is", [Action(RUN, "tiny")]),
    ("Run: `quick`, then `quick lr=1`.", [Action(RUN, "quick"), Action(RUN, "quick", ("lr=1",))]),
    ("Run: `preset=paper`, then with `lr=3`.", [Action(RUN, "paper"),
                                              Action(RUN, "paper", ("lr=3",))]),
    ("Press: run `lr=3`", [Action(RUN, "", ("lr=3",))]),
    ("the presets `tiny` and `paper`", [Action(RUN, "tiny")]),
    ("Explore: `td.walk n=3`", [Action(EXPLORE, "walk", ("n=3",))]),
    ("Explore: `td.walk`, then with `n=3`", [Action(EXPLORE, "walk"),
                                           Action(EXPLORE, "walk", ("n=3",))]),
    ("Explore: `td.rooms`. Run: `preset=tiny`.", [Action(EXPLORE, "rooms"), Action(RUN, "tiny")]),
    ("in view `race`", [Action(VIEW, "race")]),
    ("Look at the views `values` and `race`.", [Action(VIEW, "values"), Action(VIEW, "race")]),
    ("Press: `x`, then `→`.", [Action(KEY, "x"), Action(KEY, "→")]),
    ("Key `x` opens it", [Action(KEY, "x")]),
])  # fmt: skip
def test_a_span_is_played_by_its_place_and_form(text: str, actions: list[Action]) -> None:
    assert aimed(text) == actions


@pytest.mark.parametrize("text", [
    "the weight `W`", "Run: `preset=tiny data=FILE`", "Run: `zhtui run td`", "the knob `lr=3`",
    "Explore: `gpt.model`", "Explore: `td.nowhere`", "row `x` of it", "a rung `quick`",
])  # fmt: skip
def test_other_spans_are_code(text: str) -> None:
    assert aimed(text) == []


def test_a_label_is_the_last_word_with_a_colon() -> None:
    assert label("Run: `quick`. See by step 300: two bars") == "See"
    assert label("Say so: it is") == ""
