"""Writes with the trained layer, one character at a time, through the cache."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from lessons.attention.build import alphabet_of, encode, model
from lessons.attention.model import Cache
from lessons.blocks.writing import drawn
from zhtui.lab import Run, Sampling, Token


def generate(run: Run, prompt: str, sampling: Sampling) -> Iterator[Token]:
    """The characters after `prompt`; when the cache is full it starts afresh from half of them."""
    layer, alphabet = model(run), run.once(alphabet_of)
    dice, cuts = torch.Generator().manual_seed(sampling.seed), (sampling.top_k, sampling.top_p)
    ids = encode(run, prompt or alphabet.start)  # (T,)
    cache, new = Cache(layer.room, layer.layer.parts), ids[-layer.room :]
    for _ in range(sampling.tokens):
        if cache.used + len(new) > layer.room:
            cache, new = Cache(layer.room, layer.layer.parts), ids[-(layer.room // 2) :]
        with torch.inference_mode():
            logits = layer(new, cache)[-1]  # (V,)
        choice, told = drawn(logits, dice, alphabet.texts, sampling.temperature, *cuts)
        yield Token(**told)
        new = choice.to(run.device)
        ids = torch.cat((ids, new))
