"""Writes with the trained model: the prompt is the source, and the target is written from it."""

from __future__ import annotations

import random
from collections.abc import Iterator

import torch

from lessons.blocks.writing import drawn
from lessons.transformer import task
from lessons.transformer.build import model, read
from lessons.transformer.model import BEGIN, END
from zhtui.lab import Run, Sampling, Token


def generate(run: Run, prompt: str, sampling: Sampling) -> Iterator[Token]:
    """The target of a source; without one, of a pair that the seed makes. Ends with END."""
    net, dice = model(run).eval(), torch.Generator().manual_seed(sampling.seed)
    c = run.config
    asked = prompt or task.made(c.task, random.Random(sampling.seed), c.longest)[0]
    source = read(asked).to(run.device)  # (1, S)
    target = torch.full_like(source[:, :1], BEGIN)  # (1, 1)
    with torch.inference_mode():
        memory = net.encode(source)  # (1, S, C): read once
    for _ in range(sampling.tokens):
        with torch.inference_mode():
            logits = net.decode(target, memory, source)[0, -1]  # (V,)
        choice, told = drawn(
            logits, dice, texts, sampling.temperature, sampling.top_k, sampling.top_p
        )
        if choice.item() == END:
            return
        yield Token(**told)
        target = torch.cat((target, choice[None].to(run.device)), dim=1)


def texts(ids: torch.Tensor) -> list[str]:
    return [task.CHARACTERS[i] for i in ids.tolist()]
