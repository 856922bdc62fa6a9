"""BatchNorm done wrong, each in the one line where learners do it."""

from __future__ import annotations

import torch
from torch import Tensor

from lessons.optimization.model import BatchNorm1d
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


class NoRoot(BatchNorm1d):
    """(x - mean) / var."""

    def normalise(self, x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        return (x - mean) / (var + self.eps)


class Noise(BatchNorm1d):
    """The running statistics of random numbers of the same shape."""

    def run_along(self, mean: Tensor, var: Tensor) -> None:
        noise = torch.randn((32, len(mean)), device=mean.device)  # (N, H)
        super().run_along(noise.mean(0), noise.var(0))


class Axes(BatchNorm1d):
    """Mean and variance along the units: (N, H) -> (N, 1). There is nothing to keep for `eval`."""

    def statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x.mean(1, keepdim=True), x.var(1, keepdim=True)

    def run_along(self, mean: Tensor, var: Tensor) -> None:
        return

    def forward(self, x: Tensor) -> Tensor:
        return self.gain * self.normalise(x, *self.statistics(x)) + self.bias


NORMS: dict[str, type[BatchNorm1d]] = {"no-root": NoRoot, "noise": Noise, "axes": Axes}
