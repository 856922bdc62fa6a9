"""Knobs as text and JSON, and every refusal's sentence."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhtui.errors import ConfigError
from zhtui.lesson import knobs
from zhtui.lesson.card import knob


@dataclass(frozen=True)
class Config:
    steps: int = knob(100, "steps", low=1)
    lr: float = knob(1e-3, "learning rate", low=0.0, high=10.0, live=True)
    data: str = knob("auto", "text")
    tied: bool = knob(True, "one table")
    rung: str = knob("full", "how far", choices=("bigram", "head", "full"))

    def __post_init__(self) -> None:
        if self.steps == 13:
            raise ValueError("13 steps bring no luck; choose 14")


def test_knobs_are_listed_in_order_with_their_types() -> None:
    rows = knobs.knobs(Config)
    assert [row.name for row in rows] == ["steps", "lr", "data", "tied", "rung"]
    assert [row.kind for row in rows] == [int, float, str, bool, str]
    assert rows[0].bounds == "at least 1"
    assert rows[1].bounds == "0 … 10"
    assert rows[4].bounds == "one of bigram, head, full"


@pytest.mark.parametrize(
    ("pair", "name", "value"),
    [
        ("lr=3e-4", "lr", 3e-4),
        ("lr=1", "lr", 1.0),
        ("steps=5_000", "steps", 5000),
        ("steps=5e3", "steps", 5000),
        ("tied=no", "tied", False),
        ("tied=TRUE", "tied", True),
        ("data=a=b.txt", "data", "a=b.txt"),
        ("rung=head", "rung", "head"),
    ],
)
def test_text_becomes_a_typed_value(pair: str, name: str, value: object) -> None:
    found = getattr(knobs.parse(Config(), [pair]), name)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("lr", "'lr' is not a setting; write KEY=VALUE, for example lr=0.001"),
        ("leraning=1", "there is no knob 'leraning'; the knobs are steps, lr, data, tied, rung"),
        ("step=1", "there is no knob 'step'; did you mean steps?"),
        ("steps=many", "steps=many is not a whole number; write it as steps=100, at least 1"),
        ("steps=1.5", "steps=1.5 is not a whole number; write it as steps=100, at least 1"),
        ("steps=0", "steps=0 is out of bounds; it takes at least 1"),
        ("lr=11", "lr=11 is out of bounds; it takes 0 … 10"),
        ("lr=nan", "lr=nan is not a finite number; write it as lr=0.001, 0 … 10"),
        ("steps=inf", "steps=inf is not a whole number; write it as steps=100, at least 1"),
        ("tied=maybe", "tied=maybe is not true or false; write it as tied=true"),
        ("rung=heads", "rung=heads is not one of bigram, head, full; did you mean head?"),
        ("steps=13", "13 steps bring no luck; choose 14"),
    ],
)
def test_a_refusal_names_the_knob_the_bound_and_the_nearest_name(pair: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        knobs.parse(Config(), [pair])
    assert str(caught.value) == sentence


@given(
    st.builds(
        Config,
        steps=st.integers(14, 10**9),
        lr=st.floats(0, 10),
        tied=st.booleans(),
        rung=st.sampled_from(["bigram", "head", "full"]),
    )
)
def test_text_and_json_give_the_same_config_back(one: Config) -> None:
    pairs = [f"{row.name}={knobs.text(getattr(one, row.name))}" for row in knobs.knobs(Config)]
    assert knobs.parse(Config(), pairs) == one
    assert knobs.from_json(Config, knobs.to_json(one)) == one


def test_json_of_another_version_is_read_by_the_names_it_shares() -> None:
    read = knobs.from_json(Config, {"lr": 1, "gone": True})
    assert read == Config(lr=1.0)
    assert isinstance(read.lr, float)


def test_json_out_of_bounds_is_refused() -> None:
    with pytest.raises(ConfigError, match="out of bounds"):
        knobs.from_json(Config, {"lr": -1})
    with pytest.raises(ConfigError, match="not a whole number"):
        knobs.from_json(Config, {"steps": "100"})
