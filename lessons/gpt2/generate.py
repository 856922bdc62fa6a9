"""Writes with the model, a token at a time; keys and values of the past are kept.

When the context is full it begins afresh from its younger half: learned positions cannot slide.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

import torch
from torch import Tensor

from lessons.blocks.cache import caches
from lessons.blocks.writing import drawn
from lessons.gpt2.build import encode, model, symbols_of
from lessons.gpt2.model import GPT2
from zhtui.lab import Run, Sampling, Token


@torch.inference_mode()
def stream(gpt: GPT2, ids: Tensor) -> Generator[Tensor, Tensor, None]:
    """Logits (V,) after `ids` (T,), then after each token (1,) that is sent in."""
    room, new = gpt.block_size, ids[-gpt.block_size :]
    ids, past = new, caches(len(gpt.blocks), gpt.block_size)
    while True:
        sent = yield gpt.after(new[None], past)[0]
        ids, new = torch.cat((ids, sent)), sent  # (T + 1,), (1,)
        if len(ids) > room:
            ids = new = ids[-max(1, room // 2) :]
            past = caches(len(gpt.blocks), room)


def generate(run: Run, prompt: str, sampling: Sampling) -> Iterator[Token]:
    """The text after `prompt`; an empty one begins where a line does."""
    gpt, symbols = model(run), run.once(symbols_of)
    dice, cuts = torch.Generator().manual_seed(sampling.seed), (sampling.top_k, sampling.top_p)
    V, spell = len(symbols), symbols.speller()  # rows that only pad the table are never drawn
    written = stream(gpt, encode(run, prompt or symbols.start))
    logits = next(written)
    for place in range(sampling.tokens):
        choice, told = drawn(logits[:V], dice, symbols.texts, sampling.temperature, *cuts)
        yield Token(**told | {"text": spell(int(choice))})
        if place + 1 < sampling.tokens:
            logits = written.send(choice.to(run.device))
