"""A character model around one mixture of experts: embed, attend, route, read off.

Letters: B texts, T positions, C channels, V characters.

Leaves out: depth. One block is enough to see who goes where.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from lessons.blocks.attention import SelfAttention
from lessons.blocks.norms import RMSNorm
from lessons.moe.model import MoE, Routed


class Language(nn.Module):
    """ids (B, T) -> logits (B, T, V)."""

    def __init__(self, V: int, room: int, C: int, heads: int, moe: MoE) -> None:
        super().__init__()
        self.room = room
        self.tokens, self.positions = nn.Embedding(V, C), nn.Embedding(room, C)
        self.attention, self.moe = SelfAttention(C, heads), moe
        self.norms = nn.ModuleList([RMSNorm(C), RMSNorm(C), RMSNorm(C)])
        self.head = nn.Linear(C, V)

    def read(self, ids: Tensor) -> Tensor:
        """What reaches the experts: (B, T) -> (B, T, C), and the stream that they add to."""
        x: Tensor = self.tokens(ids) + self.positions.weight[: ids.size(1)]  # (B, T, C)
        heard: Tensor = self.attention(self.norms[0](x))
        return x + heard

    def forward(self, ids: Tensor) -> tuple[Tensor, Routed]:
        """Logits (B, T, V), and where the B T tokens went."""
        x = self.read(ids)  # (B, T, C)
        out, routed = self.moe(self.norms[1](x).flatten(0, 1))  # (B T, C)
        x = x + out.view_as(x)
        logits: Tensor = self.head(self.norms[2](x))  # (B, T, V)
        return logits, routed

    def loss(self, ids: Tensor, targets: Tensor) -> tuple[Tensor, Routed]:
        """Mean NLL in nats, and where the tokens went; ids and targets (B, T)."""
        logits, routed = self(ids)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten()), routed
