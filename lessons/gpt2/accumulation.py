"""A batch that does not fit, in parts that do: their gradients add up to the whole batch's.

    loss = accumulate(model.loss, batch, 4)         # as model.loss(batch).backward(), in 4 parts

The mean over k·b texts is the mean of k means over b, so each part's loss is divided by k before
its gradient is added to what is there. Letters: B = k · b texts, T positions.

Leaves out: parts of different lengths, where a mean of means is no mean.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]


def accumulate(loss_of: Loss, batch: Tensor, k: int, divided: bool = True) -> Tensor:
    """Adds the gradient of a batch (B, T + 1), a part at a time; returns its mean loss.

    Two parts with losses 3 and 5 have the loss 4. Without `divided` the gradient is k times as
    long: a mistake that many have made.
    """
    total = torch.zeros((), device=batch.device)
    for part in batch.chunk(k):  # (b, T + 1)
        loss = loss_of(part[:, :-1], part[:, 1:])
        torch.autograd.backward(loss / k if divided else loss)
        total += loss.detach() / k
    return total
