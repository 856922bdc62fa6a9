"""What stands around AdamW: which weights decay, and how the learning rate moves."""

from __future__ import annotations

import math
from typing import Any

from torch import nn


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Two parameter groups: matrices and embeddings decay, biases and norms do not (as in GPT-3)."""
    parameters = list(model.parameters())
    return [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]


def warmup_cosine(step: int, peak: float, floor: float, warmup: int, steps: int) -> float:
    """The rate at a step: a line up to `peak`, then half a cosine down to `floor` at `steps`.

    Loshchilov and Hutter 2017, without restarts.
    """
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    progress = min(1.0, (step - warmup) / max(1, steps - warmup))
    return floor + (peak - floor) * 0.5 * (1.0 + math.cos(math.pi * progress))
