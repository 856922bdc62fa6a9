"""Trains or fine-tunes a GPT-2 as GPT-3's authors did: accumulation, warm-up, cosine, clipping.

B = k · b texts a step, T positions.

The update itself, in one process or in many, is `update.py`; where texts come from, `batches.py`.

Leaves out: dropout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from lessons.gpt2.alarm import Alarm
from lessons.gpt2.batches import Source, source_of
from lessons.gpt2.build import model, text_of
from lessons.gpt2.clock import Clock
from lessons.gpt2.launch import shared
from lessons.gpt2.memory import largest, too_large
from lessons.gpt2.model import GPT2
from lessons.gpt2.update import Update, rounded
from lessons.gpt2.views import published, watch
from zhtui.lab import LabError, Run


@torch.no_grad()
def evaluate(run: Run, gpt: GPT2, windows: Tensor) -> Tensor:
    """Mean loss over stretches that are the same at every evaluation."""
    dice = torch.Generator().manual_seed(run.seed)
    shape = (run.config.eval_batches, run.config.batch_size)
    picks = torch.randint(len(windows), shape, generator=dice).to(run.device)
    with rounded(run.config.precision, run.device):
        losses = [gpt.loss(x[:, :-1], x[:, 1:]) for x in (windows[pick] for pick in picks)]
    return torch.stack(losses).mean()


def stepper(
    run: Run, update: Update, source: Source, texts: int
) -> tuple[Callable[[int], dict[str, Any]], Clock]:
    """What makes one step, guarded by the alarm and timed by the clock where they are asked for."""
    c, parts = run.config, {"model": update.gpt, **update.kept}
    alarm, clock = Alarm(c.alarm, parts), Clock(c.minutes, c.steps)
    if c.alarm and update.team.size > 1:
        raise LabError("The alarm takes one process back, not several; choose alarm=0, or ranks=0.")
    run.keep(**({"alarm": alarm} if c.alarm else {}), **({"clock": clock} if c.minutes else {}))

    def stepped(step: int) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            batch = source.batch(texts)  # (B, T + 1)
            try:
                return update.step(run.config, clock.place(step), batch)
            except torch.OutOfMemoryError as error:
                if update.team.size > 1:
                    raise
                new = not any(optimizer.state for optimizer in update.kept.values())
                found = largest(update.gpt, update.model, batch, c.batch_size, averages=new)
                raise too_large(c.batch_size, c.accumulation, found) from error

        with clock.running():
            row = alarm.guard(once, run.say) if c.alarm else once()
            if c.minutes:
                row["loss"] = float(row["loss"])  # waits for the GPU, so that its time counts
        return row

    return stepped, clock


def train(run: Run) -> Iterator[dict[str, Any]]:
    config, gpt, text = run.config, model(run), run.once(text_of)
    source = source_of(text, run)
    texts = config.batch_size * config.accumulation
    tokens = texts * config.block_size
    run.say(f"{tokens:,} tokens a step: {config.accumulation} micro-batches of {config.batch_size}")

    with shared(run, gpt) as update:
        run.work("tok", tokens, tokens * gpt.flops_per_token() / update.team.size)
        stepped, clock = stepper(run, update, source, texts)
        for step in run.steps():
            config = run.config
            row = stepped(step)
            if (step + 1) % config.eval_every == 0 or step + 1 == config.steps or clock.over:
                row["val"] = evaluate(run, model(run), source.unseen)
                row |= {"bits_per_byte": text.bits_per_byte(row["val"])} | published()
                watch(run)
            yield row
            if clock.over:
                return
