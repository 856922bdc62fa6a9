"""Schedules, memory and the ring in closed form; steps shared by real processes; mistakes."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from below import gone, ranks_of
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.parallel import memory, pipeline, ring
from lessons.parallel.config import PRESETS
from lessons.parallel.explore import memory as memory_scene
from lessons.parallel.explore import pipeline as pipeline_scene
from lessons.parallel.explore import ring as ring_scene
from lessons.parallel.train import place, train
from zhtui.lab import LabError, Poke, Run, Spot, Table
from zhtui.lesson.run import Alone

# Pipelines


@pytest.mark.parametrize(
    ("p", "m", "bubble"), [(4, 4, 3 / 7), (4, 16, 3 / 19), (8, 16, 7 / 23), (8, 32, 7 / 39)]
)
@pytest.mark.parametrize("kind", ["gpipe", "1f1b"])
def test_the_bubble_is_the_published_one(kind: str, p: int, m: int, bubble: float) -> None:
    assert pipeline.timeline(kind, p, m).bubble == pytest.approx(bubble)
    assert pipeline.bubble(p, m) == pytest.approx(bubble)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.integers(1, 12))
def test_every_piece_of_work_is_done_once_and_in_order(p: int, m: int) -> None:
    for kind in ("gpipe", "1f1b", "zero-bubble"):
        found = pipeline.timeline(kind, p, m)
        when = {
            (w.what, w.micro, stage): slot
            for stage, row in enumerate(found.slots)
            for slot, w in enumerate(row)
            if w
        }
        assert len(when) == (3 if kind == "zero-bubble" else 2) * p * m
        for micro in range(m):
            for stage in range(1, p):
                assert when["F", micro, stage - 1] < when["F", micro, stage]
                assert when["B", micro, stage] < when["B", micro, stage - 1]


@pytest.mark.parametrize("m", [8, 16, 64])
def test_1f1b_keeps_p_stashes_however_many_micro_batches(m: int) -> None:
    assert max(pipeline.timeline("1f1b", 4, m).stashes()) == 4
    assert max(pipeline.timeline("gpipe", 4, m).stashes()) == m


def test_chunks_and_halves_make_the_bubble_smaller() -> None:
    plain = pipeline.timeline("1f1b", 4, 8).bubble
    assert pipeline.timeline("interleaved", 4, 8, 2).bubble < plain
    assert pipeline.timeline("zero-bubble", 4, 8).bubble < plain
    with pytest.raises(ValueError, match="not a multiple"):
        pipeline.timeline("interleaved", 4, 6)


# Memory and the ring


def test_a_rank_holds_what_the_paper_says() -> None:
    gigabytes = [memory.held(7.5e9, 64, stage).total / 1e9 for stage in range(4)]
    assert gigabytes == pytest.approx([120, 31.4, 16.6, 1.9], abs=0.05)
    assert memory.sent(100, 2, 3) == 1.5 * memory.sent(100, 2, 0)


@given(st.integers(2, 9), st.integers(1, 3))
def test_everyone_ends_with_the_sum(n: int, size: int) -> None:
    vectors = np.random.default_rng(n).normal(size=(n, n * size))
    *_, last = ring.steps(vectors)
    assert np.allclose(last.chunks.reshape(n, -1), vectors.sum(0))


@pytest.mark.parametrize("n", [2, 4, 8])
def test_what_is_sent_is_two_n_minus_one_nths(n: int) -> None:
    sent = sum((step.sent >= 0).astype(int) for step in ring.steps(np.ones((n, n))))
    assert (np.asarray(sent) == 2 * (n - 1)).all()
    assert ring.bytes_sent(n, n) == 2 * (n - 1)


# Real processes


def last(**changes: Any) -> dict[str, Any]:
    *_, row = train(Run(replace(PRESETS["tiny"], **changes)))
    return row


class Kept(Alone):
    """Keeps what is shown, by name, and what is said."""

    def __init__(self) -> None:
        self.shown: dict[str, Table] = {}
        self.said: list[str] = []

    def say(self, step: int, text: str) -> None:
        self.said.append(text)

    def show(self, step: int, name: str, view: Any) -> None:
        if view is not None and name not in self.shown:
            self.shown[name] = view


def test_a_shared_step_is_the_whole_one_and_each_rank_tells_its_own() -> None:
    host = Kept()
    config = replace(PRESETS["tiny"], way="fsdp", memory=True)
    first, *_, row = train(Run(config, host=host))
    assert row["loss_gap"] <= 1e-6
    assert row["norm_gap"] <= 1e-6
    assert 0 < first["held_gap"] < 0.02
    assert "held_gap" not in row
    stages = [[number(cell) for cell in cells[1:]] for cells in host.shown["memory"].rows]
    assert all(total == pytest.approx(formula, rel=0.02) for *_, total, formula in stages)
    assert [total for *_, total, _ in stages] == sorted((s[-2] for s in stages), reverse=True)
    ranks = [[number(cell) for cell in cells[1:]] for cells in host.shown["ranks"].rows]
    assert len(ranks) == config.ranks
    losses, norms, weights, *_ = zip(*ranks, strict=True)
    assert sum(losses) / len(ranks) == pytest.approx(float(first["loss"]), abs=1e-5)
    assert sum(norm**2 for norm in norms) ** 0.5 == pytest.approx(float(first["norm"]), rel=1e-4)
    assert sum(weights) == 4 * 4 * (4 * 8**2 + 2 * 8)


@pytest.mark.parametrize(
    ("device", "count", "why"),
    [
        ("cuda", 1, "2 ranks need as many GPUs, and 1 is here: they compute on the CPU"),
        ("mps", 0, "torch shares no step on an Apple GPU: the ranks compute on the CPU"),
    ],
)
def test_too_few_gpus_leave_the_ranks_on_the_cpu(
    monkeypatch: pytest.MonkeyPatch, device: str, count: int, why: str
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    host = Kept()
    assert place(Run(PRESETS["tiny"], device=device, host=host)) == "cpu"
    assert host.said == [why]


def test_as_many_gpus_as_ranks_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    host = Kept()
    assert place(Run(PRESETS["tiny"], device="cuda:0", host=host)) == "cuda"
    assert not host.said


def number(cell: Any) -> float:
    return float(str(cell).replace(",", ""))


def held_gap(ranks: int, layers: int) -> float:
    changes = {"ranks": ranks, "layers": layers, "memory": True, "steps": 1}
    [row] = train(Run(replace(PRESETS["tiny"], width=24, batch=24, **changes)))
    return float(row["held_gap"])


@pytest.mark.slow
@pytest.mark.parametrize(("ranks", "layers"), [(3, 6), (4, 4)])
def test_a_rank_holds_what_the_formula_says(ranks: int, layers: int) -> None:
    assert held_gap(ranks, layers) < 0.02


@pytest.mark.slow
def test_zero_1_gives_out_whole_tensors_so_eight_matrices_are_uneven_for_three() -> None:
    """3, 3 and 2 of 8: the last rank has a quarter in place of a third, and fewer biases."""
    assert held_gap(3, 4) == pytest.approx(0.2, abs=0.02)


def test_a_killed_rank_ends_the_run_with_its_log(capfd: pytest.CaptureFixture[str]) -> None:
    steps = train(Run(PRESETS["tiny"]))
    next(steps)
    ranks = ranks_of(os.getpid(), "parallel")
    assert len(ranks) == 2
    os.kill(ranks[1], signal.SIGKILL)
    with pytest.raises(LabError, match=r"a rank has ended at step 1: Signal 9.*; resume the run"):
        list(steps)
    gone(ranks)
    assert "SIGKILL" in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "ranks"),
    [("ddp", 2), ("ddp", 4), ("fsdp", 4), ("tp", 2), ("pp", 2), ("pp", 4), ("ddp+tp", 4)],
)
def test_every_way_of_sharing_gives_the_whole_step(way: str, ranks: int) -> None:
    row = last(way=way, ranks=ranks)
    assert row["loss_gap"] <= 1e-6
    assert row["norm_gap"] <= 1e-6


@pytest.mark.slow
def test_a_lost_micro_batch_is_seen_by_the_norm_and_not_by_the_loss() -> None:
    row = last(mistake="last-only")
    assert row["loss_gap"] <= 1e-6
    assert row["norm_gap"] > 0.1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "gap"),
    [
        ({"way": "fsdp", "mistake": "norm-twice"}, 2**0.5 - 1),
        ({"way": "fsdp", "mistake": "divided"}, 0.5),
    ],
)
def test_the_other_mistakes_too(changes: dict[str, Any], gap: float) -> None:
    row = last(**changes)
    assert row["loss_gap"] <= 1e-6
    assert row["norm_gap"] == pytest.approx(gap, rel=1e-3)


@pytest.mark.slow
def test_dropout_of_its_own_on_each_rank_is_seen() -> None:
    assert last(way="tp", dropout=0.5)["norm_gap"] <= 1e-6
    assert last(way="tp", dropout=0.5, mistake="dropout")["norm_gap"] > 1e-3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch": 15}, "not divided"),
        ({"way": "pp", "ranks": 3, "batch": 18, "micro": 1}, "stages"),
        ({"way": "ddp+tp", "ranks": 3, "batch": 18, "micro": 1}, "even number"),
        ({"mistake": "dropout"}, "shared"),
    ],
)
def test_knobs_that_do_not_fit_are_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(LabError, match=words):
        last(**changes)


# What is explored


def test_scenes_tell_their_figures() -> None:
    frames = list(memory_scene.explore(None, memory_scene.Ask(), Poke()))
    assert "120.00 GB" in str(frames[0].say)
    assert "7.5e9" in str(memory_scene.point(memory_scene.Ask(), frames[0], Spot("held", 2)))
    ask = pipeline_scene.Ask(micro=4)
    *_, whole = pipeline_scene.explore(None, ask, Poke())
    assert "bubble 0.429" in str(whole.say)
    assert "3 / 7" in str(pipeline_scene.point(ask, whole, Spot("schedules", 0, 2)))
    assert "waits" in str(pipeline_scene.point(ask, whole, Spot("timeline", 3, 0)))
    *_, done = ring_scene.explore(None, ring_scene.Ask(), Poke())
    assert "4 of 4 columns are whole" in str(done.say)
    assert "the whole sum" in str(ring_scene.point(ring_scene.Ask(), done, Spot("chunks", 2, 1)))


def test_without_a_drain_backwards_are_missing() -> None:
    right = list(pipeline_scene.explore(None, pipeline_scene.Ask(), Poke()))
    wrong = list(pipeline_scene.explore(None, pipeline_scene.Ask(mistake="drain"), Poke()))
    assert len(wrong) < len(right)


def test_a_poked_number_goes_round() -> None:
    poked = list(ring_scene.explore(None, ring_scene.Ask(), Poke(Spot("chunks", 0, 0), 100.0)))
    last_values = poked[-1].shown()["chunks"].values  # type: ignore[union-attr]
    assert (last_values[:, 0] > 100).all()
    ask = pipeline_scene.Ask(schedule="interleaved", micro=6)
    with pytest.raises(LabError, match="micro"):
        list(pipeline_scene.explore(None, ask, Poke()))
