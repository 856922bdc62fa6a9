"""From logits to a choice: temperature, top-k, top-p.

Leaves out: min-p, penalties for repetition, beams (lesson `sampling`).
"""

from __future__ import annotations

import torch
from torch import Tensor

COLDEST = 1e-6  # below it a division says nothing that argmax does not


def distribution(logits: Tensor, temperature: float, top_k: int = 0, top_p: float = 1.0) -> Tensor:
    """Probabilities (V,) of logits (V,) after temperature and cuts; they sum to one.

    Temperature 0 is argmax. `top_k` keeps the k likeliest; `top_p` the fewest whose sum reaches p,
    the crossing one included, so at least one stays (Holtzman 2020). 0 and 1 cut nothing.
    """
    if temperature < COLDEST:
        return torch.zeros_like(logits).index_fill(0, logits.argmax(), 1.0)
    probabilities = ((logits - logits.max()) / temperature).softmax(dim=-1)
    if 0 < top_k < len(logits):
        top = probabilities.topk(top_k)
        probabilities = torch.zeros_like(logits).scatter(0, top.indices, top.values)
    if top_p < 1:
        ordered, order = probabilities.sort(descending=True)
        before = ordered.cumsum(0) - ordered  # what stands ahead of each: 0 for the first
        cut = before >= top_p * ordered.sum()
        cut[0] = False
        probabilities = probabilities.index_fill(0, order[cut], 0.0)
    return probabilities / probabilities.sum()
