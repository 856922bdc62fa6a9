"""Where a letter stands, told to attention in five ways: in the input, as an angle, as a price.

    learned, sinusoidal   a row of numbers added to each letter (Vaswani 2017, section 3.5)
    rope, rope-half       queries and keys turned by an angle that grows with position (Su 2021)
    alibi                 a score costs more, the further it looks (Press 2022)
    none                  nothing: only the mask tells early from late (Haviv 2022)

Letters: B texts, T positions that ask, S that are looked at, C channels, H heads, D = C / H.

Leaves out: relative tables (Shaw 2018, T5), stretched RoPE (YaRN, NTK), positions in two
dimensions. The block around attention is taught in `gpt`, attention itself in `attention`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BASE = 10_000.0  # the slowest pair takes 2π · BASE^((D - 2) / D) positions a turn

# ----- added to the letters -----------------------------------------------------------------------


def frequencies(D: int) -> Tensor:
    """The angle a position of each pair, in double: (D / 2,). 4 -> [1, 1/100]"""
    return BASE ** (-torch.arange(0, D, 2, dtype=torch.double) / D)


def sinusoid(T: int, C: int) -> Tensor:
    """Row p has sin(p θ), cos(p θ) for each pair: (T, C). 2, 2 -> [[0, 1], [0.84, 0.54]]

    PE(p + o) · PE(p) is the sum of cos(o θ): it depends on the offset o only.
    """
    angle = torch.arange(T).double()[:, None] * frequencies(C)  # (T, C / 2)
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)  # (T, C / 2, 2) -> (T, C)


# ----- as an angle of queries and keys ------------------------------------------------------------


def turn_neighbours(x: Tensor, at: Tensor) -> Tensor:
    """RoPE as the paper pairs: channels (0, 1), (2, 3) …: x (…, T, D), at (T,) -> (…, T, D).

    [1, 0] at position 1 -> [cos 1, sin 1]
    """
    angle = at.to(x)[:, None] * frequencies(x.size(-1)).to(x)  # (T, D / 2)
    a, b = x[..., 0::2], x[..., 1::2]  # (…, T, D / 2) each: a pair is a hand of a clock
    turned = (a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos())
    return torch.stack(turned, dim=-1).flatten(-2)  # (…, T, D / 2, 2) -> (…, T, D)


def turn_halves(x: Tensor, at: Tensor) -> Tensor:
    """RoPE as GPT-NeoX and LLaMA's ports pair: channels (0, D / 2), (1, D / 2 + 1) …

    The same up to the order of channels, so the two must never meet in one product.
    """
    angle = at.to(x)[:, None] * frequencies(x.size(-1)).to(x)  # (T, D / 2)
    a, b = x.chunk(2, dim=-1)  # (…, T, D / 2) each
    turned = (a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos())
    return torch.cat(turned, dim=-1)  # (…, T, D)


def stay(x: Tensor, at: Tensor) -> Tensor:
    return x


# ----- as a price of distance ---------------------------------------------------------------------


def slopes(H: int) -> Tensor:
    """2^(-8i / H) for heads i = 1 … H: (H,). 8 -> [1/2, 1/4, … 1/256]

    Where H is no power of two: those of the power below it, then every other one of twice that.
    """
    n = 2 ** math.floor(math.log2(H))
    known = 2.0 ** (-8.0 / n * torch.arange(1, n + 1, dtype=torch.double))
    return known if n == H else torch.cat((known, slopes(2 * n)[::2][: H - n]))


def price(H: int, T: int) -> Tensor:
    """−slope · distance for what is past, −∞ for the future: (H, T, T)."""
    place = torch.arange(T)
    distance = (place[:, None] - place).double()  # (T, T)
    return (-slopes(H)[:, None, None] * distance).masked_fill(distance < 0, -math.inf)


def free(H: int, T: int) -> Tensor:
    """No price, and no future: (H, T, T)."""
    return torch.zeros(H, T, T).masked_fill(torch.ones(T, T).triu(1).bool(), -math.inf)


# ----- the kinds ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """Where a position enters: a table of so many times is added, q and k are turned, a price."""

    table: str = ""  # "", "learned" or "fixed"
    turn_q: Callable[[Tensor, Tensor], Tensor] = stay
    turn_k: Callable[[Tensor, Tensor], Tensor] = stay
    bias: Callable[[int, int], Tensor] = free
    times: int = 1  # how often it enters


KINDS = {
    "none": Kind(),
    "learned": Kind(table="learned"),
    "sinusoidal": Kind(table="fixed"),
    "rope": Kind(turn_q=turn_neighbours, turn_k=turn_neighbours),
    "rope-half": Kind(turn_q=turn_halves, turn_k=turn_halves),
    "alibi": Kind(bias=price),
}


class Offsets:
    """The positions of the keys in a cache. `advance` makes the next one of the last."""

    def __init__(self, advance: Callable[[Tensor], Tensor] = lambda at: at + 1) -> None:
        self.now, self.advance = torch.zeros(1), advance
        self.kept: list[Tensor] = []  # S times (1,)

    def append(self) -> Tensor:
        """The position of one more key, and then those of all: (S,)."""
        self.kept.append(self.now)
        self.now = self.advance(self.now)
        return torch.cat(self.kept)


# ----- a small GPT that takes any kind ------------------------------------------------------------


class Block(nn.Module):
    """Attention and a feed-forward layer, each a branch of the residual path."""

    def __init__(self, C: int, H: int, kind: Kind) -> None:
        super().__init__()
        self.H, self.kind = H, kind
        self.norm1, self.norm2 = nn.LayerNorm(C), nn.LayerNorm(C)
        self.qkv, self.project = nn.Linear(C, 3 * C, bias=False), nn.Linear(C, C)
        self.think = nn.Sequential(nn.Linear(C, 4 * C), nn.GELU(), nn.Linear(4 * C, C))

    def split(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries and keys, turned, and values: (B, T, C) -> each (B, H, T, D)."""
        B, T, C = x.shape
        qkv = self.qkv(self.norm1(x)).view(B, T, 3, self.H, C // self.H)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (3, B, H, T, D)
        at = torch.arange(T, device=x.device)
        for _ in range(self.kind.times):
            q, k = self.kind.turn_q(q, at), self.kind.turn_k(k, at)
        return q, k, v

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        y = F.scaled_dot_product_attention(*self.split(x), attn_mask=bias)  # (B, H, T, D)
        x = x + self.project(y.transpose(1, 2).flatten(2))  # (B, T, C)
        out: Tensor = x + self.think(self.norm2(x))
        return out


class Small(nn.Module):
    """ids (B, T) to logits (B, T, V), for T up to `room`; a learned table has `room` rows."""

    table: Tensor | None
    blocks: nn.ModuleList

    def __init__(self, V: int, room: int, C: int, H: int, layers: int, kind: Kind) -> None:
        super().__init__()
        self.H, self.kind, self.room = H, kind, room
        self.tokens, self.norm, self.head = nn.Embedding(V, C), nn.LayerNorm(C), nn.Linear(C, V)
        self.blocks = nn.ModuleList(Block(C, H, kind) for _ in range(layers))
        if kind.table == "learned":
            self.table = nn.Parameter(torch.randn(room, C))
        else:
            fixed = sinusoid(room, C).float() if kind.table else None
            self.register_buffer("table", fixed, persistent=False)

    def embed(self, ids: Tensor) -> Tensor:
        """What each letter is, plus where it stands if a table says so: (B, T) -> (B, T, C)."""
        x: Tensor = self.tokens(ids)  # (B, T, C)
        return x if self.table is None else x + self.kind.times * self.table[: ids.size(1)]

    def forward(self, ids: Tensor) -> Tensor:
        x, T = self.embed(ids), ids.size(1)
        bias = self.kind.times * self.kind.bias(self.H, T).to(x)  # (H, T, T)
        for block in self.blocks:
            x = block(x, bias)  # (B, T, C)
        logits: Tensor = self.head(self.norm(x))  # (B, T, V)
        return logits

    def losses(self, ids: Tensor, targets: Tensor) -> Tensor:
        """NLL in nats of each position (B, T), for targets (B, T)."""
        return F.cross_entropy(self(ids).transpose(1, 2), targets, reduction="none")
