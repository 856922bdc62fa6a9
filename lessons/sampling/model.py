"""Something to sample from: the next letter from the last few (Bengio 2003), and counted pairs.

Letters: B examples, T letters of context, C channels, V letters.

Leaves out: how it is trained well (lesson `mlp`) and attention (`gpt`).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class NextLetter(nn.Module):
    """ids (…, T) of any length to logits (…, T, V), each from the letters up to it."""

    def __init__(self, V: int, room: int, C: int, hidden: int) -> None:
        super().__init__()
        self.room = room
        self.tokens = nn.Embedding(V + 1, C)  # the last row stands for "before the text"
        self.net = nn.Sequential(nn.Linear(room * C, hidden), nn.Tanh(), nn.Linear(hidden, V))

    def forward(self, ids: Tensor) -> Tensor:
        before = F.pad(ids, (self.room - 1, 0), value=self.tokens.num_embeddings - 1)
        seen = before.unfold(-1, self.room, 1)  # (…, T, room): each letter and those before it
        logits: Tensor = self.net(self.tokens(seen).flatten(-2))  # (…, T, room · C) -> (…, T, V)
        return logits


def counted_pairs(ids: Tensor, V: int, smoothing: float = 0.1) -> Tensor:
    """log P(b | a) as counted in a text (T,): (V, V), rows sum to 1 as probabilities.

    [0, 1, 0, 1], 2 letters, no smoothing -> 0 is followed by 1
    """
    counts = torch.bincount(ids[:-1] * V + ids[1:], minlength=V * V).view(V, V) + smoothing
    return (counts / counts.sum(1, keepdim=True)).log()
