"""Trains an encoder–decoder on pairs that are made as it goes.

B pairs a batch, S positions of the source, T of the target.

Leaves out: batches of equal length, several GPUs, averaging of checkpoints.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from lessons.blocks.optimization import inverse_root_after
from lessons.transformer import task
from lessons.transformer.build import held_out, model
from lessons.transformer.model import PAD, Transformer, greedy, smoothed
from lessons.transformer.views import measure, watch
from zhtui.lab import Run


@torch.no_grad()
def evaluate(run: Run, net: Transformer) -> dict[str, Tensor]:
    """How good it is on the pairs that are kept for it.

    `taught` is the share of tokens guessed right with the right ones before; `exact` the share of
    texts that it writes right by itself.
    """
    net.eval()
    source, target = (ids.to(run.device) for ids in task.batch(run.once(held_out)))
    logits, wanted = net(source, target[:, :-1]), target[:, 1:]  # (B, T, V), (B, T)
    there = wanted != PAD
    written = greedy(net, source, wanted.size(1))  # (B, T)
    return {
        "val": smoothed(logits, wanted, 0.0),
        "taught": (logits.argmax(-1) == wanted)[there].float().mean(),
        "exact": ((written == wanted) | ~there).all(1).float().mean(),
    }


def train(run: Run) -> Iterator[dict[str, Any]]:
    net, config = model(run), run.config
    optimizer = torch.optim.Adam(net.parameters(), betas=(0.9, 0.98), eps=1e-9)  # section 5.3
    run.keep(optimizer=optimizer)
    run.work("pair", config.batch_size)

    for step in run.steps():
        config = run.config
        lr = config.rate * inverse_root_after(step, config.n_embd, config.warmup)
        optimizer.param_groups[0]["lr"] = lr
        pairs = [task.made(config.task, run.rng, config.longest) for _ in range(config.batch_size)]
        source, target = (ids.to(run.device) for ids in task.batch(pairs))  # (B, S), (B, 1 + T)
        net.train()
        logits = net(source, target[:, :-1])  # (B, T, V): all positions in one pass
        loss = smoothed(logits, target[:, 1:], config.smoothing)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

        row: dict[str, Any] = {"loss": loss.detach(), "lr": lr}
        if (step + 1) % config.eval_every == 0 or step + 1 == config.steps:
            row |= evaluate(run, net) | measure(run, net)
            watch(run, net)
        yield row
