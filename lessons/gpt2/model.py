"""GPT-2, whole (Radford 2019): pre-LN blocks, learned positions, a table that reads and writes.

    model = GPT2(SIZES["124M"])                     # 124,439,808 weights
    logits = model(ids)                             # (B, T) -> (B, T, V)
    with torch.device("meta"):                      # counted without a byte of memory
        weights = count(GPT2(SIZES["1558M"]))

Letters: B texts in a batch, T positions in time, S positions looked at, C channels, H heads,
D = C / H channels a head, V tokens in the vocabulary, L layers.

Leaves out: dropout, which OpenAI trained with (0.1) and today's reproductions leave away; how the
parts come about (lesson `gpt`); weights on disk (`weights.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.blocks.attention import attend_fast
from lessons.blocks.cache import Cache
from lessons.blocks.points import Tap, inside

SPREAD = 0.02  # of first weights (Radford 2018, 4.1): about 1 / √C at 1,600 channels


@dataclass(frozen=True)
class Size:
    """How large a model is; the defaults are those of the smallest that was released."""

    n_layer: int = 12
    n_head: int = 12
    n_embd: int = 768
    block_size: int = 1024
    vocab: int = 50257  # 256 bytes, 50,000 merges, and the end of a text
    eps: float = 1e-5


# Radford 2019, table 2. It prints 117M, 345M, 762M and 1542M; OpenAI later called that miscounted.
SIZES = {
    "124M": Size(),
    "355M": Size(24, 16, 1024),
    "774M": Size(36, 20, 1280),
    "1558M": Size(48, 25, 1600),
}


def future(T: int, S: int, device: torch.device) -> Tensor:
    """What a position must not see, where the T that ask are the last of S: (T, S).

    T = 2, S = 3: [[no, no, yes], [no, no, no]]
    """
    return torch.ones(T, S, dtype=torch.bool, device=device).triu(S - T + 1)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The taught form: an average of values, weighted by softmax(q · k / √D): (B, H, T, D).

    What runs is its fast form, one kernel where there is one (`lessons/blocks/attention.py`).

    A position whose weights are ¼, ¼, ½ takes v₁ / 4 + v₂ / 4 + v₃ / 2.
    """
    scores = q @ k.mT / math.sqrt(q.size(-1))  # (B, H, T, S)
    hidden = scores.masked_fill(future(q.size(-2), k.size(-2), q.device), -math.inf)
    return hidden.softmax(-1) @ v  # (B, H, T, S) @ (B, H, S, D) -> (B, H, T, D)


class Attention(nn.Module):
    """Communication: each position takes from those before it what its query asks for."""

    def __init__(self, C: int, H: int) -> None:
        super().__init__()
        self.heads = H
        self.qkv = nn.Linear(C, 3 * C)
        self.project = nn.Linear(C, C)

    def split(self, x: Tensor) -> Tensor:
        """(B, T, C) -> queries, keys and values: (3, B, H, T, D).

        With 2 heads, 8 channels become 2 x 4: head 0 has the first four of each position.
        """
        parts: Tensor = self.qkv(x).unflatten(-1, (3, self.heads, -1))  # (B, T, 3, H, D)
        return parts.permute(2, 0, 3, 1, 4)

    def merge(self, y: Tensor) -> Tensor:
        """The heads side by side, and mixed: (B, H, T, D) -> (B, T, C)."""
        mixed: Tensor = self.project(y.transpose(1, 2).flatten(2))
        return mixed

    def forward(self, x: Tensor, past: Cache | None = None) -> Tensor:
        qkv = self.split(x)  # (3, B, H, T, D)
        k, v = qkv[1:] if past is None else past.extend(qkv[1:])  # (B, H, S, D)
        hidden = None if past is None else past.hidden
        y = attend_fast(qkv[0], k, v, qkv.size(-1) ** -0.5, bias=hidden)  # (B, H, T, D)
        return self.merge(y)  # (B, T, C)

    def look(self, x: Tensor, tap: Tap) -> Tensor:
        """The same in the taught form, each station handed to `tap`."""
        q, k, v = (tap(name, part) for name, part in zip("qkv", self.split(x), strict=True))
        scores = tap("scores", q @ k.mT / math.sqrt(q.size(-1)))  # (B, H, T, T)
        masked = scores.masked_fill(future(x.size(1), x.size(1), x.device), -math.inf)
        heads = tap("heads", tap("weights", masked.softmax(-1)) @ v)  # (B, H, T, D)
        return tap("attn_out", self.merge(heads))  # (B, T, C)


class FeedForward(nn.Module):
    """Computation: C -> 4C -> C for each position by itself."""

    def __init__(self, C: int) -> None:
        super().__init__()
        self.expand = nn.Linear(C, 4 * C)
        self.project = nn.Linear(4 * C, C)

    def hidden(self, x: Tensor) -> Tensor:
        """The neurons, with GELU by its tanh formula (Hendrycks 2016): (B, T, C) -> (B, T, 4C)."""
        return F.gelu(self.expand(x), approximate="tanh")

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.project(self.hidden(x))  # (B, T, C)
        return y

    def look(self, x: Tensor, tap: Tap) -> Tensor:
        """The same, each station handed to `tap`."""
        return tap("ffn_out", self.project(tap("ffn_hidden", self.hidden(x))))


class Block(nn.Module):
    """Both, as branches of one stream; each reads it normalised, and adds to it."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        C = size.n_embd
        self.norm1, self.attention = nn.LayerNorm(C, size.eps), Attention(C, size.n_head)
        self.norm2, self.think = nn.LayerNorm(C, size.eps), FeedForward(C)

    def forward(self, x: Tensor, past: Cache | None = None) -> Tensor:
        x = x + self.attention(self.norm1(x), past)  # (B, T, C)
        out: Tensor = x + self.think(self.norm2(x))  # (B, T, C)
        return out

    def look(self, x: Tensor, tap: Tap) -> Tensor:
        """The same, each station handed to `tap`."""
        x = tap("resid_mid", x + self.attention.look(tap("norm1", self.norm1(x)), tap))
        return tap("resid_post", x + self.think.look(tap("norm2", self.norm2(x)), tap))


class GPT2(nn.Module):
    """Tokens (B, T) to logits (B, T, V)."""

    def __init__(self, size: Size = Size()) -> None:
        super().__init__()
        C = size.n_embd
        self.size, self.block_size = size, size.block_size
        self.tokens = nn.Embedding(size.vocab, C)
        self.positions = nn.Embedding(size.block_size, C)
        self.blocks = nn.ModuleList(Block(size) for _ in range(size.n_layer))
        self.norm = nn.LayerNorm(C, size.eps)
        self.head = nn.Linear(C, size.vocab, bias=False)
        self.head.weight = self.tokens.weight  # tied (Press and Wolf 2017): 38.6 M weights less
        begin(self)

    def embed(self, ids: Tensor, start: int | Tensor = 0) -> Tensor:
        """What each token is, plus where it stands: (B, T) -> (B, T, C)."""
        places = start + torch.arange(ids.size(1), device=ids.device)  # (T,)
        x: Tensor = self.tokens(ids) + self.positions(places)
        return x

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids)  # (B, T, C)
        for block in self.blocks:
            x = block(x)  # (B, T, C)
        logits: Tensor = self.head(self.norm(x))  # (B, T, V)
        return logits

    def after(self, ids: Tensor, past: list[Cache], at: Tensor | None = None) -> Tensor:
        """Logits (B, V) after `ids` (B, T), which come behind what the caches hold, or stand at
        place `at` (1,).
        """
        x = self.embed(ids, past[0].used if at is None else at)  # (B, T, C)
        for block, cache in zip(self.blocks, past, strict=True):
            x = block(x, cache)  # (B, T, C)
        logits: Tensor = self.head(self.norm(x[:, -1]))  # (B, V): only the last is asked for
        return logits

    def loss(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Mean negative log-likelihood in nats a token; `targets` are (B, T)."""
        return F.cross_entropy(self(ids).flatten(0, 1), targets.flatten())  # (B T, V), (B T,)

    def look(self, ids: Tensor, tap: Tap) -> Tensor:
        """Logits, every point on the way handed to `tap` (`lessons/blocks/points.py`)."""
        x = tap("embedding", self.embed(ids))  # (B, T, C)
        for layer, block in enumerate(self.blocks):
            x = block.look(x, inside(tap, layer))  # type: ignore[operator]
        return tap("logits", self.head(tap("norm", self.norm(x))))  # (B, T, V)

    def flops_per_token(self, T: int | None = None) -> float:
        """Multiplications and additions, forward and backward: PaLM (2022), appendix B.

        Of texts of T tokens, which may be fewer than the whole context.
        """
        size, placed = self.size, self.positions.weight.numel()
        looks = 12 * size.n_layer * size.n_embd * (T or size.block_size)
        return float(6 * (count(self) - placed) + looks)


def begin(model: GPT2) -> None:
    """Small weights: the first guess is nearly even, so the first loss is near ln V = 10.82.

    The 2L matrices that write into the stream begin smaller by √(2L), so that the sum of all
    branches keeps its size: 0.02 / √24 = 0.0041 with 12 layers.
    """
    for name, weight in model.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(weight)
        elif weight.dim() == 2:
            into = name.endswith("project.weight")
            shrink = math.sqrt(2 * len(model.blocks)) if into else 1.0
            nn.init.normal_(weight, std=SPREAD / shrink)


def count(model: nn.Module) -> int:
    """The learned numbers of a model; a tied table counts once."""
    return sum(weight.numel() for weight in model.parameters())


def ledger(size: Size, tied: bool = True) -> dict[str, int]:
    """The weights of each part, by closed forms; their sum is `count`.

    12 layers of 768 channels: 12 · (12 · 768² + 13 · 768) = 85,054,464 in blocks.
    """
    L, C, V = size.n_layer, size.n_embd, size.vocab
    return {
        "tokens": V * C,
        "positions": size.block_size * C,
        "attention": L * (C * 3 * C + 3 * C + C * C + C),
        "feed-forward": L * (C * 4 * C + 4 * C + 4 * C * C + C),
        "norms": (2 * L + 1) * 2 * C,
        "head": 0 if tied else V * C,
    }
