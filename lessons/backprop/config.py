"""The knobs of the backprop lesson, and its presets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lessons.backprop.mistakes import MISTAKES
from zhtui.lab import knob, mistakes


@dataclass(frozen=True)
class Config:
    data: str = knob("auto", "names, given, or a text file with one word a line")
    context: int = knob(3, "characters that are looked at", choices=(1, 2, 3, 5, 8))
    embedding: int = knob(10, "numbers a character", low=1, high=512)
    hidden: int = knob(200, "tanh units", low=1, high=4096)
    gradient: str = knob(
        "fused",
        "by hand into buffers, by hand a line a tensor, or by autograd",
        choices=("fused", "by hand", "autograd"),
    )
    batch: int = knob(32, "examples a step", low=2, high=65536)
    steps: int = knob(20_000, "updates", low=1, high=100_000_000)
    lr: float = knob(0.1, "learning rate", low=0.0, high=100.0, live=True)
    decay_at: float = knob(0.5, "share of the steps after which it is a tenth", low=0, high=1)
    momentum: float = knob(
        0.001, "share of a batch that the running statistics take", low=0, high=1
    )
    look_every: int = knob(1_000, "steps between two looks at the net", low=1)
    mistake: str = mistakes(MISTAKES)


QUICK = Config()
PRESETS = {
    "tiny": replace(QUICK, hidden=30, steps=100, gradient="by hand", look_every=25),
    "quick": QUICK,
    "by-hand": replace(QUICK, gradient="by hand", steps=10_000),
    "paper": replace(QUICK, steps=200_000, look_every=10_000),
}
