"""The gradients by hand with one of the mistakes in them, as mistakes.py tells of them."""

from __future__ import annotations

import torch
from torch import Tensor

from lessons.backprop.model import Tensors, by_hand


def before_hprebn(d: Tensors, t: Tensors, X: Tensor, dhprebn: Tensor) -> Tensors:
    """All gradients, those before hprebn anew from another one of it (n, H)."""
    dembcat = dhprebn @ t["W1"].T  # (n, T D)
    demb = dembcat.view(t["emb"].shape)  # (n, T, D)
    return d | {
        "hprebn": dhprebn,
        "embcat": dembcat,
        "W1": t["embcat"].T @ dhprebn,
        "b1": dhprebn.sum(0),
        "emb": demb,
        "C": torch.zeros_like(t["C"]).index_add_(0, X.flatten(), demb.flatten(0, 1)),
    }


def with_mistake(name: str, t: Tensors, X: Tensor, Y: Tensor) -> Tensors:
    """The 26 gradients by hand, with a mistake in them ("none": as they should be)."""
    d, n = by_hand(t, X, Y), len(X)
    if name == "no-mean":
        return {of: n * gradient for of, gradient in d.items()}
    if name == "constants":
        return before_hprebn(d, t, X, t["bnvar_inv"] * d["bnraw"])
    if name == "bessel":
        d["bndiff2"] = d["bndiff2"] * (n - 1) / n
        d["bndiff"] = t["bnvar_inv"] * d["bnraw"] + 2 * t["bndiff"] * d["bndiff2"]
        d["bnmeani"] = -d["bndiff"].sum(0, keepdim=True)
        return before_hprebn(d, t, X, d["bndiff"] + d["bnmeani"] / n)
    return d
