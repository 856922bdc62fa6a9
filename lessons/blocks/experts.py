"""Several feed-forward nets of which a router chooses: a mixture of experts (Shazeer 2017).

    layer = Experts(128, make=FeedForward, count=8, active=2)
    y = layer(x)                        # (B, T, C) -> (B, T, C)
    loss + 0.01 * balance([layer])      # of the same forward pass; 1 where the load is even

Letters: B texts, T positions, N = B · T of them, C channels, F hidden channels, E experts, k of
them a position.

Leaves out: how a router comes about and goes wrong, room that runs out, a shared expert, balance
without a loss, all of which lesson `moe` teaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from lessons.blocks.points import Tap


class Experts(nn.Module):
    """E nets made by `make(C, **each)`; each position goes through the k that suit it best.

    P = softmax(x W) says how well each suits. The chosen are weighted by their P over its sum; a
    single one by its P, else the router would learn nothing from the text (Fedus 2022).
    """

    def __init__(
        self, C: int, *, make: Callable[..., Any], count: int, active: int, **each: Any
    ) -> None:
        super().__init__()
        self.active = active
        self.router = nn.Linear(C, count, bias=False)
        self.experts = nn.ModuleList(make(C, **each) for _ in range(count))
        self.uneven: Tensor | float = 0.0  # of the last forward pass

    def route(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x (N, C) to P (N, E), the k chosen (N, k), best first, and their weights (N, k)."""
        P = self.router(x).float().softmax(dim=-1)  # (N, E)
        weights, chosen = P.topk(self.active, dim=-1)
        if self.active > 1:
            weights = weights / weights.sum(dim=-1, keepdim=True)
        return P, chosen, weights

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(0, -2)  # (N, C)
        P, chosen, weights = self.route(flat)
        E = len(self.experts)
        load = torch.bincount(chosen.flatten(), minlength=E) / chosen.numel()  # (E,): counted
        self.uneven = E * (load * P.mean(0)).sum()
        out = torch.zeros_like(flat)
        for e, expert in enumerate(self.experts):
            row, place = torch.where(chosen == e)  # (n,) each
            found = expert(flat[row]) * weights[row, place, None]  # (n, C)
            out = out.index_add(0, row, found.to(out.dtype))
        return out.view_as(x)

    def look(self, x: Tensor, tap: Tap) -> Tensor:
        """The same with every expert at work for every position, most of them with weight 0; each
        station handed to `tap`: ffn_hidden (B, T, E · F).
        """
        P, chosen, weights = self.route(x.flatten(0, -2))
        spread = torch.zeros_like(P).scatter(1, chosen, weights)  # (N, E)
        nets: list[Any] = list(self.experts)
        hidden = tap("ffn_hidden", torch.cat([net.hidden(x) for net in nets], dim=-1))
        parts = hidden.chunk(len(nets), dim=-1)  # (B, T, F) each
        found = [net.project(part) for net, part in zip(nets, parts, strict=True)]
        every = torch.stack(found, dim=-2)  # (B, T, E, C)
        share = spread.view(*x.shape[:-1], -1, 1).to(x.dtype)  # (B, T, E, 1)
        return tap("ffn_out", (share * every).sum(dim=-2))  # (B, T, C)


def experts_of(model: nn.Module) -> list[Experts]:
    """The layers of a model in which a router chooses."""
    return [part for part in model.modules() if isinstance(part, Experts)]


def balance(layers: Iterable[Experts]) -> Tensor | float:
    """E Σ f_e · mean P_e, the mean over the layers' last forward pass; 0 without layers.

    1 where each expert gets as much, E where all goes to one (Fedus 2022). The load f is counted
    and has no gradient; P has one, so the router can mend it.
    """
    parts = [layer.uneven for layer in layers]
    return sum(parts) / len(parts) if parts else 0.0


def idle(layers: Iterable[Experts]) -> int:
    """Weights that do not work for a position: 8 experts, 2 of them chosen -> those of 6."""
    return sum(
        (len(layer.experts) - layer.active) * sum(p.numel() for p in layer.experts[0].parameters())
        for layer in layers
    )
