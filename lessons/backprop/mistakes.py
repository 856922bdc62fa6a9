"""Wrong gradients that learners write, and that train all the same, or nearly."""

from __future__ import annotations

from zhtui.lab import Mistake

CONSTANTS = Mistake(
    "constants",
    "Mean and variance of the batch are taken for constants: what comes back through them is "
    "missing in hprebn and in all before it.",
    meters=("list", "gap"),
    line="model.py#hprebn_in_one",
)
BESSEL = Mistake(
    "bessel",
    "The variance was divided by n - 1 forward, and is divided by n backward: off by a few per "
    "cent, from bndiff2 on.",
    meters=("list", "gap"),
    line="model.py#by_hand",
)
NO_MEAN = Mistake(
    "no-mean",
    "The loss is a mean over n examples, and the gradients are those of the sum: each is n times "
    "too large, as if the learning rate were.",
    meters=("list", "gap", "loss"),
    line="model.py#logits_in_one",
)
MISTAKES = (CONSTANTS, BESSEL, NO_MEAN)
