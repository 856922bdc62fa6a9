"""Names from the trained net, one character at a time; a newline stands between two names."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from lessons.bigram.corpus import build
from lessons.bigram.model import throw
from lessons.blocks.names import EDGE, Alphabet
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


def begin(run: Run, prompt: str) -> tuple[str, Tensor, int]:
    """The characters as they are written, P(b | a) as the net has it (V, V), and the id to go on
    from.
    """
    tally, model = run.once(build)
    run.keep(model=model)
    texts = tally.alphabet.characters.replace(EDGE, "\n")
    return texts, model.table(), last_character(prompt, tally.alphabet)


def token(texts: str, p: Tensor, cut: Tensor, temperature: float, character: int) -> Token:
    """A character of P (V,), and what else it might have been; it was drawn from `cut` (V,)."""
    warm = distribution(p.log(), temperature)
    top = warm.topk(min(SHOWN, len(p)))
    return Token(
        text=texts[character],
        probability=p[character].item(),
        entropy=torch.special.entr(p).sum().item() / math.log(2),
        alternatives=[
            (texts[i], chance)
            for i, chance in zip(top.indices.tolist(), top.values.tolist(), strict=True)
        ],
        kept=int((cut > 0).sum()),
    )


def generate(run: Run, prompt: str, sampling: Sampling) -> Iterator[Token]:
    """`sampling.tokens` characters that continue the prompt, with the dice of `sampling.seed`."""
    texts, table, character = begin(run, prompt)
    dice = torch.Generator().manual_seed(sampling.seed)
    for _ in range(sampling.tokens):
        p = table[character]  # (V,)
        cut = distribution(p.log(), sampling.temperature, sampling.top_k, sampling.top_p)
        character = throw(cut, character, dice).character
        yield token(texts, p, cut, sampling.temperature, character)


def score(run: Run, prompt: str, text: str, sampling: Sampling) -> Iterator[Token]:
    """The characters of `text` after `prompt`, as if the net had thrown them."""
    texts, table, character = begin(run, prompt)
    last_character(text, run.once(build)[0].alphabet)  # names what is unknown before the first one
    for given in map(texts.index, text):
        p = table[character]  # (V,)
        cut = distribution(p.log(), sampling.temperature, sampling.top_k, sampling.top_p)
        yield token(texts, p, cut, sampling.temperature, given)
        character = given
