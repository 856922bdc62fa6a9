"""The knobs of the bigram lesson, and its settings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zhtui.lab import Mistake, knob

KEEPDIM = Mistake(
    "keepdim", "the sums lay down as a row, for want of keepdim=True: column b was divided by the "
    "sum of row b, and no row was a die", ("P", "sums"), "model.py#probabilities",
)  # fmt: skip
ACROSS = Mistake(
    "across", "the words were joined before they were counted: the end of one and the beginning "
    "of the next made a pair that no word has", ("N", "pairs"), "explore/count.py#explore",
)  # fmt: skip
MISTAKES = (KEEPDIM, ACROSS)


@dataclass(frozen=True)
class Config:
    """Counts need `data`, `held_out` and `smoothing`; the other knobs are the net's."""

    data: str = knob("auto", "names, given, or a text file with one word a line")
    held_out: float = knob(0.1, "share of the words kept out of training", low=0, high=0.9)
    smoothing: float = knob(1.0, "added to every count before it is a probability", low=0, high=1e6)
    form: str = knob(
        "one-hot",
        "what a step reads: every example as a one-hot row, or the table of counts (same gradient)",
        choices=("one-hot", "table"),
    )
    steps: int = knob(200, "full-batch steps of the net", low=1, high=10_000_000)
    lr: float = knob(50.0, "learning rate", low=0, high=1e6, live=True)
    regularization: float = knob(
        0.01, "weight of the mean of W squared", low=0, high=1e6, live=True
    )
    eval_every: int = knob(20, "steps between two looks at the net", low=1, high=10_000_000)
    dice: int = knob(
        2_147_483_647, "seed of the names shown while it trains", low=0, high=2**63 - 1
    )


QUICK = Config()
PRESETS = {
    "tiny": replace(QUICK, form="table", steps=30, eval_every=10),
    "quick": QUICK,
    "paper": replace(QUICK, held_out=0.0, steps=300, eval_every=50),
    "limit": replace(
        QUICK,
        held_out=0.0,
        form="table",
        steps=20_000,
        regularization=0.0,
        eval_every=1_000,
    ),
    "pulled": replace(
        QUICK, held_out=0.0, form="table", steps=1_000, regularization=1.0, eval_every=50
    ),
}
