"""A batch that does not fit, in parts that do: their gradients add up to the whole batch's.

    loss = accumulate(model.loss, batch, 4)         # as model.loss(batch).backward(), in 4 parts

The mean over k·b texts is the mean of k means over b, so each part's loss is divided by k before
its gradient is added to what is there. Letters: B = k · b texts, T positions.

Ranks that share a batch may have parts of different lengths: there each mean counts by its texts.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]
Quiet = Callable[[], AbstractContextManager[object]]


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


def accumulate_share(
    loss_of: Loss, mine: Tensor, k: int, texts: float, quiet: Quiet = nullcontext
) -> Tensor:
    """The same of a rank's rows (B', T + 1), where n ranks share n · `texts` texts, and the mean of
    their gradients is taken; in the last of the k parts, so before it they keep `quiet`.

    8 texts on 3 ranks: two have 3 of them and count 3 / 2.67, the third has 2 and counts 2 / 2.67.
    """
    total = torch.zeros((), device=mine.device)
    for place, part in enumerate(mine.tensor_split(k)):  # (b, T + 1)
        with nullcontext() if place == k - 1 else quiet():
            loss = loss_of(part[:, :-1], part[:, 1:]) * (len(part) / texts)
            torch.autograd.backward(loss)
        total += loss.detach()
    return total
