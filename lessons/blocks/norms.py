"""A position's channels brought to one size, so that the next layer reads them at one scale.

Letters: C channels; `…` are B texts and T positions. Statistics are of a single position's
channels, so training and writing are the same.

Leaves out: BatchNorm (lesson `optimization`), where the norm stands (`residual.py`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPS = 1e-5


def layer_norm(x: Tensor, eps: float = EPS) -> Tensor:
    """Mean 0 and variance 1 over channels (Ba 2016): (…, C). [1, 3] -> [−1, 1]"""
    centred = x - x.mean(dim=-1, keepdim=True)
    return centred * (centred.square().mean(dim=-1, keepdim=True) + eps).rsqrt()


def rms_norm(x: Tensor, eps: float = EPS) -> Tensor:
    """Mean square 1 over channels (Zhang 2019): (…, C); the mean stays. [1, 7] -> [0.2, 1.4]"""
    return x * (x.square().mean(dim=-1, keepdim=True) + eps).rsqrt()


class LayerNorm(nn.Module):
    """`layer_norm`, then a learned scale, and with `bias` a learned shift."""

    def __init__(self, C: int, bias: bool = True, eps: float = EPS) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(C))
        self.bias = nn.Parameter(torch.zeros(C)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        y = layer_norm(x, self.eps) * self.weight  # (…, C)
        return y if self.bias is None else y + self.bias


class RMSNorm(nn.Module):
    """`rms_norm`, then a learned scale where `learned`."""

    def __init__(self, C: int, learned: bool = True, eps: float = EPS) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(C)) if learned else None

    def forward(self, x: Tensor) -> Tensor:
        y = rms_norm(x, self.eps)  # (…, C)
        return y if self.weight is None else y * self.weight
