"""The same network as arrays: a layer is one matrix product, a batch one call.

`model.py` makes a node for each number; here torch makes a node for each array, and the loop of
`train.py` keeps its shape. It is also the shape of every later lesson.

Left out: nothing of the scalar network. `load_values` copies one, and the two then agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from lessons.micrograd.model import MLP


class TensorMLP(nn.Module):
    """MLP on a batch: (B, 2) -> (B,). Weights are (out, in), as in `torch.nn.Linear`."""

    def __init__(
        self, widths: Sequence[int], activation: str, output: str, dtype: torch.dtype
    ) -> None:
        super().__init__()
        self.kinds = [activation] * (len(widths) - 2) + [output]
        pairs = list(pairwise(widths))
        self.weights = nn.ParameterList(torch.empty(o, i, dtype=dtype) for i, o in pairs)
        self.biases = nn.ParameterList(torch.empty(o, dtype=dtype) for _, o in pairs)

    def forward(self, x: Tensor) -> Tensor:
        for weight, bias, kind in zip(self.weights, self.biases, self.kinds, strict=True):
            x = x @ weight.T + bias  # (B, in) @ (in, out) -> (B, out)
            if kind != "linear":
                x = torch.relu(x) if kind == "relu" else torch.tanh(x)
        return x.squeeze(1)  # (B, 1) -> (B,)

    @torch.no_grad()
    def load_values(self, net: MLP) -> None:
        """Copies the numbers of a scalar network."""
        for layer, weight, bias in zip(net.layers, self.weights, self.biases, strict=True):
            rows = [[w.data for w in neuron.w] for neuron in layer.neurons]
            weight.copy_(torch.tensor(rows, dtype=weight.dtype))
            shifts = [neuron.b.data for neuron in layer.neurons]
            bias.copy_(torch.tensor(shifts, dtype=bias.dtype))


def max_margin(scores: Tensor, labels: Tensor) -> Tensor:
    """Mean of relu(1 - label * score); both are (B,)."""
    return torch.relu(1.0 - labels * scores).mean()


def sum_of_squares(net: TensorMLP) -> Tensor:
    return torch.stack([(p * p).sum() for p in net.parameters()]).sum()
