"""The knobs of the lesson and their presets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zhtui.lab import knob

SPECIMENS = ("none", "relu-output", "one-sided-minus", "unsorted-backward", "stale-grads", "guess")


@dataclass(frozen=True)
class Config:
    steps: int = knob(100, "updates", low=1, high=100_000)
    net: str = knob("mlp", "an MLP on points, or a GPT on names", choices=("mlp", "microgpt"))
    data: str = knob("moons", "moons, circles, spirals, xor, or a text file of x y label")
    points: int = knob(100, "points that are drawn", low=4, high=2_000)
    noise: float = knob(0.1, "how far points stray", low=0.0, high=2.0)
    form: str = knob("value", "numbers (value) or arrays (tensor)", choices=("value", "tensor"))
    width: int = knob(16, "units in a hidden layer", low=1, high=256)
    depth: int = knob(2, "hidden layers", low=0, high=8)
    activation: str = knob("relu", "of the hidden layers", choices=("relu", "tanh"))
    lr: float = knob(1.0, "learning rate; it falls to a tenth", low=0.0, high=10.0, live=True)
    l2: float = knob(1e-4, "pull of all weights to zero", low=0.0, high=1.0, live=True)
    batch: int = knob(0, "points a step; 0 takes all", low=0, high=2_000, live=True)
    specimen: str = knob("none", "a mistake to find", choices=SPECIMENS)
    reveal: bool = knob(False, "name the mistake that is on", live=True)
    show_every: int = knob(5, "steps between two pictures", low=1, live=True)


TINY = Config(steps=8, points=20, width=4, show_every=4)
PRESETS = {
    "tiny": TINY,
    "quick": Config(steps=200, show_every=4),
    "paper": Config(),
    "microgpt": Config(net="microgpt", data="auto", steps=1_000, lr=0.01, show_every=20),
    "spirals": replace(
        Config(), steps=2_000, data="spirals", form="tensor", width=32, show_every=50
    ),
}
