"""When garbage is collected, with a collector that only writes down what it is asked."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import pytest

from zhtui.tui.terminal import garbage
from zhtui.tui.terminal.garbage import Tidy

Asked = list[str]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What was asked of the collector."""
    said: Asked = []

    def tell(word: str) -> Callable[..., None]:
        return lambda *numbers: said.append(" ".join([word, *map(str, numbers)]))

    for name in ("collect", "freeze", "enable"):
        monkeypatch.setattr(garbage.gc, name, tell(name))
    monkeypatch.setattr(garbage.gc, "set_threshold", tell("threshold"))
    return said


def begun(asked: Asked) -> Tidy:
    one = Tidy()
    one.begin()
    asked.clear()
    return one


def test_nothing_is_collected_until_the_first_frame_and_then_by_hand(asked: Asked) -> None:
    Tidy().begin()
    assert asked == [
        "freeze",
        f"threshold {garbage.HURRY} {garbage.NEVER} {garbage.NEVER}",
        "enable",
    ]


def test_a_key_that_was_just_pressed_is_not_held_up(asked: Asked) -> None:
    one = begun(asked)
    one.left()
    assert one.look(0.01, home=True) == garbage.PAUSE
    assert asked == []
    assert one.look(0.3, home=True) is None
    assert asked == ["collect 1"]
    assert one.look(0.3, home=True) is None
    assert asked == ["collect 1"], "there is no more to collect"


def test_what_is_over_an_open_screen_is_collected_alone(asked: Asked) -> None:
    one = begun(asked)
    one.left()
    one.look(0.3, home=False)
    assert asked == ["collect 0"], "or the open screen would be old when it is left"


def test_all_is_walked_in_a_long_pause_after_many_screens(asked: Asked) -> None:
    one = begun(asked)
    again = []
    for _ in range(garbage.LEFT):
        one.left()
        again.append(one.look(0.3, home=True))
    assert again == [None] * (garbage.LEFT - 1) + [garbage.QUIET - 0.3]
    asked.clear()
    assert one.look(garbage.QUIET, home=False) is None
    assert asked == ["collect"]


def test_who_never_pauses_is_tidied_up_after_at_last(asked: Asked) -> None:
    one = begun(asked)
    for _ in range(garbage.OVERDUE):
        one.left()
        one.look(0.06, home=True)
    one.look(0.0, home=True)
    assert asked.count("collect") == 1


def test_what_was_imported_since_is_set_aside_at_home_alone(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = begun(asked)
    monkeypatch.setitem(sys.modules, "zhtui.nothing", sys)
    one.look(0.3, home=False)
    assert asked == []
    for _ in range(3):
        one.look(0.3, home=True)
    assert asked == ["collect", "freeze"]


def test_the_collector_takes_what_it_is_given() -> None:
    before = gc.get_threshold()
    try:
        gc.set_threshold(garbage.HURRY, garbage.NEVER, garbage.NEVER)
        assert gc.get_threshold()[:2] == (garbage.HURRY, garbage.NEVER)
    finally:
        gc.set_threshold(*before)
