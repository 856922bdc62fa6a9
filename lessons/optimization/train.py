"""The loop of lesson mlp, with a net of any depth and three rules of descent.

`loss` is of the minibatch before its step, `train` and `val` after it, in `eval`. The last row also
holds `test`, and `fold_gap`: how far the logits of the net without its BatchNorms are from its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from lessons.blocks.descent import Flat
from lessons.blocks.names import Corpus, mean_loss
from lessons.optimization import views
from lessons.optimization.build import RULES, build, corpus_of, stepper
from lessons.optimization.history import History
from lessons.optimization.model import Net, fold
from zhtui.lab import Run


def train(run: Run) -> Iterator[dict[str, Any]]:
    corpus = run.once(corpus_of)
    _, model, dice = run.once(build)
    flat, history = Flat(model.parameters()), History()
    rule = RULES[run.config.rule](flat)
    run.keep(model=model.train(), optimizer=rule, dice=dice, history=history)

    net = stepper(model, flat, corpus.train, run)
    run.work("example", run.config.batch)
    if not run.step:
        views.look(run, model, corpus, history)

    for step in run.steps():
        config = run.config
        pick = torch.randint(len(corpus.train.Y), (config.batch,), generator=dice)  # (B,)
        loss = net.step(pick)
        late = step >= config.decay_at * config.steps
        last = step + 1 == config.steps
        due = last or (step + 1) % config.look_every == 0 or not step
        before = flat.weights.clone() if due else None  # (P,)
        rule.step(config.lr * (0.1 if late else 1.0))

        row: dict[str, Any] = {"loss": loss}
        if before is not None:
            history.note_update(step, model, before)
            if not step:
                history.first = float(loss)
            else:
                row |= evaluate(model, corpus, run.device, last) | corpus.counted
                views.look(run, model, corpus, history)
        yield row


def evaluate(model: Net, corpus: Corpus, device: str, last: bool) -> dict[str, float]:
    """Mean losses; the test names are asked once, at the end."""
    model.eval()
    some = corpus.train if last else corpus.train.some(len(corpus.val.Y))
    losses = {"train": mean_loss(model, some, device), "val": mean_loss(model, corpus.val, device)}
    if last:
        losses["test"] = mean_loss(model, corpus.test, device)
        X = corpus.val.X[:1000].to(device)
        with torch.no_grad():
            losses["fold_gap"] = float((model(X) - fold(model)(X)).abs().max())
    model.train()
    return losses
