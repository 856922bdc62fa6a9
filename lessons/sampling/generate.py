"""Writes with every filter of the lesson, in the order asked for; and reads a given text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields

import torch
from torch import Tensor

import zhtui.lab
from lessons.sampling.build import alphabet_of, model
from lessons.sampling.samplers import ORDERS, Settings, draw, filtered
from zhtui.lab import LabError, Run, Token, knob

TOLD = 8  # alternatives


@dataclass(frozen=True)
class Sampling(zhtui.lab.Sampling):
    """The lab's settings, and those of this lesson's filters."""

    min_p: float = knob(0.0, "keeps what has at least p times the best's chance", low=0.0, high=1.0)
    typical: float = knob(
        1.0, "keeps the most typical whose probabilities sum to this", low=0.0, high=1.0
    )
    repetition: float = knob(
        1.0, "divides the logits of letters that were written", low=0.1, high=10.0
    )
    frequency: float = knob(
        0.0, "taken off a letter's logit each time it was used", low=-5.0, high=5.0
    )
    order: str = knob("huggingface", "the order of the filters", choices=tuple(ORDERS))


def settings(sampling: zhtui.lab.Sampling) -> tuple[Settings, str]:
    """The filters' settings and their order; the lab's own sampling has only some of them."""
    names = [field.name for field in fields(Settings)]
    known = {name: getattr(sampling, name) for name in names if hasattr(sampling, name)}
    return Settings(**known), getattr(sampling, "order", "huggingface")


def encode(run: Run, text: str) -> Tensor:
    """Characters as integers (T,). Raises `LabError` for those that the run has never seen."""
    if unknown := run.once(alphabet_of).unknown(text):
        raise LabError(f"this run has never seen {unknown!r}; use characters of its text")
    return run.once(alphabet_of).encode(text)


@torch.no_grad()
def following(
    run: Run, ids: Tensor, sampling: zhtui.lab.Sampling, dice: float | None, given: int = -1
) -> tuple[int, Token]:
    """The token after `ids` (T,) that the dice choose, or the given one, and what is told of it."""
    alphabet, (chosen, order) = run.once(alphabet_of), settings(sampling)
    context = ids[-run.config.block_size :].to(run.device)
    logits = model(run)(context)[-1].float().cpu()  # (V,)
    left = filtered(logits, ids, chosen, order)
    own, heated = logits.softmax(0), left.softmax(0)
    number = given if dice is None else draw(left, dice)
    top = heated.topk(min(TOLD, int((left > -math.inf).sum())))
    pairs = zip(alphabet.texts(top.indices), top.values.tolist(), strict=True)
    return number, Token(
        text=alphabet.characters[number],
        probability=own[number].item(),
        entropy=torch.special.entr(own).sum().item() / math.log(2),
        alternatives=tuple(pairs),
        kept=int((left > -math.inf).sum()),
    )


def generate(run: Run, prompt: str, sampling: zhtui.lab.Sampling) -> Iterator[Token]:
    """The characters after `prompt`, with the dice of `sampling.seed`."""
    ids = encode(run, prompt or run.once(alphabet_of).start)  # (T,)
    dice = torch.Generator().manual_seed(sampling.seed)
    for _ in range(sampling.tokens):
        fell = torch.rand((), generator=dice, dtype=torch.double).item()
        number, token = following(run, ids, sampling, fell)
        ids = torch.cat((ids, torch.tensor([number])))
        yield token


def score(run: Run, prompt: str, text: str, sampling: zhtui.lab.Sampling) -> Iterator[Token]:
    """The characters of `text` after `prompt`, as if the model had drawn them."""
    ids = encode(run, prompt or run.once(alphabet_of).start)  # (T,)
    for number in encode(run, text).tolist():
        yield following(run, ids, sampling, None, number)[1]
        ids = torch.cat((ids, torch.tensor([number])))
