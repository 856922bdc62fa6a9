"""The lecture's loop: a minibatch, its gradients, a step against them.

`loss` is of the minibatch before its step, `train` of one example in eight (of all at the end) and
`val` of all names that are held out, after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from lessons.blocks.descent import SGD, Flat
from lessons.blocks.names import Corpus, Windows, mean_loss
from lessons.mlp import views
from lessons.mlp.build import build, corpus_of, stepper
from lessons.mlp.finder import find
from lessons.mlp.model import MLP
from zhtui.lab import Run


def train(run: Run) -> Iterator[dict[str, Any]]:
    corpus = run.once(corpus_of)
    alphabet, model, dice = run.once(build)
    flat = Flat(model.parameters())
    run.keep(model=model, dice=dice)

    net, rule = stepper(model, flat, corpus.train, run), SGD(flat)
    if not run.step:
        run.show("map", views.letter_map(model.C, alphabet))
        if run.config.finder:
            run.show("finder", find(net, flat, len(corpus.train.Y), run.config))
    run.work("example", run.config.batch)

    for step in run.steps():
        config = run.config
        pick = torch.randint(len(corpus.train.Y), (config.batch,), generator=dice)  # (B,)
        loss = net.step(pick)
        late = step >= config.decay_at * config.steps
        rule.step(config.lr * (0.1 if late else 1.0))

        row: dict[str, Any] = {"loss": loss}
        last = step + 1 == config.steps
        if last or (step + 1) % config.eval_every == 0:
            row |= evaluate(model, corpus, run.device, last) | corpus.counted
            views.look(run, model, corpus, row)
        yield row


def evaluate(model: MLP, corpus: Corpus, device: str, last: bool) -> dict[str, float]:
    """Mean losses; the test names are asked once, at the end."""
    some = corpus.train if last else corpus.train.some(len(corpus.val.Y))
    losses = {"train": mean_loss(model, some, device), "val": mean_loss(model, corpus.val, device)}
    losses["right"] = right(model, corpus.val, device)
    return losses | ({"test": mean_loss(model, corpus.test, device)} if last else {})


@torch.no_grad()
def right(model: MLP, val: Windows, device: str) -> float:
    """How often the likeliest character is the one that follows."""
    told = model(val.X.to(device)).argmax(1)  # (M,)
    return float((told == val.Y.to(device)).float().mean())
