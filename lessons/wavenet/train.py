"""The loop of lesson optimization over any of the nets.

`loss` is of the minibatch before its step, `train` and `val` after it, in `eval`. Of a committee
`loss` is the mean of its members', and `alone` the mean of what each has on `val` by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from lessons.blocks.descent import Flat
from lessons.blocks.names import Corpus, mean_loss
from lessons.wavenet import views
from lessons.wavenet.build import build, corpus_of, rate, rule_of, stepper
from zhtui.lab import Run


def train(run: Run) -> Iterator[dict[str, Any]]:
    corpus = run.once(corpus_of)
    _, model, dice = run.once(build)
    flat = Flat(model.parameters())
    rule = rule_of(flat, run.config)
    run.keep(model=model.train(), optimizer=rule, dice=dice)

    net = stepper(model, flat, corpus.train, run)
    run.work("example", run.config.batch * run.config.committee)
    if not run.step:
        views.begin(run, model, corpus)

    for step in run.steps():
        config = run.config
        size = (config.batch * config.committee,)  # (K B,)
        loss = net.step(torch.randint(len(corpus.train.Y), size, generator=dice))
        rule.step(rate(config, step))

        row: dict[str, Any] = {"loss": loss / config.committee}
        last = step + 1 == config.steps
        if last or (step + 1) % config.look_every == 0:
            model.eval()
            row |= evaluate(model, corpus, run.device, last) | corpus.counted
            if config.committee > 1:
                row |= {"alone": views.apart(run, model, corpus, row["val"])}
            views.look(run, model, corpus, row)
            model.train()
        yield row


def evaluate(model: nn.Module, corpus: Corpus, device: str, last: bool) -> dict[str, float]:
    """Mean losses; the test names are asked once, at the end."""
    some = corpus.train if last else corpus.train.some(len(corpus.val.Y))
    losses = {"train": mean_loss(model, some, device), "val": mean_loss(model, corpus.val, device)}
    return losses | ({"test": mean_loss(model, corpus.test, device)} if last else {})
