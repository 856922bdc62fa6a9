"""Trains on T positions, and looks how it does on 2T.

B texts a batch, n stretches of T + 1 characters in the text.

Leaves out: a schedule, dropout (lesson `gpt`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from lessons.blocks.text import windows_of
from lessons.positions.build import model, text_of
from lessons.positions.views import by_position, shifted, watch
from zhtui.lab import Run


def train(run: Run) -> Iterator[dict[str, Any]]:
    text, small, T = run.once(text_of), model(run), run.config.block_size
    optimizer = torch.optim.AdamW(small.parameters(), lr=run.config.lr, weight_decay=0.0)
    run.keep(optimizer=optimizer)
    windows = windows_of(text.train.to(run.device), T)  # (n, T + 1)
    run.work("tok", run.config.batch_size * T)

    for step in run.steps():
        config = run.config
        optimizer.param_groups[0]["lr"] = config.lr
        batch = windows[torch.randint(len(windows), (config.batch_size,)).to(run.device)]
        loss = small.losses(batch[:, :-1], batch[:, 1:]).mean()  # of (B, T)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

        row: dict[str, Any] = {"loss": loss.detach()}
        if (step + 1) % config.eval_every == 0 or step + 1 == config.steps:
            losses = by_position(run)  # (2T,)
            row |= {"val": losses[:T].mean(), "val_2t": losses.mean(), "beyond": losses[T:].mean()}
            row |= shifted()
            watch(run, losses)
        yield row
