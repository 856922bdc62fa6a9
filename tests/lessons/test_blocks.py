"""The shelf: texts as integers, sampling, schedule, precision, counted n-grams."""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from lessons.blocks import norms, precision
from lessons.blocks.attention import CrossAttention, SelfAttention, attend_fast, tile
from lessons.blocks.cache import Cache, bytes_of
from lessons.blocks.compilation import compiled
from lessons.blocks.feedforward import FeedForward, SwiGLU
from lessons.blocks.ngrams import SMOOTHING, baselines, count
from lessons.blocks.optimization import (
    cosine,
    decay_groups,
    inverse_root_after,
    linear,
    warmup,
)
from lessons.blocks.points import Notes
from lessons.blocks.positions import (
    Alibi,
    Rotary,
    Sinusoidal,
    Unplaced,
    alibi_slopes,
    angles,
    rotate_halves,
    rotate_neighbours,
    sinusoids,
)
from lessons.blocks.precision import autocast, choose, speedup
from lessons.blocks.residual import PostBlock, PreBlock
from lessons.blocks.sampling import distribution, in_order, min_p, penalised, typical
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


def test_the_order_of_heat_and_cuts_decides_what_is_left() -> None:
    """The exact case: T .5 and top-p .8 on logits 3, 2, 1."""
    logits = torch.tensor([3.0, 2.0, 1.0])
    first, last = (
        in_order(logits, 0.5, top_p=0.8, order=o)[1] for o in ("huggingface", "llama.cpp")
    )
    assert first.tolist() == [1.0, 0.0, 0.0]
    assert last[2] == 0
    assert last[:2].tolist() == pytest.approx((2 * logits[:2]).softmax(0).tolist())
    for order in ("huggingface", "llama.cpp"):
        assert in_order(logits, 0.0, 2, 0.9, 0.1, order)[1].tolist() == [1.0, 0.0, 0.0]
        plain = in_order(logits, 0.7, order=order)[1]
        assert plain.tolist() == pytest.approx(distribution(logits, 0.7).tolist())


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


@pytest.mark.parametrize(("asked", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float)])
def test_matrix_products_are_in_the_precision_asked_for(asked: str, dtype: torch.dtype) -> None:
    with autocast(asked, "cpu"):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


def never(name: str, of: str, measure: Callable[[], float]) -> float:
    raise AssertionError("nothing is measured")


def test_a_cpu_takes_bfloat16_only_where_its_own_step_is_clearly_quicker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One with the instruction ran at half of float32's speed."""
    monkeypatch.setattr(precision, "able", lambda device: device != "mps")
    loss = torch.zeros
    for gain, chosen in ((0.5, "fp32"), (1.1, "fp32"), (1.2, "bf16"), (3.0, "bf16")):
        assert choose("auto", "cpu", lambda *_, gain=gain: gain, "small", loss) == chosen
    assert choose("auto", "cuda", never, "small", loss) == "bf16"
    assert choose("auto", "mps", never, "small", loss) == "fp32"
    assert choose("fp32", "cpu", never, "small", loss) == "fp32"
    assert choose("bf16", "cpu", never, "small", loss) == "bf16"
    monkeypatch.setattr(precision, "able", lambda device: False)
    assert choose("auto", "cpu", never, "small", loss) == "fp32"


@pytest.mark.parametrize("slower", [torch.bfloat16, torch.float32])
def test_the_step_itself_is_measured(slower: torch.dtype) -> None:
    layer = nn.Linear(4, 4)
    before = [weight.clone() for weight in layer.parameters()]

    def loss() -> Tensor:
        y = layer(torch.ones(2, 4))
        if y.dtype == slower:
            time.sleep(0.1)
        return y.float().sum()

    gain = speedup(loss, "cpu")
    assert (gain < 1) == (slower == torch.bfloat16)
    assert all(torch.equal(a, b) for a, b in zip(before, layer.parameters(), strict=True))


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


def test_a_trial_leaves_no_gradient_and_blames_no_compiler_for_a_full_gpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer, dtypes = nn.Linear(2, 1), list[torch.dtype]()

    def loss(x: Tensor) -> Tensor:
        dtypes.append(layer(x).dtype)
        return layer(x).float().sum()

    def full(x: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch, "compile", lambda function: function)
    inside = autocast("bf16", "cpu")
    assert compiled(loss, torch.ones(3, 2), model=layer, inside=inside) == (loss, None)
    assert dtypes == [torch.bfloat16]
    assert layer.weight.grad is None
    assert compiled(full, torch.ones(3, 2)) == (full, None)


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


# --- attention ------------------------------------------------------------------------------------

PLACES = {"nowhere": Unplaced, "rotary": Rotary, "alibi": Alibi}


def drawn(*shape: int, seed: int = 7) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).double()


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("past", [0, 1, 5])
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("learns", [False, True])
def test_attention_equals_torchs_forward_and_backward(
    groups: int, past: int, biased: bool, causal: bool, learns: bool
) -> None:
    q, k, v = (
        drawn(2, 4, 6, 8),
        drawn(2, groups, 6 + past, 8, seed=1),
        drawn(2, groups, 6 + past, 8),
    )
    bias = drawn(4, 6, 6 + past, seed=3) if biased else None
    parts = [x.requires_grad_(learns) for x in (q, k, v)]
    ours = attend_fast(q, k, v, 0.3, bias=bias, causal=causal)
    seen = torch.ones(6, 6 + past, dtype=torch.bool).tril(past) if causal else torch.ones(1).bool()
    mask = torch.zeros(6, 6 + past).double().masked_fill(~seen, -math.inf)
    mask = mask if bias is None else mask + bias
    theirs = F.scaled_dot_product_attention(
        q, tile(k, 4 // groups), tile(v, 4 // groups), mask, scale=0.3
    )
    torch.testing.assert_close(ours, theirs)
    if learns:
        weight = drawn(2, 4, 6, 8, seed=9)
        expected = torch.autograd.grad((theirs * weight).sum(), parts)
        torch.testing.assert_close(torch.autograd.grad((ours * weight).sum(), parts), expected)


@pytest.mark.parametrize("causal", [False, True])
def test_self_attention_equals_torchs_multihead_attention(causal: bool) -> None:
    torch.manual_seed(3)
    ours = SelfAttention(12, 3, bias=True, qkv_bias=True, causal=causal).eval()
    theirs = nn.MultiheadAttention(12, 3, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.qkv.weight)
        theirs.in_proj_bias.copy_(ours.qkv.bias)
        theirs.out_proj.load_state_dict(ours.project.state_dict())
    x = torch.randn(2, 5, 12)
    hidden = torch.ones(5, 5, dtype=torch.bool).triu(1) if causal else None
    torch.testing.assert_close(ours(x), theirs(x, x, x, attn_mask=hidden)[0])
    padding = torch.tensor([[False] * 5, [False] * 3 + [True] * 2])
    mask = torch.zeros(2, 1, 1, 5).masked_fill(padding[:, None, None], -math.inf)
    expected = theirs(x, x, x, attn_mask=hidden, key_padding_mask=padding)[0]
    torch.testing.assert_close(ours(x, mask=mask), expected)


def test_cross_attention_equals_torchs_multihead_attention() -> None:
    torch.manual_seed(3)
    ours, theirs = CrossAttention(12, 3, bias=True), nn.MultiheadAttention(12, 3, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat((ours.q.weight, ours.kv.weight)))
        theirs.in_proj_bias.copy_(torch.cat((ours.q.bias, ours.kv.bias)))
        theirs.out_proj.load_state_dict(ours.project.state_dict())
    x, other = torch.randn(2, 4, 12), torch.randn(2, 7, 12)
    padding = torch.zeros(2, 7, dtype=torch.bool)
    padding[1, 5:] = True
    mask = torch.zeros(2, 1, 1, 7).masked_fill(padding[:, None, None], -math.inf)
    expected = theirs(x, other, other, key_padding_mask=padding)[0]
    torch.testing.assert_close(ours(x, other, mask), expected)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("groups", [0, 1, 2])
@pytest.mark.parametrize("norm", [nn.Identity, norms.RMSNorm])
def test_cached_equals_uncached_and_a_look_equals_both(place: str, groups: int, norm: Any) -> None:
    torch.manual_seed(1)
    layer = SelfAttention(16, 4, groups=groups, place=PLACES[place], qk_norm=norm).double().eval()
    x, cache, notes = drawn(2, 9, 16), Cache(9), Notes()
    with torch.no_grad():
        expected = layer(x)
        pieces = [layer(piece, cache) for piece in x.split([3, 1, 1, 4], dim=1)]
        torch.testing.assert_close(torch.cat(pieces, dim=1), expected)
        torch.testing.assert_close(layer.look(x, notes), expected)
    torch.testing.assert_close(notes["weights"].sum(-1), torch.ones(2, 4, 9).double())
    assert not notes["weights"].triu(1).any()
    assert cache.used == 9
    assert cache.bytes() == 2 * 2 * (groups or 4) * 9 * 4 * 8


def test_as_many_groups_as_heads_are_no_groups_and_fewer_are_tiled() -> None:
    torch.manual_seed(1)
    plain, grouped = SelfAttention(8, 4), SelfAttention(8, 4, groups=4)
    grouped.load_state_dict(plain.state_dict())
    x = torch.randn(1, 5, 8)
    assert torch.equal(plain(x), grouped(x))
    shared = SelfAttention(8, 4, groups=2)
    q, k, v = shared.qkv.weight.detach().split([8, 4, 4])
    tiled = [tile(part.view(1, 2, 2, 8), 2).reshape(8, 8) for part in (k, v)]
    with torch.no_grad():
        plain.qkv.weight.copy_(torch.cat((q, *tiled)))
        plain.project.load_state_dict(shared.project.state_dict())
    torch.testing.assert_close(plain(x), shared(x))


def test_the_cache_of_a_large_model() -> None:
    assert bytes_of(32, 32, 128, 32_768) / 1e9 == pytest.approx(17.18, abs=0.005)
    assert bytes_of(32, 8, 128, 32_768) / 1e9 == pytest.approx(4.29, abs=0.005)


@pytest.mark.parametrize(("sizes", "what"), [((9, 2, 0), "split"), ((8, 4, 3), "share")])
def test_heads_that_do_not_divide_are_refused(sizes: tuple[int, int, int], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        SelfAttention(sizes[0], sizes[1], groups=sizes[2])


# --- positions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("halves", [False, True])
def test_a_rotary_product_depends_on_the_offset_alone(halves: bool) -> None:
    rotary = Rotary(8, 1, halves).double()
    rotary.table = angles(torch.arange(400).double(), 8)
    q, k = drawn(1, 1, 1, 8), drawn(1, 1, 1, 8, seed=2)
    products = [(rotary.turn(q, i + 5) @ rotary.turn(k, i).mT).item() for i in (0, 1, 90, 300)]
    assert products == pytest.approx([products[0]] * 4, abs=1e-12)
    assert (rotary.turn(q, 9) @ rotary.turn(k, 5).mT).item() != pytest.approx(products[0], abs=1e-3)


def test_the_two_pairings_are_one_but_for_the_order_of_channels() -> None:
    x, turned = drawn(3, 8), drawn(3, 4, seed=2)
    order = torch.tensor([0, 2, 4, 6, 1, 3, 5, 7])
    torch.testing.assert_close(
        rotate_neighbours(x, turned)[:, order], rotate_halves(x[:, order], turned)
    )
    turned = torch.full((1,), math.pi / 2)
    torch.testing.assert_close(
        rotate_neighbours(torch.tensor([1.0, 0.0]), turned), torch.tensor([0.0, 1.0])
    )


def test_sinusoids_are_the_papers_and_their_product_depends_on_the_offset() -> None:
    table = sinusoids(torch.arange(50).double(), 8)
    assert table[3, 4].item() == pytest.approx(math.sin(3 / 10_000 ** (4 / 8)))
    assert table[3, 5].item() == pytest.approx(math.cos(3 / 10_000 ** (4 / 8)))
    products = (table[5:] * table[:-5]).sum(-1)
    torch.testing.assert_close(products, products[0].expand(45))
    far = Sinusoidal(4, 8)
    near = Sinusoidal(64, 8)
    torch.testing.assert_close(far(torch.zeros(1, 9, 8), 40), near(torch.zeros(1, 9, 8), 40))


def test_alibi_has_the_papers_slopes_exactly() -> None:
    assert alibi_slopes(8).tolist() == [2.0**-i for i in range(1, 9)]
    assert alibi_slopes(16).double()[0].item() == pytest.approx(2**-0.5)
    assert alibi_slopes(12).tolist()[:9] == [*alibi_slopes(8).tolist(), alibi_slopes(16)[0].item()]
    bias = Alibi(4, 2).bias(2, 3)
    slope = 2.0**-4
    assert bias is not None
    assert bias[0].tolist() == [[-slope, 0, slope], [-2 * slope, -slope, 0]]


# --- norms, residual paths, feed-forward ----------------------------------------------------------


@pytest.mark.parametrize("bias", [False, True])
def test_layer_norm_equals_torchs(bias: bool) -> None:
    ours, theirs = norms.LayerNorm(7, bias).double(), nn.LayerNorm(7, bias=bias).double()
    with torch.no_grad():
        for number, weight in enumerate(ours.parameters()):
            weight.copy_(drawn(7, seed=number))
    theirs.load_state_dict(ours.state_dict())
    torch.testing.assert_close(ours(drawn(3, 7)), theirs(drawn(3, 7)))


@pytest.mark.parametrize("learned", [False, True])
def test_rms_norm_equals_torchs(learned: bool) -> None:
    ours = norms.RMSNorm(7, learned).double()
    theirs = nn.RMSNorm(7, eps=1e-5, elementwise_affine=learned).double()
    if ours.weight is not None:
        ours.weight.data.copy_(drawn(7, seed=2))
    theirs.load_state_dict(ours.state_dict())
    torch.testing.assert_close(ours(drawn(3, 7)), theirs(drawn(3, 7)))


@pytest.mark.parametrize(("block", "first"), [(PreBlock, True), (PostBlock, False)])
def test_a_block_equals_torchs_encoder_layer(block: Any, first: bool) -> None:
    torch.manual_seed(5)
    attention = SelfAttention(8, 2, bias=True, qkv_bias=True)
    think = FeedForward(8, bias=True, activation=nn.ReLU)
    ours = block(norms.LayerNorm(8), attention, norms.LayerNorm(8), think)
    theirs = nn.TransformerEncoderLayer(8, 2, 32, 0.0, norm_first=first, batch_first=True)
    with torch.no_grad():
        theirs.self_attn.in_proj_weight.copy_(attention.qkv.weight)
        theirs.self_attn.in_proj_bias.copy_(attention.qkv.bias)
        for mine, other in (
            (attention.project, theirs.self_attn.out_proj),
            (think.expand, theirs.linear1),
            (think.project, theirs.linear2),
        ):
            other.load_state_dict(mine.state_dict())
    x, notes = torch.randn(2, 5, 8), Notes()
    future = torch.ones(5, 5, dtype=torch.bool).triu(1)
    torch.testing.assert_close(ours(x), theirs(x, src_mask=future))
    torch.testing.assert_close(ours.look(x, notes), ours(x))
    assert {"resid_mid", "norm1", "norm2", "ffn_hidden", "resid_post"} <= set(notes)


def test_swiglu_is_gated_and_has_as_many_weights() -> None:
    ours = SwiGLU(12)
    x = torch.randn(4, 12)
    expected = ours.project(F.silu(ours.gate(x)) * ours.expand(x))
    torch.testing.assert_close(ours(x), expected)
    plain = sum(p.numel() for p in FeedForward(12).parameters())
    assert sum(p.numel() for p in ours.parameters()) == plain


# --- samplers and schedules -----------------------------------------------------------------------


def test_min_p_and_typical_keep_what_they_say() -> None:
    p = torch.tensor([0.5, 0.3, 0.15, 0.05])
    assert min_p(p, 0.5).tolist() == pytest.approx([0.625, 0.375, 0, 0])
    assert min_p(p, 1.0).tolist() == [1, 0, 0, 0]
    entropy = -(p * p.log()).sum()
    nearest = int((-p.log() - entropy).abs().argmin())
    assert typical(p, 1e-6).nonzero().item() == nearest
    torch.testing.assert_close(typical(p, 1.0), p)


def test_penalties_lower_what_was_seen() -> None:
    logits = torch.tensor([2.0, -1.0, 0.5])
    seen = torch.tensor([0, 1, 1])
    assert penalised(logits, seen, repetition=2.0).tolist() == [1.0, -2.0, 0.5]
    assert penalised(logits, seen, frequency=0.5).tolist() == [1.5, -2.0, 0.5]


def test_the_rate_of_2017_peaks_after_the_warm_up() -> None:
    rates = [inverse_root_after(step, 512, 4000) for step in range(8000)]
    assert rates.index(max(rates)) == 3999
    assert max(rates) == pytest.approx(7e-4, rel=0.01)
    assert [linear(step, 2, 6) for step in (0, 2, 4, 6, 9)] == [1, 1, 0.5, 0, 0]
