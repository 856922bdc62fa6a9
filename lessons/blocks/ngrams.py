"""What counting alone can do: n-grams with add-a smoothing, the line that a network should beat.

    p(c | context) = (count(context c) + a) / (count(context) + a V)

An n-gram is one integer in base V, so counting is sorting. Leaves out: back-off and Kneser-Ney.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

SMOOTHING = torch.logspace(-4, 1, 64, dtype=torch.float64)  # the a that are tried, 20 % apart
LONGEST = 2_000_000  # characters that are counted, so that a large text costs no more than seconds


@dataclass(frozen=True)
class Counted:
    """The best that n-grams of one length do: `loss` in nats a character of the validation text."""

    n: int
    loss: float
    smoothing: float
    contexts: int  # different ones in the training text


def codes(ids: Tensor, n: int, vocab: int) -> Tensor:
    """Every n-gram of `ids` (N,) as one integer (N - n + 1,), its last character the last digit."""
    places = vocab ** torch.arange(n - 1, -1, -1)  # (n,)
    return (ids.unfold(0, n, 1) * places).sum(dim=1)


def occurrences(codes: Tensor, ordered: Tensor) -> Tensor:
    """How often each code stands in the sorted `ordered`: float64, of the shape of `codes`."""
    after = torch.searchsorted(ordered, codes, right=True)
    return (after - torch.searchsorted(ordered, codes)).double()


def count(train: Tensor, val: Tensor, n: int, vocab: int) -> Counted:
    """Counts in the text `train` (N,), chooses a on `val` (M,) and scores it there."""
    return score(codes(train[-LONGEST:], n, vocab), codes(val[:LONGEST], n, vocab), n, vocab)


def count_rows(train: Tensor, val: Tensor, vocab: int) -> Counted:
    """The same of windows (N, n) and (M, n), so that no n-gram lies across two words."""
    n = train.shape[1]
    places = vocab ** torch.arange(n - 1, -1, -1)  # (n,)
    return score((train * places).sum(1), (val * places).sum(1), n, vocab)


def score(train: Tensor, asked: Tensor, n: int, vocab: int) -> Counted:
    """Of the codes of n-grams (N,) and (M,)."""
    ordered = train.sort().values
    contexts = ordered // vocab  # sorted too
    both = occurrences(asked, ordered)  # (M,)
    alone = occurrences(asked // vocab, contexts)
    losses = torch.stack([((alone + a * vocab).log() - (both + a).log()).mean() for a in SMOOTHING])
    best = int(losses.argmin())
    different = len(torch.unique_consecutive(contexts))
    return Counted(n, losses[best].item(), SMOOTHING[best].item(), different)


def baselines(train: Tensor, val: Tensor, vocab: int, longest: int = 6) -> list[Counted]:
    """n-grams from 2 on, as long as they fit an integer and both texts."""
    fit = [n for n in range(2, longest + 1) if vocab**n < 2**62 and n < min(len(train), len(val))]
    return [count(train, val, n, vocab) for n in fit]
