"""The encoder–decoder against torch's own, its masks, its tasks, and each mistake by its meters."""

from __future__ import annotations

import importlib
import random
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import storied
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.blocks.attention import CrossAttention
from lessons.blocks.optimization import inverse_root_after
from lessons.blocks.points import Notes
from lessons.transformer import build, lesson, task
from lessons.transformer.config import MISTAKES, PRESETS, TASKS
from lessons.transformer.generate import generate
from lessons.transformer.mistakes import parts_of
from lessons.transformer.model import (
    BEGIN,
    END,
    PAD,
    POST,
    PRE,
    Attention,
    Parts,
    Transformer,
    cross_mask,
    greedy,
    longer,
    smoothed,
    source_mask,
    target_mask,
)
from lessons.transformer.train import train
from lessons.transformer.views import distances
from zhtui.lab import Frame, Heatmap, LabError, Poke, Run, Sampling, Spot, plain

SCENES = pytest.mark.parametrize("name", lesson.scenes)
NORMS = pytest.mark.parametrize("parts", [POST, PRE], ids=["post", "pre"])
V = len(task.CHARACTERS)


scene, frames = partial(storied.scene, "transformer"), partial(storied.frames, "transformer")


def values(frame: Frame, view: str) -> np.ndarray:
    shown = frame.shown()[view]
    assert isinstance(shown, Heatmap)
    return shown.values


def small(parts: Parts = POST, layers: int = 2) -> Transformer:
    torch.manual_seed(0)
    return Transformer(V, C=16, H=4, layers=layers, parts=parts).double().eval()


def texts() -> tuple[Tensor, Tensor]:
    """A batch with padding on both sides: (3, 6), (3, 5)."""
    source, target = task.batch([("cat", "ta"), ("horse", "eros"), ("a", "a")])
    return source, target[:, :-1]


# ----- against torch ------------------------------------------------------------------------------


def give(theirs: nn.MultiheadAttention, ours: Attention) -> None:
    """Our weights, in their order."""
    parts = (ours.query, ours.key, ours.value)
    theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
    theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
    theirs.out_proj.load_state_dict(ours.project.state_dict())


def give_layer(theirs: Any, ours: Any) -> None:
    give(theirs.self_attn, ours.attention)
    theirs.linear1.load_state_dict(ours.think[0].state_dict())
    theirs.linear2.load_state_dict(ours.think[2].state_dict())
    norms = ["norm1", "norm2"] + ["norm3"] * hasattr(ours, "norm3")
    for name in norms:
        getattr(theirs, name).load_state_dict(getattr(ours, name).state_dict())
    if hasattr(ours, "cross"):
        give(theirs.multihead_attn, ours.cross)


@NORMS
@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@torch.no_grad()
def test_it_is_torchs_transformer(parts: Parts) -> None:
    ours, pre = small(parts), parts is PRE
    theirs = nn.Transformer(
        16, 4, 2, 2, 64, 0.0, batch_first=True, norm_first=pre, dtype=torch.double
    ).eval()
    for stack, own, norm in (
        (theirs.encoder, ours.encoder, ours.read_norm),
        (theirs.decoder, ours.decoder, ours.write_norm),
    ):
        for theirs_layer, ours_layer in zip(stack.layers, own, strict=True):
            give_layer(theirs_layer, ours_layer)
        if pre:
            stack.norm.load_state_dict(norm.state_dict())
        else:
            stack.norm = None  # the paper's stacks end with the norm of their last layer
    source, target = texts()
    T = target.size(1)
    padding = source == PAD
    with torch.enable_grad():  # else it takes another path, of nested tensors
        heard = theirs(
            ours.embed(source), ours.embed(target), src_key_padding_mask=padding,
            memory_key_padding_mask=padding, tgt_key_padding_mask=target == PAD,
            tgt_mask=torch.ones(T, T, dtype=torch.bool).triu(1),
        )  # fmt: skip
    expected = heard @ ours.tokens.weight.T
    there = target != PAD
    assert torch.allclose(ours(source, target)[there], expected[there], atol=1e-10)


@torch.no_grad()
def test_cross_attention_is_torchs_and_that_of_the_shelf() -> None:
    torch.manual_seed(1)
    ours = Attention(16, 4).double()
    theirs = nn.MultiheadAttention(16, 4, batch_first=True, dtype=torch.double)
    fast = CrossAttention(16, 4, bias=True).double()
    give(theirs, ours)
    fast.q.load_state_dict(ours.query.state_dict())
    fast.kv.weight.copy_(torch.cat((ours.key.weight, ours.value.weight)))
    fast.kv.bias.copy_(torch.cat((ours.key.bias, ours.value.bias)))
    fast.project.load_state_dict(ours.project.state_dict())
    x, memory = torch.randn(2, 5, 16).double(), torch.randn(2, 7, 16).double()
    hidden = torch.arange(7) >= torch.tensor([[7], [4]])  # (2, 7)
    notes = Notes()
    out = ours(x, memory, ~hidden[:, None, None], notes)
    expected, weights = theirs(x, memory, memory, hidden, average_attn_weights=False)
    assert torch.allclose(out, expected, atol=1e-12)
    assert torch.allclose(notes["weights"], weights, atol=1e-12)
    bias = torch.zeros(2, 1, 1, 7).double().masked_fill(hidden[:, None, None], -torch.inf)
    mask = bias.expand(2, 4, 5, 7)
    assert torch.allclose(out, fast(x, memory, mask), atol=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_label_smoothing_is_torchs(share: float) -> None:
    logits, targets = torch.randn(3, 5, 9), torch.randint(0, 9, (3, 5))
    expected = F.cross_entropy(
        logits.flatten(0, 1), targets.flatten(), ignore_index=PAD, label_smoothing=share
    )
    assert torch.allclose(smoothed(logits, targets, share), expected)


def test_the_rate_is_the_papers() -> None:
    rates = [inverse_root_after(step, 512, 4000) for step in range(20_000)]
    assert int(np.argmax(rates)) + 1 == 4000
    assert rates[3999] == pytest.approx(512**-0.5 * 4000**-0.5)
    assert rates[15_999] == pytest.approx(rates[3999] / 2)


# ----- masks --------------------------------------------------------------------------------------


def test_the_three_masks() -> None:
    source, target = task.batch([("ab", "b"), ("abc", "ba")])
    assert source_mask(source)[0, 0].tolist() == [[True, True, True, False]]
    assert target_mask(target)[0, 0].int().tolist() == [
        [1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0]
    ]  # fmt: skip
    assert cross_mask(source, target).shape == (2, 1, 4, 4)
    assert cross_mask(source, target)[0, 0].int().tolist() == [[1, 1, 1, 0]] * 4


@NORMS
def test_no_padding_is_heard_and_no_future(parts: Parts) -> None:
    far = distances(small(parts), *texts())
    assert far["padding"] < 1e-12
    assert far["leak"] == 0
    assert far["heard"] > 0.01


@NORMS
def test_alone_and_in_a_batch_are_the_same(parts: Parts) -> None:
    net, (source, target) = small(parts), texts()
    alone = net(source[2:, :2], target[2:, :2])
    assert torch.allclose(net(source, target)[2:, :2], alone, atol=1e-12)


@pytest.mark.parametrize(("mistake", "meter"), [
    ("no-mask", "leak"), ("padding-axis", "padding"), ("kv-decoder", "heard"),
])  # fmt: skip
def test_each_mistake_moves_its_distance_alone(mistake: str, meter: str) -> None:
    far = distances(small(parts_of("post", mistake)), *texts())
    wrong = {name for name in ("leak", "padding") if far[name] > 1e-9}
    wrong |= {"heard"} if far["heard"] == 0 else set()
    assert wrong == {meter}


def test_every_row_of_weights_sums_to_one() -> None:
    notes = Notes()
    small()(*texts(), notes)
    weights = [x for name, x in notes.items() if name.endswith("weights")]
    assert len(weights) == 6
    for each in weights:
        assert torch.allclose(each.sum(-1), torch.ones(()).double())


# ----- tasks --------------------------------------------------------------------------------------


def test_what_each_task_asks_for() -> None:
    dice = random.Random(0)
    for name in TASKS:
        for _ in range(50):
            read, written = task.made(name, dice, 5)
            assert set(read + written) <= set(task.CHARACTERS[3:])
            assert len(read) <= max(5, task.LONGEST_DATE)
            if name != "date":
                assert written == task.RULES[name](read)
    assert task.RULES["sort"]("cab") == "abc"
    assert task.date(random.Random(3), 0)[1].count("-") == 2


def test_texts_go_in_and_come_out() -> None:
    source, target = task.batch([("ab", "b"), ("a", "ba")])
    assert source.tolist()[1][1:] == [END, PAD]
    assert target[:, 0].tolist() == [BEGIN, BEGIN]
    assert [task.decode(row) for row in source] == ["ab", "a"]


def test_greedy_stops_at_the_end_and_pads() -> None:
    net, (source, _) = small(), texts()
    written = greedy(net, source, 7)
    assert written.shape == (3, 7)
    for row in written.tolist():
        if END in row:
            assert set(row[row.index(END) + 1 :]) <= {PAD}
    one = greedy(net, source[1:2], 7)
    assert torch.equal(one[0], written[1])


# ----- scenes -------------------------------------------------------------------------------------


@SCENES
def test_a_scene_tells_a_story_with_numbers_to_predict(name: str) -> None:
    storied.tells_a_story(scene(name), frames(name), 8, 16)


@SCENES
def test_every_cell_can_be_pointed_at_in_80_columns(name: str) -> None:
    storied.spells_its_heatmaps(scene(name), frames(name))


def moved(spot: Spot, letter: str, **asked: Any) -> tuple[set[str], set[str]]:
    """The views of a poked decode that moved, and those that had to stay and did not."""
    right, wrong = frames("decode", **asked), frames("decode", Poke(spot, letter), **asked)
    changed, broken = set(), set()
    for title, frame in right.items():
        quiet = frame.still(spot) if frame.still is not None else {}
        for view, shown in frame.shown().items():
            if isinstance(shown, Heatmap):
                apart = values(wrong[title], view) != shown.values
                changed |= {view} if apart.any() else set()
                if view in quiet and (apart & quiet[view]).any():
                    broken.add(view)
    return changed, broken


def test_a_future_token_of_the_target_moves_no_row_before_it() -> None:
    changed, broken = moved(Spot("target", 0, 1), "j")
    assert {"X", "self", "Q", "cross", "O"} <= changed
    assert not changed & {"E", "encoder", "memory", "K", "V"}
    assert not broken


def test_a_token_of_the_source_moves_the_encoder_and_what_looks_across() -> None:
    changed, broken = moved(Spot("source", 0, 0), "j")
    assert {"E", "encoder", "memory", "K", "V", "scores", "cross", "O"} <= changed
    assert not changed & {"X", "Q"}
    assert not broken


def test_without_the_targets_mask_the_past_moves() -> None:
    _, broken = moved(Spot("target", 0, 1), "j", mistake="no-mask")
    assert {"self", "Q", "cross", "O"} <= broken


def test_with_the_decoders_own_keys_the_source_is_not_heard() -> None:
    changed, _ = moved(Spot("source", 0, 0), "j", mistake="kv-decoder")
    assert "memory" in changed
    assert not changed & {"K", "V", "cross", "O"}


def test_with_the_wrong_axis_padding_is_heard() -> None:
    right, wrong = frames("masks"), frames("masks", mistake="padding-axis")
    assert max(right["one more padding"].shown()["reads"].values) < 1e-5
    assert max(wrong["one more padding"].shown()["reads"].values) > 0.01
    assert values(right["scores and weights"], "weights")[:, 4:].sum() == 0
    assert values(wrong["scores and weights"], "weights")[:4, 4:].sum() > 0.01


@SCENES
def test_each_mistake_is_shown_by_its_meters(name: str) -> None:
    choices = scene(name).Ask.__dataclass_fields__["mistake"].metadata["knob"].choices
    right = frames(name)
    for mistake in (m for m in MISTAKES if m.name in choices):
        wrong = frames(name, mistake=mistake.name)
        there = {view for frame in wrong.values() for view in frame.shown()} & {*mistake.meters}
        pairs = [(frame.shown(), right[title].shown()) for title, frame in wrong.items()]
        shown = [v for v in there for one, two in pairs if repr(one.get(v)) != repr(two.get(v))]
        assert shown, mistake.name


def test_every_mistake_is_offered_and_names_a_line() -> None:
    fields = [scene(name).Ask.__dataclass_fields__["mistake"] for name in lesson.scenes]
    offered = {choice for field in fields for choice in field.metadata["knob"].choices}
    assert offered == {"none", *(mistake.name for mistake in MISTAKES)}
    for mistake in MISTAKES:
        definition = mistake.line.partition("#")[2]
        assert hasattr(importlib.import_module("lessons.transformer.model"), definition)


# ----- a run --------------------------------------------------------------------------------------


@pytest.fixture
def run() -> Run:
    return Run(PRESETS["tiny"])


@pytest.mark.parametrize("name", TASKS)
def test_each_task_trains(run: Run, name: str) -> None:
    run.config = replace(run.config, task=name, norm="pre")
    rows = [{key: float(value) for key, value in row.items()} for row in train(run)]
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert rows[-1]["leak"] == 0
    assert rows[-1]["padding"] < 1e-9


def test_a_scene_looks_at_a_runs_own_model(run: Run) -> None:
    shown = frames("decode", run=run)["memory"]
    assert values(shown, "memory").shape == (4, 16)
    with pytest.raises(LabError, match="layer=0"):
        frames("decode", run=run, layer=3)
    run.config = replace(run.config, task="date")
    assert "2026" in plain(frames("decode", run=Run(run.config))["source"].shown()["source"].text)


@pytest.mark.parametrize(("name", "asked"), [
    ("masks", {"text": ""}), ("masks", {"text": "Ω"}), ("masks", {"text": "horses"}),
    ("decode", {"source": "x" * 40}), ("decode", {"source": "C"}), ("decode", {"head": 9}),
])  # fmt: skip
def test_what_cannot_be_shown_is_refused(name: str, asked: dict[str, Any]) -> None:
    with pytest.raises(LabError):
        frames(name, **asked)


def test_bad_settings_are_refused(run: Run) -> None:
    run.config = replace(run.config, n_embd=15)
    with pytest.raises(LabError, match="n_embd"):
        build.build(run)
    with pytest.raises(ValueError, match="divide"):
        Transformer(V, C=10, H=4)


def test_it_writes_by_its_seed(run: Run) -> None:
    written = []
    for seed in (1, 1, 2):
        tokens = generate(run, "abc", Sampling(tokens=20, seed=seed))
        written.append("".join(token.text for token in tokens))
    assert written[0] == written[1] != written[2]


def test_one_more_padding_is_one_more_column() -> None:
    assert longer(torch.tensor([[5, END]])).tolist() == [[5, END, PAD]]


@pytest.mark.slow
def test_copy_is_solved_and_greedy_decode_prints_its_input() -> None:
    run = Run(PRESETS["quick"])
    *_, last = train(run)
    assert last["exact"] == 1.0
    dice, longest = random.Random(1), run.config.longest  # the longest word that it has seen
    words = ["a", "jab", "bbbb", "abcdef", *(task.word(dice, longest) for _ in range(200))]
    for text in words:
        written = greedy(build.model(run).eval(), build.read(text), 12)
        assert task.decode(written[0]) == text
