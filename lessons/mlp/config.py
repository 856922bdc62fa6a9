"""The knobs of the mlp lesson, its presets, and the mistakes that can be switched on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zhtui.lab import Mistake, knob, mistakes

CARRY = Mistake(
    "carry",
    "The window is not cleared between two words, so the first letters of a name are told from the "
    "end of the name before it, which has nothing to do with them.",
    meters=("windows", "val"),
    line="model.py#windows",
)
LEAK = Mistake(
    "leak",
    "The window moves on before the target is taken, so its last letter is the answer: the loss "
    "falls to almost nothing, and the net cannot write.",
    meters=("windows", "loss", "samples"),
    line="model.py#windows",
)
FROZEN = Mistake(
    "frozen",
    "C is not among the parameters that are updated: the map of letters stands still.",
    meters=("map", "dC"),
    line="model.py#MLP",
)
COLUMNS = Mistake(
    "columns",
    "Softmax runs down the batch instead of along the letters: what a context gives to all letters "
    "no longer sums to 1.",
    meters=("P", "sums"),
    line="model.py#MLP.forward",
)
MISTAKES = (CARRY, LEAK, FROZEN, COLUMNS)


@dataclass(frozen=True)
class Config:
    data: str = knob("auto", "names, given, or a text file with one word a line")
    context: int = knob(3, "characters that are looked at", choices=(1, 2, 3, 5, 8))
    embedding: int = knob(10, "numbers a character is turned into", low=1, high=512)
    hidden: int = knob(200, "tanh units", low=1, high=4096)
    start: float = knob(0.2, "spread of the first weights; the lecture's first net has 1", low=0)
    batch: int = knob(32, "examples a step", low=1, high=65536)
    steps: int = knob(20_000, "updates", low=1, high=100_000_000)
    lr: float = knob(0.1, "learning rate", low=0.0, high=100.0, live=True)
    decay_at: float = knob(0.5, "share of the steps after which it is a tenth", low=0, high=1)
    eval_every: int = knob(1_000, "steps between two looks at the net", low=1)
    finder: bool = knob(True, "first try a thousand rates on a copy of the net")
    mistake: str = mistakes((CARRY, LEAK, FROZEN))


QUICK = Config()
PRESETS = {
    "tiny": replace(QUICK, embedding=2, hidden=30, steps=200, eval_every=50, finder=False),
    "quick": QUICK,
    "plane": replace(QUICK, embedding=2, hidden=100, steps=30_000),
    "paper": replace(QUICK, start=1.0, steps=200_000, eval_every=10_000),
}
