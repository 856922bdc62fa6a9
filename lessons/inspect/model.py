"""Ways to ask a transformer what it does inside: the lens, ablation, patching, probes, scores.

    notes = Notes()
    net.look(ids, notes)                    # any model with the points of lessons/blocks/points.py
    lens(net, notes)                        # log p of every next token at each station
    head_costs(net, ids, counted)           # what each head's silence costs, in nats

Each asks through the points of `lessons/blocks/points.py`, and changes nothing for good. What is
compared are log-probabilities: a logit alone says nothing, for adding 1 to all changes no guess.

Letters: B texts, T positions, C channels, L layers, H heads, F hidden neurons, V tokens, D channels
a head, n examples, K classes.

Leaves out: sparse autoencoders, path patching, gradients (lesson `gpt`, scene `inside`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from lessons.blocks.points import Notes, Tap, at

Model = Any  # has `look`, `blocks`, `norm` and `head`

# ----- what it would say already ------------------------------------------------------------------


def stations(L: int) -> list[str]:
    """Where the stream can be read: 1 layer -> embedding, after attention, after the MLP."""
    return ["embedding", *(at(i, name) for i in range(L) for name in ("resid_mid", "resid_post"))]


def early_logits(model: Model, x: Tensor) -> Tensor:
    """The last norm and the head, applied to a stream as it is (nostalgebraist 2020): (…, V)."""
    logits: Tensor = model.head(model.norm(x))  # (…, C) -> (…, V)
    return logits


def lens(model: Model, notes: Mapping[str, Tensor]) -> Tensor:
    """What the model would say if it had to speak at each station: log p, (1 + 2L, T, V)."""
    x = torch.stack([notes[name][0] for name in stations(len(model.blocks))])  # (1 + 2L, T, C)
    return early_logits(model, x).log_softmax(dim=-1)


def surprise(logp: Tensor, ids: Tensor) -> Tensor:
    """−log p of each next token, in nats: (…, T, V) and ids (T,) or (B, T) to (…, T − 1)."""
    wanted = ids[..., 1:, None].expand(*logp.shape[:-2], -1, 1)  # (…, T − 1, 1)
    return -logp[..., :-1, :].gather(-1, wanted)[..., 0]


# ----- what is missed -----------------------------------------------------------------------------


def silent(point: str, part: int, mean: bool = False) -> Tap:
    """One head of `heads`, or one neuron of `ffn_hidden`, says 0, or always its own mean."""

    def tap(name: str, x: Tensor) -> Tensor:
        if name != point:
            return x
        x = x.clone()
        own = x[:, part] if name.endswith("heads") else x[..., part]  # (B, T, D) or (B, T)
        own.copy_(own.mean(dim=(0, 1), keepdim=True) if mean else torch.zeros_like(own))
        return x

    return tap


def loss(model: Model, ids: Tensor, counted: Tensor, tap: Tap) -> Tensor:
    """Mean −log p of the tokens that count: ids (B, T), counted (B, T − 1)."""
    told = surprise(model.look(ids, tap).log_softmax(dim=-1), ids)  # (B, T − 1)
    return told[counted].mean()


def head_costs(model: Model, ids: Tensor, counted: Tensor, mean: bool = False) -> Tensor:
    """By how much the loss rises when a head is silent: (L, H), in nats."""
    notes = Notes()
    whole = loss(model, ids, counted, notes)
    L, H = len(model.blocks), notes[at(0, "heads")].size(1)
    cost = torch.zeros(L, H)
    for layer in range(L):
        for head in range(H):
            tap = silent(at(layer, "heads"), head, mean)
            cost[layer, head] = loss(model, ids, counted, tap) - whole
    return cost


def neuron_costs(model: Model, ids: Tensor, layer: int) -> Tensor:
    """The same for each hidden neuron of a layer, in one pass: one text (T,) to (F,)."""
    notes = Notes()
    whole = surprise(model.look(ids[None], notes).log_softmax(-1), ids).mean()
    F = notes[at(layer, "ffn_hidden")].size(-1)
    each = ~torch.eye(F, dtype=torch.bool, device=ids.device)[:, None]  # (F, 1, F): text i lacks i

    def tap(name: str, x: Tensor) -> Tensor:
        return x * each if name == at(layer, "ffn_hidden") else x  # (F, T, F)

    many = ids.expand(F, -1)  # (F, T)
    return surprise(model.look(many, tap).log_softmax(-1), many).mean(-1) - whole


# ----- what carries it ----------------------------------------------------------------------------


def patched(model: Model, clean: Tensor, broken: Tensor, answer: int) -> Tensor:
    """log p of `answer` after `broken` (T,), with one place of the stream from `clean` (T,).

    Row i, column t: station i at position t was taken over. (1 + 2L, T)
    """
    good = Notes()
    model.look(clean[None], good)
    names, T = stations(len(model.blocks)), len(broken)
    here = torch.eye(T, dtype=torch.bool, device=broken.device)[:, :, None]  # text t takes place t
    rows = []
    for point in names:

        def tap(name: str, x: Tensor, point: str = point) -> Tensor:
            return torch.where(here, good[point], x) if name == point else x  # (T, T, C)

        logits = model.look(broken.expand(T, -1), tap)[:, -1]  # (T, V): a text a place
        rows.append(logits.log_softmax(dim=-1)[:, answer])
    return torch.stack(rows)


# ----- what stands in it --------------------------------------------------------------------------


def fit(x: Tensor, labels: Tensor, K: int, pull: float = 1.0) -> Tensor:
    """A linear probe by ridge regression: x (n, C), labels (n,) to (C + 1, K); no steps, no luck.

    It solves (XᵀX + pull · 1) W = Xᵀ Y, where Y has a 1 for the label of each example.
    """
    X = torch.nn.functional.pad(x.double(), (0, 1), value=1.0)  # (n, C + 1)
    Y = torch.nn.functional.one_hot(labels, K).double()  # (n, K)
    square = X.T @ X + pull * torch.eye(X.size(1)).double()  # (C + 1, C + 1)
    W: Tensor = torch.linalg.solve(square, X.T @ Y)
    return W


def right(probe: Tensor, x: Tensor, labels: Tensor) -> float:
    """The share that a probe gets right: (C + 1, K), (n, C), (n,)."""
    X = torch.nn.functional.pad(x.double(), (0, 1), value=1.0)
    return float(((X @ probe).argmax(-1) == labels).double().mean())


# ----- who looks where ----------------------------------------------------------------------------


def induction_scores(model: Model, ids: Tensor, period: int) -> Tensor:
    """How much each head looks, where a stretch comes again, at what followed the last time.

    ids (B, T) repeat with a `period`; at t that is place t − period + 1. (L, H), 0 … 1
    (Olsson 2022). One who looks there and copies it is right.
    """
    notes, L = Notes(), len(model.blocks)
    model.look(ids, notes)
    weights = torch.stack([notes[at(i, "weights")] for i in range(L)])  # (L, B, H, T, T)
    asked = torch.arange(period, ids.size(1) - 1, device=ids.device)
    return weights[:, :, :, asked, asked - period + 1].mean(dim=(1, 3))


def plane(q: Tensor, k: Tensor) -> tuple[Tensor, Tensor, float]:
    """Queries (T, D) and keys (S, D) in the plane that shows most of both: (T, 2), (S, 2).

    The third is the share of their variance that the plane holds. Both are moved and turned alike:
    the middle of all is taken off, so directions here only hint at the products.
    """
    both = torch.cat((q, k))
    middle = both.mean(0)
    _, sizes, axes = torch.linalg.svd(both - middle, full_matrices=False)
    share = float(sizes[:2].square().sum() / sizes.square().sum())
    return (q - middle) @ axes[:2].T, (k - middle) @ axes[:2].T, share
