"""What a run shows: the shared step beside the whole one, and what each rank has of the net."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lessons.parallel import memory
from zhtui.lab import Run, Table

RANK = ("", "loss of its rows", "norm of its part", "weights, B", "gradients, B", "ms")
PARTS = ("weights", "gradients", "optimizer")
HAS = {
    "ddp": ("all weights", "its own rows"),
    "fsdp": ("a part of each weight", "its own rows"),
    "tp": ("a part of each pair of layers", "all rows"),
    "pp": ("some of the layers", "all rows, in micro-batches"),
    "ddp+tp": ("a part of a part", "half of the rows"),
}


def watch(run: Run, row: Mapping[str, float], each: Sequence[Mapping[str, Any]]) -> None:
    """Both results of a step, and what each rank has of it."""
    shared = each[0]
    rows = [
        ("loss", f"{row['loss']:.7f}", f"{shared['loss']:.7f}", f"{row['loss_gap']:.1e}"),
        ("norm", f"{row['norm']:.7f}", f"{shared['norm']:.7f}", f"{row['norm_gap']:.1e}"),
    ]
    note = "the loss hides a lost micro-batch; the norm of the gradient does not"
    run.show("agreement", Table(("", "whole", "shared", "apart"), rows, note=note))
    weights, what = HAS[run.config.way]
    note = f"{run.config.way}: each holds {weights}, and works on {what}"
    run.show("ranks", Table(RANK, [told(i, rank) for i, rank in enumerate(each)], note=note))


def told(i: int, rank: Mapping[str, Any]) -> tuple[str, ...]:
    """A rank's row: the loss of its rows, the norm of its gradient's part, bytes, milliseconds."""
    loss = "–" if rank["mine"] is None else f"{rank['mine']:.5f}"
    held = (f"{rank['weights']:,}", f"{rank['grads']:,}")
    return (f"rank {i}", loss, f"{rank['part']:.5f}", *held, f"{rank['ms']:.1f}")


def watch_memory(run: Run, each: Sequence[Sequence[Mapping[str, int]]]) -> float:
    """Bytes a rank holds, by ZeRO's formula and as torch has them; the largest gap, relative."""
    c, rows, gaps = run.config, list[tuple[str, ...]](), list[float]()
    size = c.layers * (4 * c.width**2 + 2 * c.width)
    for stage, name in enumerate(memory.STAGES):
        formula = memory.held(size, c.ranks, stage, half=4, grad=4, states=8)
        found = [rank[stage] for rank in each]
        for part in PARTS:
            gaps += [abs(rank[part] / getattr(formula, part) - 1) for rank in found]
        parts = [f"{found[0][part]:,}" for part in PARTS]
        total = max(sum(rank.values()) for rank in found)
        rows.append((name, *parts, f"{total:,}", f"{formula.total:,.0f}"))
    note = f"float32, {size:,} weights; torch's DDP, ZeroRedundancyOptimizer and FSDP2"
    head = ("", *PARTS, "a rank holds", "the formula")
    run.show("memory", Table(head, rows, note=note))
    return max(gaps)
