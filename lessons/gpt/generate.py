"""Writes text with a trained GPT, one token at a time, each position computed once.

Always in float32: one position at a time is bound by memory, and rounding buys nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from lessons.blocks.sampling import cut, heat
from lessons.blocks.text import Symbols
from lessons.gpt.build import build
from lessons.gpt.decode import SMALL, Stream, decoder, quick, stream
from lessons.gpt.model import GPT
from zhtui.lab import LabError, Run, Sampling, Token

ALTERNATIVES = 8  # how many of the likeliest tokens one tells of


@torch.inference_mode()
def write(
    alphabet: Symbols,
    spell: Callable[[int], str],
    model: GPT,
    logits_after: Stream,
    last: Tensor | None,
    dice: torch.Generator,
    sampling: Sampling,
    given: Tensor | None = None,
) -> tuple[Tensor, Token]:
    """One token, thrown or given (1,), and what else it might have been.

    `spell` adds its text: none, while a character is only there in parts.

    Training goes on undisturbed in between.
    """
    dropping = model.training and model.dropout > 0
    if dropping:  # only then: a switch visits every part, half of a small model's time
        model.eval()
    raw = logits_after.send(last)  # (V,)
    if dropping:
        model.train()
    logits = raw.float().cpu()
    own = logits.softmax(dim=-1)  # what the model says, before any cut
    heated = own if sampling.temperature == 1 else heat(logits, sampling.temperature)
    kept = cut(heated, sampling.top_k, sampling.top_p)
    choice = torch.multinomial(kept, 1, generator=dice) if given is None else given  # (1,)
    top = heated.topk(min(ALTERNATIVES, len(heated)))
    index = int(choice)
    return choice.to(raw.device), Token(
        text=spell(index),
        probability=own[index].item(),
        entropy=torch.special.entr(own).sum().item() / math.log(2),
        alternatives=tuple(zip(alphabet.texts(top.indices), top.values.tolist(), strict=True)),
        kept=int(kept.count_nonzero()),
    )


def begin(run: Run, prompt: str, text: str = "") -> tuple[Symbols, GPT, Stream]:
    """The alphabet, the model, and the stream of its predictions after `prompt`.

    An empty prompt begins where a line begins. Past `block_size` tokens the context starts
    afresh from its younger half (`decode.py`). Raises LabError for characters of the prompt, or of
    the text that will follow it, that the model has never seen.
    """
    learned, model = run.once(build)
    run.keep(model=model)
    if unknown := learned.unknown(prompt + text):
        raise LabError(
            f"The prompt has {', '.join(map(repr, unknown))}, unknown to this model; "
            f"use only characters of the text it learned."
        )
    ids = learned.encode(prompt or learned.start).to(run.device)  # (T,)
    written = stream(model, ids, decoder(model))
    size = sum(weight.numel() for weight in model.parameters())
    return learned, model, quick(written) if size < SMALL and run.device == "cpu" else written


def generate(run: Run, prompt: str, sampling: Sampling) -> Iterator[Token]:
    """The characters or tokens after `prompt`."""
    alphabet, model, after = begin(run, prompt)
    dice = torch.Generator().manual_seed(sampling.seed)
    last, spell = None, alphabet.speller()
    for _ in range(sampling.tokens):
        last, token = write(alphabet, spell, model, after, last, dice, sampling)
        yield token


def score(run: Run, prompt: str, text: str, sampling: Sampling) -> Iterator[Token]:
    """The characters or tokens of `text` after `prompt`, as if the model had thrown them."""
    learned, model, after = begin(run, prompt, text)
    last, spell = None, learned.speller()
    dice = torch.Generator()
    for given in learned.encode(text).unsqueeze(1):  # (1,) each
        last, token = write(learned, spell, model, after, last, dice, sampling, given)
        yield token
