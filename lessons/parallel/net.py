"""The net that is shared: pairs of layers, C -> 2C -> C, on a residual path.

Letters: B rows, C channels.

Leaves out: attention; what is shared here is weights, rows and layers, which any net has.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Pair(nn.Module):
    """x + W2 relu(W1 x): the pair that tensor parallelism cuts, W1 by rows and W2 by columns."""

    kept: Tensor | None = None  # (B, C) what dropout leaves, scaled; drawn by the run for all ranks

    def __init__(self, C: int) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(C, 2 * C), nn.Linear(2 * C, C, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.down(torch.relu(self.up(x)))  # (B, C) -> (B, 2C) -> (B, C)
        return x + (out if self.kept is None else out * self.kept)


def net(C: int, layers: int) -> nn.Sequential:
    """So many pairs, one behind the other: (B, C) -> (B, C)."""
    return nn.Sequential(*(Pair(C) for _ in range(layers)))


def rows(batch: int, C: int, dice: torch.Generator) -> tuple[Tensor, Tensor]:
    """Inputs and what is wanted of them: their sines. (B, C) twice."""
    x = torch.randn(batch, C, generator=dice)
    return x, torch.sin(2 * x)


def masks(layers: int, batch: int, C: int, dropout: float, dice: torch.Generator) -> Tensor:
    """What dropout leaves of each pair's output, scaled: (L, B, C). p = ½ -> 0s and 2s."""
    kept = torch.rand(layers, batch, C, generator=dice) >= dropout
    return kept / (1 - dropout)


def loss_of(out: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared error over rows and channels."""
    return F.mse_loss(out, wanted)
