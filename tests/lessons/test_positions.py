"""The positions lesson against closed forms, against a complex rotation, and with each mistake."""

from __future__ import annotations

import importlib
import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import storied
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.blocks import positions as shelf
from lessons.positions import lesson
from lessons.positions.build import build, encode, model, text_of
from lessons.positions.config import MISTAKES, NAMES, PRESETS
from lessons.positions.generate import generate
from lessons.positions.mistakes import kind_of, offsets
from lessons.positions.model import (
    KINDS,
    Small,
    frequencies,
    price,
    sinusoid,
    slopes,
    turn_halves,
    turn_neighbours,
)
from lessons.positions.train import train
from lessons.positions.views import by_position
from zhtui.lab import Frame, Heatmap, LabError, Poke, Run, Sampling, Spot

TEXT = "the cat sat on the mat, and then the cat sat on the hat. " * 40
SCENES = pytest.mark.parametrize("name", lesson.scenes)
TURNS = pytest.mark.parametrize("turn", [turn_neighbours, turn_halves])


scene, frames = partial(storied.scene, "positions"), partial(storied.frames, "positions")


def values(frame: Frame, view: str) -> np.ndarray:
    shown = frame.shown()[view]
    assert isinstance(shown, Heatmap)
    return shown.values


@pytest.fixture
def run(tmp_path: Path) -> Run:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return Run(replace(PRESETS["tiny"], data=str(path)))


# ----- closed forms -------------------------------------------------------------------------------


@TURNS
@settings(deadline=None)
@given(st.integers(0, 4000), st.integers(0, 4000), st.integers(0, 4000))
def test_ropes_product_depends_on_the_offset_only(turn: Any, p: int, o: int, shift: int) -> None:
    q, k = torch.randn(2, 1, 64, dtype=torch.double, generator=torch.Generator().manual_seed(p))

    def product(i: int, j: int) -> float:
        return float((turn(q, torch.tensor([i])) * turn(k, torch.tensor([j]))).sum())

    assert product(p + o, p) == pytest.approx(product(p + o + shift, p + shift), abs=1e-10)


def test_rope_is_a_complex_rotation() -> None:
    x, at = torch.randn(3, 7, 8, dtype=torch.double), torch.arange(7)
    angle = at[:, None] * frequencies(8)
    turned = torch.view_as_complex(x.unflatten(-1, (4, 2))) * torch.exp(1j * angle)
    assert torch.allclose(turn_neighbours(x, at), torch.view_as_real(turned).flatten(-2))


def test_the_two_pairings_differ_by_the_order_of_channels_alone() -> None:
    x, at = torch.randn(7, 8, dtype=torch.double), torch.arange(7)
    order = torch.tensor([0, 2, 4, 6, 1, 3, 5, 7])
    assert torch.allclose(turn_halves(x[:, order], at), turn_neighbours(x, at)[:, order])


@TURNS
def test_turning_keeps_lengths_and_position_0_as_it_is(turn: Any) -> None:
    x = torch.randn(9, 8, dtype=torch.double)
    assert torch.allclose(turn(x, torch.arange(9)).norm(dim=-1), x.norm(dim=-1))
    assert torch.equal(turn(x[:1], torch.zeros(1)), x[:1])


def test_a_sinusoids_product_is_that_of_the_offset() -> None:
    PE = sinusoid(200, 32)
    products = (PE[5:] * PE[:-5]).sum(1)
    expected = (5 * frequencies(32)).cos().sum()
    assert torch.allclose(products, expected.expand(195), atol=1e-10)


def test_the_table_is_the_papers() -> None:
    PE = sinusoid(50, 512)
    assert PE[7, 10] == pytest.approx(math.sin(7 / 10_000 ** (10 / 512)))
    assert PE[7, 11] == pytest.approx(math.cos(7 / 10_000 ** (10 / 512)))


def test_alibis_slopes_are_the_papers() -> None:
    assert slopes(8).tolist() == [2.0**-i for i in range(1, 9)]
    assert slopes(16).tolist() == pytest.approx([2 ** (-i / 2) for i in range(1, 17)], rel=1e-15)
    twelve = [2.0**-i for i in range(1, 9)] + [2 ** (-i / 2) for i in (1, 3, 5, 7)]
    assert slopes(12).tolist() == pytest.approx(twelve, rel=1e-15)
    assert slopes(1).tolist() == [2.0**-8]
    assert len(slopes(7)) == 7


def test_alibis_price_falls_by_the_slope_a_step() -> None:
    bias = price(8, 5)
    assert bias[0, 4].tolist() == [-2.0, -1.5, -1.0, -0.5, 0.0]
    assert bias[:, 1, 2:].isinf().all()


@pytest.mark.parametrize("name", NAMES)
def test_no_kind_lets_the_future_through(name: str) -> None:
    torch.manual_seed(0)
    small = Small(11, 16, 16, 2, 2, KINDS[name]).double()
    ids = torch.randint(11, (1, 12))
    other = ids.clone()
    other[0, -1] = (ids[0, -1] + 1) % 11
    assert torch.equal(small(ids)[0, :-1], small(other)[0, :-1])


@pytest.mark.parametrize("name", NAMES)
def test_only_without_positions_the_past_is_a_set(name: str) -> None:
    """One block without a position says the same after two letters in either order."""
    torch.manual_seed(0)
    small = Small(11, 16, 16, 2, 1, KINDS[name]).double()
    one, other = (small(torch.tensor([ids]))[0, -1] for ids in ([3, 4, 5], [4, 3, 5]))
    assert torch.allclose(one, other, atol=1e-12) == (name == "none")


def test_the_taught_forms_are_the_shelfs_fast_ones() -> None:
    x, at = torch.randn(2, 4, 9, 8), torch.arange(3, 12)
    assert torch.allclose(shelf.Rotary(8, 4).turn(x, 3), turn_neighbours(x, at), atol=1e-5)
    halves = shelf.Rotary(8, 4, halves=True).turn(x, 3)
    assert torch.allclose(halves, turn_halves(x, at), atol=1e-5)
    assert torch.allclose(shelf.sinusoids(torch.arange(50), 8).double(), sinusoid(50, 8), atol=1e-5)
    for H in (4, 8, 12):
        assert torch.allclose(shelf.alibi_slopes(H).double(), slopes(H))
    bias, past = shelf.Alibi(8, 4).bias(9, 9), torch.ones(9, 9).tril().bool()
    assert bias is not None
    assert torch.allclose(bias[:, past].double(), price(4, 9)[:, past])


# ----- scenes -------------------------------------------------------------------------------------


@SCENES
def test_a_scene_tells_a_story_with_numbers_to_predict(name: str) -> None:
    storied.tells_a_story(scene(name), frames(name), 6, 12)


@SCENES
def test_every_cell_can_be_pointed_at_in_80_columns(name: str) -> None:
    storied.spells_its_heatmaps(scene(name), frames(name), plainly=("X",))


def test_a_letter_on_another_place_moves_its_row_and_column_only() -> None:
    spot = Spot("at", 0, 3)
    right, poked = (frames("offset", poke)["letters in a row"] for poke in (Poke(), Poke(spot, 9)))
    moved = values(right, "S") != values(poked, "S")
    assert right.still is not None
    assert moved[3].sum() == moved[:, 3].sum() == 10  # all but the product with itself
    assert not (moved & right.still(spot)["S"]).any()


@pytest.mark.parametrize(("kind", "only_offset"), [
    ("none", True), ("rope", True), ("rope-half", True), ("alibi", True),
    ("sinusoidal", False), ("learned", False),
])  # fmt: skip
def test_what_a_score_knows(kind: str, only_offset: bool) -> None:
    told = frames("offset", kind=kind, shift=7)
    dots = values(told["dots"], "dots")
    level = np.allclose(dots[1:, 1:], dots[:-1, :-1], atol=1e-10)
    assert level == only_offset
    before, after = values(told["letters in a row"], "S"), values(told["all moved"], "S")
    assert np.allclose(before, after, atol=1e-10) == only_offset


def test_hands_turn_at_their_own_speed() -> None:
    told = frames("clock", pairing="halves")
    turned = values(told["position 5"], "turned")[0]
    start = values(told["position 0"], "turned")[0]
    angle = np.angle(complex(turned[1], turned[5]) / complex(start[1], start[5]))
    assert angle == pytest.approx(5 * 0.1)


# ----- mistakes -----------------------------------------------------------------------------------


@SCENES
def test_each_mistake_is_shown_by_its_meters(name: str) -> None:
    fields = scene(name).Ask.__dataclass_fields__
    if "mistake" not in fields:
        assert name == "clock"
        return
    right = frames(name)
    for mistake in (m for m in MISTAKES if m.name in fields["mistake"].metadata["knob"].choices):
        wrong = frames(name, mistake=mistake.name)
        there = {view for frame in wrong.values() for view in frame.shown()} & {*mistake.meters}
        assert there
        for view in there:
            with_it = [repr(f.shown()[view]) for f in wrong.values() if view in f.shown()]
            assert with_it != [repr(f.shown()[view]) for f in right.values() if view in f.shown()]


def test_mixed_pairing_makes_scores_know_the_place() -> None:
    dots = values(frames("offset", mistake="mixed-pairing")["dots"], "dots")
    assert not np.allclose(dots[1:, 1:], dots[:-1, :-1], atol=0.1)
    with pytest.raises(LabError, match="kind=rope"):
        kind_of("alibi", "mixed-pairing")


def test_an_offset_changed_in_place_moves_all_keys() -> None:
    right, wrong = offsets(), offsets("in-place")
    assert [right.append().tolist() for _ in range(3)][-1] == [0, 1, 2]
    assert [wrong.append().tolist() for _ in range(3)][-1] == [3, 3, 3]


def test_every_mistake_is_offered_and_names_a_line() -> None:
    with_one = [name for name in lesson.scenes if name != "clock"]
    fields = [scene(name).Ask.__dataclass_fields__["mistake"] for name in with_one]
    offered = {choice for field in fields for choice in field.metadata["knob"].choices}
    assert offered == {"none", *(mistake.name for mistake in MISTAKES)}
    for mistake in MISTAKES:
        definition = mistake.line.partition("#")[2]
        assert hasattr(importlib.import_module("lessons.positions.model"), definition)


# ----- a run --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NAMES)
def test_each_kind_trains_and_is_measured_at_twice_the_length(run: Run, kind: str) -> None:
    run.config = replace(run.config, kind=kind)
    rows = [{name: float(value) for name, value in row.items()} for row in train(run)]
    last = rows[-1]
    assert last["loss"] < rows[0]["loss"]
    assert last["val_2t"] == pytest.approx((last["val"] + last["beyond"]) / 2, rel=1e-5)
    assert by_position(run).shape == (16,)
    assert (build(run).table is not None) == (kind in ("learned", "sinusoidal"))


def test_a_scene_looks_at_a_runs_own_table(run: Run) -> None:
    run.config = replace(run.config, kind="learned")
    shown = values(frames("table", run=run, kind="learned")["table"], "table")
    table = model(run).table
    assert table is not None
    assert np.allclose(shown, table[:11].detach().numpy())
    with pytest.raises(LabError, match="shorter"):
        frames("table", run=run, text="the cat sat on the mat")


@pytest.mark.parametrize("name", ["table", "offset", "cache"])
def test_what_cannot_be_shown_is_refused(name: str) -> None:
    for text in ("x", "x" * 65):
        with pytest.raises(LabError):
            frames(name, text=text)


def test_bad_settings_are_refused(run: Run, tmp_path: Path) -> None:
    run.config = replace(run.config, n_embd=18)
    with pytest.raises(LabError, match="twice n_head"):
        build(run)
    with pytest.raises(LabError, match="never seen"):
        encode(run, "Ω")
    (tmp_path / "short.txt").write_text("too short", encoding="utf-8")
    run.config = replace(run.config, data=str(tmp_path / "short.txt"))
    with pytest.raises(LabError, match="longer text"):
        text_of(run)


def test_it_writes_by_its_seed(run: Run) -> None:
    texts = []
    for seed in (1, 1, 2):
        tokens = generate(run, "the", Sampling(tokens=30, seed=seed))
        texts.append("".join(token.text for token in tokens))
    assert texts[0] == texts[1] != texts[2]
