"""What moves the weights: AdamW alone, or Muon for the matrices in blocks and AdamW for the rest.

Muon (Jordan 2024) steps by the gradient with all its singular values made nearly 1, which suits a
matrix between two streams; tables, norms and biases stay with AdamW. The rate follows GPT-3:
a line up, then half a cosine down to a tenth.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from lessons.blocks.optimization import cosine, decay_groups, warmup


def optimizers(model: nn.Module, config: Any) -> dict[str, torch.optim.Optimizer]:
    """By the name that a checkpoint has for each."""
    groups = decay_groups(model, config.weight_decay)
    made: dict[str, torch.optim.Optimizer] = {}
    if config.optimizer == "muon":
        matrices = [w for n, w in model.named_parameters() if "blocks" in n and w.dim() == 2]
        mine = {id(weight) for weight in matrices}
        groups[0]["params"] = [w for w in groups[0]["params"] if id(w) not in mine]
        made["muon"] = torch.optim.Muon(matrices, lr=config.muon_lr, weight_decay=0.0)
    betas = (0.9, config.beta2)
    made["optimizer"] = torch.optim.AdamW(groups, lr=config.lr, betas=betas, fused=config.fused)
    return made


def fraction(step: int, config: Any) -> float:
    """The rate of a step over the peak. At the end it is min_lr / lr."""
    low = config.min_lr / config.lr if config.lr else 0.0
    fall = low + (1 - low) * cosine(step, config.warmup, config.steps)
    return warmup(step, config.warmup) * fall


def set_rates(made: dict[str, torch.optim.Optimizer], step: int, config: Any) -> float:
    """Sets the rate of a step in each optimizer; returns AdamW's."""
    share = fraction(step, config)
    for name, optimizer in made.items():
        for group in optimizer.param_groups:
            group["lr"] = share * (config.muon_lr if name == "muon" else config.lr)
    return share * float(config.lr)
