"""BatchNorm done wrong, each in the one line where learners do it."""

from __future__ import annotations

from zhtui.lab import Mistake

NO_ROOT = Mistake(
    "no-root",
    "It divides by the variance instead of its root: units that spread widely come out too small, "
    "quiet ones too large.",
    meters=("spread", "activations"),
    line="model.py#BatchNorm1d.normalise",
)
NOISE = Mistake(
    "noise",
    "The running statistics are of random numbers, not of what the layer sees: training looks "
    "right, and val does not.",
    meters=("running", "alone", "val"),
    line="model.py#BatchNorm1d.run_along",
)
AXES = Mistake(
    "axes",
    "Mean and spread are taken along the units of an example instead of over the batch: no unit "
    "is centred.",
    meters=("mean", "spread"),
    line="model.py#BatchNorm1d.statistics",
)
NO_GAIN = Mistake(
    "no-gain",
    "The weights have spread 1 / root of fan_in, without the gain: each tanh takes some of the "
    "spread away, and a deep net fades from layer to layer.",
    meters=("spread", "activations", "gradients"),
    line="model.py#kaiming",
)
MISTAKES = (NO_ROOT, NOISE, AXES, NO_GAIN)
