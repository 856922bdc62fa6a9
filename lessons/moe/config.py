"""The knobs of the lesson, its presets, and the mistakes that it can switch on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zhtui.lab import Mistake, knob, mistakes

DETACHED = Mistake(
    "detached", "the auxiliary loss was computed from detached probabilities: its gradient never "
    "reached the router, whatever its coefficient", ("cv", "aux", "load"),
    "model.py#MoE.auxiliary",
)  # fmt: skip
UNNORMALISED = Mistake(
    "unnormalised", "the weights of the chosen experts (two or more) were not divided by their "
    "sum: a token that is undecided gets less of everything", ("weights", "out"), "model.py#share",
)  # fmt: skip
MISTAKES = (DETACHED, UNNORMALISED)


@dataclass(frozen=True)
class Config:
    data: str = knob("auto", "text to learn: a data set's name, or a file")
    block_size: int = knob(32, "positions read at once, T", low=4, high=512)
    n_embd: int = knob(32, "channels; n_head divides them", low=2, high=512)
    n_head: int = knob(4, "heads of attention", low=1, high=64)
    experts: int = knob(8, "experts, E; 1 is a dense layer", low=1, high=128)
    top_k: int = knob(1, "experts a token, k", low=1, high=128)
    hidden: int = knob(64, "hidden units of an expert, F", low=1, high=4096)
    capacity: float = knob(0.0, "room of an expert, in even shares; 0 is no limit", low=0, high=99)
    aux: float = knob(0.01, "coefficient of the balance loss", low=0, high=10, live=True)
    z: float = knob(0.0, "coefficient of the z loss", low=0, high=10, live=True)
    steering: float = knob(0.0, "how fast a bias evens the load (without a loss)", low=0, high=1)
    shared: bool = knob(False, "one more expert that sees every token")
    steps: int = knob(1500, "updates", low=1)
    batch_size: int = knob(32, "texts a batch", low=1)
    lr: float = knob(5e-3, "learning rate", low=0.0, high=1.0, live=True)
    eval_every: int = knob(100, "steps between two evaluations", low=1)
    mistake: str = mistakes(MISTAKES)


QUICK = Config()
PRESETS = {
    "tiny": replace(
        QUICK, top_k=2, block_size=16, n_embd=16, hidden=16, steps=30, batch_size=8, eval_every=10
    ),
    "quick": QUICK,
    "paper": replace(
        QUICK, block_size=128, n_embd=128, n_head=8, hidden=512, steps=5000, lr=1e-3, eval_every=250
    ),
    "no-balance": replace(QUICK, aux=0.0),
    "steered": replace(QUICK, aux=0.0, steering=0.003),
    "tight": replace(QUICK, aux=0.0, capacity=1.0),
    "two": replace(QUICK, top_k=2),
    "dense-active": replace(QUICK, experts=1, aux=0.0),
    "dense-total": replace(QUICK, experts=1, hidden=512, aux=0.0),
    "detached": replace(QUICK, aux=0.1, mistake="detached"),
}
