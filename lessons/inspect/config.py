"""The knobs of the inspect lesson's own small GPT, its presets, and mistakes of looking."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zhtui.lab import Mistake, knob

LOGITS = Mistake(
    "logits", "logits were compared, not log-probabilities: a station that adds the same to all "
              "of them seemed to have learned something", ("lens", "adds"), "model.py#lens",
)  # fmt: skip
NO_NORM = Mistake(
    "no-norm", "the head read the stream without the last norm, at a scale that it was never "
               "trained on",
    ("lens", "adds"), "model.py#early_logits",
)  # fmt: skip
SEEN = Mistake(
    "seen", "the probe was tested on the examples that it was fitted to: it seemed to find even "
            "random labels", ("probe",), "model.py#right",
)  # fmt: skip
MISTAKES = (LOGITS, NO_NORM, SEEN)


@dataclass(frozen=True)
class Config:
    block_size: int = knob(24, "T, positions", low=8, high=128)
    shortest: int = knob(5, "shortest stretch that is repeated", low=2, high=16)
    longest: int = knob(11, "longest stretch that is repeated", low=2, high=16)
    n_layer: int = knob(2, "blocks; one is not enough for the rule", low=1, high=8)
    n_head: int = knob(1, "heads a block; divides n_embd", low=1, high=16)
    n_embd: int = knob(32, "channels", low=2, high=512)
    steps: int = knob(400, "updates", low=1)
    batch_size: int = knob(32, "texts a batch", low=1)
    lr: float = knob(3e-3, "learning rate", low=0.0, high=1.0, live=True)
    eval_every: int = knob(50, "steps between two evaluations", low=1)


QUICK = Config()
PRESETS = {
    "tiny": replace(QUICK, n_embd=16, steps=30, batch_size=16, eval_every=10),
    "quick": QUICK,
    "paper": replace(QUICK, block_size=64, n_embd=128, n_head=8, steps=3000),
    "one-layer": replace(QUICK, n_layer=1),
}
