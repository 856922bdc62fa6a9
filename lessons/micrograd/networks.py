"""The two forms of the network behind one face, so that the loop of `train.py` reads the same."""

from __future__ import annotations

import random
from typing import Any, Protocol

import numpy as np
import torch

from lessons.micrograd import model, specimens, tensors
from lessons.micrograd.points import Points
from lessons.micrograd.views import Array, Shape
from zhtui.lab import LabError


class Network(Protocol):
    """Numbers, their gradient, and a way to get it. Parameters are (P,), in reading order."""

    shape: Shape

    def forward_backward(self, batch: Points, l2: float) -> tuple[float, Array]:
        """The loss and the scores (B,); the gradient is then ready."""

    def move(self, factor: float) -> None:
        """Adds `factor` times its gradient to every parameter."""

    def numbers(self) -> Array: ...
    def gradient(self) -> Array: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: dict[str, Any]) -> Any: ...


class Scalars:
    """The network of Values, with at most one mistake in it."""

    def __init__(self, net: model.MLP, shape: Shape, mistake: str) -> None:
        self.net, self.shape, self.mistake = net, shape, mistake

    def forward_backward(self, batch: Points, l2: float) -> tuple[float, Array]:
        scores = [self.net(x) for x in batch.xy.tolist()]
        one_sided = self.mistake == "one-sided-minus"
        margin = specimens.one_sided_margin if one_sided else model.max_margin
        loss = margin(scores, batch.labels.tolist())
        loss = loss + l2 * model.sum_of_squares(self.net.parameters())

        if self.mistake != "stale-grads":
            self.net.zero_grad()
        if self.mistake == "unsorted-backward":
            specimens.unsorted_backward(loss)
        else:
            loss.backward()
        return loss.data, np.array([score.data for score in scores])

    def move(self, factor: float) -> None:
        for p in self.net.parameters():
            p.data += factor * p.grad

    def numbers(self) -> Array:
        return np.array([p.data for p in self.net.parameters()])

    def gradient(self) -> Array:
        return np.array([p.grad for p in self.net.parameters()])

    def state_dict(self) -> dict[str, Any]:
        return {"data": self.numbers(), "grad": self.gradient()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        parameters = self.net.parameters()
        for p, data, grad in zip(parameters, state["data"], state["grad"], strict=True):
            p.data, p.grad = float(data), float(grad)


class Tensors:
    """The network of arrays: torch finds the gradient."""

    def __init__(self, net: tensors.TensorMLP, shape: Shape) -> None:
        self.net, self.shape = net, shape

    def forward_backward(self, batch: Points, l2: float) -> tuple[float, Array]:
        like = self.net.weights[0]
        x, labels = like.new_tensor(batch.xy), like.new_tensor(batch.labels)  # (B, 2), (B,)
        scores = self.net(x)  # (B,)
        loss = tensors.max_margin(scores, labels) + l2 * tensors.sum_of_squares(self.net)

        self.net.zero_grad()
        torch.autograd.backward(loss)
        return loss.item(), scores.detach().cpu().double().numpy()

    @torch.no_grad()
    def move(self, factor: float) -> None:
        for p in self.net.parameters():
            assert p.grad is not None, "backward() comes first"
            p.add_(p.grad, alpha=factor)

    def numbers(self) -> Array:
        return self.flat([p.detach() for p in self.net.parameters()])

    def gradient(self) -> Array:
        grads = [p.grad for p in self.net.parameters() if p.grad is not None]
        return self.flat(grads)

    def flat(self, parts: list[torch.Tensor]) -> Array:
        """Weights and biases of all layers, in the reading order of the scalar form."""
        layers = len(self.shape.kinds)
        pairs = zip(parts[:layers], parts[layers:], strict=True)
        blocks = [torch.cat([weight, bias[:, None]], dim=1).flatten() for weight, bias in pairs]
        return torch.cat(blocks).cpu().double().numpy()

    def state_dict(self) -> dict[str, Any]:
        return self.net.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> Any:
        return self.net.load_state_dict(state)


def build(config: Any, seed: int, device: str, mistake: str) -> Network:
    """A fresh network of the form that is asked for. Both forms start from the same numbers."""
    if mistake and config.form != "value":
        raise LabError("A specimen lives in the scalar form only: set form=value.")
    output = "relu" if mistake == "relu-output" else "linear"
    sizes = [config.width] * config.depth + [1]
    uniform = random.Random(seed).uniform
    net = model.MLP(2, sizes, activation=config.activation, output=output, uniform=uniform)
    shape = Shape((2, *sizes), (*[config.activation] * config.depth, output))
    if config.form == "value":
        return Scalars(net, shape, mistake)
    dtype = torch.float32 if device.startswith("mps") else torch.float64
    arrays = tensors.TensorMLP(shape.widths, config.activation, output, dtype)
    arrays.load_values(net)
    return Tensors(arrays.to(device), shape)
