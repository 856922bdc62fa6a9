"""What each rank holds in stages 0 to 3 of ZeRO, and what each way of sharing sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons.parallel import memory
from zhtui.lab import Bars, Curves, Frame, Poke, Run, Spot, Table, Words, knob

TAKES_RUN = False

GB = 1e9


@dataclass(frozen=True)
class Ask:
    billions: float = knob(7.5, "weights, in 1e9 (GPT-2 is 0.124)", low=0.001, high=10_000)
    ranks: int = knob(64, "GPUs", low=1, high=65_536)
    layers: int = knob(32, "layers", low=1, high=1_000)
    channels: int = knob(4096, "channels, C", low=1, high=100_000)
    tokens: int = knob(4096, "positions of a text, T", low=1, high=10_000_000)
    batch: int = knob(1, "texts a rank, B", low=1, high=100_000)
    room: float = knob(80.0, "memory of a GPU, in GB", low=1, high=10_000)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    size = ask.billions * 1e9
    rows: list[tuple[str, float, float, float]] = []
    for stage, name in enumerate(memory.STAGES):
        held = memory.held(size, ask.ranks, stage)
        rows.append((name, held.weights / GB, held.gradients / GB, held.optimizer / GB))
        fits = "fits" if held.total / GB <= ask.room else "does not fit"
        parts = ["weights (bf16)", "gradients (bf16)", "Adam (fp32)"]
        yield Frame(
            name,
            {
                "held": Bars(parts, list(rows[-1][1:]), note=f"GB a rank, {name}"),
                "stages": Table(("stage", *parts, "GB"), [total(row) for row in rows], stage),
            },
            say=f"{held.total / GB:.2f} GB a rank: it {fits} into {ask.room:g} GB, and "
            f"{memory.sent(size, ask.ranks, stage) / GB:.1f} GB are sent a step",
            look=LOOK[stage],
            chapter=name,
            keep={"stage": stage, "size": size},
            predict=Spot("stages", stage, 4) if stage else None,
        )
    x = np.arange(1, max(ask.ranks, 2) + 1, dtype=float)
    lines = {
        name: (x, np.array([memory.held(size, int(n), stage).total / GB for n in x]))
        for stage, name in enumerate(memory.STAGES)
    }
    yield Frame(
        "by ranks",
        {"GB": Curves(lines, {"a GPU": ask.room}, x_name="ranks", log_x=True, log_y=True)},
        say="stage 3 falls as 1/n; the others come to rest on what they do not share",
        look="where a line passes below the level, the model begins to fit",
        chapter="by ranks",
    )
    yield sent(ask, size)


LOOK = (
    "every rank holds everything: twelve of sixteen bytes are Adam's",
    "Adam's part is shared; weights and gradients are whole on every rank",
    "a gradient is needed only by who updates its weight",
    "a layer's weights are fetched when it is their turn, twice a step",
)


def total(row: tuple[str, float, float, float]) -> tuple[str | float, ...]:
    """A row with its sum."""
    return (*row, sum(row[1:]))


def sent(ask: Ask, size: float) -> Frame:
    """What a rank sends a step for each way of sharing the work."""
    B, T, C, n, L = ask.batch, ask.tokens, ask.channels, ask.ranks, ask.layers
    ways = {
        "data (DP, ZeRO-1, 2)": memory.sent(size, n, 0),
        "data (ZeRO-3)": memory.sent(size, n, 3),
        "tensor (TP)": memory.of_tensor_parallel(B, T, C, L, n),
        "pipeline (PP)": memory.of_pipeline(B, T, C),
        "context (CP)": memory.of_context(B, T, C, L, n),
        "experts (EP, top-1)": memory.of_experts(B, T, C, L, 1, n),
    }
    return Frame(
        "what is sent",
        {"sent": Bars(list(ways), [b / GB for b in ways.values()], note="GB a rank a step")},
        say="data parallelism sends weights, the others activations: which is less depends on B T",
        look="tensor parallelism sends in every layer, so it stays inside a machine",
        chapter="sent",
    )


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    stage = frame.keep.get("stage")
    view: Any = frame.shown().get(spot.view)
    if spot.view == "held" and stage is not None:
        bytes_, shared = ((2, 3), (2, 2), (12, 1))[spot.row]
        by = ask.ranks if stage >= shared else 1
        return f"{bytes_} bytes · {ask.billions:g}e9 / {by} = {view.values[spot.row]:.2f} GB"
    if spot.view == "sent":
        return f"{view.labels[spot.row]}: {view.values[spot.row]:.3f} GB a step"
    return ""
