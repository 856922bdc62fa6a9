"""All weights of a net in one row, so that an update is a few operations instead of a few a tensor.

    flat = Flat(model.parameters())        # the parameters are now views of flat.weights
    loss.backward()                        # fills flat.gradient
    SGD(flat).step(0.1)

Leaves out: what each rule does and why (lesson `optimization`), weight decay.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor


class Flat:
    """Weights (P,) and their gradient (P,); each parameter and its `.grad` are views of the two."""

    def __init__(self, parameters: Iterable[Tensor]) -> None:
        parts = list(parameters)
        self.weights = torch.cat([part.detach().flatten() for part in parts])  # (P,)
        self.gradient = torch.zeros_like(self.weights)  # (P,)
        start = 0
        for part in parts:
            stop = start + part.numel()
            part.data = self.weights[start:stop].view_as(part)
            part.grad = self.gradient[start:stop].view_as(part)
            start = stop


class SGD:
    """w -= lr g."""

    def __init__(self, flat: Flat) -> None:
        self.flat = flat

    def step(self, lr: float) -> None:
        self.flat.weights.add_(self.flat.gradient, alpha=-lr)

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        assert not state, "plain descent remembers nothing"


class Momentum:
    """v = beta v + g; w -= lr v (Polyak 1964)."""

    def __init__(self, flat: Flat, beta: float = 0.9) -> None:
        self.flat, self.beta = flat, beta
        self.velocity = torch.zeros_like(flat.weights)  # (P,)

    def step(self, lr: float) -> None:
        self.velocity.mul_(self.beta).add_(self.flat.gradient)
        self.flat.weights.add_(self.velocity, alpha=-lr)

    def state_dict(self) -> dict[str, Any]:
        return {"velocity": self.velocity}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.velocity.copy_(state["velocity"])


class Adam:
    """m and v are running means of g and g squared; w -= lr m^ / (sqrt(v^) + eps) (Kingma 2015).

    `decay` pulls weights towards 0 beside the step, as AdamW does.
    """

    def __init__(
        self,
        flat: Flat,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        decay: float = 0.0,
    ) -> None:
        self.flat, self.beta1, self.beta2, self.eps, self.decay = flat, beta1, beta2, eps, decay
        self.m, self.v = torch.zeros_like(flat.weights), torch.zeros_like(flat.weights)  # (P,)
        self.steps = 0
        self._root = torch.empty_like(flat.weights)

    def step(self, lr: float) -> None:
        g = self.flat.gradient
        self.steps += 1
        if self.decay:
            self.flat.weights.mul_(1 - lr * self.decay)
        self.m.lerp_(g, 1 - self.beta1)
        self.v.mul_(self.beta2).addcmul_(g, g, value=1 - self.beta2)
        right1, right2 = 1 - self.beta1**self.steps, 1 - self.beta2**self.steps
        torch.sqrt(self.v, out=self._root).div_(right2**0.5).add_(self.eps)
        self.flat.weights.addcdiv_(self.m, self._root, value=-lr / right1)

    def state_dict(self) -> dict[str, Any]:
        return {"m": self.m, "v": self.v, "steps": self.steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.m.copy_(state["m"])
        self.v.copy_(state["v"])
        self.steps = int(state["steps"])


Rule = SGD | Momentum | Adam
