"""A rule that is planted, and a small GPT that has to find it: what followed A follows A again.

    ids = repeated(8, 24, period=9)      # (8, 24): nine different letters, again and again

Letters: B texts, T positions, C channels, V letters, p the period.

Leaves out: everything else that a text has (lesson `gpt`).
"""

from __future__ import annotations

import random
from typing import cast

import torch
from torch import Tensor, nn

from lessons.blocks.attention import SelfAttention
from lessons.blocks.feedforward import FeedForward
from lessons.blocks.points import Tap, inside
from lessons.blocks.positions import Sinusoidal
from lessons.blocks.residual import PreBlock

LETTERS = "abcdefghijklmnop"


class Small(nn.Module):
    """ids (B, T) to logits (B, T, V); made of the shelf's parts, and can be looked into."""

    def __init__(self, V: int, room: int, C: int, H: int, layers: int) -> None:
        super().__init__()
        self.block_size = room
        self.tokens, self.positions = nn.Embedding(V, C), Sinusoidal(room, C)
        self.blocks = nn.ModuleList(
            PreBlock(nn.LayerNorm(C), SelfAttention(C, H), nn.LayerNorm(C), FeedForward(C))
            for _ in range(layers)
        )
        self.norm, self.head = nn.LayerNorm(C), nn.Linear(C, V)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.positions(self.tokens(ids))  # (B, T, C)
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.head(self.norm(x))  # (B, T, V)
        return logits

    def look(self, ids: Tensor, tap: Tap) -> Tensor:
        """The same, each point handed to `tap`."""
        x = tap("embedding", self.positions(self.tokens(ids)))  # (B, T, C)
        for layer, block in enumerate(self.blocks):
            x = cast(PreBlock, block).look(x, inside(tap, layer))
        return tap("logits", self.head(tap("norm", self.norm(x))))  # (B, T, V)


def repeated(B: int, T: int, period: int, dice: random.Random, V: int = len(LETTERS)) -> Tensor:
    """`period` different letters, repeated up to T: (B, T). p = 2, T = 5 -> b d b d b"""
    rows = [dice.sample(range(V), period) for _ in range(B)]  # (B, p)
    return torch.tensor(rows).repeat(1, -(-T // period))[:, :T]


def told(T: int, period: int) -> Tensor:
    """Which next tokens the rule tells: (T − 1,). From place p on the letter was there before."""
    return torch.arange(1, T) > period
