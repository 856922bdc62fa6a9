"""A bigram: the next character, given only the one before it.

The same table is made twice. First by counting: how often does b follow a? Then by gradient
descent on a net of one layer, which starts from noise and arrives at the logarithms of those
counts. Counting is exact and instant, but it cannot be extended: a table for n characters has V**n
cells. The net can, and the lessons after this one do it.

Leaves out: more than one character of context for the net (here only counts have it: `NGram`),
sharing between characters that behave alike (lesson mlp), minibatches, any optimiser but the plain
step.

Legend: V characters in the alphabet, N examples, n length of an n-gram. Logarithms are natural, so
a negative log-likelihood (NLL) is in nats a character. Counts and what follows from them are
float64.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# ----- counting -----------------------------------------------------------------------------------


def count(pairs: Tensor, size: int) -> Tensor:
    """How often character b follows character a, for pairs (N, 2): counts[a, b], (V, V)."""
    a, b = pairs[:, 0], pairs[:, 1]
    return torch.bincount(a * size + b, minlength=size * size).view(size, size)


def probabilities(counts: Tensor, smoothing: float = 0.0) -> Tensor:
    """Each row of counts (V, V) plus `smoothing`, divided by its sum: P(b | a), rows sum to 1.

    A row that has nothing in it says nothing: it becomes uniform.
    """
    raised = counts.double() + smoothing  # (V, V)
    total = raised.sum(1, keepdim=True)  # (V, 1), kept as a column so that each row has its own sum
    uniform = torch.full_like(raised, 1 / len(raised))
    return torch.where(total > 0, raised / total.clamp(min=1e-300), uniform)


def nll(counts: Tensor, table: Tensor) -> float:
    """Average negative log-likelihood, by P(b | a) in `table`, of the text that was counted.

    A text's likelihood is a product of one probability a pair, so its logarithm is a sum in which
    each cell occurs as often as it was counted. Infinite if a pair occurs that the table holds
    impossible.
    """
    return -(torch.xlogy(counts.double(), table.double()).sum() / counts.sum()).item()


def divergence(p: Tensor, q: Tensor) -> Tensor:
    """Kullback-Leibler divergence of each row, sum over b of p log(p / q): (V,), never negative.

    Weighted by how often each row is used, it adds up to nll(counts, q) - nll(counts, p) if p is
    counted.
    """
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(1)


def safe_rate(counts: Tensor) -> float:
    """A learning rate up to which full-batch descent on the NLL does not bounce about its minimum.

    Row a of W sees the Hessian share(a) * (diag(p) - p p^T). Its largest eigenvalue is at most
    share(a) * min(max p, 1/2), and descent is stable below 2 divided by the largest of these.
    """
    share = counts.sum(1) / counts.sum()  # (V,) how often each row is used
    steepest = share * probabilities(counts).amax(1).clamp(max=0.5)  # (V,)
    return 2 / steepest.max().item()


class NGram:
    """Counted n-grams without a table of V**n cells: only contexts that occur have a number.

    `train` (N, n) is counted, `held_out` (M, n) only looked up.
    """

    def __init__(self, train: Tensor, held_out: Tensor, size: int) -> None:
        rows = torch.cat([train, held_out])  # (N + M, n)
        context = torch.zeros(len(rows), dtype=torch.long)  # one number a distinct context
        for column in rows[:, :-1].T:
            context = torch.unique(context * size + column, return_inverse=True)[1]
        pair = torch.unique(context * size + rows[:, -1], return_inverse=True)[1]
        self.size, self.trained = size, len(train)
        self.contexts = len(torch.unique(context[: len(train)]))
        self.seen_context = self._occurrences(context)  # (N + M,)
        self.seen_pair = self._occurrences(pair)  # (N + M,)

    def _occurrences(self, ids: Tensor) -> Tensor:
        """How often the id of each row occurs among the training rows."""
        return torch.bincount(ids[: self.trained], minlength=int(ids.max()) + 1)[ids].double()

    def nll(self, smoothing: float = 0.0) -> tuple[float, float]:
        """Average NLL of the training rows and of the held-out rows (NaN if there are none)."""
        total = self.seen_context + smoothing * self.size
        likelihood = (self.seen_pair + smoothing) / total.clamp(min=1e-300)  # (N + M,)
        losses = -likelihood.log()
        return losses[: self.trained].mean().item(), losses[self.trained :].mean().item()


class Throw(NamedTuple):
    """One throw of the dice: what stood before, where in 0..1 the dice fell, what that picked."""

    before: int
    dice: float
    character: int


def throw(p: Tensor, before: int, dice: torch.Generator) -> Throw:
    """Draws from P (V,): the interval 0..1 is cut into pieces as long as each p, and one is hit."""
    ends = p.double().cumsum(0)  # (V,) where the piece of each character ends
    fell = torch.rand((), dtype=torch.double, generator=dice)
    return Throw(before, fell.item(), int(torch.searchsorted(ends / ends[-1], fell, right=True)))


def draw(table: Tensor, dice: torch.Generator, limit: int = 100) -> list[Throw]:
    """One word from P(b | a), character by character up to the closing edge.

    A word that has not ended after `limit` characters is left without its edge.
    """
    throws = [throw(table[0], 0, dice)]
    while throws[-1].character != 0 and len(throws) < limit:
        last = throws[-1].character
        throws.append(throw(table[last], last, dice))
    return throws


# ----- learning -----------------------------------------------------------------------------------


def one_hot(ids: Tensor, size: int) -> Tensor:
    """Ids (N,) as rows of zeros with a 1 at the id: (N, V). An id is a name, not a quantity."""
    return F.one_hot(ids, size).float()


class OneLayer(nn.Module):
    """V inputs, V outputs, no bias and no non-linearity: row a of W is what the net says after a.

    What it says is read as logarithms of counts, so softmax makes of it what `probabilities` makes
    of counts.
    """

    def __init__(self, size: int, seed: int) -> None:
        super().__init__()
        self.W = nn.Parameter(
            torch.randn((size, size), generator=torch.Generator().manual_seed(seed))
        )

    def forward(self, encoded: Tensor) -> Tensor:
        """Logarithms of P(b | a) for one-hot rows of a: (N, V) to (N, V)."""
        logits = encoded @ self.W  # (N, V): a single 1 at a picks row a of W
        log_p: Tensor = logits - logits.logsumexp(1, keepdim=True)
        return log_p  # log of exp(logits) / its row's sum

    def nll(self, encoded: Tensor, b: Tensor) -> Tensor:
        """Average NLL of the characters b (N,) after one-hot rows (N, V), example by example."""
        log_p: Tensor = self(encoded)  # (N, V)
        return -log_p[torch.arange(len(b), device=b.device), b].mean()

    def table_nll(self, share: Tensor) -> Tensor:
        """The same number from each pair's share of all pairs (V, V), with no pass over examples.

        Every example of a pair (a, b) has the same loss, so a table of how often each occurs is
        enough.
        """
        log_p = self.W - self.W.logsumexp(1, keepdim=True)  # (V, V)
        return -(share * log_p).sum()

    def penalty(self) -> Tensor:
        """Mean of W squared. It pulls W to 0, where all characters are equally likely."""
        return self.W.square().mean()

    @torch.no_grad()
    def table(self) -> Tensor:
        """P(b | a) as the net has it now: (V, V), float64 on the CPU."""
        return self.W.cpu().double().softmax(1)

    @torch.no_grad()
    def descend(self, lr: float) -> None:
        """One step down the gradient, which is then forgotten."""
        assert self.W.grad is not None, "call backward() on a loss first"
        self.W.sub_(lr * self.W.grad)
        self.W.grad = None
