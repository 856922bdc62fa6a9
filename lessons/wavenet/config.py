"""The knobs of the wavenet lesson, a preset for each row of the lecture's log, and its mistakes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zhtui.lab import Mistake, knob, mistakes

PLACES = Mistake(
    "places",
    "BatchNorm takes its statistics over the batch alone, so each place of the tree has its own, "
    "from fewer examples: it runs, and is noisier.",
    meters=("statistics", "val"),
    line="model.py#BatchNorm1d.axes",
)
FAR = Mistake(
    "far",
    "The reshape joins a place with the one half a window away, not with its neighbour: the shapes "
    "are right, and the tree is not.",
    meters=("reads", "L1"),
    line="model.py#FlattenConsecutive.forward",
)
MISTAKES = (PLACES, FAR)
TYPES = ("wavenet", "flat", "bag", "rnn", "gru", "lstm", "transformer")


@dataclass(frozen=True)
class Config:
    data: str = knob("auto", "names, given, or a text file with one word a line")
    type: str = knob("wavenet", "the net", choices=TYPES)
    context: int = knob(8, "characters that are read", choices=(1, 2, 3, 4, 8, 16))
    embedding: int = knob(10, "numbers a character", low=1, high=512)
    hidden: int = knob(68, "units a layer, at each place", low=1, high=4096)
    rule: str = knob("sgd", "the optimizer", choices=("sgd", "adam"))
    batch: int = knob(32, "examples a step", low=2, high=65536)
    steps: int = knob(20_000, "updates", low=1, high=100_000_000)
    lr: float = knob(0.1, "learning rate (try 0.001 with adam)", low=0.0, high=100.0, live=True)
    decay_at: float = knob(
        0.75, "share of the steps after which it is a tenth (drop)", low=0, high=1
    )
    look_every: int = knob(1_000, "steps between two evaluations", low=1)
    grow: int = knob(1, "times the units of the level below", choices=(1, 2))
    blank: float = knob(0.0, "share of the characters that a step does not see", low=0, high=0.9)
    dropout: float = knob(0.0, "share of the last features that a step zeroes", low=0, high=0.9)
    weight_decay: float = knob(0.0, "pull of all weights to 0 (adam)", low=0.0, high=10.0)
    schedule: str = knob("drop", "how the rate falls", choices=("drop", "cosine"))
    committee: int = knob(1, "nets that guess together, each trained by itself", low=1, high=64)
    mistake: str = mistakes(MISTAKES)


QUICK = Config()
LOG = replace(QUICK, steps=200_000, look_every=10_000)
OTHER = replace(LOG, rule="adam", lr=1e-3, hidden=64, embedding=24, steps=50_000)
BETTER = replace(
    LOG, embedding=24, hidden=64, grow=2, blank=0.05, rule="adam", batch=128, steps=20_000,
    lr=0.004, schedule="cosine", look_every=1_000, committee=3,
)  # fmt: skip

PRESETS = {
    "tiny": replace(QUICK, hidden=16, steps=200, look_every=50),
    "quick": QUICK,
    "context-3": replace(LOG, type="flat", context=3, hidden=200),
    "context-8": replace(LOG, type="flat", hidden=200),
    "hierarchical": replace(LOG, mistake="places"),
    "norm": LOG,
    "paper": replace(LOG, embedding=24, hidden=128),
    "better": BETTER,
    "bag": replace(OTHER, type="bag"),
    "rnn": replace(OTHER, type="rnn"),
    "gru": replace(OTHER, type="gru"),
    "lstm": replace(OTHER, type="lstm"),
    "transformer": replace(OTHER, type="transformer"),
}
