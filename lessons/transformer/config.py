"""The knobs of the transformer lesson, a preset a task, and the mistakes it can switch on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zhtui.lab import Mistake, knob, mistakes

NO_MASK = Mistake(
    "no-mask", "the target's mask hid padding alone: each position read the token that it had to "
    "guess, and there is no such token when it writes", ("target", "both", "self"),
    "model.py#target_mask",
)  # fmt: skip
AXIS = Mistake(
    "padding-axis", "the mask of padding hid rows in place of columns: queries were silenced, "
    "and every row attended to the padding", ("source", "weights", "reads"), "model.py#source_mask",
)  # fmt: skip
DECODER = Mistake(
    "kv-decoder", "keys and values of cross-attention came from the decoder's own stream: "
    "nothing of the source was ever read", ("cross",), "model.py#memory_of",
)  # fmt: skip
MISTAKES = (NO_MASK, AXIS, DECODER)
TASKS = ("copy", "reverse", "sort", "date")


@dataclass(frozen=True)
class Config:
    task: str = knob("copy", "the task: what has to be written", choices=TASKS)
    longest: int = knob(6, "letters of a word at most (dates: as they are)", low=2, high=40)
    norm: str = knob("post", "after a sum (2017), or before a branch", choices=("post", "pre"))
    n_layer: int = knob(1, "layers of the encoder, and of the decoder", low=1, high=12)
    n_head: int = knob(4, "heads; divides n_embd", low=1, high=16)
    n_embd: int = knob(64, "channels", low=2, high=512)
    dropout: float = knob(0.0, "share of each branch that is zeroed", low=0.0, high=0.9)
    smoothing: float = knob(
        0.1, "share of the target that is spread over all tokens", low=0.0, high=1.0
    )
    steps: int = knob(500, "updates", low=1)
    batch_size: int = knob(64, "pairs a batch", low=1)
    warmup: int = knob(100, "steps in which the rate rises; then it falls as 1 / √step", low=1)
    rate: float = knob(0.3, "times the paper's learning rate", low=0.0, high=10.0, live=True)
    eval_every: int = knob(50, "steps between two evaluations", low=1)
    mistake: str = mistakes(MISTAKES)


QUICK = Config()
PRESETS = {
    "tiny": replace(
        QUICK, longest=4, n_layer=1, n_head=2, n_embd=16, steps=30, batch_size=16, warmup=10,
        eval_every=10,
    ),
    "quick": QUICK,
    "paper": replace(
        QUICK, task="date", n_layer=6, n_head=8, n_embd=512, dropout=0.1, rate=1.0, warmup=4000,
        steps=20_000, eval_every=1000,
    ),
    "copy": QUICK,
    "reverse": replace(QUICK, task="reverse"),
    "sort": replace(QUICK, task="sort"),
    "date": replace(QUICK, task="date", steps=1000),
}  # fmt: skip
