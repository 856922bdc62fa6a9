"""Neuron, Layer, MLP: a network of `Value`s, one number at a time.

Left out: anything but fully connected layers, and any form of batching: a point goes through
alone. The same network on arrays stands in `tensors.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from lessons.micrograd.engine import Value, weighted_sum

Number = Value | float
Uniform = Callable[[float, float], float]
ACTIVATIONS = ("relu", "tanh", "linear")


def small_steps(weights: Sequence[Value], inputs: Sequence[Number], bias: Value) -> Value:
    """bias + w1*x1 + w2*x2 + ... spelled out: two nodes a weight, as one would draw it."""
    total = bias
    for weight, x in zip(weights, inputs, strict=True):
        total = total + weight * x
    return total


class Neuron:
    """A weighted sum of the inputs, then the activation: act(w . x + b)."""

    def __init__(
        self, inputs: int, activation: str, uniform: Uniform, weigh: Callable[..., Value]
    ) -> None:
        self.w = [Value(uniform(-1.0, 1.0)) for _ in range(inputs)]
        self.b = Value(0.0)
        self.activation = activation
        self.weigh = weigh

    def __call__(self, x: Sequence[Number]) -> Value:
        total = self.weigh(self.w, x, self.b)
        if self.activation == "relu":
            return total.relu()
        return total.tanh() if self.activation == "tanh" else total

    def parameters(self) -> list[Value]:
        return [*self.w, self.b]


class Layer:
    """Neurons that look at the same inputs."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        activation: str,
        uniform: Uniform,
        weigh: Callable[..., Value],
    ) -> None:
        self.neurons = [Neuron(inputs, activation, uniform, weigh) for _ in range(outputs)]

    def __call__(self, x: Sequence[Number]) -> list[Value]:
        return [neuron(x) for neuron in self.neurons]

    def parameters(self) -> list[Value]:
        return [p for neuron in self.neurons for p in neuron.parameters()]


class MLP:
    """Layers in a row: MLP(2, [16, 16, 1]) takes 2 numbers and gives 1 score.

    Hidden layers use `activation`, the last one `output`. Weights start uniform in [-1, 1), biases
    at 0; the draws come in reading order, so a seeded `uniform` fixes the network. `weigh` is
    `weighted_sum` or `small_steps`: the same numbers in few large or many small nodes.
    """

    def __init__(
        self,
        inputs: int,
        sizes: Sequence[int],
        *,
        activation: str = "relu",
        output: str = "linear",
        uniform: Uniform = random.uniform,
        weigh: Callable[..., Value] = weighted_sum,
    ) -> None:
        widths = [inputs, *sizes]
        kinds = [activation] * (len(sizes) - 1) + [output]
        self.layers = [
            Layer(fan_in, fan_out, kind, uniform, weigh)
            for fan_in, fan_out, kind in zip(widths, sizes, kinds, strict=False)
        ]

    def __call__(self, x: Sequence[Number]) -> Value:
        for layer in self.layers:
            x = layer(x)
        (score,) = x
        assert isinstance(score, Value), "an MLP has at least one layer"
        return score

    def parameters(self) -> list[Value]:
        return [p for layer in self.layers for p in layer.parameters()]

    def zero_grad(self) -> None:
        for p in self.parameters():
            p.grad = 0.0


def max_margin(scores: Sequence[Value], labels: Sequence[float]) -> Value:
    """Mean of relu(1 - label * score): no loss for a point that is on its side by 1 or more."""
    losses = [(1.0 - score * label).relu() for score, label in zip(scores, labels, strict=True)]
    return sum(losses, start=Value(0.0)) * (1.0 / len(losses))


def sum_of_squares(parameters: Sequence[Value]) -> Value:
    """What weight decay (L2) keeps small."""
    return sum((p * p for p in parameters), start=Value(0.0))
