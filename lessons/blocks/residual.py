"""Where the norm of a residual branch stands: before the branch (GPT-2), or after the sum (2017).

    pre     x = x + f(norm(x))      the stream itself is never normalised: gradients pass unchanged
    post    x = norm(x + f(x))      every layer's output has one size; deep stacks need a warm-up

Letters: B texts, T positions, C channels.

Leaves out: norms on both sides, and scaled residual paths.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from lessons.blocks.cache import Cache
from lessons.blocks.points import Tap

Part = Any  # a torch module that also has `look`; torch's own type knows of no such method


class PreBlock(nn.Module):
    """Attention, then feed-forward, each reading a normalised stream and adding to it."""

    def __init__(self, norm1: Part, attention: Part, norm2: Part, think: Part) -> None:
        super().__init__()
        self.norm1, self.attention, self.norm2, self.think = norm1, attention, norm2, think

    def forward(self, x: Tensor, past: Cache | None = None) -> Tensor:
        x = x + self.attention(self.norm1(x), past)  # (B, T, C)
        out: Tensor = x + self.think(self.norm2(x))  # (B, T, C)
        return out

    def look(self, x: Tensor, tap: Tap) -> Tensor:
        """The same, each station handed to `tap`."""
        x = tap("resid_mid", x + self.attention.look(tap("norm1", self.norm1(x)), tap))
        return tap("resid_post", x + self.think.look(tap("norm2", self.norm2(x)), tap))


class PostBlock(nn.Module):
    """Attention, then feed-forward, each normalised after it was added."""

    def __init__(self, norm1: Part, attention: Part, norm2: Part, think: Part) -> None:
        super().__init__()
        self.norm1, self.attention, self.norm2, self.think = norm1, attention, norm2, think

    def forward(self, x: Tensor, past: Cache | None = None) -> Tensor:
        x = self.norm1(x + self.attention(x, past))  # (B, T, C)
        out: Tensor = self.norm2(x + self.think(x))  # (B, T, C)
        return out

    def look(self, x: Tensor, tap: Tap) -> Tensor:
        """The same, each station handed to `tap`; what attention reads is the stream itself."""
        x = tap("resid_mid", x + self.attention.look(x, tap))
        x = tap("norm1", self.norm1(x))
        x = tap("norm2", self.norm2(x + self.think.look(x, tap)))
        return tap("resid_post", x)
