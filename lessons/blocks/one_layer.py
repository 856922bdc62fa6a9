"""A character model around a single layer, small enough to be watched: embed, layer, read off.

Letters: B texts, T positions, C channels, V characters; `…` is B or nothing.

Leaves out: everything that makes it deep (lesson `gpt`).
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import torch.nn.functional as F
from torch import Tensor, nn

Layer = TypeVar("Layer", bound=nn.Module)


class OneLayer(nn.Module, Generic[Layer]):
    """ids (…, T) to logits (…, T, V), through one layer on a residual path, (…, T, C) to the same.

    The layer takes a cache (which has `used`) as a second argument, or None.
    """

    layer: Layer

    def __init__(self, V: int, room: int, C: int, layer: Layer, learned: bool = True) -> None:
        super().__init__()
        self.room = room
        self.tokens = nn.Embedding(V, C)
        self.positions = nn.Embedding(room, C) if learned else None
        self.layer, self.head = layer, nn.Linear(C, V)

    def embed(self, ids: Tensor, start: int = 0) -> Tensor:
        """What each character is, plus where it stands: (…, T) -> (…, T, C)."""
        x: Tensor = self.tokens(ids)  # (…, T, C)
        if self.positions is not None:
            x = x + self.positions.weight[start : start + ids.size(-1)]
        return x

    def forward(self, ids: Tensor, cache: Any = None) -> Tensor:
        x = self.embed(ids, cache.used if cache is not None else 0)
        x = x + self.layer(x, cache)  # (…, T, C): each keeps itself, and adds what it heard
        logits: Tensor = self.head(x)  # (…, T, V)
        return logits

    def loss(self, ids: Tensor, targets: Tensor, counted: slice = slice(None)) -> Tensor:
        """Mean NLL in nats over the positions that count; ids and targets (B, T)."""
        logits, targets = self(ids)[:, counted], targets[:, counted]  # (B, T', V), (B, T')
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())
