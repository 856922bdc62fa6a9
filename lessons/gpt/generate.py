"""Writes text with a trained GPT, one character at a time, each position computed once.

Always in float32: one position at a time is bound by memory, and rounding buys nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

import torch
from torch import Tensor

from lessons.blocks.sampling import distribution
from lessons.blocks.text import CharText
from lessons.gpt.build import build
from lessons.gpt.model import GPT
from zhtui.lab import LabError, Run, Sampling, Token

ALTERNATIVES = 8  # how many of the likeliest characters a token tells of


@torch.inference_mode()
def write(
    text: CharText,
    model: GPT,
    stream: Generator[Tensor, Tensor | None, None],
    last: Tensor | None,
    dice: torch.Generator,
    sampling: Sampling,
) -> tuple[Tensor, Token]:
    """One character, and what else it might have been. Training goes on undisturbed in between."""
    training = model.training
    model.eval()
    logits = stream.send(last).float().cpu()  # (V,)
    model.train(training)
    own = logits.softmax(dim=-1)  # what the model says, before any cut
    cut = distribution(logits, sampling.temperature, sampling.top_k, sampling.top_p)
    choice = torch.multinomial(cut, 1, generator=dice)  # (1,)
    entropy = torch.special.entr(own).sum() / torch.log(torch.tensor(2.0))
    heat = (logits / sampling.temperature).softmax(dim=-1) if sampling.temperature else cut
    top = heat.topk(min(ALTERNATIVES, len(heat)))
    return choice, Token(
        text=text.decode(choice),
        probability=own[choice].item(),
        entropy=entropy.item(),
        alternatives=tuple(zip(text.decode(top.indices), top.values.tolist(), strict=True)),
        kept=int(cut.count_nonzero()),
    )


def generate(run: Run, prompt: str, sampling: Sampling) -> Iterator[Token]:
    """The characters after `prompt`; an empty prompt begins where a line begins.

    Past `block_size` characters the context starts afresh from its younger half (`GPT.stream`).
    Raises LabError for characters that the model has never seen.
    """
    text, model = run.once(build)
    run.keep(model=model)
    if unknown := text.unknown(prompt):
        raise LabError(
            f"The prompt has {', '.join(map(repr, unknown))}, unknown to this model; "
            f"use only characters of the text it learned."
        )
    start = prompt or ("\n" if "\n" in text.index else text.characters[0])
    stream = model.stream(text.encode(start).to(run.device))
    dice = torch.Generator().manual_seed(sampling.seed)
    last: Tensor | None = None
    for _ in range(sampling.tokens):
        last, token = write(text, model, stream, last, dice, sampling)
        yield token
