"""The ladder from the bigram to the GPT: the same parts, fewer of them on each rung down.

    bigram       a table: the last character alone names the next
    head         embeddings, positions, and one head of self-attention
    heads        several smaller heads side by side
    feedforward  after listening, each position thinks by itself
    blocks       residual paths, so that layers can be stacked
    layernorm    each layer reads a normalised stream
    full         weights begin small, and residual branches quiet, as deep stacks need (GPT-2)

So each rung is written as what it lacks of the one above it. Beside the ladder stands `microgpt`,
the smallest GPT that was published whole (Karpathy 2026): 4,192 numbers, without a bias, without
a learned norm, and with one norm where the stream begins in place of one where it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from torch import Tensor, nn

from lessons.blocks.cache import Cache
from lessons.blocks.norms import RMSNorm, rms_norm
from lessons.blocks.points import Tap
from lessons.blocks.positions import Nowhere
from lessons.gpt.model import GPT, FeedForward, Learned, Part, Parts, Size


class Plain(nn.Module):
    """Attention, then thought, one upon the other: no residual path, no norm."""

    def __init__(self, _1: Part, attention: Part, _2: Part, think: Part) -> None:
        super().__init__()
        self.attention, self.think = attention, think

    def forward(self, x: Tensor, past: Cache | None = None) -> Tensor:
        y: Tensor = self.think(self.attention(x, past))  # (B, T, C)
        return y

    def look(self, x: Tensor, tap: Tap) -> Tensor:
        """The same, each station handed to `tap`."""
        y = self.attention.look(x, tap)  # (B, T, C)
        return tap("resid_post", self.think.look(y, tap))


class Silent(nn.Module):
    """No thought: hands on what attention heard."""

    def __init__(self, C: int) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        return x

    def look(self, x: Tensor, tap: Tap) -> Tensor:
        """There is nothing to see."""
        return x


class Normed(Learned):
    """A learned position is added, then the stream is brought to one size."""

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        return rms_norm(super().forward(x, start))


def bare(tokens: nn.Embedding) -> nn.Module:
    """A head with a table of its own and no bias."""
    V, C = tokens.weight.shape
    return nn.Linear(C, V, bias=False)


def large(_: GPT) -> None:
    """Weights begin as torch begins them."""


MICROGPT = Parts(
    positions=Normed,
    norm=partial(RMSNorm, learned=False),
    last=nn.Identity,
    think=partial(FeedForward, activation=nn.ReLU),
    head=bare,
    begin=large,
)


def layernorm(size: Size, parts: Parts) -> tuple[Size, Parts]:
    return size, replace(parts, begin=large)


def blocks(size: Size, parts: Parts) -> tuple[Size, Parts]:
    return size, replace(parts, norm=nn.Identity, last=nn.Identity)


def feedforward(size: Size, parts: Parts) -> tuple[Size, Parts]:
    attention = partial(parts.attention, project=nn.Identity)
    think = partial(parts.think, wide=1, project=nn.Identity)  # C -> C
    return size, replace(parts, block=Plain, attention=attention, think=think)


def heads(size: Size, parts: Parts) -> tuple[Size, Parts]:
    return size, replace(parts, think=Silent)


def head(size: Size, parts: Parts) -> tuple[Size, Parts]:
    return replace(size, n_head=1), parts


def bigram(size: Size, parts: Parts, vocab: int) -> tuple[Size, Parts]:
    """Row c of the table `tokens` (V, V) is the logits after character c: nothing else is left."""
    size = replace(size, n_layer=0, n_embd=vocab)
    return size, replace(parts, positions=Nowhere, head=lambda _: nn.Identity())


def rung(name: str, vocab: int, size: Size, parts: Parts) -> tuple[Size, Parts]:
    """What the rung `name` is made of, where `size` and `parts` are those at the top.

    Raises ValueError where there is no rung of that name.
    """
    if name == "microgpt":
        return size, MICROGPT
    down: dict[str, Callable[[Size, Parts], tuple[Size, Parts]]] = {
        "full": lambda size, parts: (size, parts),
        "layernorm": layernorm,
        "blocks": blocks,
        "feedforward": feedforward,
        "heads": heads,
        "head": head,
        "bigram": partial(bigram, vocab=vocab),
    }
    for step in list(down)[: list(down).index(name) + 1]:
        size, parts = down[step](size, parts)
    return size, parts
