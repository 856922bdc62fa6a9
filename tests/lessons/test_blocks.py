"""The shelf: texts as integers, sampling, schedule, precision, counted n-grams."""

from __future__ import annotations

import math
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lessons.blocks.compilation import compiled
from lessons.blocks.ngrams import SMOOTHING, baselines, count
from lessons.blocks.optimization import cosine, decay_groups, warmup
from lessons.blocks.precision import autocast, fast_bfloat16
from lessons.blocks.sampling import distribution
from lessons.blocks.text import CharText, windows_of

SHAKESPEARE = Path(os.environ.get("ZHTUI_DATA", "nowhere")) / "tinyshakespeare.txt"
needs_shakespeare = pytest.mark.skipif(
    not SHAKESPEARE.exists(), reason="Tiny Shakespeare is not in $ZHTUI_DATA"
)


# --- text -----------------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_text_comes_back(words: str) -> None:
    text = CharText(words)
    assert text.alphabet.decode(torch.cat((text.train, text.val))) == words
    assert text.alphabet.characters == "".join(sorted(set(words)))
    assert text.alphabet.decode(text.alphabet.encode(words)) == words


def test_the_last_tenth_is_for_validation() -> None:
    text = CharText("abcdefghij" * 10)
    assert (len(text.train), len(text.val), len(text.alphabet)) == (90, 10, 10)
    assert text.alphabet.decode(text.val) == "abcdefghij"


def test_unknown_characters_are_named_once_in_order() -> None:
    assert CharText("abc").alphabet.unknown("azbyz") == "zy"


@needs_shakespeare
def test_shakespeare_splits_as_published() -> None:
    text = CharText.read(SHAKESPEARE)
    assert (len(text.alphabet), len(text.train), len(text.val)) == (65, 1_003_854, 111_540)


def test_windows_are_every_stretch_and_share_memory() -> None:
    ids = torch.arange(10)
    windows = windows_of(ids, 3)
    assert windows.shape == (7, 4)
    assert windows[2].tolist() == [2, 3, 4, 5]
    assert windows.data_ptr() == ids.data_ptr()


# --- sampling -------------------------------------------------------------------------------------

LOGITS = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()


def kept(**cuts: Any) -> int:
    return int(distribution(LOGITS, 1.0, **cuts).count_nonzero())


def test_no_cut_is_softmax() -> None:
    torch.testing.assert_close(distribution(LOGITS, 1.0), LOGITS.softmax(0))
    torch.testing.assert_close(distribution(LOGITS, 2.0), (LOGITS / 2).softmax(0))


def test_temperature_zero_is_argmax_and_low_temperature_tends_to_it() -> None:
    assert distribution(LOGITS, 0.0).tolist() == [1, 0, 0, 0]
    torch.testing.assert_close(distribution(LOGITS, 0.01), distribution(LOGITS, 0.0))


def test_top_k_keeps_k_even_among_equals() -> None:
    assert kept(top_k=2) == 2
    assert kept(top_k=0) == kept(top_k=9) == 4
    assert int(distribution(torch.zeros(5), 1.0, top_k=3).count_nonzero()) == 3


@pytest.mark.parametrize(("p", "number"), [(0.0, 1), (0.49, 1), (0.51, 2), (0.79, 2), (0.81, 3)])
def test_top_p_keeps_the_crossing_token_and_at_least_one(p: float, number: int) -> None:
    assert kept(top_p=p) == number


@given(
    st.lists(st.floats(-20, 20), min_size=1, max_size=30),
    st.floats(0, 3),
    st.integers(0, 40),
    st.floats(0, 1),
)
def test_a_distribution_sums_to_one(
    logits: list[float], temperature: float, k: int, p: float
) -> None:
    result = distribution(torch.tensor(logits), temperature, k, p)
    assert result.sum().item() == pytest.approx(1, abs=1e-5)
    assert (result >= 0).all()


def test_a_tiny_temperature_does_not_overflow() -> None:
    assert distribution(torch.tensor([80.0, -80.0]), 1e-30).tolist() == [1, 0]


# --- optimization ---------------------------------------------------------------------------------


def test_warmup_rises_to_one_and_stays() -> None:
    assert [warmup(step, 3) for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert warmup(0, 0) == 1.0


def test_cosine_falls_from_one_to_zero() -> None:
    assert [cosine(step, 10, 20) for step in (0, 10, 20, 99)] == [1, 1, 0, 0]
    assert cosine(15, 10, 20) == pytest.approx(0.5)


def test_only_matrices_decay() -> None:
    model = nn.Sequential(nn.Embedding(3, 4), nn.LayerNorm(4), nn.Linear(4, 2))
    decayed, free = decay_groups(model, 0.1)
    assert [p.dim() for p in decayed["params"]] == [2, 2]
    assert [p.dim() for p in free["params"]] == [1, 1, 1]
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.1, 0.0)


# --- precision and compilation --------------------------------------------------------------------


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float)])
def test_matrix_products_are_in_the_precision_asked_for(precision: str, dtype: torch.dtype) -> None:
    with autocast(precision, "cpu"):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


def test_auto_rounds_only_where_the_machine_multiplies_bfloat16() -> None:
    with autocast("auto", "cpu"):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert (product.dtype == torch.bfloat16) == fast_bfloat16("cpu")
    assert not fast_bfloat16("mps")


def test_what_does_not_compile_runs_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(function: object) -> object:
        def call(*_: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("no compiler here\nand a long story")

        return call

    def square(x: torch.Tensor) -> torch.Tensor:
        return x.square().sum()

    monkeypatch.setattr(torch, "compile", broken)
    assert compiled(square, torch.ones(2, requires_grad=True)) == (square, "no compiler here")
    monkeypatch.setattr(torch, "compile", lambda function: function)
    assert compiled(square, torch.ones(2, requires_grad=True)) == (square, None)


# --- n-grams --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3, 4])
def test_counting_by_sorting_equals_counting_by_hand(n: int) -> None:
    dice = torch.Generator().manual_seed(n)
    train, val = torch.randint(5, (400,), generator=dice), torch.randint(5, (90,), generator=dice)
    ours = count(train, val, n, vocab=5)

    def grams(ids: torch.Tensor) -> list[tuple[int, ...]]:
        return [tuple(ids[i : i + n].tolist()) for i in range(len(ids) - n + 1)]

    counts = Counter(grams(train))
    contexts = Counter(gram[:-1] for gram in grams(train))

    def loss(a: float) -> float:
        chances = [(counts[g] + a) / (contexts[g[:-1]] + 5 * a) for g in grams(val)]
        return -sum(map(math.log, chances)) / len(chances)

    assert ours.loss == pytest.approx(loss(ours.smoothing))
    assert ours.loss == pytest.approx(min(loss(a) for a in SMOOTHING.tolist()))
    assert ours.contexts == len(contexts)


def test_baselines_stop_where_an_integer_or_the_text_is_too_short() -> None:
    ids = torch.arange(4).repeat(5)
    assert [c.n for c in baselines(ids, ids, 4)] == [2, 3, 4, 5, 6]
    assert [c.n for c in baselines(ids, ids[:4], 4)] == [2, 3]
    assert [c.n for c in baselines(ids, ids, 50_000)] == [2, 3]


@needs_shakespeare
def test_baselines_on_shakespeare_are_the_published_ones() -> None:
    text = CharText.read(SHAKESPEARE)
    losses = [c.loss for c in baselines(text.train, text.val, len(text.alphabet))]
    assert losses == pytest.approx([2.4819, 2.0458, 1.7793, 1.7503, 1.9790], abs=0.0025)
