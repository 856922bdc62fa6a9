"""The two layers of the lesson, done wrong."""

from __future__ import annotations

from torch import Tensor, nn

from lessons.wavenet.model import BatchNorm1d, FlattenConsecutive, Sequential


class Places(BatchNorm1d):
    """Statistics over the batch alone: of (B, T, C) they are (T, C), one set a place."""

    def __init__(self, right: BatchNorm1d, places: int) -> None:
        """With what the right layer has learned, at each place."""
        super().__init__(len(right.gamma))
        self.gamma, self.beta = right.gamma, right.beta
        self.register_buffer("mean", right.mean.repeat(places, 1).squeeze(0))  # (T, C)
        self.register_buffer("var", right.var.repeat(places, 1).squeeze(0))

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
            wrong = Places(layer, places)
        layers.append(wrong)
    return Sequential(*layers)
