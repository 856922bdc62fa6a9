"""From logits to a token: every way to cut a distribution, from scratch, and the order of the cuts.

A filter takes logits (V,) and gives logits (V,), −∞ for what is cut; softmax of the last ones is
what is drawn from. V tokens.

Leaves out: locally typical sampling's proofs, mirostat, contrastive and speculative decoding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

OUT = -math.inf

# ----- what changes the distribution as a whole ---------------------------------------------------


def temperature(logits: Tensor, T: float) -> Tensor:
    """Divided by T: below 1 sharper, above 1 flatter; T → 0 is argmax. [2, 0], 2 -> [1, 0]"""
    if T < 1e-6:  # a division says nothing more: the likeliest alone
        return torch.full_like(logits, OUT).index_fill(0, logits.argmax(), 0.0)
    return logits / T


def repetition_penalty(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """What stands in `ids` (T,) is less likely: logits above 0 divided, below 0 multiplied.

    [2, −2, 1], ids [0, 1], 2 -> [1, −4, 1] (Keskar 2019, CTRL; the sign as transformers has it)
    """
    seen = torch.zeros_like(logits, dtype=torch.bool).index_fill(0, ids, True)  # (V,)
    lowered = torch.where(logits > 0, logits / penalty, logits * penalty)
    return torch.where(seen, lowered, logits)


def frequency_penalty(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """Each occurrence in `ids` (T,) takes `penalty` off: [1, 1], ids [0, 0], .5 -> [0, 1]."""
    return logits - penalty * torch.bincount(ids, minlength=len(logits))


# ----- what cuts its tail -------------------------------------------------------------------------


def top_k(logits: Tensor, k: int) -> Tensor:
    """The k likeliest, and those as likely as the last of them. [3, 2, 1], 2 -> [3, 2, −∞]"""
    if not 0 < k < len(logits):
        return logits
    return logits.masked_fill(logits < logits.topk(k).values[-1], OUT)


def top_p(logits: Tensor, p: float) -> Tensor:
    """The fewest likeliest whose sum reaches p, the one that crosses p included (Holtzman 2020).

    Probabilities .5, .3, .2 and p = .6 -> the first two. What counts is what stands *before* a
    token, so that the first always stays.
    """
    if p >= 1:
        return logits
    shares, order = logits.softmax(0).sort(descending=True, stable=True)
    before = shares.cumsum(0) - shares  # (V,): 0 for the first
    cut = before >= p
    cut[0] = False
    return logits.index_fill(0, order[cut], OUT)


def min_p(logits: Tensor, p: float) -> Tensor:
    """What has at least p times the chance of the likeliest (Nguyen 2024).

    Probabilities .5, .3, .01 and p = .1 -> the first two.
    """
    shares = logits.softmax(0)
    return logits.masked_fill(shares < p * shares.max(), OUT)


def typical(logits: Tensor, mass: float) -> Tensor:
    """The fewest whose surprise is nearest to the entropy and whose sum reaches `mass`.

    It may cut the likeliest: a text that never surprises is not typical (Meister 2023).
    """
    if mass >= 1:
        return logits
    log_p = logits.log_softmax(0)
    entropy = -(log_p.exp() * log_p).nansum()  # 0 · −∞ is 0 here
    far = (-log_p - entropy).abs()  # (V,)
    order = far.argsort(stable=True)
    shares = log_p.exp()[order]
    cut = shares.cumsum(0) - shares >= mass
    cut[0] = False
    return logits.index_fill(0, order[cut], OUT)


# ----- in order -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Settings:
    """What each filter is set to; the defaults change nothing."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    typical: float = 1.0
    repetition: float = 1.0
    frequency: float = 0.0


Filter = Callable[[Tensor, Tensor, Settings], Tensor]
FILTERS: dict[str, Filter] = {
    "repetition": lambda logits, ids, s: repetition_penalty(logits, ids, s.repetition),
    "frequency": lambda logits, ids, s: frequency_penalty(logits, ids, s.frequency),
    "temperature": lambda logits, ids, s: temperature(logits, s.temperature),
    "top_k": lambda logits, ids, s: top_k(logits, s.top_k),
    "top_p": lambda logits, ids, s: top_p(logits, s.top_p),
    "min_p": lambda logits, ids, s: min_p(logits, s.min_p),
    "typical": lambda logits, ids, s: typical(logits, s.typical),
}
ORDERS = {  # Hugging Face heats before it cuts, llama.cpp cuts and heats what is left
    "huggingface": ("repetition", "frequency", "temperature", "top_k", "top_p", "min_p", "typical"),
    "llama.cpp": ("repetition", "frequency", "top_k", "typical", "top_p", "min_p", "temperature"),
}


def in_order(
    logits: Tensor,
    ids: Tensor,
    settings: Settings,
    order: str,
    filters: Mapping[str, Filter] = FILTERS,
) -> Iterator[tuple[str, Tensor]]:
    """Each filter that is set to something, by name, and the logits (V,) after it.

    `ids` (T,) is the text so far.
    """
    plain = Settings()
    for name in ORDERS[order]:
        if getattr(settings, name) != getattr(plain, name):
            logits = filters[name](logits, ids, settings)
            yield name, logits


def filtered(logits: Tensor, ids: Tensor, settings: Settings, order: str = "huggingface") -> Tensor:
    """The logits (V,) after all filters."""
    stages = [logits, *(after for _, after in in_order(logits, ids, settings, order))]
    return stages[-1]


def draw(logits: Tensor, dice: float) -> int:
    """The token on whose piece of 0 … 1 the dice fell. Two equal logits, .7 -> 1

    The pieces lie from the likeliest down, so the same dice mean the same luck for all settings.
    """
    shares, order = logits.softmax(0).double().sort(descending=True, stable=True)
    fell = torch.searchsorted(shares.cumsum(0), dice, right=True)
    return int(order[min(int(fell), int((shares > 0).sum()) - 1)])


# ----- beam search --------------------------------------------------------------------------------


class LogP(Protocol):
    """Log-probabilities (V,) of what comes after a text."""

    def __call__(self, ids: tuple[int, ...]) -> Tensor: ...


@dataclass(frozen=True)
class Beam:
    """A text, the logarithm of its probability, and which beam it grew from."""

    ids: tuple[int, ...]
    score: float
    parent: int = 0


def beam_search(log_p: LogP, start: Sequence[int], width: int, length: int) -> Iterator[list[Beam]]:
    """After each of `length` tokens the `width` likeliest texts, best first. Width 1 is greedy.

    All continuations of all beams compete: a beam may have two children or none.
    """
    beams = [Beam(tuple(start), 0.0)]
    for _ in range(length):
        grown = torch.stack([beam.score + log_p(beam.ids) for beam in beams])  # (beams, V)
        best = grown.flatten().topk(min(width, grown.numel()))
        parents = (best.indices // grown.size(1)).tolist()
        tokens = (best.indices % grown.size(1)).tolist()
        beams = [
            Beam((*beams[parent].ids, token), score, parent)
            for parent, token, score in zip(parents, tokens, best.values.tolist(), strict=True)
            if score > OUT
        ]
        yield beams
