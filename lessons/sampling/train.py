"""Trains a small net to guess the next letter, and writes with it in six ways as it learns.

B examples a batch, T letters of context, n stretches of T + 1 letters in the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F

from lessons.blocks.text import windows_of
from lessons.sampling.build import model, text_of
from lessons.sampling.views import exact_case, watch
from zhtui.lab import Run

CHECKED = 2048  # stretches of the validation text, the same every time


def train(run: Run) -> Iterator[dict[str, Any]]:
    text, net, T = run.once(text_of), model(run), run.config.block_size
    optimizer = torch.optim.AdamW(net.parameters(), lr=run.config.lr, weight_decay=0.0)
    run.keep(optimizer=optimizer)
    windows = windows_of(text.train.to(run.device), T)  # (n, T + 1)
    unseen = windows_of(text.val.to(run.device), T)
    unseen = unseen[:: max(1, len(unseen) // CHECKED)][:CHECKED]
    run.work("letter", run.config.batch_size)

    for step in run.steps():
        config = run.config
        optimizer.param_groups[0]["lr"] = config.lr
        batch = windows[torch.randint(len(windows), (config.batch_size,)).to(run.device)]
        # only the last position has its whole context, and is what writing asks for
        loss = F.cross_entropy(net(batch[:, :-1])[:, -1], batch[:, -1])  # (B, V), (B,)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

        row: dict[str, Any] = {"loss": loss.detach()}
        if (step + 1) % config.eval_every == 0 or step + 1 == config.steps:
            with torch.no_grad():
                row["val"] = F.cross_entropy(net(unseen[:, :-1])[:, -1], unseen[:, -1])
            row |= watch(run, last=step + 1 == config.steps) | exact_case()
        yield row
