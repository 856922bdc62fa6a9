"""Trains or fine-tunes a GPT-2 as GPT-3's authors did: accumulation, warm-up, cosine, clipping.

B = k · b texts a step, T positions.

The update itself, in one process or in many, is `update.py`; what guards and times it is
`guarded.py`; where texts come from is `batches.py`.

Leaves out: dropout.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from lessons.gpt2.batches import source_of
from lessons.gpt2.build import model, text_of
from lessons.gpt2.guarded import stepper
from lessons.gpt2.launch import shared
from lessons.gpt2.model import GPT2
from lessons.gpt2.update import rounded
from lessons.gpt2.views import published, watch
from zhtui.lab import Run


@torch.no_grad()
def evaluate(run: Run, gpt: GPT2, windows: Tensor, precision: str) -> Tensor:
    """Mean loss over stretches that are the same at every evaluation."""
    dice = torch.Generator().manual_seed(run.seed)
    shape = (run.config.eval_batches, run.config.batch_size)
    picks = torch.randint(len(windows), shape, generator=dice).to(run.device)
    with rounded(precision, run.device):
        losses = [gpt.loss(x[:, :-1], x[:, 1:]) for x in (windows[pick] for pick in picks)]
    return torch.stack(losses).mean()


def train(run: Run) -> Iterator[dict[str, Any]]:
    config, gpt, text = run.config, model(run), run.once(text_of)
    source = source_of(text, run)
    texts = config.batch_size * config.accumulation
    tokens = texts * config.block_size
    run.say(f"{tokens:,} tokens a step: {config.accumulation} micro-batches of {config.batch_size}")

    with shared(run, gpt) as update:
        flops = tokens * gpt.flops_per_token(config.block_size)
        run.work("tok", tokens, flops / update.team.size)
        stepped, clock = stepper(run, update, source, texts)
        for step in run.steps():
            config = run.config
            row = stepped(step)
            if (step + 1) % config.eval_every == 0 or step + 1 == config.steps or clock.over:
                precision = update.scored.precision
                row["val"] = evaluate(run, model(run), source.unseen, precision)
                row |= {"bits_per_byte": text.bits_per_byte(row["val"])} | published()
                watch(run)
            yield row
            if clock.over:
                return
