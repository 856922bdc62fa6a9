"""Which learning rate? A thousand of them, one a step, from 0.001 to 1, on a net that is put back.

Where the loss falls fastest is a good rate; where it begins to leap, one that is too large.
"""

from __future__ import annotations

import numpy as np
import torch

from lessons.blocks.descent import SGD, Flat
from lessons.blocks.fused import Stepper
from lessons.mlp.config import Config
from zhtui.lab import Curves

TRIED = 1_000
AVERAGED = 50  # losses of minibatches leap; a mean of so many can be read


def find(net: Stepper, flat: Flat, examples: int, config: Config) -> Curves:
    """Loss by learning rate; the weights are afterwards what they were."""
    before, dice = flat.weights.clone(), torch.Generator().manual_seed(7)
    rates = torch.logspace(-3, 0, TRIED).tolist()
    losses, rule = [], SGD(flat)
    for lr in rates:
        losses.append(float(net.step(torch.randint(examples, (config.batch,), generator=dice))))
        rule.step(lr)
    flat.weights.copy_(before)
    smooth = np.convolve(losses, np.ones(AVERAGED) / AVERAGED, mode="valid")
    x = np.asarray(rates)[AVERAGED - 1 :]
    kept = np.isfinite(smooth)
    return Curves(
        {f"loss, mean of {AVERAGED}": (x[kept], smooth[kept])},
        marks=[(config.lr, "yours")],
        x_name="learning rate, one step each",
        log_x=True,
        log_y=True,
        note="one net, a larger rate at each step: a good rate lies before the line turns up",
    )
