"""The loop of lesson optimization, with no autograd in it.

`loss` is of the minibatch before its step, `train` and `val` after it; `gap` is the largest
difference of the 26 gradients from autograd's, on a batch that stays the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from lessons.backprop import views
from lessons.backprop.build import build, corpus_of, stepper
from lessons.backprop.model import Net
from lessons.blocks.descent import SGD, Flat
from lessons.blocks.names import Corpus, mean_loss
from zhtui.lab import Run


def train(run: Run) -> Iterator[dict[str, Any]]:
    corpus = run.once(corpus_of)
    _, model, dice = run.once(build)
    flat = Flat(model.parameters())
    run.keep(model=model, dice=dice)

    net, rule = stepper(model, flat, corpus.train, run), SGD(flat)
    run.work("example", run.config.batch)
    if not run.step:
        views.look(run, model, corpus)

    for step in run.steps():
        config = run.config
        pick = torch.randint(len(corpus.train.Y), (config.batch,), generator=dice)  # (B,)
        loss = net.step(pick)
        late = step >= config.decay_at * config.steps
        rule.step(config.lr * (0.1 if late else 1.0))

        row: dict[str, Any] = {"loss": loss}
        last = step + 1 == config.steps
        if last or (step + 1) % config.look_every == 0:
            row |= evaluate(model, corpus, run.device, last) | corpus.counted
            row["gap"] = views.look(run, model, corpus)
        yield row


def evaluate(model: Net, corpus: Corpus, device: str, last: bool) -> dict[str, float]:
    """Mean losses; the test names are asked once, at the end."""
    some = corpus.train if last else corpus.train.some(len(corpus.val.Y))
    losses = {"train": mean_loss(model, some, device), "val": mean_loss(model, corpus.val, device)}
    return losses | ({"test": mean_loss(model, corpus.test, device)} if last else {})
