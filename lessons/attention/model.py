"""Self-attention, from an average of the past to grouped heads with a cache.

Letters: B texts in a batch, T positions that ask, S positions that are looked at, C channels,
H heads, G heads of keys and values (each shared by H / G heads), D = C / H channels a head (the
paper's d_k). `…` are leading dimensions: none, or B. What can be got wrong is a field
of `Parts`; `mistakes.py` has the wrong ones.

Leaves out: the feed-forward layer, LayerNorm and stacks of layers (lesson `gpt`), positions as
angles (`positions`), attention to another text (`transformer`), fused kernels (same numbers).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

# ----- the average of the past, in three equal forms: (T, C) -> (T, C) ----------------------------


def average_by_loop(x: Tensor) -> Tensor:
    """Row t is the average of rows 0 … t. [[1], [3], [8]] -> [[1], [2], [4]]"""
    return torch.stack([x[: t + 1].mean(0) for t in range(len(x))])  # T times (t + 1, C) -> (C,)


def average_weights(T: int) -> Tensor:
    """Row t holds 1 / (t + 1) up to column t, then 0: (T, T). 2 -> [[1, 0], [1/2, 1/2]]"""
    ones = torch.ones(T, T, dtype=torch.double).tril()
    return ones / ones.sum(1, keepdim=True)


def average_by_matrix(x: Tensor) -> Tensor:
    return average_weights(len(x)).to(x) @ x  # (T, T) @ (T, C): one product does all sums


def average_by_softmax(x: Tensor) -> Tensor:
    """Scores of 0, and −∞ for the future, which can be any other scores: the form that learns."""
    return hide_future(x.new_zeros(len(x), len(x))).softmax(dim=-1) @ x  # (T, T) @ (T, C)


# ----- one head: a position asks, and takes what the past answers ---------------------------------


def scores(q: Tensor, k: Tensor) -> Tensor:
    """Every query times every key. [[1, 2]] and [[3, 4], [0, 1]] -> [[11, 2]]"""
    return q @ k.mT  # (…, T, D) @ (…, D, S) -> (…, T, S)


def scale(D: int, H: int) -> float:
    """1 / √d_k: a dot product of D numbers of variance 1 has variance D. 4, 8 -> 0.5"""
    return 1.0 / math.sqrt(D)


def hide_future(scores: Tensor) -> Tensor:
    """−∞ where a column is later than its row. [[1, 2], [3, 4]] -> [[1, −∞], [3, 4]]"""
    T, S = scores.shape[-2:]  # the T queries are the last of the S positions
    future = torch.ones(T, S, dtype=torch.bool, device=scores.device).triu(S - T + 1)
    return scores.masked_fill(future, -math.inf)  # (…, T, S)


# ----- several heads, and who shares --------------------------------------------------------------


def split(x: Tensor, heads: int) -> Tensor:
    """Channels into heads. One row [1, 2, 3, 4] and two heads -> [[1, 2]], [[3, 4]].

    `view` cuts each row, then time and heads change places. reshape(heads, T, D) has the same
    shape and other numbers in it.
    """
    return x.view(*x.shape[:-1], heads, -1).transpose(-3, -2)  # (…, T, H · D) -> (…, H, T, D)


def merge(x: Tensor) -> Tensor:
    return x.transpose(-3, -2).flatten(-2)  # heads side by side: (…, H, T, D) -> (…, T, H · D)


def tile(x: Tensor, times: int) -> Tensor:
    """Each head for all that share it (Ainslie 2023). Heads a, b and 2 times -> a, a, b, b"""
    return x.repeat_interleave(times, dim=-3)  # (…, G, S, D) -> (…, G · times, S, D)


@dataclass(frozen=True)
class Parts:
    """What attention is made of; each can be got wrong."""

    scores: Callable[[Tensor, Tensor], Tensor] = scores
    scale: Callable[[int, int], float] = scale
    hide: Callable[[Tensor], Tensor] = hide_future
    split: Callable[[Tensor, int], Tensor] = split
    merge: Callable[[Tensor], Tensor] = merge
    offset: Callable[[int, int], int] = lambda used, new: used  # where a cache keeps what is new


RIGHT = Parts()


class Stages(NamedTuple):
    """All that happens between queries and output: four of (…, T, S), and (…, T, D)."""

    scores: Tensor
    scaled: Tensor
    masked: Tensor
    weights: Tensor  # each row sums to 1
    out: Tensor


def attend(q: Tensor, k: Tensor, v: Tensor, parts: Parts = RIGHT, H: int = 1) -> Stages:
    """softmax(q kᵀ / √d_k + mask) v: equation 1 of Vaswani et al. 2017, stage by stage."""
    raw = parts.scores(q, k)  # (…, T, D), (…, S, D) -> (…, T, S)
    scaled = raw * parts.scale(q.size(-1), H)
    masked = parts.hide(scaled)
    weights = masked.softmax(dim=-1)
    return Stages(raw, scaled, masked, weights, weights @ v)  # (…, T, S) @ (…, S, D) -> (…, T, D)


# ----- the cache ----------------------------------------------------------------------------------


class Cache:
    """Keys and values of the positions so far, so that none is computed twice."""

    def __init__(self, room: int, parts: Parts = RIGHT) -> None:
        self.room, self.parts, self.used = room, parts, 0
        self.kv: Tensor | None = None  # (2, …, G, room, D)

    def append(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Keeps those of T new positions, (…, G, T, D) each; returns all S, (…, G, S, D)."""
        if self.kv is None:
            self.kv = k.new_full((2, *k.shape[:-2], self.room, k.size(-1)), math.nan)
        start = self.parts.offset(self.used, k.size(-2))
        self.used = start + k.size(-2)
        self.kv[..., start : self.used, :] = torch.stack((k, v))
        return self.kv[0, ..., : self.used, :], self.kv[1, ..., : self.used, :]


def cache_bytes(positions: int, layers: int, kv_heads: int, D: int, each: int = 2) -> int:
    """Keys and values, a layer, head, channel and position. 32768, 32, 32, 128 -> 17179869184"""
    return 2 * layers * kv_heads * D * each * positions


# ----- the layer; `blocks/one_layer.py` is the small model around it ------------------------------


class Attention(nn.Module):
    """H heads over G heads of keys and values: multi-head where G = H, multi-query where G = 1."""

    def __init__(self, C: int, H: int, G: int, parts: Parts = RIGHT) -> None:
        super().__init__()
        self.H, self.G, self.D, self.parts = H, G, C // H, parts
        self.query = nn.Linear(C, H * self.D, bias=False)  # W_Q
        self.key = nn.Linear(C, G * self.D, bias=False)  # W_K
        self.value = nn.Linear(C, G * self.D, bias=False)  # W_V
        self.project = nn.Linear(H * self.D, C, bias=False)  # W_O: what the heads found, mixed

    def read(self, x: Tensor, cache: Cache | None = None) -> Stages:
        """All stages of all heads: (…, T, C) -> weights (…, H, T, S), out (…, H, T, D)."""
        q = self.parts.split(self.query(x), self.H)  # (…, H, T, D)
        k = self.parts.split(self.key(x), self.G)  # (…, G, T, D)
        v = self.parts.split(self.value(x), self.G)
        if cache is not None:
            k, v = cache.append(k, v)  # (…, G, S, D)
        shared = self.H // self.G
        return attend(q, tile(k, shared), tile(v, shared), self.parts, self.H)

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        mixed: Tensor = self.project(self.parts.merge(self.read(x, cache).out))  # (…, T, C)
        return mixed


def as_multi_head(grouped: Attention) -> Attention:
    """The multi-head layer (G = H) that a grouped one is: each key and value head, repeated."""
    C, H, G, D = grouped.query.in_features, grouped.H, grouped.G, grouped.D
    state = grouped.state_dict()
    for name in ("key.weight", "value.weight"):
        heads = state[name].view(G, D, C)
        state[name] = tile(heads, H // G).reshape(H * D, C)  # (G, D, C) -> (H · D, C)
    whole = Attention(C, H, H, grouped.parts).to(state["key.weight"])
    whole.load_state_dict(state)
    return whole
