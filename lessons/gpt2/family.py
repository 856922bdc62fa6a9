"""GPT-2's grandchildren from the blocks of the shelf: Llama-like, and gpt-oss-like with experts.

    model = Decoder(Shape(vocab=…, layers=2, …))          # what `kinds.py` reads from a config.json

What changed since 2019: no biases, RMSNorm for LayerNorm, positions turned into q and k (RoPE), a
gate in the feed-forward layer (SwiGLU), keys and values shared by groups of heads. gpt-oss (OpenAI
2025) adds experts, a sink a head that takes attention nobody wants, and every other layer sees a
window only.

Letters: B texts, T positions, S positions looked at, C channels, H heads, G groups of heads that
share keys and values, D channels a head, F hidden channels, E experts, k of them a token.

Leaves out: training them (router losses are lesson `moe`), weights in four bits (MXFP4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lessons.blocks.attention import attend_fast, hide_future, tile
from lessons.blocks.cache import Cache
from lessons.blocks.feedforward import SwiGLU
from lessons.blocks.norms import RMSNorm
from lessons.blocks.positions import Rotary
from lessons.blocks.residual import PreBlock


@dataclass(frozen=True)
class Stretch:
    """RoPE for longer texts than it was trained on (Peng 2023, YaRN)."""

    factor: float
    trained: int  # positions
    fast: float = 32.0  # turns within them from which a pair stays as it is
    slow: float = 1.0  # turns up to which it is slowed by the whole factor
    whole: bool = True  # the two bounds are rounded to whole pairs


@dataclass(frozen=True)
class Shape:
    """What a config.json says of a model."""

    vocab: int
    layers: int
    C: int
    H: int
    G: int
    D: int
    F: int
    room: int
    eps: float
    base: float
    tied: bool
    qkv_bias: bool = False
    out_bias: bool = False
    ffn_bias: bool = False
    windows: tuple[int, ...] = ()  # of each layer, 0 sees all; () for no sinks and no windows
    experts: int = 0
    k: int = 0
    limit: float = 7.0
    stretch: Stretch | None = None


class Stretched(Rotary):
    """Rotary positions whose slow pairs turn slower still, so that far places look near."""

    def __init__(self, D: int, H: int, base: float, by: Stretch) -> None:
        super().__init__(D, H, halves=True, base=base)
        self.by = by

    def speeds(self) -> Tensor:
        """Radians a position for each pair: (D / 2,)."""
        D, by, pairs = self.channels, self.by, torch.arange(self.channels // 2)
        own = self.base ** (-2 * pairs / D)  # (D / 2,)

        def pair(turns: float) -> float:  # which one makes so many turns in the trained length
            return D * math.log(by.trained / (turns * 2 * math.pi)) / (2 * math.log(self.base))

        low, high = pair(by.fast), pair(by.slow)
        if by.whole:
            low, high = math.floor(low), math.ceil(high)
        low, high = max(low, 0), min(high, D - 1)
        slowed = ((pairs - low) / max(high - low, 0.001)).clamp(0, 1)  # 0 as it was, 1 by `factor`
        return own * (1 - slowed) + own / by.factor * slowed

    def turn(self, x: Tensor, start: int) -> Tensor:
        end = start + x.size(-2)
        if end > len(self.table):
            places = torch.arange(max(64, 2 * end), device=x.device)
            self.table = places[:, None] * self.speeds().to(x.device)  # (places, D / 2)
        sharper = (
            0.1 * math.log(self.by.factor) + 1
        )  # in q and in k: attention over more is flatter
        return super().turn(x, start) * sharper


def sink_softmax(scores: Tensor, sinks: Tensor) -> Tensor:
    """Softmax beside one more logit that has no value: (B, H, T, S) and (H,); rows sum to below 1.

    Scores 0, 0 with a sink of 0 -> ⅓, ⅓: a third of the attention goes nowhere.
    """
    B, H, T, _ = scores.shape
    beside = sinks.view(1, H, 1, 1).expand(B, H, T, 1)
    return torch.cat((scores, beside), -1).softmax(-1)[..., :-1]


def beyond(T: int, S: int, window: int, device: torch.device) -> Tensor:
    """Which places lie too far back: (T, S). A window of 2 leaves a position and the one before."""
    place = torch.arange(S, device=device)
    return place[S - T :, None] - place >= window


class Attention(nn.Module):
    """Grouped attention with rotary positions; with sinks where `window` is given, 0 sees all."""

    def __init__(self, shape: Shape, window: int | None) -> None:
        super().__init__()
        C, H, G, D = shape.C, shape.H, shape.G, shape.D
        self.H, self.G, self.D, self.window = H, G, D, window
        self.q = nn.Linear(C, H * D, bias=shape.qkv_bias)
        self.k = nn.Linear(C, G * D, bias=shape.qkv_bias)
        self.v = nn.Linear(C, G * D, bias=shape.qkv_bias)
        self.project = nn.Linear(H * D, C, bias=shape.out_bias)
        self.place: Rotary = Rotary(D, H, halves=True, base=shape.base)
        if shape.stretch:
            self.place = Stretched(D, H, shape.base, shape.stretch)
        self.sinks = None if window is None else nn.Parameter(torch.zeros(H))

    def forward(self, x: Tensor, past: Cache | None = None) -> Tensor:
        start = past.used if past is not None else 0
        q, k, v = (
            p(x).unflatten(-1, (-1, self.D)).transpose(1, 2) for p in (self.q, self.k, self.v)
        )
        q, k = self.place.turn(q, start), self.place.turn(k, start)  # (B, H, T, D), (B, G, T, D)
        if past is not None:
            k, v = past.extend(torch.stack((k, v)))  # (B, G, S, D)
        y = attend_fast(q, k, v, self.D**-0.5) if self.sinks is None else self.sink(q, k, v)
        mixed: Tensor = self.project(y.transpose(1, 2).flatten(2))  # (B, T, C)
        return mixed

    def sink(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attention that may look at nothing, in its window: (B, H, T, D)."""
        assert self.sinks is not None
        R = self.H // self.G
        scores = hide_future(q @ tile(k, R).mT * self.D**-0.5)  # (B, H, T, S)
        if self.window:
            far = beyond(q.size(-2), k.size(-2), self.window, q.device)  # (T, S)
            scores = scores.masked_fill(far, -math.inf)
        return sink_softmax(scores, self.sinks) @ tile(v, R)


class Experts(nn.Module):
    """E gated nets in three tensors; a router sends each token to k of them."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        C, F_, E = shape.C, shape.F, shape.experts
        self.k, self.limit = shape.k, shape.limit
        self.router = nn.Linear(C, E)
        self.expand = nn.Parameter(torch.randn(E, C, 2 * F_) * 0.02)  # gate and value in turn
        self.expand_bias = nn.Parameter(torch.zeros(E, 2 * F_))
        self.project = nn.Parameter(torch.randn(E, F_, C) * 0.02)
        self.project_bias = nn.Parameter(torch.zeros(E, C))

    def gated(self, both: Tensor) -> Tensor:
        """(value + 1) · gate · σ(1.702 gate), both kept within `limit`: (n, 2F) -> (n, F)."""
        gate = both[:, 0::2].clamp(max=self.limit)
        value = both[:, 1::2].clamp(-self.limit, self.limit)
        return (value + 1) * gate * (1.702 * gate).sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(0, 1)  # (B T, C)
        best, chosen = self.router(flat).topk(self.k, dim=-1)  # (B T, k) each
        weights, out = best.softmax(-1), torch.zeros_like(flat)
        for e in range(len(self.expand)):
            token, place = torch.where(chosen == e)  # (n,) each
            hidden = self.gated(flat[token] @ self.expand[e] + self.expand_bias[e])  # (n, F)
            found = hidden @ self.project[e] + self.project_bias[e]  # (n, C)
            out = out.index_add(0, token, found * weights[token, place, None])
        return out.view_as(x)


class Decoder(nn.Module):
    """Tokens (B, T) to logits (B, T, V)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        C, self.shape, self.block_size = shape.C, shape, shape.room
        self.tokens = nn.Embedding(shape.vocab, C)
        windows = shape.windows or (None,) * shape.layers
        self.blocks = nn.ModuleList(self.block(window) for window in windows)
        self.norm = RMSNorm(C, eps=shape.eps)
        self.head = nn.Linear(C, shape.vocab, bias=False)
        if shape.tied:
            self.head.weight = self.tokens.weight

    def block(self, window: int | None) -> PreBlock:
        shape, C = self.shape, self.shape.C
        think: nn.Module = SwiGLU(C, wide=shape.F / C, bias=shape.ffn_bias)
        if shape.experts:
            think = Experts(shape)
        norms = RMSNorm(C, eps=shape.eps), RMSNorm(C, eps=shape.eps)
        return PreBlock(norms[0], Attention(shape, window), norms[1], think)

    def forward(self, ids: Tensor, past: list[Cache] | None = None) -> Tensor:
        x = self.tokens(ids)  # (B, T, C)
        for layer, block in enumerate(self.blocks):
            x = block(x, past[layer] if past else None)  # (B, T, C)
        logits: Tensor = self.head(self.norm(x))  # (B, T, V)
        return logits
