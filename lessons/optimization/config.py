"""The knobs of the optimization lesson, and a preset for each row of the lecture's log."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lessons.optimization.mistakes import MISTAKES
from zhtui.lab import knob, mistakes


@dataclass(frozen=True)
class Config:
    data: str = knob("auto", "names, given, or a text file with one word a line")
    context: int = knob(3, "characters that are looked at", choices=(1, 2, 3, 5, 8))
    embedding: int = knob(10, "numbers a character", low=1, high=512)
    depth: int = knob(1, "hidden layers", low=1, high=20)
    width: int = knob(200, "units a hidden layer", low=1, high=4096)
    activation: str = knob("tanh", "after each hidden layer", choices=("tanh", "relu", "linear"))
    init: str = knob(
        "kaiming",
        "spread of hidden weights: 1, 0.2, gain by the root of fan_in, or 0",
        choices=("one", "fifth", "kaiming", "zero"),
    )
    gain: float = knob(0.0, "Kaiming's gain; 0 takes that of the activation", low=0, high=100)
    bias: float = knob(0.01, "spread of hidden biases", low=0)
    last: float = knob(0.01, "spread of the last weights; its biases are 0 if below 1", low=0)
    norm: bool = knob(True, "BatchNorm after each hidden layer, in place of its biases")
    momentum: float = knob(
        0.001, "share of a batch that the running statistics take", low=0, high=1
    )
    rule: str = knob("sgd", "how weights move", choices=("sgd", "momentum", "adam"))
    batch: int = knob(32, "examples a step", low=2, high=65536)
    steps: int = knob(20_000, "updates", low=1, high=100_000_000)
    lr: float = knob(0.1, "learning rate (try 0.001 with adam)", low=0.0, high=100.0, live=True)
    decay_at: float = knob(0.5, "share of the steps after which it is a tenth", low=0, high=1)
    look_every: int = knob(1_000, "steps between two looks at the net", low=1)
    mistake: str = mistakes(MISTAKES)


QUICK = Config()
PAPER = replace(QUICK, steps=200_000, look_every=10_000)
NAIVE = replace(PAPER, norm=False, init="one", bias=1.0, last=1.0)
DEEP = replace(QUICK, norm=False, depth=5, width=100, look_every=500)

PRESETS = {
    "tiny": replace(QUICK, width=30, depth=2, steps=200, look_every=50),
    "quick": QUICK,
    "naive": NAIVE,
    "softmax-fix": replace(NAIVE, last=0.01),
    "tanh-fix": replace(NAIVE, last=0.01, init="fifth", bias=0.01),
    "kaiming": replace(PAPER, norm=False),
    "paper": PAPER,
    "zero": replace(PAPER, norm=False, init="zero", bias=0.0, last=0.0, steps=50_000),
    "deep": DEEP,
    "deep-norm": replace(DEEP, norm=True),
}
