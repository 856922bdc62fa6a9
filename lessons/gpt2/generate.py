"""Writes with the model, a token at a time; keys and values of the past are kept.

On a GPU a token is one launch of a recorded graph (`lessons/blocks/graphs.py`).

When the context is full it begins afresh from its younger half: learned positions cannot slide.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

import torch
from torch import Tensor

from lessons.blocks.cache import Cache, caches
from lessons.blocks.graphs import Recorded
from lessons.blocks.writing import drawn
from lessons.gpt2.build import encode, model, symbols_of
from lessons.gpt2.model import GPT2
from zhtui.lab import Run, Sampling, Token

One = Callable[[Tensor, list[Cache], int], Tensor]  # ids (1, 1) at a place to logits (1, V)


@torch.inference_mode()
def stream(gpt: GPT2, ids: Tensor, one: One | None = None) -> Generator[Tensor, Tensor, None]:
    """Logits (V,) after `ids` (T,), then after each token (1,) that is sent in; `one` computes
    these where it is quicker than the model itself.
    """
    room, ids = gpt.block_size, ids[-gpt.block_size :]
    while True:
        past = caches(len(gpt.blocks), room)
        logits = gpt.after(ids[None], past)  # (1, V)
        while True:
            sent = yield logits[0]
            ids = torch.cat((ids, sent))  # (T + 1,)
            if len(ids) > room:
                break
            logits = one(sent[None], past, len(ids) - 1) if one else gpt.after(sent[None], past)
        ids = ids[-max(1, room // 2) :]


def quickest(run: Run) -> One | None:
    """What computes a single position on a GPU; None elsewhere."""
    return Recorded(model(run).after) if run.device.startswith("cuda") else None


def generate(run: Run, prompt: str, sampling: Sampling) -> Iterator[Token]:
    """The text after `prompt`; an empty one begins where a line does."""
    gpt, symbols = model(run), run.once(symbols_of)
    dice, cuts = torch.Generator().manual_seed(sampling.seed), (sampling.top_k, sampling.top_p)
    V, spell = len(symbols), symbols.speller()  # rows that only pad the table are never drawn
    ids = encode(run, prompt or symbols.start)  # (T,)
    written = stream(gpt, ids, run.once(quickest))
    logits = next(written)
    for place in range(sampling.tokens):
        choice, told = drawn(logits[:V], dice, symbols.texts, sampling.temperature, *cuts)
        yield Token(**told | {"text": spell(int(choice))})
        if place + 1 < sampling.tokens:
            logits = written.send(choice.to(run.device))
