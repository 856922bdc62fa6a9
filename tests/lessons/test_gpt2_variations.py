"""The variations of GPT-2: counted on models, held against what was published; a sink spelled."""

from __future__ import annotations

import numpy as np
import pytest

from lessons.gpt2 import lesson
from lessons.gpt2.explore import variations
from lessons.gpt2.model import SIZES, ledger
from zhtui.lab import Frame, LabError, Poke, Spot, Table


def frames(poke: Poke | None = None, **knobs: object) -> list[Frame]:
    return list(variations.explore(None, variations.Ask(**knobs), poke or Poke()))  # type: ignore[arg-type]


def cell(frame: Frame, view: str, row: int, column: int) -> object:
    table = frame.shown()[view]
    assert isinstance(table, Table)
    return table.rows[row][column]


def test_weights_are_those_that_were_published() -> None:
    last = frames()[2]
    totals = [cell(last, "numbers", 0, column) for column in (1, 2, 3)]
    assert totals == [sum(ledger(SIZES["124M"]).values()), 1_235_814_400, 20_914_757_184]
    assert cell(last, "numbers", 1, 3) == pytest.approx(3.61e9, abs=0.005e9)  # its model card
    assert cell(last, "numbers", 1, 2) == totals[1], "nothing rests in a dense model"


def test_a_token_keeps_a_key_and_a_value_a_layer() -> None:
    assert [variations.bytes_of(m) for m in variations.MODELS] == [36_864, 32_768, 49_152]
    for own in variations.MODELS:
        assert variations.cache(own, 64) == 64 * variations.bytes_of(own)
    windowed = variations.MODELS[2]
    assert variations.cache(windowed, 1280) == (1280 + 128) / 2 * variations.bytes_of(windowed)
    poked = frames(Poke(Spot("heads", 2), 32.0))[1]
    assert cell(poked, "numbers", 2, 2) == 4 * 32_768, "without groups four times as much"
    assert cell(poked, "numbers", 2, 1) == 36_864, "the others stay"
    with pytest.raises(LabError, match="choose another number"):
        frames(Poke(Spot("heads", 2), 0.0))


def test_what_a_model_shares_with_the_one_before_is_the_same() -> None:
    plan = [frame.shown()["plan"] for frame in frames()[:3]]
    assert all(isinstance(each, Table) for each in plan)
    count = [sum(row[-1] == variations.SAME for row in each.rows) for each in plan]  # type: ignore[union-attr]
    assert count == [0, 2, 1]
    assert "two parts of seven" in variations.MODELS[1].look


def test_a_row_with_a_sink_sums_to_less_than_one() -> None:
    last = frames(scores="2 1 0", sink=1.0)[-1]
    e = np.exp([2.0, 1, 0, 1])
    assert cell(last, "attention", 0, 2) == pytest.approx(e[0] / e.sum())
    assert cell(last, "attention", 3, 2) == pytest.approx(1 - e[3] / e.sum())
    assert cell(last, "attention", 0, 1) == pytest.approx(e[0] / e[:3].sum())
    spelled = variations.point(variations.Ask(), last, Spot("attention", 0, 2))
    assert f"= {e[0] / e.sum():.3f}" in str(spelled)
    small = frames(sink=-30.0)[-1]
    assert cell(small, "attention", 3, 2) == pytest.approx(1), "a sink that nobody wants"


@pytest.mark.parametrize("scores", ["", "a b", "1 inf", "1 " * 13])
def test_a_row_that_is_none_is_refused(scores: str) -> None:
    with pytest.raises(LabError, match="write 1 to 12 numbers"):
        frames(scores=scores)


def test_each_view_tells_what_stands_at_the_cursor() -> None:
    for frame in frames():
        for view in frame.shown():
            assert variations.point(variations.Ask(), frame, Spot(view, 0, 0))
            assert variations.point(variations.Ask(), frame, Spot(view, 2, 2)) or view == "cache"


def test_the_card_asks_for_the_smallest_of_the_three() -> None:
    (card,) = (each for each in lesson.questions if "variations" in each.ask)
    found = {name: cell(frames()[2], c.view, c.row, c.column) for name, c in card.cells.items()}
    assert card.lowest
    assert min(found, key=lambda name: found[name]) == "Llama 3.2 1B"  # type: ignore[arg-type, return-value]
