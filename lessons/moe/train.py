"""Trains a small character model whose feed-forward layer is a mixture of experts.

Leaves out: a schedule, weight decay, dropout (lesson `gpt`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from lessons.blocks.text import windows_of
from lessons.moe.build import model, text_of
from lessons.moe.language import Language
from lessons.moe.model import balance, load, parameters, z_loss
from lessons.moe.views import measure, watch
from zhtui.lab import Run

CHECKED = 256  # stretches of the validation text, the same every time


@torch.no_grad()
def evaluate(language: Language, unseen: Tensor) -> Tensor:
    batch = unseen[:: max(1, len(unseen) // CHECKED)][:CHECKED]  # (n, T + 1) -> (CHECKED, T + 1)
    return language.loss(batch[:, :-1], batch[:, 1:])[0]


def train(run: Run) -> Iterator[dict[str, Any]]:
    text, language = run.once(text_of), model(run)
    optimizer = torch.optim.AdamW(language.parameters(), lr=run.config.lr, weight_decay=0.0)
    run.keep(optimizer=optimizer)
    windows = windows_of(text.train.to(run.device), run.config.block_size)  # (n, T + 1)
    unseen = windows_of(text.val.to(run.device), run.config.block_size)
    moe = language.moe
    every, active = parameters(moe)
    run.say(f"{every:,} weights in the layer, {active:,} of them work for a token")
    run.work("tok", run.config.batch_size * run.config.block_size)

    for step in run.steps():
        config = run.config
        optimizer.param_groups[0]["lr"] = config.lr
        batch = windows[torch.randint(len(windows), (config.batch_size,)).to(run.device)]
        loss, routed = language.loss(batch[:, :-1], batch[:, 1:])
        whole = loss + config.aux * moe.auxiliary(routed) + config.z * z_loss(routed.logits)
        optimizer.zero_grad()
        torch.autograd.backward(whole)
        optimizer.step()
        moe.steer(routed, config.steering)

        f = load(routed.chosen, moe.E)  # (E,)
        row: dict[str, Any] = {"loss": loss.detach(), "cv": f.std(correction=0) * moe.E}
        row |= {"aux": balance(routed.P, routed.chosen).detach(), "busiest": f.max() * moe.E}
        row |= {"dropped": 1 - routed.kept.float().mean()}
        if (step + 1) % config.eval_every == 0 or step + 1 == config.steps:
            row |= {"val": evaluate(language, unseen)} | measure(moe)
            watch(run, step)
        yield row
