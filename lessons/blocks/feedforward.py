"""What each position does by itself: a hidden layer, plain or gated.

Letters: C channels, F hidden neurons; `…` are B texts and T positions.

Leaves out: experts (lesson `moe`).
"""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from lessons.blocks.points import Tap


class FeedForward(nn.Module):
    """C -> `wide` · C -> C, with a kink between: ReLU (2017) or GELU (GPT-2)."""

    def __init__(
        self,
        C: int,
        *,
        wide: float = 4,
        bias: bool = False,
        dropout: float = 0.0,
        activation: Callable[[], nn.Module] = nn.GELU,
        project: Callable[..., nn.Module] = nn.Linear,
    ) -> None:
        super().__init__()
        hidden, self.dropout = round(wide * C), dropout
        self.expand = nn.Linear(C, hidden, bias=bias)
        self.activation = activation()
        self.project = project(hidden, C, bias=bias)

    def hidden(self, x: Tensor) -> Tensor:
        """The neurons: (…, C) -> (…, F)."""
        neurons: Tensor = self.activation(self.expand(x))
        return neurons

    def forward(self, x: Tensor) -> Tensor:
        return thinned(self.project(self.hidden(x)), self)  # (…, C)

    def look(self, x: Tensor, tap: Tap) -> Tensor:
        """The same, each station handed to `tap`."""
        return tap("ffn_out", thinned(self.project(tap("ffn_hidden", self.hidden(x))), self))


class SwiGLU(nn.Module):
    """Two matrices side by side, one of them a gate: silu(x G) · (x E), then back (Shazeer 2020).

    8/3 · C neurons, rounded, so that three matrices have as many weights as the two of 4C.
    """

    def __init__(
        self,
        C: int,
        *,
        wide: float = 8 / 3,
        bias: bool = False,
        dropout: float = 0.0,
        project: Callable[..., nn.Module] = nn.Linear,
    ) -> None:
        super().__init__()
        hidden, self.dropout = round(wide * C), dropout
        self.gate = nn.Linear(C, hidden, bias=bias)
        self.expand = nn.Linear(C, hidden, bias=bias)
        self.project = project(hidden, C, bias=bias)

    def hidden(self, x: Tensor) -> Tensor:
        """The neurons: (…, C) -> (…, F). A gate of 0 shuts: silu(0) = 0."""
        neurons: Tensor = F.silu(self.gate(x)) * self.expand(x)
        return neurons

    def forward(self, x: Tensor) -> Tensor:
        return thinned(self.project(self.hidden(x)), self)  # (…, C)

    def look(self, x: Tensor, tap: Tap) -> Tensor:
        """The same, each station handed to `tap`."""
        return tap("ffn_out", thinned(self.project(tap("ffn_hidden", self.hidden(x))), self))


def thinned(x: Tensor, part: FeedForward | SwiGLU) -> Tensor:
    """While it trains, a share of `x` is zeroed and the rest scaled up: ½ of [1, 1] -> [0, 2]."""
    return F.dropout(x, part.dropout) if part.training and part.dropout else x
