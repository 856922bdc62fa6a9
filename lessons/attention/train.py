"""Trains one attention layer to guess the next character.

B texts a batch, T positions, n stretches of T + 1 characters in the text.

Leaves out: a schedule, weight decay, dropout (lesson `gpt`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from lessons.attention.build import model, text_of
from lessons.attention.model import Attention
from lessons.attention.views import PASSAGE, measure, watch
from lessons.blocks.one_layer import OneLayer
from lessons.blocks.text import windows_of
from zhtui.lab import Run

COUNTED = {"all": slice(None), "last": slice(-1, None), "first": slice(0, 1)}
CHECKED = 256  # stretches of the validation text, the same every time


@torch.no_grad()
def evaluate(layer: OneLayer[Attention], unseen: Tensor) -> Tensor:
    batch = unseen[:: max(1, len(unseen) // CHECKED)][:CHECKED]  # (n, T + 1) -> (CHECKED, T + 1)
    return layer.loss(batch[:, :-1], batch[:, 1:])


def train(run: Run) -> Iterator[dict[str, Any]]:
    text, layer = run.once(text_of), model(run)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=run.config.lr, weight_decay=0.0)
    run.keep(optimizer=optimizer)
    windows = windows_of(text.train.to(run.device), run.config.block_size)  # (n, T + 1)
    unseen = windows_of(text.val.to(run.device), run.config.block_size)
    asking = (layer.layer.query.weight, layer.layer.key.weight)  # W_Q, W_K
    run.work("tok", run.config.batch_size * run.config.block_size)

    for step in run.steps():
        config = run.config
        optimizer.param_groups[0]["lr"] = config.lr
        batch = windows[torch.randint(len(windows), (config.batch_size,)).to(run.device)]
        loss = layer.loss(batch[:, :-1], batch[:, 1:], COUNTED[config.learn_from])  # of (B, T)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

        asked = torch.nn.utils.get_total_norm([W.grad for W in asking if W.grad is not None])
        row: dict[str, Any] = {"loss": loss.detach(), "grad_qk": asked}
        if (step + 1) % config.eval_every == 0 or step + 1 == config.steps:
            row |= {"val": evaluate(layer, unseen)} | measure(layer, unseen[0, :-1][:PASSAGE])
            watch(run)
        yield row
