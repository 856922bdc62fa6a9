"""A mixture of experts: a router sends each token to k of E feed-forward nets (Shazeer 2017).

    logits   x W                      how well each expert suits a token
    P        softmax(logits)          as shares of one
    chosen   the k largest of P       the others do no work at all
    weights  P of the chosen, over their sum (of a single one: its P)
    out      Σ weights · expert(x)

So a layer has E times the weights of one expert, and a token pays for k. Nothing keeps the router
from sending all to one: the auxiliary loss (Fedus 2022, Switch Transformer, section 2.2) is least
where the load is even.

Letters: N tokens, C channels, F hidden units of an expert, E experts, k of them a token.

Leaves out: experts on several devices (lesson `parallel`), a router by experts' choice, noise in
the router, and the fused kernels that keep a GPU busy with experts of uneven load.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Routed:
    """Where N tokens went."""

    logits: Tensor  # (N, E)
    P: Tensor  # (N, E)
    chosen: Tensor  # (N, k), the best first
    weights: Tensor  # (N, k)
    kept: Tensor  # (N, k), False where an expert had no room left


def choose(P: Tensor, k: int, bias: Tensor | None = None) -> Tensor:
    """The k best experts of each token: (N, E) -> (N, k). [.2, .5, .3], k = 2 -> [1, 2]

    A `bias` (E,) counts in the choice and not in the weights (Wang 2024, loss-free balancing).
    """
    return (P if bias is None else P + bias).topk(k, dim=-1).indices


def share(P: Tensor, chosen: Tensor, renormalise: bool = True) -> Tensor:
    """The weights of the chosen: (N, k). [.5, .3] -> [.625, .375], so that they sum to one.

    A single choice keeps its P (Switch): over its own sum it would be 1, and the router would never
    learn from the text. Without `renormalise` a token gets less, the more undecided it is.
    """
    weights = P.gather(-1, chosen)  # (N, k)
    alone = chosen.size(-1) == 1
    return weights if alone or not renormalise else weights / weights.sum(-1, keepdim=True)


def room(N: int, k: int, E: int, factor: float) -> int:
    """Tokens that an expert takes: N k / E of them, times a factor. 8, 1, 4, 1.25 -> 3"""
    return math.ceil(N * k / E * factor) if factor else N * k


def within(chosen: Tensor, E: int, capacity: int) -> Tensor:
    """Which choices find room, first come first served: (N, k) -> (N, k).

    [[0], [0], [0], [1]] with room for 2 -> [[True], [True], [False], [True]]
    """
    sent = F.one_hot(chosen.T.reshape(-1), E)  # (k N, E): all first choices, then all second ones
    place = sent.cumsum(0).mul(sent).sum(-1)  # (k N,) the how-manieth of its expert
    return (place <= capacity).view(chosen.size(1), -1).T  # (N, k)


def load(chosen: Tensor, E: int) -> Tensor:
    """The share of all choices that each expert got: (N, k) -> (E,). Sums to one."""
    return torch.bincount(chosen.flatten(), minlength=E) / chosen.numel()


def balance(P: Tensor, chosen: Tensor) -> Tensor:
    """E Σ f_e · mean P_e: 1 where all is even, E where all tokens go to one expert for sure.

    f, the load, is counted and has no gradient; P has one, so the router can mend it.
    """
    E = P.size(-1)
    return E * (load(chosen, E) * P.mean(0)).sum()


def z_loss(logits: Tensor) -> Tensor:
    """mean (log Σ exp logits)²: keeps the router's logits small (Zoph 2022, ST-MoE)."""
    return logits.logsumexp(-1).square().mean()


class Expert(nn.Module):
    """A feed-forward net: (N, C) -> (N, C)."""

    def __init__(self, C: int, F_: int) -> None:
        super().__init__()
        self.expand, self.project = nn.Linear(C, F_), nn.Linear(F_, C)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.project(F.gelu(self.expand(x)))  # (N, C) -> (N, F) -> (N, C)
        return out


class MoE(nn.Module):
    """E experts and their router; with `shared` one more that every token goes through.

    `renormalise` False and `reaches` False are mistakes: weights that do not sum to one, and an
    auxiliary loss whose gradient stops before the router.
    """

    bias: Tensor

    def __init__(
        self, C: int, F_: int, E: int, k: int, *, factor: float = 0.0, shared: bool = False,
        renormalise: bool = True, reaches: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.E, self.k, self.factor = E, k, factor
        self.renormalise, self.reaches = renormalise, reaches
        self.router = nn.Linear(C, E, bias=False)
        self.experts = nn.ModuleList([Expert(C, F_) for _ in range(E)])
        self.shared = Expert(C, F_) if shared else None
        self.register_buffer("bias", torch.zeros(E))  # of the choice; stays 0 unless it is moved

    def route(self, x: Tensor) -> Routed:
        """Where each token of x (N, C) goes."""
        logits = self.router(x)  # (N, E)
        P = logits.softmax(-1)
        chosen = choose(P, self.k, self.bias)  # (N, k)
        weights = share(P, chosen, self.renormalise)  # (N, k)
        capacity = room(len(x), self.k, self.E, self.factor)
        return Routed(logits, P, chosen, weights, within(chosen, self.E, capacity))

    def forward(self, x: Tensor) -> tuple[Tensor, Routed]:
        """x (N, C) -> (N, C), and where the tokens went. A dropped token adds nothing."""
        routed = self.route(x)
        weights = routed.weights * routed.kept  # (N, k)
        out = torch.zeros_like(x)
        for e, expert in enumerate(self.experts):
            token, place = torch.where((routed.chosen == e) & routed.kept)  # (n,) each
            if len(token):
                found = expert(x[token]) * weights[token, place, None]  # (n, C)
                out = out.index_add(0, token, found)
        if self.shared is not None:
            out = out + self.shared(x)
        return out, routed

    def auxiliary(self, routed: Routed) -> Tensor:
        """The balance that is trained on."""
        P = routed.P if self.reaches else routed.P.detach()
        return balance(P, routed.chosen)

    @torch.no_grad()
    def steer(self, routed: Routed, rate: float) -> None:
        """Moves the bias of busy experts down and of idle ones up, without a loss (Wang 2024)."""
        self.bias += rate * torch.sign(1 / self.E - load(routed.chosen, self.E))


def weighted_sum(moe: MoE, x: Tensor) -> Tensor:
    """All experts for all tokens, weighted by P: what top-k is when k = E. (N, C) -> (N, C)"""
    P = moe.router(x).softmax(-1)  # (N, E)
    every = torch.stack([expert(x) for expert in moe.experts], dim=1)  # (N, E, C)
    out: Tensor = (P[..., None] * every).sum(1)
    return out


def parameters(moe: MoE) -> tuple[int, int]:
    """(all, those that work for one token): E = 8, k = 2 -> a quarter of the experts' works."""
    one = sum(p.numel() for p in moe.experts[0].parameters())
    rest = sum(p.numel() for p in moe.parameters()) - one * moe.E
    return rest + one * moe.E, rest + one * moe.k
