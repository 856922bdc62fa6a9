"""What stands around AdamW: which weights decay, and how the learning rate moves."""

from __future__ import annotations

import math
from typing import Any

from torch import nn


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Two parameter groups: matrices and embeddings decay, biases and norms do not (GPT-3)."""
    parameters = list(model.parameters())
    return [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]


def warmup(step: int, steps: int) -> float:
    """A line from nearly 0 at step 0 to 1 at step `steps`, and 1 from there on."""
    return min(1.0, (step + 1) / (steps + 1))


def cosine(step: int, start: int, stop: int) -> float:
    """Half a cosine from 1 at step `start` to 0 at step `stop` (Loshchilov and Hutter 2017)."""
    progress = min(1.0, max(0.0, (step - start) / max(1, stop - start)))
    return 0.5 * (1.0 + math.cos(math.pi * progress))


def linear(step: int, start: int, stop: int) -> float:
    """A line from 1 at step `start` to 0 at step `stop`. Halfway: 0.5"""
    return 1.0 - min(1.0, max(0.0, (step - start) / max(1, stop - start)))


def inverse_root_after(step: int, channels: int, steps: int) -> float:
    """The rate of Vaswani 2017, 5.3: a line up over `steps`, then 1 / √step; by 1 / √channels."""
    step += 1  # theirs count from 1
    return float(channels**-0.5 * min(step**-0.5, step * steps**-1.5))
