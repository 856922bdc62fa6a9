"""Attention as it is used: softmax(q · k / √D + bias) · v (Vaswani 2017), with all that varies.

    layer = SelfAttention(128, 8, groups=2, place=Rotary)
    y = layer(x)                # (B, T, C) -> (B, T, C)
    y = layer(x, past=cache)    # the T positions come after those in the cache

Letters: B texts, T positions that ask, S positions looked at (the T are the last of them), C
channels, H heads, G groups of heads that share keys and values, R = H / G heads a group, D = C / H
channels a head.

Leaves out: how attention comes about, which lesson `attention` teaches; sliding windows.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.blocks.cache import Cache
from lessons.blocks.points import Tap
from lessons.blocks.positions import Place, Unplaced


def attend_fast(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    scale: float,
    dropout: float = 0.0,
    bias: Tensor | None = None,
    causal: bool = True,
) -> Tensor:
    """What each position takes from those it sees: q (B, H, T, D), k and v (B, G, S, D) to
    (B, H, T, D). `bias` is added to the scores and broadcasts to (B, H, T, S); −∞ hides a position.

    One fused kernel where it is quick. Its mask fits a square, or a single query, which may have a
    bias. And on a CPU its backward pass is slow in bfloat16 (4.9 ms against 0.6 at nanoGPT's CPU
    setting), so there three calls do its work; the first takes in the scale and the mask.
    """
    B, H, T, D = q.shape
    G, S = k.size(-3), k.size(-2)
    fits = T == 1 or (bias is None and (S == T or not causal))
    if fits and (q.is_cuda or not q.requires_grad):
        square = causal and S == T and bias is None
        added = None if bias is None else bias.to(q.dtype).expand(B, H, T, S)
        return F.scaled_dot_product_attention(
            q, k, v, added, dropout, square, scale=scale, enable_gqa=G != H
        )
    mask = torch.full((T, S), -math.inf, dtype=q.dtype, device=q.device).triu(S - T + 1)
    if not causal:
        mask = torch.zeros_like(mask)
    if bias is not None:
        mask = (mask + bias).expand(B, H, T, S).reshape(B * G, -1, S)  # (B * G, R * T, S)
    elif G != H:
        mask = mask.repeat(H // G, 1)  # (R * T, S)
    q, k, v = (x.reshape(B * G, -1, D) for x in (q, k, v))  # q: (B * G, R * T, D)
    scores = torch.baddbmm(mask, q, k.mT, alpha=scale)  # (B * G, R * T, S)
    weights = F.dropout(scores.softmax(dim=-1), dropout)
    return (weights @ v).view(B, H, T, D)


def hide_future(scores: Tensor) -> Tensor:
    """−∞ where a column is later than its row. [[1, 2], [3, 4]] -> [[1, −∞], [3, 4]]"""
    T, S = scores.shape[-2:]
    future = torch.ones(T, S, dtype=torch.bool, device=scores.device).triu(S - T + 1)  # (T, S)
    return scores.masked_fill(future, -math.inf)


def tile(x: Tensor, times: int) -> Tensor:
    """Each group for all heads that share it: (B, G, S, D) -> (B, H, S, D). a, b -> a, a, b, b"""
    return x.repeat_interleave(times, dim=-3)


def inverse_root(D: int) -> float:
    """What keeps a dot product of D numbers at unit variance. 64 -> 1 / 8"""
    return float(D**-0.5)


class SelfAttention(nn.Module):
    """Attention of a text to itself. `groups` 0 gives each head keys and values of its own.

    `place` says where positions are (rotary, ALiBi), `qk_norm` is applied to each query and key.
    Its weights have the names and the order of GPT-2's: q, k and v in one matrix. Raises ValueError
    where channels, heads and groups do not divide.
    """

    def __init__(
        self,
        C: int,
        H: int,
        *,
        groups: int = 0,
        bias: bool = False,
        qkv_bias: bool = False,
        dropout: float = 0.0,
        causal: bool = True,
        scale: Callable[[int], float] = inverse_root,
        place: Callable[[int, int], Place] = Unplaced,
        qk_norm: Callable[[int], nn.Module] = nn.Identity,
        project: Callable[..., nn.Module] = nn.Linear,
    ) -> None:
        super().__init__()
        G = groups or H
        if C % H:
            raise ValueError(f"{C} channels do not split into {H} heads; choose heads that divide.")
        if H % G:
            raise ValueError(f"{H} heads do not share {G} keys; choose a number that divides {H}.")
        D = C // H
        self.heads, self.groups, self.dropout, self.causal = H, G, dropout, causal
        self.scale, self.sizes = scale(D), [C, G * D, G * D]
        self.qkv = nn.Linear(C, sum(self.sizes), bias=qkv_bias)
        self.project = project(C, C, bias=bias)
        self.q_norm, self.k_norm = qk_norm(D), qk_norm(D)
        self.place = place(D, H)

    def split(self, x: Tensor, start: int = 0) -> tuple[Tensor, Tensor, Tensor]:
        """(B, T, C) at positions from `start` to q (B, H, T, D), k and v (B, G, T, D)."""
        B, T, _ = x.shape
        parts = self.qkv(x).split(self.sizes, dim=-1)  # (B, T, C), (B, T, G * D) twice
        q, k, v = (part.view(B, T, -1, x.size(-1) // self.heads).transpose(1, 2) for part in parts)
        return self.place.turn(self.q_norm(q), start), self.place.turn(self.k_norm(k), start), v

    def merge(self, y: Tensor) -> Tensor:
        """The heads side by side, and mixed: (B, H, T, D) -> (B, T, C)."""
        mixed: Tensor = self.project(y.transpose(1, 2).flatten(2))  # (B, T, C)
        return F.dropout(mixed, self.dropout) if self.training and self.dropout else mixed

    def forward(self, x: Tensor, past: Cache | None = None, mask: Tensor | None = None) -> Tensor:
        q, k, v = self.split(x, past.used if past is not None else 0)
        if past is not None:
            k, v = past.extend(torch.stack((k, v)))  # (B, G, S, D)
        bias = self.bias(q, k, mask)
        dropout = self.dropout if self.training else 0.0
        return self.merge(attend_fast(q, k, v, self.scale, dropout, bias, self.causal))

    def bias(self, q: Tensor, k: Tensor, mask: Tensor | None = None) -> Tensor | None:
        """What is added to scores (B, H, T, S): by distance, and `mask`; None is nothing."""
        distance = self.place.bias(q.size(-2), k.size(-2))  # (H, T, S) or None
        return distance if mask is None else mask if distance is None else distance + mask

    def look(self, x: Tensor, tap: Tap) -> Tensor:
        """The same step by step, each station handed to `tap`."""
        q, k, v = (tap(name, part) for name, part in zip("qkv", self.split(x), strict=True))
        R = self.heads // self.groups
        scores = q @ tile(k, R).mT * self.scale  # (B, H, T, T)
        distance = self.bias(q, k)
        scores = tap("scores", scores if distance is None else scores + distance)
        masked = hide_future(scores) if self.causal else scores
        weights = tap("weights", masked.softmax(dim=-1))  # (B, H, T, T)
        heads = tap("heads", weights @ tile(v, R))  # (B, H, T, D)
        return tap("attn_out", self.merge(heads))  # (B, T, C)


class CrossAttention(nn.Module):
    """Attention of one text to another: queries from x, keys and values from the other's stream."""

    def __init__(self, C: int, H: int, *, bias: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        if C % H:
            raise ValueError(f"{C} channels do not split into {H} heads; choose heads that divide.")
        self.heads, self.dropout, self.scale = H, dropout, inverse_root(C // H)
        self.q = nn.Linear(C, C, bias=bias)
        self.kv = nn.Linear(C, 2 * C, bias=bias)
        self.project = nn.Linear(C, C, bias=bias)

    def split(self, x: Tensor, other: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, T, C) and (B, S, C) to q (B, H, T, D), k and v (B, H, S, D)."""
        parts = (self.q(x), *self.kv(other).chunk(2, dim=-1))  # (B, T, C), (B, S, C) twice
        q, k, v = (p.unflatten(-1, (self.heads, -1)).transpose(1, 2) for p in parts)
        return q, k, v

    def forward(self, x: Tensor, other: Tensor, mask: Tensor | None = None) -> Tensor:
        """`mask` is added to the scores (B, H, T, S): −∞ hides padding."""
        q, k, v = self.split(x, other)
        dropout = self.dropout if self.training else 0.0
        y = attend_fast(q, k, v, self.scale, dropout, mask, causal=False)  # (B, H, T, D)
        mixed: Tensor = self.project(y.transpose(1, 2).flatten(2))  # (B, T, C)
        return F.dropout(mixed, dropout) if dropout else mixed
