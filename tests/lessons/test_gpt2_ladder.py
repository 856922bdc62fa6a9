"""The ladder: every rung is the same model, and says what it measured or why not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from lessons.gpt2 import rungs
from lessons.gpt2.explore import ladder
from lessons.gpt2.model import GPT2, Size
from lessons.gpt2.rungs import RUNGS, Taught, measure, optimizers_of, padded
from zhtui.lab import Frame, Poke, Spot

MINI = Size(1, 2, 16, 8, 259)


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> list[Frame]:
    measure.cache_clear()
    monkeypatch.setitem(rungs.SIZES, "small", (2, MINI))
    monkeypatch.setitem(ladder.SIZES, "small", (2, MINI))
    return list(ladder.explore(None, ladder.Ask(), Poke()))


def test_the_taught_attention_is_the_fast_one() -> None:
    torch.manual_seed(1)
    gpt, x = GPT2(MINI), torch.randint(259, (2, 8))
    before = gpt(x)
    for block in gpt.blocks:
        taught = Taught(16, 2)
        taught.load_state_dict(block.attention.state_dict())
        block.attention = taught
    assert torch.allclose(gpt(x), before, atol=1e-6)


def test_a_rung_is_a_frame_with_its_time_or_why_not(frames: list[Frame]) -> None:
    assert [frame.title for frame in frames[1:-1]] == [rung.name for rung in RUNGS]
    table: Any = frames[-1].shown()["ladder"]
    assert [row[5] for row in table.rows] == ["1000", "333", "300", "130", "96", "93", "90", "—"]
    for frame, row in zip(frames[1:-1], table.rows, strict=True):
        step = frame.keep["steps"][-1]
        if step.found.why:
            assert row[1] == "—"
            assert frame.predict is None
            assert step.found.why in str(frame.say)
        else:
            assert row[1] == round(step.found.ms, 2) > 0
            assert frame.predict == Spot("ladder", len(frame.keep["steps"]) - 1, 1)
    measured = {row[0] for row in table.rows if row[1] != "—"}
    assert {"fp32", "flash", "padded", "fused", "muon"} <= measured


def test_figures_follow_from_the_milliseconds(frames: list[Frame]) -> None:
    step = frames[1].keep["steps"][0]
    assert step.found.tokens == 16
    assert step.found.rate == pytest.approx(16 / step.found.ms * 1000)
    assert step.found.flops == 16 * GPT2(MINI).flops_per_token()
    assert step.found.speed == pytest.approx(step.found.flops / step.found.ms * 1000)
    assert step.peak > 0
    assert "16 tokens" in str(ladder.point(ladder.Ask(), frames[1], Spot("ladder", 0, 2)))


def test_what_does_not_help_is_left_out_above(frames: list[Frame]) -> None:
    steps = frames[-1].keep["steps"]
    for place, step in enumerate(steps):
        kept = [s.found.ms for s in steps[:place] if s.kept]
        if not step.found.why and kept:
            assert step.kept == (step.found.ms < kept[-1])
            assert step.before == kept[-1]


def test_the_same_frames_come_twice(frames: list[Frame]) -> None:
    again = list(ladder.explore(None, ladder.Ask(), Poke()))
    assert [frame.say for frame in again] == [frame.say for frame in frames]


@pytest.mark.parametrize(("name", "words"), [("tf32", "NVIDIA"), ("compile", "compile=true")])
def test_what_is_not_here_says_why(name: str, words: str) -> None:
    assert words in rungs.missing(name, "cpu", False)
    assert not rungs.missing("flash", "cpu", False)


def test_published_gains_are_quotients_of_the_column(frames: list[Frame]) -> None:
    falls = [step.fell for step in frames[-1].keep["steps"]]
    assert falls[0] is None
    assert falls[1] == pytest.approx(1000 / 333)
    assert falls[3] == pytest.approx(300 / 130)
    assert falls[-1] is None


def test_padding_and_optimizers() -> None:
    assert padded(replace(MINI, vocab=50257)).vocab == 50304
    gpt = GPT2(MINI)
    assert [len(optimizers_of(gpt, kept)) for kept in (("fp32",), ("fp32", "muon"))] == [1, 2]
    assert optimizers_of(gpt, ("fused",))[0].defaults["fused"]


def test_each_rung_is_held_against_a_product_of_its_own_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Against fp32's peak, a step of an A100 in bfloat16 would reach 150 % of it and more."""
    published = {rung.name: rung.a100 or 150.0 for rung in RUNGS}
    peaks = {"fp32": 19.5e12, "tf32": 156e12, "bf16": 312e12}
    flops = 16_384 * GPT2(MINI).flops_per_token()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(ladder, "peak", lambda device, kind: peaks[kind])
    monkeypatch.setattr(
        ladder, "measure", lambda names, *_: rungs.Measured(published[names[-1]], 16_384, flops)
    )
    frames = list(ladder.explore(None, ladder.Ask(compile=True), Poke()))
    steps = frames[-1].keep["steps"]
    kinds = [step.kind for step in steps]
    assert kinds == ["fp32", "tf32", *["bf16"] * 6]
    assert [step.peak for step in steps] == [peaks[kind] for kind in kinds]
    for frame, kind in zip(frames[1:-1], kinds, strict=True):
        assert f"product in {kind}" in str(frame.look)
    assert "in bf16" in str(ladder.point(ladder.Ask(), frames[3], Spot("ladder", 2, 3)))


@pytest.mark.parametrize(("kind", "switch"), [("tf32", "high"), ("fp32", "highest")])
def test_a_gpus_peak_is_measured_with_its_own_switch(
    kind: str, switch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier rung has left the switch of TF32 as it needed it."""
    set_to, real = list[str](), torch.ones
    monkeypatch.setattr(torch, "set_float32_matmul_precision", set_to.append)
    monkeypatch.setattr(torch, "ones", lambda *_, dtype, device: real(2, 2, dtype=dtype))
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: None)
    rungs.peak.cache_clear()
    assert rungs.peak("cuda:9", kind) > 0
    assert set_to == [switch]
