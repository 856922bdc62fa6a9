"""The knobs of the sampling lesson: a small model to sample from, and the mistakes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zhtui.lab import Mistake, knob

UNSHIFTED = Mistake(
    "unshifted", "top-p looked at the sum up to and with a token, not at what stands before it: "
    "the token that crosses p was cut, and with a likely first one nothing was left to choose from",
    ("top_p", "drawn.from"), "samplers.py#top_p",
)  # fmt: skip
PADDING = Mistake(
    "padding", "the penalty was applied to the padding in front of the prompt, token 0: a letter "
    "became unlikely that need not stand there at all", ("repetition", "drawn.from"),
    "samplers.py#repetition_penalty",
)  # fmt: skip
LATE_HEAT = Mistake(
    "late-heat", "the temperature was applied after the cut, which was then made at T = 1",
    ("top_p", "drawn.from"), "samplers.py#ORDERS",
)  # fmt: skip
MISTAKES = (UNSHIFTED, PADDING, LATE_HEAT)


@dataclass(frozen=True)
class Config:
    data: str = knob("auto", "text to learn: a data set's name, or a file")
    block_size: int = knob(8, "letters that the next one is guessed from", low=1, high=64)
    n_embd: int = knob(16, "numbers a letter", low=1, high=256)
    hidden: int = knob(128, "units of the hidden layer", low=1, high=4096)
    steps: int = knob(1000, "updates", low=1)
    batch_size: int = knob(256, "examples a batch", low=1)
    lr: float = knob(3e-3, "learning rate", low=0.0, high=1.0, live=True)
    eval_every: int = knob(100, "steps between two evaluations", low=1)
    written: int = knob(
        400, "letters that each sampler writes at an evaluation", low=20, high=10_000
    )


QUICK = Config()
PRESETS = {
    "tiny": replace(QUICK, hidden=16, steps=30, batch_size=32, eval_every=10, written=60),
    "quick": QUICK,
    "paper": replace(QUICK, block_size=16, n_embd=32, hidden=1024, steps=10_000, eval_every=500),
}
