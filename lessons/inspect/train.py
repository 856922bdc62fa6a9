"""Trains a small GPT on a planted rule, and looks for the head that carries it.

B texts a batch, T positions, p letters that are repeated.

Leaves out: a schedule, weight decay (lesson `gpt`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F

from lessons.inspect.build import model
from lessons.inspect.planted import repeated, told
from lessons.inspect.views import measure, watch
from zhtui.lab import Run


def train(run: Run) -> Iterator[dict[str, Any]]:
    net, config = model(run), run.config
    optimizer = torch.optim.AdamW(net.parameters(), lr=config.lr, weight_decay=0.0)
    run.keep(optimizer=optimizer)
    run.work("tok", config.batch_size * config.block_size)

    for step in run.steps():
        config = run.config
        optimizer.param_groups[0]["lr"] = config.lr
        period = run.rng.randint(config.shortest, config.longest)
        ids = repeated(config.batch_size, config.block_size, period, run.rng).to(run.device)
        logits, targets = net(ids[:, :-1]), ids[:, 1:]  # (B, T − 1, V), (B, T − 1)
        counted = told(config.block_size, period).to(run.device)  # what cannot be known is left out
        loss = F.cross_entropy(logits[:, counted].flatten(0, 1), targets[:, counted].flatten())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

        row: dict[str, Any] = {"loss": loss.detach()}
        if (step + 1) % config.eval_every == 0 or step + 1 == config.steps:
            row |= measure(run, net)
            watch(run, net)
        yield row
