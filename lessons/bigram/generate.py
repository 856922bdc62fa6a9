"""Names from the trained net, one character at a time; a newline stands between two names."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from lessons.bigram.corpus import build
from lessons.bigram.model import EDGE, Alphabet, throw
from lessons.blocks.sampling import distribution
from zhtui.lab import LabError, Run, Sampling, Token

SHOWN = 10  # alternatives told with a token


def last_character(prompt: str, alphabet: Alphabet) -> int:
    """The id that the next character follows: a bigram sees no more of a prompt than its end."""
    known = alphabet.characters.replace(EDGE, "\n")
    for character in prompt:
        if character not in known:
            raise LabError(
                f"The words this net learned from have no {character!r}; "
                f"use only these characters: {known[1:60]}"
            )
    return known.index(prompt[-1]) if prompt else 0


def generate(run: Run, prompt: str, sampling: Sampling) -> Iterator[Token]:
    """`sampling.tokens` characters that continue the prompt, with the dice of `sampling.seed`."""
    corpus = run.once(build)
    run.keep(model=corpus.model)
    texts = corpus.alphabet.characters.replace(EDGE, "\n")
    table = corpus.model.table()  # (V, V)
    dice = torch.Generator().manual_seed(sampling.seed)
    character = last_character(prompt, corpus.alphabet)
    for _ in range(sampling.tokens):
        p = table[character]  # (V,)
        warm = distribution(p.log(), sampling.temperature)
        cut = distribution(p.log(), sampling.temperature, sampling.top_k, sampling.top_p)
        character = throw(cut, character, dice).character
        top = warm.topk(min(SHOWN, len(p)))
        yield Token(
            text=texts[character],
            probability=p[character].item(),
            entropy=torch.special.entr(p).sum().item() / math.log(2),
            alternatives=[
                (texts[i], chance)
                for i, chance in zip(top.indices.tolist(), top.values.tolist(), strict=True)
            ],
            kept=int((cut > 0).sum()),
        )
