"""When garbage is collected, with a collector that only writes down what it is asked."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import pytest

from zhtui.tui import tidy
from zhtui.tui.tidy import Tidy

Asked = list[str]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What was asked of the collector; three thousand objects are new whenever it is asked."""
    said: Asked = []

    def tell(word: str) -> Callable[..., None]:
        return lambda *numbers: said.append(" ".join([word, *map(str, numbers)]))

    for name in ("collect", "freeze", "enable"):
        monkeypatch.setattr(tidy.gc, name, tell(name))
    monkeypatch.setattr(tidy.gc, "set_threshold", tell("threshold"))
    monkeypatch.setattr(tidy.gc, "get_count", lambda: (tidy.SOME, 0, 0))
    return said


def begun(asked: Asked) -> Tidy:
    one = Tidy()
    one.begin()
    asked.clear()
    return one


def test_nothing_is_collected_until_the_first_frame_and_then_by_hand(asked: Asked) -> None:
    Tidy().begin()
    assert asked == ["freeze", f"threshold {tidy.HURRY} {tidy.NEVER} {tidy.NEVER}", "enable"]


def test_a_key_that_was_just_pressed_is_not_held_up(asked: Asked) -> None:
    one = begun(asked)
    for _ in range(1000):
        one.look(0.1, home=False)
    assert asked == []


def test_pauses_are_for_the_new_and_a_long_one_for_all(asked: Asked) -> None:
    one = begun(asked)
    for _ in range(tidy.LOOKS):
        one.look(0.3, home=False)
    assert asked == ["collect 1"] * tidy.LOOKS
    one.look(3.0, home=False)
    assert asked[tidy.LOOKS :] == ["collect"]
    one.look(3.0, home=False)
    assert asked[-1] == "collect 1", "it begins anew"


def test_who_never_pauses_for_long_is_tidied_up_after_at_last(asked: Asked) -> None:
    one = begun(asked)
    for _ in range(tidy.OVERDUE + 1):
        one.look(0.3, home=False)
    assert asked.count("collect") == 1


def test_what_was_imported_since_is_set_aside_at_home_alone(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = begun(asked)
    monkeypatch.setattr(tidy.gc, "get_count", lambda: (0, 0, 0))
    monkeypatch.setitem(sys.modules, "zhtui.nothing", sys)
    one.look(0.3, home=False)
    assert asked == []
    for _ in range(3):
        one.look(0.3, home=True)
    assert asked == ["collect", "freeze"]


def test_the_collector_takes_what_it_is_given() -> None:
    before, was = gc.get_threshold(), gc.isenabled()
    try:
        gc.set_threshold(tidy.HURRY, tidy.NEVER, tidy.NEVER)
        assert gc.get_threshold()[:2] == (tidy.HURRY, tidy.NEVER)
        assert len(gc.get_count()) == 3
    finally:
        gc.set_threshold(*before)
        assert gc.isenabled() == was
