"""What a run shows: the shared step beside the whole one, and what each rank has of the net."""

from __future__ import annotations

from collections.abc import Mapping

from lessons.parallel import memory
from zhtui.lab import Bars, Run, Table

HAS = {
    "ddp": ("all weights", "its own rows"),
    "fsdp": ("a part of each weight", "its own rows"),
    "tp": ("a part of each pair of layers", "all rows"),
    "pp": ("some of the layers", "all rows, in micro-batches"),
    "ddp+tp": ("a part of a part", "half of the rows"),
}


def watch(run: Run, row: Mapping[str, float], shared: Mapping[str, float]) -> None:
    """Both results of a step, and what each rank has."""
    rows = [
        ("loss", f"{row['loss']:.7f}", f"{shared['loss']:.7f}", f"{row['loss_gap']:.1e}"),
        ("norm", f"{row['norm']:.7f}", f"{shared['norm']:.7f}", f"{row['norm_gap']:.1e}"),
    ]
    note = "the loss hides a lost micro-batch; the norm of the gradient does not"
    run.show("agreement", Table(("", "whole", "shared", "apart"), rows, note=note))
    weights, what = HAS[run.config.way]
    ranks = [(f"rank {i + 1}", weights, what) for i in range(run.config.ranks)]
    run.show("ranks", Table(("", "holds", "works on"), ranks, note=run.config.way))
    stage = {"ddp": 0, "fsdp": 3}.get(run.config.way)
    if stage is not None:
        size = run.config.layers * (4 * run.config.width**2 + 2 * run.config.width)
        held = memory.held(size, run.config.ranks, stage, half=4, grad=4, states=0)
        note = "bytes a rank holds in float32"
        run.show("held", Bars(["weights", "gradients"], [held.weights, held.gradients], note=note))
