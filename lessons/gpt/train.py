"""Trains a GPT on the characters of a text, as the lecture does, with nanoGPT's schedule.

Leaves out: several GPUs (lesson `parallel`), tokens longer than a character (`gpt2`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from lessons.blocks.optimization import decay_groups, warmup_cosine
from lessons.blocks.precision import autocast
from lessons.blocks.text import windows_of
from lessons.gpt.build import build
from lessons.gpt.model import GPT
from zhtui.lab import Run


def train(run: Run) -> Iterator[dict[str, Any]]:
    config = run.config
    text, model = run.once(build)
    groups = decay_groups(model, config.weight_decay)
    betas = (config.beta1, config.beta2)
    optimizer = torch.optim.AdamW(groups, lr=config.lr, betas=betas, fused=True)
    run.keep(model=model, optimizer=optimizer)

    train_windows = windows_of(text.train.to(run.device), config.block_size)  # (n, T + 1)
    val_windows = windows_of(text.val.to(run.device), config.block_size)
    run.work("tok", config.accumulation * config.batch_size * config.block_size)

    for step in run.steps():
        config = run.config
        lr = config.lr
        if config.decay or step < config.warmup:
            lr = warmup_cosine(step, config.lr, config.min_lr, config.warmup, config.steps)
        for group in optimizer.param_groups:
            group["lr"] = lr

        optimizer.zero_grad(set_to_none=True)
        for _ in range(config.accumulation):
            pick = torch.randint(len(train_windows), (config.batch_size,))
            batch = train_windows[pick.to(run.device)]  # (B, T + 1)
            with autocast(config.precision, run.device):
                loss = model.loss(batch[:, :-1], batch[:, 1:]) / config.accumulation
            loss.backward()
        grad_norm = clip_grad_norm_(model.parameters(), config.grad_clip or float("inf"))
        optimizer.step()

        row = {"loss": loss.detach() * config.accumulation, "lr": lr, "grad_norm": grad_norm}
        if (step + 1) % config.eval_every == 0 or step + 1 == config.steps:
            row["train"] = evaluate(run, model, train_windows)
            row["val"] = evaluate(run, model, val_windows)
        yield row


@torch.no_grad()
def evaluate(run: Run, model: GPT, windows: Tensor) -> Tensor:
    """Mean loss over the same `eval_batches` random batches each time, without dropout."""
    dice = torch.Generator().manual_seed(run.seed)
    pick = torch.randint(
        len(windows), (run.config.eval_batches, run.config.batch_size), generator=dice
    )
    model.eval()
    total = torch.zeros((), device=run.device)
    with autocast(run.config.precision, run.device):
        for batch in (windows[row] for row in pick.to(run.device)):
            total += model.loss(batch[:, :-1], batch[:, 1:])
    model.train()
    return total / len(pick)
