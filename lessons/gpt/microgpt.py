"""The loop of microgpt, as tensors: one name a step, plain Adam (Karpathy 2026).

The 200 lines of the original count with numbers that know their gradient, as lesson `micrograd`
does with its preset of the same name. Here the same net is a `GPT` (`ladder.py`), and the same
numbers are drawn in the same order, so that the same losses come out:

    Python's generator with the run's seed shuffles the lines, then gives the weights, Gaussian with
    spread 0.08: tokens (the letters in order, then the one that stands between names), positions,
    the head, then a layer's queries, keys, values, projection and its two feed-forward matrices.

Letters: C channels, V characters, T positions.

Leaves out: batches, validation while it learns its first pass over the names, a clipped gradient.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from lessons.blocks.text import Symbols
from lessons.gpt.build import build, text_of
from lessons.gpt.model import GPT
from lessons.gpt.views import glimpse, watch
from zhtui.lab import Run

SPREAD = 0.08
HELD = 200  # lines at the end of the shuffled ones, on which `val` is a mean


def lines_of(run: Run) -> list[str]:
    """The lines of the text, in their own order: "emma\\nolivia" -> ["emma", "olivia"]."""
    text = run.once(text_of)
    whole = text.alphabet.decode(torch.cat((text.train, text.val)))
    return [line for line in map(str.strip, whole.split("\n")) if line]


@torch.no_grad()
def draw(model: GPT, symbols: Symbols, dice: random.Random) -> None:
    """Gives the model the weights that the original draws."""

    def matrix(rows: int, columns: int) -> Tensor:
        drawn = [[dice.gauss(0, SPREAD) for _ in range(columns)] for _ in range(rows)]
        return torch.tensor(drawn)  # (rows, columns)

    positions: Any = model.positions
    head: Any = model.head
    block: Any
    V, C = model.tokens.weight.shape
    edge = int(symbols.encode(symbols.start))  # between two names; theirs is the last row
    drawn_at = [*range(edge), V - 1, *range(edge, V - 1)]  # (V,) of each row of the table
    model.tokens.weight.copy_(matrix(V, C)[drawn_at])  # a copy goes to a GPU, too
    positions.weight.copy_(matrix(*positions.weight.shape))
    head.weight.copy_(matrix(V, C)[drawn_at])
    for block in model.blocks:
        qkv = [matrix(C, C) for _ in "qkv"]
        block.attention.qkv.weight.copy_(torch.cat(qkv))  # (3C, C)
        block.attention.project.weight.copy_(matrix(C, C))
        block.think.expand.weight.copy_(matrix(4 * C, C))
        block.think.project.weight.copy_(matrix(C, 4 * C))


def train(run: Run) -> Iterator[dict[str, Any]]:
    config = run.config
    symbols, model = run.once(build)
    lines, dice = lines_of(run), random.Random(run.seed)
    dice.shuffle(lines)
    draw(model, symbols, dice)
    betas = (config.beta1, config.beta2)
    optimizer = torch.optim.Adam(model.parameters(), lr=config.lr, betas=betas, eps=1e-8)
    run.keep(model=model, optimizer=optimizer)
    edge = symbols.start

    def loss_of(line: str) -> Tensor:
        """The mean loss of a line, between two edges: of its first T characters at most."""
        ids = symbols.encode(f"{edge}{line}{edge}")[: config.block_size + 1].to(run.device)
        return model.loss(ids[None, :-1], ids[None, 1:])  # (1, T) twice

    for step in run.steps():
        config = run.config
        lr = config.lr * (1 - step / config.steps)
        optimizer.param_groups[0]["lr"] = lr
        loss = loss_of(lines[step % len(lines)])
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()

        row: dict[str, Any] = {"loss": loss.detach(), "lr": lr}
        if (step + 1) % config.eval_every == 0 or step + 1 == config.steps:
            with torch.no_grad():
                row["val"] = torch.stack([loss_of(line) for line in lines[-HELD:]]).mean()
            row |= watch(run)
        elif step % max(10, config.steps // 50) == 0:
            glimpse(run)
        yield row
