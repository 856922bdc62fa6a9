"""What to do where a GPU is too small for a micro-batch: the largest that fits is found by trying.

Leaves out: several ranks, whose memory may differ; recomputing activations (Chen 2016).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from zhtui.lab import LabError

Loss = Callable[[Tensor, Tensor], Tensor]


def fits(model: nn.Module, loss: Loss, texts: Tensor, averages: bool) -> bool:
    """Whether forward and backward of some texts (b, T + 1) fit, with room for AdamW's averages."""
    try:
        room = [torch.empty_like(w) for w in model.parameters() for _ in range(2 * averages)]
        torch.autograd.backward(loss(texts[:, :-1], texts[:, 1:]))
        del room
    except torch.OutOfMemoryError:
        return False
    finally:
        model.zero_grad(set_to_none=True)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    return True


def largest(model: nn.Module, loss: Loss, texts: Tensor, below: int, averages: bool) -> int:
    """The most texts below a number that fit; 0 where not even one does. Where 5 fit, 16 -> 5"""
    low, high = 0, below  # so many fit, so many do not
    while high - low > 1:
        middle = (low + high) // 2
        if fits(model, loss, texts[:middle], averages):
            low = middle
        else:
            high = middle
    return low


def too_large(batch: int, accumulation: int, found: int) -> LabError:
    """What to set so that the step stays the same."""
    if not found:
        return LabError(
            "This GPU has too little memory for one text of this model; "
            "lower block_size or n_embd, or take --device cpu."
        )
    parts = -(-batch * accumulation // found)
    return LabError(
        f"This GPU has too little memory for batch_size={batch}, the largest that fits is {found}; "
        f"take batch_size={found} accumulation={parts}, about the same step in more parts."
    )
