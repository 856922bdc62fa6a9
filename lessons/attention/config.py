"""The knobs of the attention lesson, its presets, and the mistakes that it can switch on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zhtui.lab import Mistake, knob, mistakes

RESHAPE = Mistake(
    "reshape", "the channels were cut into heads by reshape(H, T, D): a head's rows are not "
    "positions, so the future leaks although the mask is on", ("Q.1", "Y"), "model.py#split",
)  # fmt: skip
SWAPPED = Mistake(
    "k-q", "the scores were K Qᵀ: row i holds what the others ask of position i",
    ("S", "A", "A.1"), "model.py#scores",
)  # fmt: skip
ALL_CHANNELS = Mistake(
    "n-embd", "the scores were divided by the root of all channels, not of one head's",
    ("scaled", "A", "A.1", "spread", "entropy"), "model.py#scale",
)  # fmt: skip
NO_MASK = Mistake(
    "no-mask", "nothing hid the future: each position read the character that it had to guess",
    ("masked", "A", "A.1"), "model.py#hide_future",
)  # fmt: skip
OFFSET = Mistake(
    "offset", "the cache's offset stood still: each new key and value fell on the one before",
    ("K.1", "V.1", "check"), "model.py#Cache",
)  # fmt: skip
MISTAKES = (RESHAPE, SWAPPED, ALL_CHANNELS, NO_MASK, OFFSET)


@dataclass(frozen=True)
class Config:
    data: str = knob("auto", "text to learn: a data set's name, or a file")
    block_size: int = knob(32, "positions that are read at once", low=4, high=512)
    n_embd: int = knob(32, "channels; n_head divides them", low=1, high=512)
    n_head: int = knob(4, "heads: queries a position", low=1, high=64)
    n_kv_head: int = knob(2, "heads of keys and values; divides n_head", low=1, high=64)
    learn_from: str = knob("all", "positions that count", choices=("all", "last", "first"))
    steps: int = knob(2000, "updates", low=1)
    batch_size: int = knob(32, "texts a batch", low=1)
    lr: float = knob(1e-2, "learning rate", low=0.0, high=1.0, live=True)
    eval_every: int = knob(200, "steps between two looks", low=1)
    mistake: str = mistakes(MISTAKES)


QUICK = Config()
LARGE = replace(QUICK, block_size=128, n_embd=128, n_head=8, steps=5000, lr=1e-3, eval_every=250)
PRESETS = {
    "tiny": replace(QUICK, block_size=16, n_embd=16, steps=30, batch_size=8, eval_every=10),
    "quick": QUICK,
    "paper": replace(LARGE, n_kv_head=8),
    "grouped": LARGE,
}
