"""The five rows of the lecture's log side by side: five nets learn from the same minibatches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from lessons.blocks.descent import Flat
from lessons.blocks.names import Corpus, mean_loss
from lessons.optimization.build import RULES, corpus_of, net_of, stepper
from lessons.optimization.config import PRESETS
from lessons.optimization.model import Net
from zhtui.lab import Bars, Curves, Frame, Poke, Run, Spot, Words, knob

TAKES_RUN = False

ROWS = {  # preset: what it changes
    "naive": "all spreads 1",
    "softmax-fix": "last weights times 0.01",
    "tanh-fix": "hidden weights times 0.2",
    "kaiming": "gain 5/3 by the root of fan_in",
    "paper": "BatchNorm",
}


@dataclass(frozen=True)
class Ask:
    steps: int = knob(600, "updates of each net", low=10, high=20_000)
    every: int = knob(100, "updates from one frame to the next", low=10, high=20_000)
    width: int = knob(100, "units of the hidden layer", low=4, high=400)
    data: str = knob("given", "names, given, or a text file with one word a line")
    seed: int = knob(1, "first weights, and which examples", low=0, high=2**31)


@lru_cache(maxsize=2)
def words_of(data: str) -> Corpus:
    """The words as windows, read once for all that is asked of them. Raises LabError."""
    return corpus_of(Run(replace(PRESETS["quick"], data=data)))


class Row:
    """A net of one preset while it learns, and its loss on names that it never sees."""

    def __init__(self, preset: str, ask: Ask, corpus: Corpus) -> None:
        config = replace(PRESETS[preset], data=ask.data, width=ask.width)
        run, dice = Run(config, seed=ask.seed), torch.Generator().manual_seed(ask.seed)
        self.net: Net = net_of(config, len(corpus.alphabet), dice).train()
        self.corpus, flat = corpus, Flat(self.net.parameters())
        self.stepper = stepper(self.net, flat, corpus.train, run)
        self.rule, self.lr = RULES[config.rule](flat), config.lr
        self.val = [self.measure()]

    def learn(self, picks: torch.Tensor) -> None:
        """An update for each minibatch: picks (updates, B)."""
        for pick in picks:
            self.stepper.step(pick)
            self.rule.step(self.lr)
        self.val.append(self.measure())

    def measure(self) -> float:
        """The mean loss on the validation names, in nats a character."""
        self.net.eval()
        loss = mean_loss(self.net, self.corpus.val, "cpu")
        self.net.train()
        return float(loss)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    """What each expects before it has learned; then all five, `every` updates a frame."""
    corpus = words_of(ask.data)
    rows = {preset: Row(preset, ask, corpus) for preset in ROWS}
    vocab = len(corpus.alphabet)
    keep = {"even": math.log(vocab)}
    yield Frame(
        "before",
        {"first.loss": Bars(list(rows), [row.val[0] for row in rows.values()])},
        say=f"an even guess among {vocab} characters costs ln {vocab} = {math.log(vocab):.3f}; "
        f"the naive net {rows['naive'].val[0]:.1f}",
        look="the naive row: sure of something, and wrong",
        predict=Spot("first.loss", 1), chapter="before", keep=keep,
    )  # fmt: skip
    dice, done = torch.Generator().manual_seed(ask.seed), [0]
    while done[-1] < ask.steps:
        more = min(ask.every, ask.steps - done[-1])
        picks = torch.randint(len(corpus.train.Y), (more, 32), generator=dice)  # (updates, B)
        for row in rows.values():
            row.learn(picks)
        done.append(done[-1] + more)
        yield after(rows, done, keep)


def after(rows: dict[str, Row], done: list[int], keep: dict[str, Any]) -> Frame:
    """All five lines so far, the first losses left out: they would flatten the rest."""
    x, even = np.array(done[1:], dtype=float), keep["even"]
    lines = {name: (x, np.array(row.val[1:])) for name, row in rows.items()}
    near = {name: (x, np.where(y < even, y, np.nan)) for name, (x, y) in lines.items()}
    now = {name: row.val[-1] for name, row in rows.items()}
    best, worst = min(now, key=now.__getitem__), max(now, key=now.__getitem__)
    order = sorted(now, key=now.__getitem__)
    return Frame(
        f"after {done[-1]} updates",
        {
            "val": Curves(near, x_name="updates"),
            "now": Bars(order, [now[name] for name in order], note="val now, the best first"),
        },
        say=f"{best} is ahead with {now[best]:.3f}, {worst} behind with {now[worst]:.3f}",
        look="which line begins lowest; one that is worse than an even guess is off the chart",
        predict=Spot("now", 0), within=0.05, chapter=f"{done[-1]}", keep=keep,
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    """What a row changes, and how far its loss is below an even guess."""
    view: Any = frame.shown()[spot.view]
    if spot.view == "val":
        name = list(view.lines)[spot.row]
        steps, losses = view.lines[name]
        return f"{name} ({ROWS[name]}): {losses[spot.column]:.4f} after {steps[spot.column]:.0f}"
    name, loss = view.labels[spot.row], view.values[spot.row]
    below = frame.keep["even"] - loss
    return f"{name}: {ROWS[name]}; {loss:.3f}, {below:+.3f} below an even guess"
