"""The GPT lesson: attention against torch's, the ladder, training, writing, and what it refuses."""

from __future__ import annotations

import copy
import math
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import zhtui.lab
from lessons.blocks.attention import attend_fast
from lessons.blocks.cache import Cache
from lessons.blocks.graphs import Fixed, Recorded
from lessons.blocks.points import Notes, points
from lessons.blocks.sampling import ORDERS, penalised
from lessons.gpt import decode, lesson
from lessons.gpt.build import assemble, build, text_of
from lessons.gpt.config import FFNS, NORMS, POSITIONS, PRESETS, RUNGS, Config
from lessons.gpt.decode import decoder, quick, stream
from lessons.gpt.generate import Sampling, generate
from lessons.gpt.ladder import rung as rung_of
from lessons.gpt.measure import asked, evaluate, taught
from lessons.gpt.model import GPT, Attention, Parts, Size, attend, attention_weights, inverse_root
from lessons.gpt.train import train
from zhtui.ask import engine
from zhtui.lab import Bars, Heatmap, LabError, Reference, Run, Table, Text, View
from zhtui.lesson import catalog
from zhtui.runs.figures import figure_of
from zhtui.work import client, drive

TINY = PRESETS["tiny"]
NAMES = Path(os.environ.get("ZHTUI_DATA", "nowhere")) / "names.txt"
GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
POEM = "The quick brown fox jumps over the lazy dog,\nand the dog sleeps on.\n" * 20


class Shelf:
    """A host that hands out one text and remembers what it is shown."""

    def __init__(self, path: Path, parts: dict[str, Any] | None = None) -> None:
        self.path, self.parts = path, parts or {}
        self.views: dict[str, View] = {}
        self.order: list[str] = []
        self.said: list[str] = []

    def data(self, name: str, auto: tuple[str, ...]) -> Path:
        return self.path

    def restore(self, name: str, part: Any) -> None:
        if name in self.parts:
            part.load_state_dict(self.parts[name])

    def show(self, step: int, name: str, view: View) -> None:
        self.views[name] = view
        self.order.append(name)

    def say(self, step: int, text: str) -> None:
        self.said.append(text)

    def measured(self, name: str, of: str, measure: Callable[[], float]) -> float:
        return 1.0


@pytest.fixture
def poem(tmp_path: Path) -> Path:
    path = tmp_path / "poem.txt"
    path.write_text(POEM, encoding="utf-8")
    return path


@pytest.fixture
def run(poem: Path) -> Run:
    return Run(TINY, host=Shelf(poem))


def model_of(config: Config = TINY, vocab: int = 11) -> GPT:
    torch.manual_seed(0)
    return assemble(config, vocab).eval()


def shaken(model: GPT) -> GPT:
    """Weights far from their quiet start, so that a difference would show."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


# --- attention ------------------------------------------------------------------------------------


def queries_keys_values(past: int = 0) -> Iterator[Tensor]:
    dice = torch.Generator().manual_seed(7)
    for length in (9, 9 + past, 9 + past):
        yield torch.randn(2, 3, length, 4, generator=dice).requires_grad_()


def test_the_taught_form_equals_torchs() -> None:
    q, k, v = queries_keys_values()
    theirs = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    torch.testing.assert_close(attend(q, k, v, 0.5), theirs)


@pytest.mark.parametrize("past", [0, 1, 5])
def test_the_used_form_equals_the_taught_one_forward_and_backward(past: int) -> None:
    q, k, v = queries_keys_values(past)
    taught, used = attend(q, k, v, 0.5), attend_fast(q, k, v, 0.5)
    torch.testing.assert_close(used, taught)
    weight = torch.randn_like(taught)
    expected = torch.autograd.grad((taught * weight).sum(), (q, k, v))
    torch.testing.assert_close(torch.autograd.grad((used * weight).sum(), (q, k, v)), expected)


def test_attention_looks_only_back_and_sums_to_one() -> None:
    q, k, _ = queries_keys_values()
    weights = attention_weights(q @ k.mT * 0.5)
    assert (weights.triu(1) == 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 9))


def test_heads_in_one_product_equal_torchs_multihead_attention() -> None:
    torch.manual_seed(3)
    ours = Attention(12, 3, bias=True, qkv_bias=True).eval()
    theirs = nn.MultiheadAttention(12, 3, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.qkv.weight)
        theirs.in_proj_bias.copy_(ours.qkv.bias)
        theirs.out_proj.load_state_dict(ours.project.state_dict())
    x = torch.randn(2, 5, 12)
    future = torch.ones(5, 5, dtype=torch.bool).triu(1)
    torch.testing.assert_close(ours(x), theirs(x, x, x, attn_mask=future)[0])


def test_scores_have_unit_variance_whatever_the_size_of_a_head() -> None:
    dice = torch.Generator().manual_seed(1)
    for size in (4, 256):
        q, k = (torch.randn(1, 1, 400, size, generator=dice) for _ in range(2))
        weights = attention_weights(q @ k.mT * inverse_root(size))
        last = weights[0, 0, -1]  # softmax(scores): its log is the scores, shifted
        assert last.log().std().item() == pytest.approx(1, abs=0.25)


# --- the model ------------------------------------------------------------------------------------


def parameters(preset: str) -> int:
    return sum(p.numel() for p in assemble(PRESETS[preset], 65).parameters())


def test_parameter_counts_are_the_published_ones() -> None:
    assert parameters("small") == 209_729
    assert parameters("large") == 10_788_929
    paper = assemble(PRESETS["paper"], 65)
    counted = parameters("paper") - paper.positions.weight.numel()  # as nanoGPT counts: 10.65 M
    assert counted == 10_646_784
    assert parameters("rung-bigram") == 65 * 65


@pytest.mark.parametrize("preset", ["tiny", "quick", "cpu", "large", "paper"])
def test_the_first_guess_is_nearly_uniform(preset: str) -> None:
    losses = []
    for seed in (1337, 1, 2):  # at 384 channels one model in two lies a hair beyond the bound
        torch.manual_seed(seed)
        model = assemble(PRESETS[preset], 65).eval()
        ids = torch.randint(65, (8, model.block_size + 1))
        with torch.no_grad():
            losses.append(model.loss(ids[:, :-1], ids[:, 1:]).item())
    assert sum(losses) / len(losses) == pytest.approx(math.log(65), abs=0.1)


@pytest.mark.parametrize("rung", RUNGS)
def test_no_rung_sees_the_future(rung: str) -> None:
    model = shaken(model_of(replace(TINY, rung=rung, tied=False)))
    ids = torch.arange(10)[None] % 11
    poked = ids.clone()
    poked[0, 6] = 10
    with torch.no_grad():
        before, after = model(ids), model(poked)
    assert torch.equal(before[:, :6], after[:, :6])
    assert not torch.equal(before[:, 6], after[:, 6])


def test_each_rung_adds_what_it_names() -> None:
    def parts(rung: str) -> set[str]:
        names = model_of(replace(TINY, rung=rung, tied=False, bias=True)).state_dict()
        return {name.split(".", 2)[-1] if "blocks" in name else name for name in names}

    ladder = [parts(rung) for rung in RUNGS]
    assert ladder[1] == ladder[2]  # heads only divide what one head had
    assert {"think.expand.weight"} <= ladder[3] - ladder[2]
    assert {"attention.project.weight", "think.project.weight"} <= ladder[4] - ladder[3]
    assert {"norm1.weight", "norm2.weight", "norm.weight"} <= ladder[5] - ladder[4]
    assert ladder[6] == ladder[5]  # the same parts, begun small


@pytest.mark.parametrize("rung", RUNGS)
def test_a_look_gives_what_a_forward_pass_gives(rung: str) -> None:
    model, notes = shaken(model_of(replace(TINY, rung=rung, tied=False))).double(), Notes()
    ids = torch.arange(10)[None] % 11
    with torch.no_grad():
        torch.testing.assert_close(model.look(ids, notes), model(ids))
        assert torch.equal(notes["embedding"], model.embed(ids))
    if rung in ("layernorm", "full"):
        assert list(notes) == [point.name for point in points(TINY.n_layer)]


def test_with_biases_queries_keys_and_values_have_one_and_in_the_lecture_none() -> None:
    names = set(model_of(replace(TINY, bias=True)).state_dict())
    assert {f"blocks.0.{part}.bias" for part in ("attention.qkv", "norm1", "think.expand")} < names
    lecture = set(model_of(replace(TINY, bias=True, qkv_bias=False)).state_dict())
    assert names - lecture == {"blocks.0.attention.qkv.bias", "blocks.1.attention.qkv.bias"}
    assert "blocks.0.attention.qkv.bias" not in model_of(TINY).state_dict()


def test_a_run_from_before_that_opens_trains_and_writes(poem: Path) -> None:
    old = Run(replace(TINY, bias=True, qkv_bias=False), host=Shelf(poem))
    rows = list(train(old))
    saved = {name: copy.deepcopy(part.state_dict()) for name, part in old.kept.items()}
    card = replace(TINY, bias=True, steps=25)  # its run.json has no qkv_bias: the default stands in
    again = Run(card, host=Shelf(poem, saved))
    again.step = len(rows)
    assert len(list(train(again))) == 5
    assert not any("qkv.bias" in name for name in again.kept["model"].state_dict())
    fresh = Run(card, host=Shelf(poem))
    assert any("qkv.bias" in name for name in fresh.once(build)[1].state_dict())
    assert written(Run(card, host=Shelf(poem, saved)), tokens=5)


def test_branches_begin_quiet_and_the_rest_with_the_spread_asked_for() -> None:
    block = model_of(replace(PRESETS["quick"], n_layer=8)).blocks[0]
    assert block.attention.qkv.weight.std().item() == pytest.approx(0.08, rel=0.05)
    assert block.think.project.weight.std().item() == pytest.approx(0.08 / 4, rel=0.05)


def test_tied_tables_are_one() -> None:
    model = model_of()
    assert model.head.weight is model.tokens.weight
    loose = model_of(replace(TINY, tied=False))
    assert loose.head.weight is not loose.tokens.weight


def test_dropout_acts_in_training_only() -> None:
    model = shaken(model_of(replace(TINY, dropout=0.5)))
    ids = torch.arange(8)[None]
    assert torch.equal(model(ids), model(ids))
    model.train()
    assert not torch.equal(model(ids), model(ids))


def test_with_only_the_first_position_in_the_loss_queries_and_keys_learn_nothing() -> None:
    model = shaken(model_of()).train()
    ids = torch.arange(9)[None]
    F.cross_entropy(model(ids[:, :-1])[:, 0], ids[:, 1]).backward()
    queries, keys, values = model.blocks[0].attention.qkv.weight.grad.chunk(3)
    assert queries.abs().max() == 0
    assert keys.abs().max() == 0
    assert values.abs().max() > 0


# --- the cache ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rung", RUNGS)
def test_cached_logits_equal_uncached_ones(rung: str) -> None:
    model = shaken(model_of(replace(TINY, rung=rung, tied=False))).double()
    ids = torch.randint(11, (TINY.block_size,), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        expected = model(ids[None])[0]
        after = stream(model, ids[:3])
        cached = [next(after), *(after.send(token.view(1)) for token in ids[3:])]
    torch.testing.assert_close(torch.stack(cached), expected[2:])


@pytest.mark.parametrize("rung", RUNGS)
@pytest.mark.parametrize("other", [{}, {"bias": True, "activation": "relu"}, {"tied": True}])
def test_a_position_computed_on_its_own_is_the_same(rung: str, other: dict[str, Any]) -> None:
    model = shaken(model_of(replace(TINY, **{"tied": False, "rung": rung, **other}))).double()
    one, T = decoder(model), TINY.block_size
    assert (one is not None) == (rung in ("layernorm", "full"))
    ids = torch.randint(11, (3 * T,), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        plain, quicker = stream(model, ids[:3]), stream(model, ids[:3], one)
        for token in (None, *ids[3:].split(1)):
            torch.testing.assert_close(quicker.send(token), plain.send(token))


@pytest.mark.parametrize(
    ("kind", "device"), [(Fixed, "cpu"), pytest.param(Recorded, "cuda", marks=GPU)]
)
def test_a_position_in_shapes_that_stay_is_the_same(kind: type[Fixed], device: str) -> None:
    """With rows for the whole context, also where it begins afresh, and on a GPU as a graph."""
    model = shaken(model_of(replace(TINY, tied=False))).double().to(device)
    one, T = decoder(model), TINY.block_size
    assert one is not None
    ids = torch.randint(11, (3 * T,), generator=torch.Generator().manual_seed(2)).to(device)
    with torch.inference_mode():
        held = kind(one)
        texts = [
            (stream(model, ids[a:b]), stream(model, ids[a:b], held)) for a, b in ((0, 3), (2, 9))
        ]
        for token in (None, *ids[3:].split(1)):
            for plain, fixed in texts:  # two at once, in turns
                torch.testing.assert_close(fixed.send(token), plain.send(token))


def test_what_writes_a_position_follows_the_training() -> None:
    model = shaken(model_of())
    one = decoder(model)
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(1.5)
        plain, quicker = stream(model, torch.arange(3)), stream(model, torch.arange(3), one)
        for token in (None, *torch.arange(4).split(1)):
            torch.testing.assert_close(quicker.send(token), plain.send(token))


@pytest.mark.parametrize("bias", [False, True])
def test_a_position_shared_by_threads_is_the_same_and_follows_the_training(
    monkeypatch: pytest.MonkeyPatch, bias: bool
) -> None:
    monkeypatch.setattr(decode, "SHARE", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    model, T = shaken(model_of(replace(TINY, bias=bias))).double(), TINY.block_size
    one, shares = decoder(model), []
    bmm = torch.bmm
    monkeypatch.setattr(torch, "bmm", lambda x, W: shares.append(len(W)) or bmm(x, W))
    ids = torch.randint(11, (T,), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        for factor in (1.0, 1.5):
            for weight in model.parameters():
                weight.mul_(factor)
            plain, quicker = stream(model, ids[:3]), stream(model, ids[:3], one)
            for token in (None, *ids[3:].split(1)):
                torch.testing.assert_close(quicker.send(token), plain.send(token))
    assert set(shares) == {2, 3}, "as many as go into the rows without a rest"


def test_a_full_context_starts_afresh_from_its_younger_half() -> None:
    model, T = shaken(model_of()).double(), TINY.block_size
    ids = torch.randint(11, (3 * T,), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        after = stream(model, ids[:1])
        logits = [next(after), *(after.send(token.view(1)) for token in ids[1:])]
        for end in (T + 1, T + 5):  # the first is written from T // 2 + 1 characters
            window = ids[T - T // 2 : end]
            expected = model(window[None])[0, -1]
            torch.testing.assert_close(logits[end - 1], expected)


def test_a_prompt_longer_than_the_context_is_read_from_its_end() -> None:
    model, T = shaken(model_of()), TINY.block_size
    ids = torch.arange(2 * T) % 11
    with torch.no_grad():
        torch.testing.assert_close(next(stream(model, ids)), model(ids[None, -T:])[0, -1])


def test_a_small_model_writes_alone_and_leaves_the_threads_as_they_were() -> None:
    model, seen = shaken(model_of()), []
    model.norm.register_forward_pre_hook(lambda *_: seen.append(torch.get_num_threads()))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with torch.no_grad():
            plain, fast = stream(model, torch.arange(3)), quick(stream(model, torch.arange(3)))
            tokens = [None, *torch.arange(10).split(1)]
            expected = [plain.send(token) for token in tokens]
            for token, logits in zip(tokens, expected, strict=True):
                torch.testing.assert_close(fast.send(token), logits)
                assert torch.get_num_threads() == 2
                assert torch.backends.mkldnn.enabled
    finally:
        torch.set_num_threads(before)
    assert seen == [2] * len(tokens) + [1] * len(tokens)


def test_the_past_holds_what_it_is_given() -> None:
    past, kv = Cache(5), torch.randn(2, 2, 3, 5, 4)
    past.extend(kv[..., :3, :])
    assert torch.equal(past.extend(kv[..., 3:, :]), kv)


def varied(kv: int, positions: str, qk_norm: bool) -> Config:
    """A mixture of knobs; those that are not given vary with those that are."""
    number = kv + POSITIONS.index(positions) + 2 * qk_norm
    return replace(
        TINY, n_embd=16, n_head=2, n_kv_head=kv, positions=positions, qk_norm=qk_norm,
        norm=NORMS[number % 3], norm_first=number % 4 > 0, ffn=FFNS[number % 2],
        bias=number % 5 > 2, scaled=number % 7 > 0, tied=number % 3 > 0,
    )  # fmt: skip


@pytest.mark.parametrize("kv", [0, 1, 2])
@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("qk_norm", [False, True])
def test_every_mixture_is_cached_looked_at_and_blind_to_the_future(
    kv: int, positions: str, qk_norm: bool
) -> None:
    config = varied(kv, positions, qk_norm)
    model, T = shaken(model_of(config)).double(), TINY.block_size
    ids = torch.randint(11, (2 * T,), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        expected = model(ids[None, :T])[0]
        after = stream(model, ids[:3], decoder(model))
        cached = [next(after), *(after.send(token.view(1)) for token in ids[3:])]
        torch.testing.assert_close(torch.stack(cached[: T - 2]), expected[2:])
        torch.testing.assert_close(cached[-1], model(ids[None, -len(ids) + T :])[0, -1])
        notes = Notes()
        torch.testing.assert_close(model.look(ids[None, :T], notes)[0], expected)
        assert set(notes) == {point.name for point in points(config.n_layer)}
        poked = ids[:T].clone()
        poked[6] = (poked[6] + 1) % 11
        moved = model(poked[None])[0]
    assert torch.equal(moved[:6], expected[:6])
    assert not torch.equal(moved[6], expected[6])


@pytest.mark.parametrize("knobs", [
    {"n_kv_head": 1}, {"positions": "rotary", "qk_norm": True}, {"positions": "alibi"},
    {"norm": "rmsnorm", "ffn": "swiglu"}, {"norm_first": False, "positions": "sinusoidal"},
    {"experts": 3, "active": 2},
])  # fmt: skip
def test_every_variation_trains_and_resumes_to_the_same_bits(
    poem: Path, knobs: dict[str, Any]
) -> None:
    config = replace(TINY, steps=8, **knobs)
    whole = Run(config, host=Shelf(poem))
    expected = [float(row["loss"]) for row in train(whole)]
    assert expected[-1] < expected[0]
    first = Run(config, host=Shelf(poem))
    list(islice(train(first), 4))
    saved = {name: copy.deepcopy(part.state_dict()) for name, part in first.kept.items()}
    second = Run(config, host=Shelf(poem, saved))
    second.step = 4
    assert [float(row["loss"]) for row in train(second)] == expected[4:]
    assert written(second, tokens=5)


@pytest.mark.parametrize(("active", "ffn"), [(1, "mlp"), (2, "swiglu"), (3, "mlp")])
def test_experts_are_cached_looked_at_and_blind_to_the_future(active: int, ffn: str) -> None:
    config = replace(TINY, experts=3, active=active, ffn=ffn)
    model, T = shaken(model_of(config)).double(), TINY.block_size
    ids = torch.randint(11, (T,), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        expected = model(ids[None])[0]
        after = stream(model, ids[:3], decoder(model))
        cached = [next(after), *(after.send(token.view(1)) for token in ids[3:])]
        torch.testing.assert_close(torch.stack(cached), expected[2:])
        notes = Notes()
        torch.testing.assert_close(model.look(ids[None], notes)[0], expected)
        assert set(notes) == {point.name for point in points(config.n_layer)}
        poked = ids.clone()
        poked[6] = (poked[6] + 1) % 11
        torch.testing.assert_close(model(poked[None])[0][:6], expected[:6])


def test_the_loss_of_the_experts_is_added_and_evens_their_load(poem: Path) -> None:
    config = replace(TINY, experts=4, n_layer=1, steps=40, eval_every=40, lr=3e-3)
    shelf = Shelf(poem)
    even = list(train(Run(replace(config, aux=1.0), host=shelf)))
    free = list(train(Run(replace(config, aux=0.0), host=Shelf(poem))))
    assert float(even[0]["loss"]) == float(free[0]["loss"]), "the loss that is shown is the text's"
    assert float(even[0]["grad_norm"]) != float(free[0]["grad_norm"])
    assert 0.99 < float(even[-1]["balance"]) < min(1.05, float(free[-1]["balance"]))
    of_four = sum(p.numel() for p in model_of(config, vocab=len(set(POEM))).parameters())
    one = sum(p.numel() for p in model_of(TINY).blocks[0].think.parameters())  # type: ignore[union-attr]
    assert f"{of_four:,} weights, {of_four - 3 * one:,} of them work" in shelf.said[0]
    with pytest.raises(LabError, match="active=3 of experts=2; choose"):
        next(train(Run(replace(TINY, experts=2, active=3), host=Shelf(poem))))


def test_the_defaults_are_the_finished_gpt() -> None:
    by_knobs, alone = model_of(Config()), GPT(11, Size(), Parts())
    assert str(by_knobs) == str(alone).replace("bias=True)", "bias=False)")


@pytest.mark.parametrize(("knobs", "what"), [
    ({"n_kv_head": 3}, "2 heads cannot share n_kv_head=3; choose"),
    ({"n_kv_head": 2, "rung": "head"}, "1 heads cannot share n_kv_head=2"),
    ({"positions": "rotary", "n_embd": 6}, "3 channels has no pairs to turn; choose"),
])  # fmt: skip
def test_knobs_that_do_not_go_together_are_refused(
    poem: Path, knobs: dict[str, Any], what: str
) -> None:
    with pytest.raises(LabError, match=what):
        next(train(Run(replace(TINY, **knobs), host=Shelf(poem))))


# --- training -------------------------------------------------------------------------------------


def test_tiny_learns_and_shows_what_it_does(run: Run) -> None:
    rows = list(train(run))
    assert [("val" in row) for row in rows] == [(i + 1) % 10 == 0 for i in range(20)]
    assert rows[-1]["val"] < rows[9]["val"] < math.log(len(run.once(build)[0])) + 0.1
    views = run._host.views
    assert {type(view) for view in views.values()} == {Text, Heatmap, Bars}
    assert set(views) == {"sample", "attention", "heads", "stream", "surprise", "gradient"}
    assert run.units == TINY.batch_size * TINY.block_size
    assert run.flops > 0
    assert run._host.order[0] == run._host.order[-1] == "attention", "it stands first on screen"


@pytest.mark.parametrize("rung", RUNGS)
def test_every_rung_trains(poem: Path, rung: str) -> None:
    run = Run(replace(TINY, rung=rung, tied=False, steps=10, lr=1e-2), host=Shelf(poem))
    rows = list(train(run))
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert math.isfinite(rows[-1]["val"])


def test_row_values_stay_tensors_until_they_are_read(run: Run) -> None:
    row = next(train(run))
    assert isinstance(row["loss"], Tensor)
    assert isinstance(row["grad_norm"], Tensor)
    assert not row["loss"].requires_grad


def test_counted_ngrams_are_shown_and_drawn(poem: Path) -> None:
    run = Run(replace(TINY, steps=1, baselines=True), host=Shelf(poem))
    (row,) = train(run)
    table = run._host.views["baselines"]
    assert isinstance(table, Table)
    assert [r[0] for r in table.rows] == ["2-gram", "3-gram", "4-gram", "5-gram", "6-gram"]
    assert f"{row['counted']:.4f}" == table.rows[table.mark][-1]
    assert row["counted"] < 0.2  # a text that repeats itself


def test_accumulated_batches_make_the_gradient_of_one(poem: Path) -> None:
    config = replace(TINY, steps=1, precision="fp32")
    rows = {
        parts: next(
            train(Run(replace(config, accumulation=parts, batch_size=size), host=Shelf(poem)))
        )
        for parts, size in ((1, 8), (4, 2))
    }
    for name in ("loss", "grad_norm"):
        torch.testing.assert_close(rows[4][name], rows[1][name], rtol=1e-6, atol=1e-6)


FIRST = (
    3.3660, 3.4243, 3.1778, 3.0664, 3.2209, 2.9452, 3.2894, 3.3245, 2.8990, 3.2229, 2.7964, 2.9345,
    3.0544,
)  # fmt: skip


@pytest.mark.skipif(not NAMES.exists(), reason="names.txt is not in $ZHTUI_DATA")
def test_microgpt_has_the_published_losses() -> None:
    """The first thirteen of the original, to all four digits, with its own random numbers."""
    run = Run(replace(PRESETS["microgpt"], steps=1000), seed=42, host=Shelf(NAMES))
    losses = [float(row["loss"]) for row in islice(train(run), len(FIRST))]
    assert losses == pytest.approx(FIRST, abs=5e-5)
    assert sum(p.numel() for p in run.once(build)[1].parameters()) == 4192


def test_one_batch_is_learned_by_heart_and_its_gauge_says_so(poem: Path) -> None:
    shelf = Shelf(poem)
    config = replace(TINY, one_batch=True, steps=120, eval_every=60, lr=1e-2, min_lr=1e-3)
    *_, row = train(Run(config, host=shelf))
    gauge = shelf.views["one batch"]
    assert isinstance(gauge, Bars)
    assert float(row["loss"]) < 0.1
    assert gauge.values[1] == pytest.approx(float(row["loss"]))
    assert "by heart: " in str(gauge.note)
    *_, early = train(Run(replace(config, steps=3), host=shelf))
    assert "not by heart yet" in str(shelf.views["one batch"].note)
    assert float(early["loss"]) > 1


def test_a_loss_at_the_last_position_alone_leaves_short_contexts_unlearned(poem: Path) -> None:
    assert asked(torch.tensor([[5, 6, 7]]), "last").tolist() == [[-100, -100, 7]]
    assert asked(torch.tensor([[5, 6, 7]]), "first").tolist() == [[5, -100, -100]]
    config = replace(TINY, steps=150, eval_every=150, lr=5e-3, eval_batches=8)
    val = {}
    for where in ("all", "last"):
        *_, row = train(Run(replace(config, loss_at=where), host=Shelf(poem)))
        val[where] = float(row["val"])
    assert val["last"] > val["all"] + 0.3


def test_a_step_is_timed_in_both_forms_and_nothing_else_changes(poem: Path) -> None:
    config = replace(TINY, steps=2, eval_every=1)
    first, last = train(Run(replace(config, timed=True), host=Shelf(poem)))
    usual = list(train(Run(config, host=Shelf(poem))))
    assert first["speedup"] == pytest.approx(first["ms_taught"] / first["ms_used"])
    assert [float(first["loss"]), float(last["loss"])] == [float(row["loss"]) for row in usual]
    assert float(last["grad_norm"]) == float(usual[-1]["grad_norm"])
    run = Run(TINY, host=Shelf(poem))
    model, batch = run.once(build)[1], torch.randint(11, (2, 9))
    ids, targets = batch[:, :-1], batch[:, 1:]
    torch.testing.assert_close(taught(model, ids, targets), model.loss(ids, targets))


def test_the_whole_validation_text_is_asked_once_token_by_token(poem: Path) -> None:
    *_, row = train(Run(replace(TINY, steps=4, eval_every=2, whole=True), host=Shelf(poem)))
    first, last = train(Run(replace(TINY, steps=2, eval_every=1, whole=True), host=Shelf(poem)))
    assert "val_whole" not in first
    assert "val_whole" in last
    run = Run(replace(TINY, steps=4, eval_every=2, whole=True), host=Shelf(poem))
    *_, again = train(run)
    model, val = run.once(build)[1].eval(), run.once(text_of).val
    T = TINY.block_size
    with torch.no_grad():
        parts = [model.loss(val[None, i : i + T], val[None, i + 1 : i + T + 1])
                 for i in range(0, len(val) - T, T)]  # fmt: skip
    assert float(again["val_whole"]) == pytest.approx(float(torch.stack(parts).mean()), rel=1e-5)
    assert float(row["val_whole"]) == float(again["val_whole"])


def test_the_gradient_of_the_first_layer_is_told_beside_the_last_ones(poem: Path) -> None:
    shelf = Shelf(poem)
    *_, row = train(Run(TINY, host=shelf))
    bars = shelf.views["gradient"]
    assert isinstance(bars, Bars)
    sizes = dict(zip(bars.labels, bars.values, strict=True))
    assert row["grad_first_last"] == pytest.approx(sizes["block 1"] / sizes["block 2"])


def test_the_rate_warms_up_decays_and_can_change_while_it_runs(poem: Path) -> None:
    run = Run(
        replace(TINY, steps=12, warmup=3, lr=1.0, min_lr=0.1, eval_every=99), host=Shelf(poem)
    )
    rates = []
    for row in train(run):
        rates.append(row["lr"])
        if len(rates) == 6:
            run.config = replace(run.config, lr=0.5)
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert rates[3:6] == sorted(rates[3:6], reverse=True)
    assert rates[6] < 0.5 < rates[5]
    assert rates[-1] == pytest.approx(0.1, abs=0.03)
    steady = Run(replace(TINY, steps=6, warmup=2, lr=0.01, decay=False), host=Shelf(poem))
    assert [row["lr"] for row in train(steady)][2:] == [0.01] * 4


def test_evaluation_is_the_same_each_time_and_leaves_no_trace(run: Run) -> None:
    _, model = run.once(build)
    windows = run.once(text_of).val.unfold(0, TINY.block_size + 1, 1)
    model.train()
    before = torch.random.get_rng_state()
    assert torch.equal(*(evaluate(run, model, windows, "fp32") for _ in range(2)))
    assert torch.equal(before, torch.random.get_rng_state())
    assert model.training


def test_a_resumed_run_is_bit_equal_to_one_never_interrupted(poem: Path) -> None:
    config = replace(TINY, dropout=0.1)
    whole = Run(config, host=Shelf(poem))
    expected = [{k: float(v) for k, v in row.items()} for row in train(whole)]

    first = Run(config, host=Shelf(poem))
    rows = list(islice(train(first), 7))
    saved = {name: copy.deepcopy(part.state_dict()) for name, part in first.kept.items()}
    second = Run(config, host=Shelf(poem, saved))
    second.step = 7
    rows += list(train(second))

    assert [{k: float(v) for k, v in row.items()} for row in rows] == expected
    for ours, theirs in zip(
        whole.kept["model"].parameters(), second.kept["model"].parameters(), strict=True
    ):
        assert torch.equal(ours, theirs)


def test_a_compiler_that_fails_is_named_and_training_goes_on(
    poem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> Any:
        def call(*_: Tensor) -> Tensor:
            raise RuntimeError("no C++ compiler")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    run = Run(replace(TINY, steps=2, compile=True), host=Shelf(poem))
    assert len(list(train(run))) == 2
    assert "no C++ compiler" in run._host.said[0]


# --- writing --------------------------------------------------------------------------------------


def written(run: Run, prompt: str = "The", **settings: Any) -> str:
    return "".join(token.text for token in generate(run, prompt, Sampling(**settings)))


def test_the_same_seed_writes_the_same_text_past_the_context(run: Run) -> None:
    text = written(run, tokens=3 * TINY.block_size)
    assert len(text) == 3 * TINY.block_size
    assert written(run, tokens=3 * TINY.block_size) == text
    assert written(run, tokens=3 * TINY.block_size, seed=1) != text


def test_writing_leaves_training_alone(run: Run) -> None:
    _, model = run.once(build)
    model.train()
    before = torch.random.get_rng_state()
    stream = generate(run, "The", Sampling(tokens=5))
    next(stream)
    assert model.training
    assert not torch.is_inference_mode_enabled()
    model.loss(torch.zeros(1, 4, dtype=torch.long), torch.zeros(1, 4, dtype=torch.long)).backward()
    list(stream)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_token_tells_of_the_models_own_distribution(run: Run) -> None:
    text, model = run.once(build)
    shaken(model).eval()
    with torch.no_grad():
        own = model(text.encode("The")[None])[0, -1].softmax(0)
    token = next(generate(run, "The", Sampling(top_k=3, temperature=0.5)))
    assert token.probability == pytest.approx(own[text.index[token.text]].item(), rel=1e-4)
    assert token.entropy == pytest.approx(-(own * own.log2()).sum().item(), rel=1e-4)
    assert token.kept == 3
    heated = own.pow(2) / own.pow(2).sum()
    likeliest = heated.topk(8)
    assert [a for a, _ in token.alternatives] == list(text.decode(likeliest.indices))
    assert [p for _, p in token.alternatives] == pytest.approx(likeliest.values.tolist(), rel=1e-3)


def test_temperature_zero_takes_the_likeliest(run: Run) -> None:
    for token in generate(run, "The", Sampling(tokens=20, temperature=0.0)):
        assert token.text == token.alternatives[0][0]
        assert token.kept == 1


def test_filters_of_its_own_and_their_order(run: Run) -> None:
    text, model = run.once(build)
    shaken(model).eval()
    with torch.no_grad():
        logits = model(text.encode("The")[None])[0, -1]
    own = logits.softmax(0)

    def first(**settings: Any) -> Any:
        return next(generate(run, "The", Sampling(**settings)))

    assert first(min_p=0.3).kept == int((own >= 0.3 * own.max()).sum())
    hot = (logits / 0.25).softmax(0).sort(descending=True).values
    early, late = (first(temperature=0.25, top_p=0.9, order=each) for each in ORDERS)
    assert early.kept == int((hot.cumsum(0) - hot < 0.9).sum())
    cold = own.sort(descending=True).values
    assert late.kept == int((cold.cumsum(0) - cold < 0.9).sum())
    assert early.kept < late.kept
    seen = "The"
    token = first(repetition=5.0, temperature=0.0)
    lowered = penalised(logits, text.encode(seen), 5.0)
    assert token.text == text.decode(lowered.argmax()[None])
    usual, lab = (list(generate(run, "The", each)) for each in (Sampling(), zhtui.lab.Sampling()))
    assert usual == lab


def test_a_penalty_counts_what_was_written(run: Run) -> None:
    shaken(run.once(build)[1])
    whole = [written(run, tokens=60, temperature=0.0, repetition=each) for each in (1.0, 5.0)]
    assert len(set(whole[1])) > len(set(whole[0])), "it repeats itself less"


def test_an_empty_prompt_begins_a_line(run: Run) -> None:
    assert written(run, "", tokens=9) == written(run, "\n", tokens=9)


def test_unknown_characters_of_a_prompt_are_named(run: Run) -> None:
    with pytest.raises(LabError, match=r"'Ω', '7'.*use only"):
        written(run, "The Ω 7Ω")


# --- what is refused ------------------------------------------------------------------------------


def test_a_short_text_is_refused_with_what_to_do(poem: Path) -> None:
    poem.write_text("to be or not", encoding="utf-8")
    with pytest.raises(LabError, match=r"poem.txt has 12 .* longer text or a smaller block_size"):
        next(train(Run(TINY, host=Shelf(poem))))


def test_the_shortest_text_that_is_taken_trains(poem: Path) -> None:
    poem.write_text("ab" * (5 * (TINY.block_size + 1)), encoding="utf-8")
    assert len(list(train(Run(replace(TINY, steps=2), host=Shelf(poem))))) == 2


def test_heads_must_divide_channels(poem: Path) -> None:
    with pytest.raises(LabError, match="n_embd=32 does not split into 5 heads; choose"):
        next(train(Run(replace(TINY, n_head=5), host=Shelf(poem))))


# --- the card -------------------------------------------------------------------------------------


def test_the_card_names_presets_that_exist() -> None:
    assert {"tiny", "quick", "paper"} <= set(lesson.presets)
    assert {reference.preset for reference in lesson.references} <= set(lesson.presets)
    assert all(rung_of(name, 5, Size(), Parts()) for name in RUNGS)
    assert 4 <= len(lesson.questions) <= 16


def test_the_card_costs_no_torch() -> None:
    code = "import lessons.gpt, sys; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- the published figures ------------------------------------------------------------------------

SHAKESPEARE = Path(os.environ.get("ZHTUI_DATA", "nowhere")) / "tinyshakespeare.txt"
ON_CPU = [reference for reference in lesson.references if not reference.gpu]


@cache
def learned(preset: str, seed: int) -> list[dict[str, Any]]:
    """The rows of a whole training; minutes, so that two tests look at one."""
    run = Run(replace(PRESETS[preset], whole=True), seed=seed, host=Shelf(SHAKESPEARE))
    return [{"step": run.step, **row} for row in train(run) if "val" in row]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not SHAKESPEARE.exists(), reason="Tiny Shakespeare is not in $ZHTUI_DATA")
@pytest.mark.parametrize("reference", ON_CPU, ids=lambda reference: reference.preset)
def test_the_published_figure_comes_out(reference: Reference) -> None:
    figures = []
    for seed in reference.seeds:
        if reference.metric == "val":
            rows = learned(reference.preset, seed)
        else:
            text = NAMES if reference.data == "names" else SHAKESPEARE
            run = Run(PRESETS[reference.preset], seed=seed, host=Shelf(text))
            rows = [{"step": run.step, **row} for row in train(run) if reference.metric in row]
        figures.append(figure_of(rows, reference.metric, reference.at))
    mean = sum(float(figure or math.nan) for figure in figures) / len(figures)
    assert mean == pytest.approx(reference.value, abs=reference.tolerance)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not SHAKESPEARE.exists(), reason="Tiny Shakespeare is not in $ZHTUI_DATA")
def test_two_knobs_beat_nanogpts_setting_by_a_margin() -> None:
    """Over the whole validation text, at as many steps. What a step takes: `benchmarks.train_gpt`.

    Measured: better 1.675, 1.678 and 1.688, mean 1.680; cpu, seed 1337, 1.906.
    """
    seeds = (1337, 1, 2)
    ours, theirs = (
        [float(learned(preset, seed)[-1]["val_whole"]) for seed in seeds]
        for preset in ("better", "cpu")
    )
    margin = statistics.mean(theirs) - statistics.mean(ours)
    print(f"better {ours}, cpu {theirs}, margin {margin:.3f}")
    assert margin >= 0.03 + statistics.stdev(ours)


def test_a_trained_model_can_be_asked_without_its_text(store: Path, poem: Path) -> None:
    mine = poem.parent / "mine.txt"
    mine.write_text(poem.read_text(encoding="utf-8"), encoding="utf-8")
    entry = catalog.one("gpt")
    run = client.create(store, entry, preset="tiny", knobs=(f"data={mine}",), where="cpu")
    assert drive.work(run) == 0, run.status().error
    mine.unlink()
    opened = engine.open_run(run, where="cpu")
    assert len(list(engine.sample(run, opened, "", Sampling(tokens=5)))) == 5
