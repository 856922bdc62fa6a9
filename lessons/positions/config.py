"""The knobs of the positions lesson, a preset for each kind, and the mistakes it can switch on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zhtui.lab import Mistake, knob, mistakes

NAMES = ("none", "learned", "sinusoidal", "rope", "rope-half", "alibi")
MIXED = Mistake(
    "mixed-pairing", "queries were turned in neighbouring pairs, keys in half-split ones: the "
    "product depends on where both stand, not only on how far apart",
    ("dots", "S"), "model.py#turn_halves",
)  # fmt: skip
TWICE = Mistake(
    "added-twice", "each position entered twice: a table was added two times, an angle turned two "
    "times, a price paid two times",
    ("table", "near", "dots"), "model.py#sinusoid",
)  # fmt: skip
IN_PLACE = Mistake(
    "in-place", "the cache's offset was changed in place: all keys held the same number, and it "
    "moved under them", ("offsets", "cached"), "model.py#Offsets",
)  # fmt: skip
MISTAKES = (MIXED, TWICE, IN_PLACE)


@dataclass(frozen=True)
class Config:
    data: str = knob("auto", "text to learn: a data set's name, or a file")
    kind: str = knob("rope", "how a position enters", choices=NAMES)
    block_size: int = knob(32, "T, the positions trained on; evaluated at 2T too", low=4, high=512)
    n_layer: int = knob(2, "blocks", low=1, high=12)
    n_head: int = knob(4, "heads a block; divides n_embd into even parts", low=1, high=64)
    n_embd: int = knob(64, "channels", low=2, high=512)
    steps: int = knob(1000, "updates", low=1)
    batch_size: int = knob(16, "texts a batch", low=1)
    lr: float = knob(3e-3, "learning rate", low=0.0, high=1.0, live=True)
    eval_every: int = knob(200, "steps between two evaluations", low=1)
    mistake: str = mistakes((MIXED, TWICE))


QUICK = Config()
TINY = replace(QUICK, block_size=8, n_embd=16, n_head=2, steps=30, batch_size=4, eval_every=10)
PAPER = replace(QUICK, block_size=128, n_layer=6, n_head=8, n_embd=256, lr=1e-3, steps=5000)
PRESETS = {"tiny": TINY, "quick": QUICK, "paper": PAPER}
PRESETS |= {name: replace(QUICK, kind=name) for name in NAMES if name != "rope"}
