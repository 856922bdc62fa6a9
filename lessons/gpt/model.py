"""A GPT: the transformer of Vaswani 2017 as Radford 2019 arranged it.

    model = GPT(vocab=65, size=Size(block_size=64, n_layer=4, n_head=4, n_embd=128))

That is the finished model. Its parts are arguments (`Parts`), and what is not given is the finished
GPT's. The rungs that lead up to it (`ladder.py`) and its variations (`build.py`) are this file with
other parts.

Letters: B texts in a batch, T positions in time, S positions looked at, C channels, H heads,
D = C / H channels a head, V characters in the vocabulary, L layers.

Leaves out: how it writes (`decode.py`), rotary positions (lesson `positions`), grouped heads
(`attention`), GPT-2's own weights (`gpt2`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.blocks.attention import attend_fast
from lessons.blocks.cache import Cache
from lessons.blocks.points import Tap, inside

Part = Any  # a torch module that also has `look`; torch's own type knows of no such method
Make = Callable[..., Part]

# --- communication: each position asks, and takes what the past answers ---------------------------


def attention_weights(scores: Tensor) -> Tensor:
    """Who looks at whom: scores (…, T, S) to weights (…, T, S); each row sums to one.

    The T positions that ask are the last of the S, and none sees what comes after it:

        [[0, 0, 0], [0, 0, 0], [0, 0, ln 2]]  ->  [[1, 0, 0], [½, ½, 0], [¼, ¼, ½]]
    """
    T, S = scores.shape[-2:]
    future = torch.ones(T, S, dtype=torch.bool, device=scores.device).triu(S - T + 1)  # (T, S)
    return scores.masked_fill(future, -math.inf).softmax(dim=-1)


def attend(q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
    """The taught form: an average of values, weighted by attention: (B, H, T, D).

    A position whose weights are ¼, ¼, ½ takes v₁ / 4 + v₂ / 4 + v₃ / 2.
    """
    scores = q @ k.mT * scale  # (B, H, T, S)
    return attention_weights(scores) @ v


def inverse_root(D: int) -> float:
    """Dot products grow with D: times this they begin with unit variance. 64 -> 1 / 8."""
    return float(D**-0.5)


class Attention(nn.Module):
    """Self-attention with all heads in one product.

    `qkv_bias` gives queries, keys and values a bias, as in nanoGPT and GPT-2. A key's adds the same
    to a whole row of scores, which softmax does not see; the lecture has none.
    """

    def __init__(
        self,
        C: int,
        H: int,
        *,
        bias: bool = False,
        qkv_bias: bool = False,
        dropout: float = 0.0,
        scale: Callable[[int], float] = inverse_root,
        project: Make = nn.Linear,
    ) -> None:
        super().__init__()
        self.heads, self.dropout = H, dropout
        self.scale = scale(C // H)
        self.qkv = nn.Linear(C, 3 * C, bias=qkv_bias)
        self.project = project(C, C, bias=bias)

    def split(self, x: Tensor) -> Tensor:
        """(B, T, C) -> queries, keys and values: (3, B, H, T, D).

        With H = 2 heads, 8 channels become 2 x 4: head 0 has the first four of each position.
        """
        B, T, C = x.shape
        qkv: Tensor = self.qkv(x).view(B, T, 3, self.heads, C // self.heads)  # (B, T, 3, H, D)
        return qkv.permute(2, 0, 3, 1, 4)  # time and heads change places; a view alone would leak

    def merge(self, y: Tensor) -> Tensor:
        """The heads side by side, and mixed: (B, H, T, D) -> (B, T, C)."""
        B, _, T, _ = y.shape
        mixed: Tensor = self.project(y.transpose(1, 2).reshape(B, T, -1))  # (B, T, C)
        return drop(mixed, self.dropout, self.training)

    def forward(self, x: Tensor, past: Cache | None = None) -> Tensor:
        qkv = self.split(x)  # (3, B, H, T, D)
        q, k, v = qkv if past is None else (qkv[0], *past.extend(qkv[1:]))
        y = attend_fast(q, k, v, self.scale, self.dropout if self.training else 0.0)
        return self.merge(y)  # (B, T, C)

    def look(self, x: Tensor, tap: Tap) -> Tensor:
        """The same in the taught form, each station handed to `tap`."""
        q, k, v = (tap(name, part) for name, part in zip("qkv", self.split(x), strict=True))
        scores = tap("scores", q @ k.mT * self.scale)  # (B, H, T, T)
        heads = tap("heads", tap("weights", attention_weights(scores)) @ v)  # (B, H, T, D)
        return tap("attn_out", self.merge(heads))  # (B, T, C)


# --- computation: each position by itself ---------------------------------------------------------


class FeedForward(nn.Module):
    """A hidden layer for each position: C -> 4C -> C."""

    def __init__(
        self,
        C: int,
        *,
        wide: int = 4,
        bias: bool = False,
        dropout: float = 0.0,
        activation: Make = nn.GELU,
        project: Make = nn.Linear,
    ) -> None:
        super().__init__()
        self.dropout = dropout
        self.expand = nn.Linear(C, wide * C, bias=bias)
        self.activation = activation()
        self.project = project(wide * C, C, bias=bias)

    def hidden(self, x: Tensor) -> Tensor:
        """The neurons: (B, T, C) -> (B, T, 4C)."""
        neurons: Tensor = self.activation(self.expand(x))
        return neurons

    def forward(self, x: Tensor) -> Tensor:
        return drop(self.project(self.hidden(x)), self.dropout, self.training)  # (B, T, C)

    def look(self, x: Tensor, tap: Tap) -> Tensor:
        """The same, each station handed to `tap`."""
        y = self.project(tap("ffn_hidden", self.hidden(x)))  # (B, T, C)
        return tap("ffn_out", drop(y, self.dropout, self.training))


def drop(x: Tensor, share: float, training: bool) -> Tensor:
    """While training, zeroes a share of `x` and scales the rest up: ½ of [1, 1] -> [0, 2]."""
    return F.dropout(x, share) if training and share else x


# --- both, as branches of one stream --------------------------------------------------------------


class Block(nn.Module):
    """Communication, then computation; each reads a normalised stream and adds to it."""

    def __init__(self, norm1: Part, attention: Part, norm2: Part, think: Part) -> None:
        super().__init__()
        self.norm1, self.attention, self.norm2, self.think = norm1, attention, norm2, think

    def forward(self, x: Tensor, past: Cache | None = None) -> Tensor:
        x = x + self.attention(self.norm1(x), past)  # (B, T, C)
        out: Tensor = x + self.think(self.norm2(x))  # (B, T, C)
        return out

    def look(self, x: Tensor, tap: Tap) -> Tensor:
        """The same, each station handed to `tap`."""
        x = tap("resid_mid", x + self.attention.look(tap("norm1", self.norm1(x)), tap))
        return tap("resid_post", x + self.think.look(tap("norm2", self.norm2(x)), tap))


# --- what goes in and what comes out --------------------------------------------------------------


class Learned(nn.Module):
    """A row of numbers for each position, added to what stands there."""

    def __init__(self, room: int, C: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(room, C))

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        return x + self.weight[start : start + x.size(1)]  # (B, T, C) + (T, C)


def tied(tokens: nn.Embedding) -> nn.Module:
    """A head that writes with the table that reads (Press and Wolf 2017)."""
    V, C = tokens.weight.shape
    head = nn.Linear(C, V, bias=False)
    head.weight = tokens.weight
    return head


def untied(tokens: nn.Embedding) -> nn.Module:
    """A head with a table and a bias of its own."""
    V, C = tokens.weight.shape
    return nn.Linear(C, V)


def start_small(model: GPT, spread: float = 0.02) -> None:
    """Small weights: the first guess is nearly uniform, so the first loss is near ln V.

    With 8 layers and a spread of 0.08 the branches' last matrices begin at 0.08 / √16 = 0.02.
    """
    for name, weight in model.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(weight)
        elif weight.dim() == 2:
            std = spread if "blocks" in name else 0.02
            if name.endswith("project.weight"):
                # 2L branches add into one stream; shrunk so that their sum keeps its size
                std /= math.sqrt(2 * len(model.blocks))
            nn.init.normal_(weight, std=std)


# --- the whole ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Size:
    """How large a model is; the defaults are nanoGPT's for a CPU."""

    block_size: int = 64
    n_layer: int = 4
    n_head: int = 4
    n_embd: int = 128
    dropout: float = 0.0


@dataclass(frozen=True)
class Parts:
    """What makes each part of a model; the defaults are the finished GPT's."""

    positions: Make = Learned  # (room, C)
    norm: Make = nn.LayerNorm  # (C), before each branch
    last: Make = nn.LayerNorm  # (C), before the head
    attention: Make = Attention  # (C, H)
    think: Make = FeedForward  # (C)
    block: Make = Block  # (norm1, attention, norm2, think)
    head: Callable[[nn.Embedding], nn.Module] = tied
    begin: Callable[[GPT], None] = start_small


class GPT(nn.Module):
    """Characters (B, T) to logits (B, T, V)."""

    def __init__(self, vocab: int, size: Size = Size(), parts: Parts = Parts()) -> None:
        super().__init__()
        C, H = size.n_embd, size.n_head
        self.block_size, self.dropout = size.block_size, size.dropout
        self.tokens = nn.Embedding(vocab, C)
        self.positions = parts.positions(size.block_size, C)
        self.blocks = nn.ModuleList(
            parts.block(parts.norm(C), parts.attention(C, H), parts.norm(C), parts.think(C))
            for _ in range(size.n_layer)
        )
        self.norm = parts.last(C)
        self.head = parts.head(self.tokens)
        parts.begin(self)

    def embed(self, ids: Tensor, start: int = 0) -> Tensor:
        """What each character is, plus where it stands: (B, T) -> (B, T, C)."""
        x = self.positions(self.tokens(ids), start)  # (B, T, C)
        return drop(x, self.dropout, self.training)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids)  # (B, T, C)
        for block in self.blocks:
            x = block(x)  # (B, T, C)
        logits: Tensor = self.head(self.norm(x))  # (B, T, V)
        return logits

    def loss(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Mean negative log-likelihood in nats a character; `targets` are (B, T)."""
        return F.cross_entropy(self(ids).flatten(0, 1), targets.flatten())  # (B * T, V), (B * T,)

    def look(self, ids: Tensor, tap: Tap) -> Tensor:
        """Logits, every point on the way handed to `tap` (`lessons/blocks/points.py`)."""
        x = tap("embedding", self.embed(ids))  # (B, T, C)
        block: Part
        for layer, block in enumerate(self.blocks):
            x = block.look(x, inside(tap, layer))  # (B, T, C)
        return tap("logits", self.head(tap("norm", self.norm(x))))  # (B, T, V)

    def flops_per_token(self) -> float:
        """Multiplications and additions, forward and backward: PaLM (2022), appendix B."""
        placed = sum(p.numel() for p in self.positions.parameters())
        weights = sum(p.numel() for p in self.parameters()) - placed
        layers, channels = len(self.blocks), self.tokens.embedding_dim
        return float(6 * weights + 12 * layers * channels * self.block_size)
