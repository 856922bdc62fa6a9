"""Writes with the trained model, one character at a time; the whole window is read anew each time,
so that each character's experts are chosen as they were in training.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from lessons.blocks.writing import drawn
from lessons.moe.build import alphabet_of, encode, model
from zhtui.lab import Run, Sampling, Token


def generate(run: Run, prompt: str, sampling: Sampling) -> Iterator[Token]:
    """The characters after `prompt`."""
    language, alphabet = model(run), run.once(alphabet_of)
    dice, cuts = torch.Generator().manual_seed(sampling.seed), (sampling.top_k, sampling.top_p)
    ids = encode(run, prompt or alphabet.start)  # (T,)
    for _ in range(sampling.tokens):
        with torch.inference_mode():
            logits = language(ids[None, -language.room :])[0][0, -1]  # (V,)
        choice, told = drawn(logits, dice, alphabet.texts, sampling.temperature, *cuts)
        yield Token(**told)
        ids = torch.cat((ids, choice.to(run.device)))
