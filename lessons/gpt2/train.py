"""Trains or fine-tunes a GPT-2 as GPT-3's authors did: accumulation, warm-up, cosine, clipping.

B = k · b texts a step, T positions.

Leaves out: several GPUs, dropout; where texts come from (`batches.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from lessons.blocks.compilation import compiled
from lessons.blocks.precision import autocast
from lessons.gpt2.accumulation import Loss, accumulate
from lessons.gpt2.batches import source_of
from lessons.gpt2.build import model, text_of
from lessons.gpt2.model import GPT2
from lessons.gpt2.optimizers import optimizers, set_rates
from lessons.gpt2.views import published, watch
from zhtui.lab import Run


def rounded(run: Run) -> torch.autocast:
    """The context of matrix products; TF32 is a switch of the GPU beside it."""
    tf32 = run.config.precision == "tf32"
    if run.device != "cpu":
        torch.set_float32_matmul_precision("high" if tf32 else "highest")
    return autocast("fp32" if tf32 else run.config.precision, run.device)


@torch.no_grad()
def evaluate(run: Run, gpt: GPT2, windows: Tensor) -> Tensor:
    """Mean loss over stretches that are the same at every evaluation."""
    dice = torch.Generator().manual_seed(run.seed)
    shape = (run.config.eval_batches, run.config.batch_size)
    picks = torch.randint(len(windows), shape, generator=dice).to(run.device)
    with rounded(run):
        losses = [gpt.loss(x[:, :-1], x[:, 1:]) for x in (windows[pick] for pick in picks)]
    return torch.stack(losses).mean()


def loss_of(run: Run, gpt: GPT2, unseen: Tensor) -> Loss:
    """The loss, in the precision asked for, compiled where that works."""
    plain: Loss = gpt.loss
    if run.config.compile:
        plain, problem = compiled(gpt.loss, unseen[:1, :-1], unseen[:1, 1:])
        if problem:
            run.say(f"torch.compile does not work here ({problem}); training goes on without it.")

    def loss(ids: Tensor, targets: Tensor) -> Tensor:
        with rounded(run):
            return plain(ids, targets)

    return loss


def train(run: Run) -> Iterator[dict[str, Any]]:
    config, gpt, text = run.config, model(run), run.once(text_of)
    made = optimizers(gpt, config)
    run.keep(**made)
    source = source_of(text, run)
    texts = config.batch_size * config.accumulation
    tokens = texts * config.block_size
    run.say(f"{tokens:,} tokens a step: {config.accumulation} micro-batches of {config.batch_size}")
    run.work("tok", tokens, tokens * gpt.flops_per_token())
    loss, divided = loss_of(run, gpt, source.unseen), config.mistake != "undivided"

    for step in run.steps():
        config = run.config
        lr = set_rates(made, step, config)
        gpt.zero_grad(set_to_none=True)
        total = accumulate(loss, source.batch(texts), config.accumulation, divided)
        grad_norm = clip_grad_norm_(gpt.parameters(), config.grad_clip or float("inf"))
        for optimizer in made.values():
            optimizer.step()
        row: dict[str, Any] = {"loss": total, "lr": lr, "grad_norm": grad_norm}
        if (step + 1) % config.eval_every == 0 or step + 1 == config.steps:
            row["val"] = evaluate(run, gpt, source.unseen)
            row |= {"bits_per_byte": text.bits_per_byte(row["val"])} | published()
            watch(run)
        yield row
