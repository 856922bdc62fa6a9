"""The two layers of the lesson, done wrong."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lessons.wavenet.model import BatchNorm1d, FlattenConsecutive, Sequential


class Places(BatchNorm1d):
    """Statistics over the batch alone: of (B, T, C) they are (T, C), one set a place."""

    def __init__(self, width: int, places: int) -> None:
        super().__init__(width)
        self.register_buffer("mean", torch.zeros(places, width).squeeze(0))
        self.register_buffer("var", torch.ones(places, width).squeeze(0))

    def axes(self, x: Tensor) -> tuple[int, ...]:
        return (0,)


class Far(FlattenConsecutive):
    """a b c d -> ac bd: place i joins place i + T / k."""

    def forward(self, x: Tensor) -> Tensor:
        B, T, C = x.shape
        apart = x.view(B, self.k, T // self.k, C).transpose(1, 2)  # (B, T / k, k, C)
        return super().forward(apart.reshape(B, T, C))


def with_mistake(net: Sequential, mistake: str, context: int) -> Sequential:
    """The same net and weights, with the wrong layers in place of the right ones."""
    places, layers = context, []
    for layer in net.layers:
        wrong: nn.Module = layer
        if isinstance(layer, FlattenConsecutive):
            places //= layer.k
            wrong = Far(layer.k) if mistake == "far" else layer
        elif isinstance(layer, BatchNorm1d) and mistake == "places":
            wrong = Places(len(layer.gamma), places)
        layers.append(wrong)
    return Sequential(*layers)
