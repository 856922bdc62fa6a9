"""The knobs of the real runs, their presets, and the mistakes that can be switched on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zhtui.lab import Mistake, knob, mistakes

DRAIN = Mistake(
    "drain", "the pipeline was stopped when the last forward was done: the backwards that were on "
    "their way are lost, and with them micro-batches", ("timeline", "norm_gap"),
    "explore/pipeline.py#explore",
)  # fmt: skip
LAST_ONLY = Mistake(
    "last-only", "gradients were zeroed at each micro-batch: only the last one counts",
    ("norm_gap",), "step.py#Shared.micro_batches",
)  # fmt: skip
TWICE = Mistake(
    "norm-twice", "each rank added the whole norm to the sum, not its own part of it",
    ("norm_gap",), "step.py#Shared.norm",
)  # fmt: skip
DIVIDED = Mistake(
    "divided", "the loss was divided by the micro-batches and the gradient once more",
    ("norm_gap",), "step.py#Shared.forward",
)  # fmt: skip
DROPOUT = Mistake(
    "dropout", "each rank drew its own dropout for a layer that all compute together",
    ("norm_gap",), "step.py#Shared.drop",
)  # fmt: skip
MISTAKES = (DRAIN, LAST_ONLY, TWICE, DIVIDED, DROPOUT)
IN_RUNS = (LAST_ONLY, TWICE, DIVIDED, DROPOUT)
WAYS = ("ddp", "fsdp", "tp", "pp", "ddp+tp")


@dataclass(frozen=True)
class Config:
    way: str = knob("ddp", "how the work is shared (torch's own parts)", choices=WAYS)
    ranks: int = knob(2, "processes", low=1, high=16)
    steps: int = knob(20, "steps; each is computed whole and shared", low=1, high=100_000)
    batch: int = knob(16, "rows a step; ranks · micro divides them", low=1, high=4096)
    micro: int = knob(2, "micro-batches a rank", low=1, high=64)
    width: int = knob(32, "channels", low=4, high=1024)
    layers: int = knob(4, "layers; stages of a pipeline divide them", low=2, high=64)
    dropout: float = knob(0.0, "dropout, the same on all who share a layer", low=0, high=0.9)
    lr: float = knob(0.05, "learning rate", low=0, high=10, live=True)
    memory: bool = knob(False, "first, each rank measures what ZeRO's stages have it hold")
    mistake: str = mistakes(IN_RUNS)


QUICK = Config(memory=True)
PRESETS = {
    "tiny": replace(QUICK, steps=3, width=8, memory=False),
    "quick": QUICK,
    "paper": replace(QUICK, ranks=4, way="fsdp"),
    "fsdp": replace(QUICK, way="fsdp"),
    "tp": replace(QUICK, way="tp"),
    "pp": replace(QUICK, way="pp"),
    "mixed": replace(QUICK, way="ddp+tp", ranks=4),
    "last-only": replace(QUICK, mistake="last-only"),
    "dropout": replace(QUICK, way="tp", dropout=0.5, mistake="dropout"),
}
