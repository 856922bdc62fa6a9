"""Routing against closed forms, balance from even to collapsed, capacity, mistakes, scenes."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lessons.blocks.experts import Experts, balance, experts_of, idle
from lessons.blocks.feedforward import FeedForward
from lessons.moe import model as m
from lessons.moe.config import PRESETS
from lessons.moe.explore import balance as balance_scene
from lessons.moe.explore import route as route_scene
from lessons.moe.train import train
from zhtui.lab import LabError, Poke, Run, Spot

TINY = replace(PRESETS["tiny"], data="python")


def layer(**settings: Any) -> m.MoE:
    torch.manual_seed(1)
    return m.MoE(8, 16, 4, settings.pop("k", 2), **settings).double()


def tokens(n: int = 12) -> torch.Tensor:
    return torch.randn(n, 8, generator=torch.Generator().manual_seed(2)).double()


# The form of the shelf


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_experts_of_the_shelf_are_those_that_are_taught(k: int) -> None:
    moe = layer(k=k)
    shelf = Experts(8, make=FeedForward, count=4, active=k, wide=2, bias=True).double()
    shelf.load_state_dict({name: x for name, x in moe.state_dict().items() if name != "bias"})
    x = tokens().view(3, 4, 8).requires_grad_()
    out, routed = moe(x.flatten(0, 1))
    assert torch.allclose(shelf(x).flatten(0, 1), out, atol=1e-6)  # P is in float32 there
    uneven = balance(experts_of(shelf))
    assert isinstance(uneven, torch.Tensor)
    assert torch.allclose(uneven, m.balance(routed.P, routed.chosen).float(), atol=1e-6)
    seen: dict[str, torch.Tensor] = {}
    looked = shelf.look(x, lambda name, y: seen.setdefault(name, y))
    assert torch.allclose(looked, shelf(x), atol=1e-12)
    assert seen["ffn_hidden"].shape == (3, 4, 4 * 16)
    every, active = m.parameters(moe)
    assert sum(p.numel() for p in shelf.parameters()) == every
    assert idle([shelf]) == every - active
    (gradient,) = torch.autograd.grad(uneven, [shelf.router.weight])
    assert gradient.abs().sum() > 0
    assert balance([]) == 0


# Routing


def test_all_experts_are_the_weighted_sum() -> None:
    moe = layer(k=4)
    assert torch.allclose(moe(tokens())[0], m.weighted_sum(moe, tokens()), atol=1e-12)


def test_one_expert_is_a_dense_layer() -> None:
    moe = m.MoE(8, 16, 1, 1).double()
    assert torch.allclose(moe(tokens())[0], moe.experts[0](tokens()), atol=1e-12)


def test_top_k_is_each_token_s_own_sum() -> None:
    moe, x = layer(), tokens()
    out, routed = moe(x)
    for i in range(len(x)):
        mine = sum(
            w * moe.experts[int(e)](x[i : i + 1])[0]
            for e, w in zip(routed.chosen[i], routed.weights[i], strict=True)
        )
        assert torch.allclose(out[i], mine, atol=1e-12)


def test_weights_sum_to_one_unless_that_is_forgotten() -> None:
    assert torch.allclose(layer().route(tokens()).weights.sum(-1), torch.ones(12).double())
    assert (layer(renormalise=False).route(tokens()).weights.sum(-1) < 1).all()


def test_a_single_choice_lets_the_router_learn_from_the_text() -> None:
    moe = layer(k=1)
    (slope,) = torch.autograd.grad(moe(tokens())[0].sum(), [moe.router.weight])
    assert float(slope.abs().max()) > 0


def test_a_shared_expert_sees_every_token() -> None:
    moe, x = layer(shared=True), tokens()
    alone = deepcopy(moe)
    alone.shared = None
    assert moe.shared is not None
    assert torch.allclose(moe(x)[0], alone(x)[0] + moe.shared(x), atol=1e-12)


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=40),
    st.integers(1, 12),
)
def test_no_expert_takes_more_than_it_has_room_for(sent: list[int], capacity: int) -> None:
    chosen = torch.tensor(sent)[:, None]
    kept = m.within(chosen, 4, capacity)
    for e in range(4):
        mine = kept[chosen == e]
        assert int(mine.sum()) == min(capacity, len(mine))
        assert mine[: min(capacity, len(mine))].all(), "first come, first served"


def test_first_choices_come_before_second_ones() -> None:
    chosen = torch.tensor([[0, 1], [1, 0], [0, 1]])
    kept = m.within(chosen, 2, 2)
    assert kept.tolist() == [[True, True], [True, False], [True, False]]


def test_a_dropped_token_adds_nothing() -> None:
    moe, x = layer(k=1, factor=0.3), tokens()
    out, routed = moe(x)
    dropped = ~routed.kept[:, 0]
    assert dropped.any()
    assert (out[dropped] == 0).all()


def test_parameters_that_work() -> None:
    moe = m.MoE(8, 16, 8, 2)
    one = 8 * 16 + 16 + 16 * 8 + 8
    assert m.parameters(moe) == (64 + 8 * one, 64 + 2 * one)


# Balance


@pytest.mark.parametrize("E", [2, 4, 16])
def test_balance_is_one_where_even_and_E_where_collapsed(E: int) -> None:
    even = torch.full((4 * E, E), 1 / E)
    assert float(m.balance(even, torch.arange(4 * E)[:, None] % E)) == pytest.approx(1)
    one = torch.zeros(10, E)
    one[:, 0] = 1
    assert float(m.balance(one, torch.zeros(10, 1, dtype=torch.long))) == pytest.approx(E)


def test_its_gradient_reaches_the_router_with_its_coefficient() -> None:
    def slope(coefficient: float, **settings: Any) -> torch.Tensor:
        moe = layer(**settings)
        loss = coefficient * moe.auxiliary(moe.route(tokens()))
        if not loss.requires_grad:
            return torch.zeros_like(moe.router.weight)
        (found,) = torch.autograd.grad(loss, [moe.router.weight])
        return found

    assert float(slope(1).abs().max()) > 0
    assert torch.allclose(slope(3), 3 * slope(1))
    assert float(slope(1, reaches=False).abs().max()) == 0


def test_z_loss_in_closed_form() -> None:
    assert float(m.z_loss(torch.zeros(3, 4))) == pytest.approx(torch.tensor(4.0).log().item() ** 2)


def test_steering_evens_the_choice_and_not_the_weights() -> None:
    moe, x = layer(k=1), tokens(200)
    with torch.no_grad():
        moe.router.weight[0] += 1.5
    before = m.load(moe.route(x).chosen, 4).std()
    for _ in range(300):
        moe.steer(moe.route(x), 0.01)
    routed = moe.route(x)
    assert m.load(routed.chosen, 4).std() < before / 2
    assert torch.allclose(routed.weights, routed.P.gather(1, routed.chosen))


# Training


def test_rows_hold_what_must_hold_exactly() -> None:
    *_, row = train(Run(TINY))
    assert row["aux_even"] == pytest.approx(1, abs=1e-6)
    assert row["aux_collapsed"] == pytest.approx(1, abs=1e-6)
    assert row["dense_gap"] < 1e-12


def test_the_balance_loss_evens_the_load_and_detached_it_does_not() -> None:
    def cv(**changes: Any) -> float:
        config = replace(TINY, experts=4, steps=150, batch_size=16, eval_every=1000, **changes)
        rows = [float(row["cv"]) for row in train(Run(config))]
        return sum(rows[-30:]) / 30

    right, wrong = cv(aux=0.5), cv(aux=0.5, mistake="detached")
    assert right < 0.5 * wrong


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"top_k": 9}, "top_k"), ({"n_embd": 10, "n_head": 4}, "n_head")],
)
def test_knobs_that_do_not_fit_are_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(LabError, match=words):
        next(train(Run(replace(TINY, **changes))))


# What is explored


def frames(**asked: Any) -> list[Any]:
    return list(route_scene.explore(None, route_scene.Ask(**asked), Poke()))


def test_rows_of_probabilities_and_weights_sum_to_one() -> None:
    shown = {name: view for frame in frames() for name, view in frame.shown().items()}
    for name in ("P", "weights"):
        assert shown[name].values.sum(1) == pytest.approx(1, abs=1e-5)
    assert ((shown["weights"].values > 0).sum(1) == 2).all()


def test_the_meter_of_unnormalised_shows_it() -> None:
    shown = frames(mistake="unnormalised")[-2].shown()["weights"]
    assert (shown.values.sum(1) < 1).all()
    assert shown.values.sum(1).min() < 0.8


def test_a_poked_token_moves_only_its_own_row() -> None:
    ask = route_scene.Ask()
    poked = list(route_scene.explore(None, ask, Poke(Spot("X", 3, 1), 5.0)))
    for before, after in zip(frames(), poked, strict=True):
        for name in ("logits", "P", "weights"):
            if name in before.shown():
                moved = (before.shown()[name].values != after.shown()[name].values).any(1)
                assert not moved[[0, 1, 2, 4, 5]].any()


def test_every_cell_can_be_asked() -> None:
    ask = route_scene.Ask()
    for frame in frames():
        for name in ("X", "logits", "P", "weights", "out"):
            if name in frame.shown():
                said = str(route_scene.point(ask, frame, Spot(name, 4, 1)))
                assert said
                assert max(map(len, said.splitlines())) <= 90


def test_a_full_expert_drops_tokens() -> None:
    assert "0 choices" not in str(frames(capacity=0.5)[-2].say)


def test_down_the_slope_the_load_comes_even_unless_it_is_detached() -> None:
    ask = balance_scene.Ask()
    *_, last = balance_scene.explore(None, ask, Poke())
    assert max(last.shown()["load"].values) < 0.35  # type: ignore[union-attr]
    wrong = list(balance_scene.explore(None, replace(ask, mistake="detached"), Poke()))
    assert wrong[0].shown()["load"].values == wrong[-1].shown()["load"].values  # type: ignore
    for spot in (Spot("load", 0), Spot("P", 1), Spot("liking", 2), Spot("aux", 0, 12)):
        assert balance_scene.point(ask, last, spot)


@pytest.mark.parametrize(
    ("asked", "words"), [({"text": ""}, "empty"), ({"text": "é"}, "ASCII"), ({"top_k": 9}, "top_k")]
)
def test_what_cannot_be_read_is_one_sentence(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(LabError, match=words):
        frames(**asked)
