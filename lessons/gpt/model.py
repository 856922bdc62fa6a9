"""A GPT, climbed from the bigram one rung at a time: Vaswani 2017 as Radford 2019 arranged it.

    bigram       a table: the last character alone names the next
    head         embeddings, positions, and one head of self-attention
    heads        several smaller heads side by side
    feedforward  after listening, each position thinks by itself
    blocks       residual paths, so that layers can be stacked
    layernorm    each layer reads a normalised stream
    full         weights begin small, and residual branches quiet, as deep stacks need (GPT-2)

Letters: B texts in a batch, T positions in time, S positions looked at, C channels, H heads,
D = C / H channels a head, V characters in the vocabulary, L layers.

Leaves out: rotary positions (lesson `positions`), grouped heads (`attention`), GPT-2's own
weights (`gpt2`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

RUNGS = ("bigram", "head", "heads", "feedforward", "blocks", "layernorm", "full")
ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU}


class Shape(Protocol):
    """The knobs that a model is built from."""

    @property
    def rung(self) -> str: ...
    @property
    def block_size(self) -> int: ...
    @property
    def n_layer(self) -> int: ...
    @property
    def n_head(self) -> int: ...
    @property
    def n_embd(self) -> int: ...
    @property
    def scaled(self) -> bool: ...
    @property
    def activation(self) -> str: ...
    @property
    def dropout(self) -> float: ...
    @property
    def start(self) -> float: ...
    @property
    def bias(self) -> bool: ...
    @property
    def tied(self) -> bool: ...


def has(shape: Shape, rung: str) -> bool:
    """Whether the model stands on that rung or above it."""
    return RUNGS.index(shape.rung) >= RUNGS.index(rung)


# --- communication: each position asks, and takes what the past answers ---------------------------


def attention_weights(q: Tensor, k: Tensor, scale: float) -> Tensor:
    """Who looks at whom: (B, H, T, D), (B, H, S, D) -> (B, H, T, S), each row sums to one.

    The T queries are the last of the S positions, so a query sees S - T positions before its own.
    """
    T, S = q.size(-2), k.size(-2)
    scores = q @ k.mT * scale  # (B, H, T, S)
    future = torch.ones(T, S, dtype=torch.bool, device=q.device).triu(S - T + 1)
    return scores.masked_fill(future, -math.inf).softmax(dim=-1)


def attend(q: Tensor, k: Tensor, v: Tensor, scale: float, dropout: float = 0.0) -> Tensor:
    """The taught form: an average of values, weighted by attention: (B, H, T, D)."""
    return F.dropout(attention_weights(q, k, scale), dropout) @ v


def attend_fast(q: Tensor, k: Tensor, v: Tensor, scale: float, dropout: float = 0.0) -> Tensor:
    """The used form, equal to `attend`: one fused kernel.

    Its mask fits a square or a single query. And on a CPU its backward pass is slow in bfloat16
    (4.9 ms against 0.6 at nanoGPT's CPU setting), so there three calls do its work; the first takes
    in the scale and the mask.
    """
    B, H, T, D = q.shape
    S = k.size(-2)
    if (S == T or T == 1) and (q.is_cuda or not q.requires_grad):
        return F.scaled_dot_product_attention(q, k, v, None, dropout, S == T, scale=scale)
    future = torch.full((T, S), -math.inf, dtype=q.dtype, device=q.device).triu(S - T + 1)
    q, k, v = (x.reshape(B * H, -1, D) for x in (q, k, v))
    scores = torch.baddbmm(future, q, k.mT, alpha=scale)  # (B * H, T, S)
    weights = F.dropout(scores.softmax(dim=-1), dropout)
    return (weights @ v).view(B, H, T, D)


class Past:
    """The keys and values of one layer's positions so far, so that none is computed twice."""

    def __init__(self, room: int) -> None:
        self.room, self.used = room, 0
        self.kv: Tensor | None = None  # (2, B, H, room, D)

    def extend(self, kv: Tensor) -> Tensor:
        """Appends the keys and values of T positions, (2, B, H, T, D); returns all S so far."""
        _, B, H, T, D = kv.shape
        if self.kv is None:
            self.kv = kv.new_empty(2, B, H, self.room, D)
        self.kv.narrow(-2, self.used, T).copy_(kv)
        self.used += T
        return self.kv.narrow(-2, 0, self.used)


Extend = Callable[[Tensor, list[Past], int], Tensor]  # what `GPT.extend` is


class Attention(nn.Module):
    """Self-attention with all heads in one product.

    Keys, queries and values have no bias: a key's would add the same to a whole row of scores,
    which softmax does not see.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        C = shape.n_embd
        self.heads = shape.n_head if has(shape, "heads") else 1
        # dot products grow with D: divided by its root they begin with unit variance
        self.scale = (C // self.heads) ** -0.5 if shape.scaled else 1.0
        self.dropout = shape.dropout
        self.qkv = nn.Linear(C, 3 * C, bias=False)
        self.project = nn.Linear(C, C, bias=shape.bias) if has(shape, "blocks") else nn.Identity()

    def split(self, x: Tensor) -> Tensor:
        """(B, T, C) -> queries, keys and values: (3, B, H, T, D)."""
        B, T, C = x.shape
        qkv = self.qkv(x).view(B, T, 3, self.heads, C // self.heads)
        return qkv.permute(2, 0, 3, 1, 4)  # time and heads change places; a view alone would leak

    def forward(self, x: Tensor, past: Past | None = None) -> Tensor:
        qkv = self.split(x)
        q, k, v = qkv if past is None else (qkv[0], *past.extend(qkv[1:]))
        dropout = self.dropout if self.training else 0.0
        y = attend_fast(q, k, v, self.scale, dropout)  # (B, H, T, D)
        y = self.project(y.transpose(1, 2).reshape(x.shape))  # heads side by side: (B, T, C)
        return F.dropout(y, dropout) if dropout else y


# --- computation: each position by itself ---------------------------------------------------------


class FeedForward(nn.Module):
    """A hidden layer for each position: C -> 4C -> C; before residual paths a single C -> C."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        C, bias = shape.n_embd, shape.bias
        wide = 4 * C if has(shape, "blocks") else C
        self.dropout = shape.dropout
        self.expand = nn.Linear(C, wide, bias=bias)
        self.activation = ACTIVATIONS[shape.activation]()
        self.project = nn.Linear(wide, C, bias=bias) if has(shape, "blocks") else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.activation(self.expand(x)))
        return F.dropout(y, self.dropout) if self.training and self.dropout else y


class Block(nn.Module):
    """Communication, then computation; from `blocks` on each is a branch off a residual path."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        C, norm = shape.n_embd, has(shape, "layernorm")
        self.residual = has(shape, "blocks")
        self.norm1 = nn.LayerNorm(C, bias=shape.bias) if norm else nn.Identity()
        self.attention = Attention(shape)
        self.norm2 = nn.LayerNorm(C, bias=shape.bias) if norm else nn.Identity()
        self.think = FeedForward(shape) if has(shape, "feedforward") else nn.Identity()

    def forward(self, x: Tensor, past: Past | None = None) -> Tensor:
        if not self.residual:
            return self.think(self.attention(x, past))
        x = x + self.attention(self.norm1(x), past)  # (B, T, C)
        return x + self.think(self.norm2(x))


# --- the whole ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """What one text did inside the model: attention a layer, and the residual stream after it."""

    weights: list[Tensor]  # L times (H, T, T)
    stream: list[Tensor]  # 1 + L times (T, C): the embedding, then after each block


class GPT(nn.Module):
    """Characters (B, T) to logits (B, T, V)."""

    def __init__(self, shape: Shape, vocab: int) -> None:
        super().__init__()
        C = shape.n_embd
        self.block_size = shape.block_size
        self.bigram = shape.rung == "bigram"
        self.dropout = shape.dropout
        self.tokens = nn.Embedding(vocab, vocab if self.bigram else C)
        self.positions = nn.Embedding(shape.block_size, C) if not self.bigram else None
        layers = 0 if self.bigram else shape.n_layer
        self.blocks = nn.ModuleList(Block(shape) for _ in range(layers))
        self.norm = nn.LayerNorm(C, bias=shape.bias) if has(shape, "layernorm") else nn.Identity()
        self.head = nn.Linear(C, vocab, bias=not shape.tied) if not self.bigram else nn.Identity()
        if shape.tied and not self.bigram:
            self.head.weight = (
                self.tokens.weight
            )  # the same table reads and writes (Press, Wolf 2017)
        if has(shape, "full"):
            self.start_small(shape)

    def start_small(self, shape: Shape) -> None:
        """Small weights: the first guess is nearly uniform, so the first loss is near ln V."""
        for name, weight in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(weight)
            elif weight.dim() == 2:
                std = shape.start if "blocks" in name else 0.02
                if name.endswith("project.weight"):
                    # 2L branches add into one stream; shrunk so that their sum keeps its size
                    std /= math.sqrt(2 * shape.n_layer)
                nn.init.normal_(weight, std=std)

    def embed(self, ids: Tensor, start: int = 0) -> Tensor:
        """What each character is, plus where it stands: (B, T) -> (B, T, C)."""
        x = self.tokens(ids)
        if self.positions is not None:
            x = x + self.positions.weight[start : start + ids.size(1)]
        return F.dropout(x, self.dropout) if self.training and self.dropout else x

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids)  # (B, T, C)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))  # (B, T, V)

    def loss(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Mean negative log-likelihood in nats a character; `targets` are (B, T)."""
        return F.cross_entropy(self(ids).flatten(0, 1), targets.flatten())

    def extend(self, ids: Tensor, cache: list[Past], start: int) -> Tensor:
        """Logits (B, V) after `ids` (B, T), which stand at `start`, behind what the cache holds."""
        x = self.embed(ids, start)
        for block, past in zip(self.blocks, cache, strict=True):
            x = block(x, past)
        return self.head(self.norm(x[:, -1]))

    def stream(
        self, ids: Tensor, one: Extend | None = None
    ) -> Generator[Tensor, Tensor | None, None]:
        """Logits (V,) after `ids` (T,), then after each integer (1,) that is sent in.

        `one` is what computes these: `extend` itself, or what is quicker at a single position.

        When the context is full it starts afresh from its younger half: learned positions cannot
        slide. So a prediction rests on between half and all of `block_size` characters.
        """
        ids, room, one = ids[-self.block_size :], self.block_size, one or self.extend
        while True:
            cache = [Past(room) for _ in self.blocks]
            logits, new = self.extend(ids[None], cache, 0), ids
            while len(ids) <= room:
                new = yield logits[0]
                ids = torch.cat((ids, new))
                if len(ids) <= room:
                    logits = one(new[None], cache, len(ids) - 1)
            ids = ids[-(room // 2 + 1) :]

    def flops_per_token(self) -> float:
        """Multiplications and additions, forward and backward: PaLM (2022), appendix B."""
        positions = self.positions.weight.numel() if self.positions is not None else 0
        weights = sum(p.numel() for p in self.parameters()) - positions
        channels = self.tokens.embedding_dim
        return 6 * weights + 12 * len(self.blocks) * channels * self.block_size

    @torch.no_grad()
    def look(self, ids: Tensor) -> Look:
        """The inside of one text (T,), in the taught form."""
        x = self.embed(ids[None])
        weights, stream = [], [x[0]]
        for block in self.blocks:
            q, k, _ = block.attention.split(block.norm1(x))
            weights.append(attention_weights(q, k, block.attention.scale)[0])
            x = block(x)
            stream.append(x[0])
        return Look(weights, stream)
