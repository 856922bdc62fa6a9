"""Eight characters fused two by two: a tree of layers, as in WaveNet (van den Oord 2016).

The net of lesson mlp squeezes all its context into one hidden layer at once. Here each layer joins
two neighbours, so that what is known of pairs is made into what is known of fours, and of eights.
The modules are those of torch.nn, written out: each is a few lines, and `Sequential` is a loop.

Leaves out: the convolution that computes the tree at every place of a text at once and so shares
its nodes (scene `beside` counts them); WaveNet's gated units, its residual and skip paths.

Legend: B examples, T places (8 characters, then 4, 2, 1), C features of a place, V characters,
K nets of a committee.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Embedding(nn.Module):
    """A row of numbers for each character."""

    def __init__(self, vocab: int, width: int, dice: torch.Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn((vocab, width), generator=dice))  # (V, C)

    def forward(self, X: Tensor) -> Tensor:
        return self.weight[X]  # (B, T) -> (B, T, C)


class FlattenConsecutive(nn.Module):
    """Joins k neighbouring places into one: (B, T, C) -> (B, T / k, k C), the same memory.

    k = 2:   a b c d   ->   ab cd
    """

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k

    def forward(self, x: Tensor) -> Tensor:
        B, T, C = x.shape
        joined = x.reshape(B, T // self.k, C * self.k)  # (B, T / k, k C)
        return joined.squeeze(1) if joined.shape[1] == 1 else joined  # one place: (B, k C)


class Linear(nn.Module):
    """x W + b on the last axis, at every place alike."""

    def __init__(
        self, fan_in: int, fan_out: int, dice: torch.Generator, *, bias: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn((fan_in, fan_out), generator=dice) / fan_in**0.5)
        self.bias = nn.Parameter(torch.zeros(fan_out)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        y = x @ self.weight  # (…, fan_in) -> (…, fan_out)
        return y if self.bias is None else y + self.bias


class BatchNorm1d(nn.Module):
    """Each feature to mean 0 and spread 1, over the batch and over all places.

    Over the batch alone every place would have statistics of its own, from T times fewer numbers:
    it runs, and is worse (the lecture's third row).
    """

    def __init__(self, width: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
        self.mean: Tensor
        self.var: Tensor
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("var", torch.ones(width))
        self.momentum, self.eps = momentum, eps

    def axes(self, x: Tensor) -> tuple[int, ...]:
        """All but the features: (0,) of (B, C), (0, 1) of (B, T, C)."""
        return tuple(range(x.ndim - 1))

    def forward(self, x: Tensor) -> Tensor:
        mean, var = self.mean, self.var
        if self.training:
            mean, var = x.mean(self.axes(x)), x.var(self.axes(x))  # (C,), (C,)
            with torch.no_grad():
                self.mean += self.momentum * (mean - self.mean)
                self.var += self.momentum * (var - self.var)
        return self.gamma * (x - mean) / torch.sqrt(var + self.eps) + self.beta


class Tanh(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x)


class Dropout(nn.Module):
    """Sets a share of the features to 0 while it trains; what is left is scaled up to make good.

    `whole` blanks characters, all features of a place at once: the net must guess from the others,
    so it cannot learn whole names by heart (word dropout, Gal and Ghahramani 2016).

    share = 0.5:   1 2 3 4   ->   2 0 0 8
    """

    def __init__(self, share: float, *, whole: bool = False) -> None:
        super().__init__()
        self.share, self.whole = share, whole

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        dice = torch.rand((*x.shape[:-1], 1 if self.whole else x.shape[-1]), device=x.device)
        return x * (dice >= self.share) / (1 - self.share)  # (B, T, 1) or (B, C): as x


class Sequential(nn.Module):
    """Layers, one after another."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def through(self, x: Tensor) -> Iterator[tuple[nn.Module, Tensor]]:
        """Each layer with what it hands on."""
        for layer in self.layers:
            x = layer(x)
            yield layer, x

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x

    def loss(self, X: Tensor, Y: Tensor) -> Tensor:
        """Mean negative log-likelihood in nats."""
        return F.cross_entropy(self(X), Y)


class Committee(nn.Module):
    """Nets that guess together: the mean of their logits, of which softmax is taken.

    Each was trained by itself, from its own first weights and on its own minibatches, so each is
    wrong in its own way, and a mean is wrong less (Hansen and Salamon 1990). A mean of logits is a
    product of probabilities: the committee holds likely what no member holds unlikely.
    """

    def __init__(self, *nets: nn.Module) -> None:
        super().__init__()
        self.nets = nn.ModuleList(nets)

    def forward(self, X: Tensor) -> Tensor:
        return torch.stack([net(X) for net in self.nets]).mean(0)  # (K, B, V) -> (B, V)


def members(net: nn.Module) -> list[nn.Module]:
    """The nets of a committee; a net alone is its own."""
    return list(net.nets) if isinstance(net, Committee) else [net]


def wavenet(
    vocab: int,
    context: int,
    embedding: int,
    hidden: int,
    dice: torch.Generator,
    fuse: int = 2,
    grow: int = 1,
) -> Sequential:
    """Layers that fuse `fuse` places at a time until one is left: 8 -> 4 -> 2 -> 1.

    With fuse = context it is the flat net of lesson optimization. With grow = 2 a level has twice
    the features of the one below, at half the places: 64, 128, 256.
    """
    layers: list[nn.Module] = [Embedding(vocab, embedding, dice)]
    places, width = context, embedding
    while places > 1 or len(layers) == 1:
        layers.append(FlattenConsecutive(fuse))
        layers.append(Linear(width * fuse, hidden, dice, bias=False))  # the norm has a bias
        layers += [BatchNorm1d(hidden), Tanh()]
        places, width, hidden = places // fuse, hidden, hidden * grow
    last = Linear(width, vocab, dice)
    with torch.no_grad():
        last.weight.mul_(0.1)  # an even guess to begin with
    return Sequential(*layers, last)
