"""How a net should begin, and how BatchNorm keeps it there.

A deep net of tanh layers learns only where its numbers stay in the middle: too large and tanh is
full and passes no gradient back, too small and the next layer sees nothing. First by hand: weights
scaled so that a layer's output has the spread of its input (He 2015, "Kaiming"). Then by a layer
that does it at every step (Ioffe and Szegedy 2015, "Batch Normalization").

Leaves out: residual paths, which make depth harmless (lesson gpt); LayerNorm, which does the same
along the features of one example (scene `batchnorm` shows it beside); dropout; the rules of
descent (`lessons/blocks/descent.py`, scene `adam`).

Legend: N examples, T characters of context, D numbers a character, H units of a layer, V
characters.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

GAINS = {"tanh": 5 / 3, "relu": 2.0**0.5, "linear": 1.0}  # what each takes away from the spread


def kaiming(fan_in: int, gain: float) -> float:
    """The spread of weights for which x W has `gain` times the spread of x (He 2015).

    x W sums `fan_in` products, and the variance of a sum is the sum of the variances.

        kaiming(100, 1.0)  ->  0.1
    """
    return gain / math.sqrt(fan_in)


class Linear(nn.Module):
    """x W + b, with weights drawn at a spread of one's choice."""

    def __init__(
        self, fan_in: int, fan_out: int, dice: torch.Generator, spread: float, bias: float | None
    ) -> None:
        """`bias` is the spread of the biases; None leaves them out."""
        super().__init__()
        self.W = nn.Parameter(torch.randn((fan_in, fan_out), generator=dice) * spread)
        self.b: nn.Parameter | None = None
        if bias is not None:
            self.b = nn.Parameter(torch.randn(fan_out, generator=dice) * bias)

    def forward(self, x: Tensor) -> Tensor:
        y = x @ self.W  # (N, fan_in) -> (N, fan_out)
        return y if self.b is None else y + self.b


class BatchNorm1d(nn.Module):
    """Each unit minus its mean over the batch, by its spread; then a gain and a bias to learn.

    Where there is no batch (`eval`) the means that ran along in training stand in.
    """

    def __init__(self, width: int, momentum: float = 0.001, eps: float = 1e-5) -> None:
        super().__init__()
        self.gain, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
        self.mean: Tensor
        self.var: Tensor
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("var", torch.ones(width))
        self.momentum, self.eps = momentum, eps

    def statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of each unit over the examples: (N, H) -> (H,), (H,)."""
        return x.mean(0), x.var(0)  # var divides by N - 1, as in the lecture

    def normalise(self, x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        """Mean 0 and spread 1: (N, H) -> (N, H). eps keeps a unit that never moves finite."""
        return (x - mean) / torch.sqrt(var + self.eps)

    @torch.no_grad()
    def run_along(self, mean: Tensor, var: Tensor) -> None:
        """The running statistics take in a share of this batch's: `momentum` of it."""
        self.mean += self.momentum * (mean - self.mean)
        self.var += self.momentum * (var - self.var)

    def forward(self, x: Tensor) -> Tensor:
        mean, var = self.mean, self.var
        if self.training:
            mean, var = self.statistics(x)
            self.run_along(mean, var)
        return self.gain * self.normalise(x, mean, var) + self.bias  # (N, H)


class Tanh(nn.Module):
    """Full at -1 and 1, where its slope 1 - tanh squared is 0."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x)


class ReLU(nn.Module):
    """max(x, 0): a unit below 0 on every example is dead, it has no slope anywhere."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x)


class Net(nn.Module):
    """An embedding, and layers one after another; the last gives logits."""

    def __init__(self, C: Tensor, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.C = nn.Parameter(C)  # (V, D)
        self.layers = nn.ModuleList(layers)

    def through(self, X: Tensor) -> list[Tensor]:
        """What each layer makes of the contexts X (N, T): the embeddings first, the logits last."""
        passed = [self.C[X].flatten(1)]  # (N, T, D) -> (N, T D)
        for layer in self.layers:
            passed.append(layer(passed[-1]))
        return passed

    def forward(self, X: Tensor) -> Tensor:
        return self.through(X)[-1]  # (N, V)

    def loss(self, X: Tensor, Y: Tensor) -> Tensor:
        """Mean negative log-likelihood in nats."""
        return F.cross_entropy(self(X), Y)


def folded(layer: Linear, norm: BatchNorm1d) -> Linear:
    """One linear layer that does what both do in `eval`: E02 of the lecture.

    gain (x W + b - mean) / s + bias  =  x (W gain / s)  +  ((b - mean) gain / s + bias)

    A trained BatchNorm is a scale and a shift a unit, and a linear layer can take in both.
    """
    factor = norm.gain / torch.sqrt(norm.var + norm.eps)  # (H,)
    before = torch.zeros_like(norm.mean) if layer.b is None else layer.b
    one = copy.deepcopy(layer)
    one.W = nn.Parameter((layer.W * factor).detach())  # (fan_in, H) each column by its factor
    one.b = nn.Parameter(((before - norm.mean) * factor + norm.bias).detach())  # (H,)
    return one


def fold(net: Net) -> Net:
    """The net in `eval`, without its BatchNorms: fewer parameters, the same outputs."""
    layers: list[nn.Module] = []
    for layer in net.layers:
        if isinstance(layer, BatchNorm1d):
            before = layers.pop()
            assert isinstance(before, Linear), "a BatchNorm is folded into the linear layer before"
            layers.append(folded(before, layer))
        else:
            layers.append(layer)
    return Net(net.C.detach().clone(), layers).eval()
