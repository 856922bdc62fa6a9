"""A neural probabilistic language model (Bengio, Ducharme, Vincent and Jauvin 2003).

The next character from the last T. Counting would need a row for each of V**T contexts; here each
character is turned into D numbers, the same in every place, and one hidden layer reads them side by
side. So what is learned about one context is shared with all contexts that look alike.

Leaves out: the paper's direct connections from words to outputs; how the weights should begin
(`start` scales them; at 1, as in the lecture's first net, they are too wide: lesson optimization);
the same step written out for speed (`lessons/blocks/fused.py`, which a test proves equal).

Legend: B examples, T characters of context, D numbers a character, H hidden units, V characters.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.blocks.names import Alphabet


def windows(
    words: Sequence[str], alphabet: Alphabet, context: int, *, carry: bool = False
) -> tuple[Tensor, Tensor]:
    """Contexts X (N, T) and what follows, Y (N,), as the lecture builds them.

        ["ab"], T = 2:   . . -> a    . a -> b    a b -> .

    With `carry` the window is not cleared at the start of a word, a mistake.
    """
    X: list[list[int]] = []
    Y: list[int] = []
    window = [0] * context
    for word in words:
        if not carry:
            window = [0] * context
        for target in [*alphabet.encode(word), 0]:
            X.append(window)
            Y.append(target)
            window = [*window[1:], target]
    return torch.tensor(X), torch.tensor(Y)


def one_hot(ids: Tensor, size: int) -> Tensor:
    """Ids (...,) as rows of zeros with a 1 at the id: (..., V). 2 of 4 -> 0 0 1 0."""
    return F.one_hot(ids, size).float()


class MLP(nn.Module):
    """C turns a character into D numbers; T of them side by side go through one tanh layer."""

    def __init__(
        self,
        vocab: int,
        context: int,
        embedding: int,
        hidden: int,
        dice: torch.Generator,
        start: float = 1.0,
    ) -> None:
        super().__init__()

        def noise(*shape: int, spread: float = start) -> nn.Parameter:
            return nn.Parameter(torch.randn(shape, generator=dice) * spread)

        self.C = noise(vocab, embedding, spread=1.0)  # (V, D)
        self.W1 = noise(context * embedding, hidden)  # (T D, H)
        self.b1 = noise(hidden)
        self.W2 = noise(hidden, vocab)  # (H, V)
        self.b2 = noise(vocab)

    def embed(self, X: Tensor) -> Tensor:
        """Row X of C for each character. The same as one_hot(X) @ C, without the zeros."""
        return self.C[X]  # (B, T) -> (B, T, D)

    def hidden(self, X: Tensor) -> Tensor:
        """What the hidden units make of a context, each between -1 and 1."""
        side_by_side = self.embed(X).flatten(1)  # (B, T, D) -> (B, T D), nothing is copied
        return torch.tanh(side_by_side @ self.W1 + self.b1)  # (B, H)

    def forward(self, X: Tensor) -> Tensor:
        """Logits: softmax along the characters makes P(next | context) of them."""
        logits: Tensor = self.hidden(X) @ self.W2 + self.b2  # (B, V)
        return logits

    def loss(self, X: Tensor, Y: Tensor) -> Tensor:
        """Mean negative log-likelihood of the right characters, in nats."""
        logits = self(X)  # (B, V)
        log_p = logits - logits.logsumexp(1, keepdim=True)  # (B, V)
        right: Tensor = log_p[torch.arange(len(Y), device=Y.device), Y]  # (B,)
        return -right.mean()
