"""Writes with a trained model, from the last T characters, which is what it was trained on."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from lessons.blocks.writing import drawn
from lessons.positions.build import alphabet_of, encode, model
from zhtui.lab import Run, Sampling, Token


def generate(run: Run, prompt: str, sampling: Sampling) -> Iterator[Token]:
    """The characters after `prompt`."""
    small, alphabet = model(run), run.once(alphabet_of)
    dice, cuts = torch.Generator().manual_seed(sampling.seed), (sampling.top_k, sampling.top_p)
    ids = encode(run, prompt or alphabet.start)  # (T,)
    for _ in range(sampling.tokens):
        ids = ids[-run.config.block_size :]
        with torch.inference_mode():
            logits = small(ids[None])[0, -1]  # (V,)
        choice, told = drawn(logits, dice, alphabet.texts, sampling.temperature, *cuts)
        yield Token(**told)
        ids = torch.cat((ids, choice.to(run.device)))
