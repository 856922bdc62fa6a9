"""From logits to a choice: temperature, top-k, top-p.

Leaves out: min-p, penalties for repetition, beams (lesson `sampling`).
"""

from __future__ import annotations

import torch
from torch import Tensor

COLDEST = 1e-6  # below it a division says nothing that argmax does not


def heat(logits: Tensor, temperature: float) -> Tensor:
    """Probabilities (V,) of logits (V,): the hotter the flatter, argmax at 0."""
    if temperature < COLDEST:
        return torch.zeros_like(logits).index_fill(0, logits.argmax(), 1.0)
    return ((logits - logits.max()) / temperature).softmax(dim=-1)


def cut(probabilities: Tensor, top_k: int = 0, top_p: float = 1.0) -> Tensor:
    """The likeliest of (V,) alone, made to sum to one again; 0 and 1 cut nothing.

    `top_k` keeps the k likeliest, then `top_p` the fewest whose share of these reaches p, the
    crossing one included, so at least one stays (Holtzman 2020).
    """
    if 0 < top_k < len(probabilities):
        top = probabilities.topk(top_k)
        probabilities = torch.zeros_like(probabilities).scatter(0, top.indices, top.values)
    if top_p < 1:
        ordered, order = probabilities.sort(descending=True)
        before = ordered.cumsum(0) - ordered  # what stands ahead of each: 0 for the first
        out = before >= top_p * ordered.sum()
        out[0] = False
        probabilities = probabilities.index_fill(0, order[out], 0.0)
    return probabilities / probabilities.sum()


def distribution(logits: Tensor, temperature: float, top_k: int = 0, top_p: float = 1.0) -> Tensor:
    """What a character is drawn from: logits (V,) heated, then cut."""
    return cut(heat(logits, temperature), top_k, top_p)
