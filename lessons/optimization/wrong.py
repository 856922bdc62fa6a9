"""BatchNorm with one of the mistakes in it, as mistakes.py tells of them."""

from __future__ import annotations

import torch
from torch import Tensor

from lessons.optimization.model import BatchNorm1d


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
