"""The transformer of 2017: one stack reads a whole text, another writes a second one from it
(Vaswani 2017, sections 3 and 5.4).

    model = Transformer(V=40, C=64, H=4, layers=2)
    model(source, target)          # (B, S), (B, T) to logits (B, T, V): row t guesses token t + 1
    greedy(model, source, 12)      # (B, 12): what it writes

That is the finished model. Three masks say who may look at whom; they, the place of the norm and
the stream that cross-attention listens to are `Parts`, and what is not given is the paper's.

Letters: B pairs of texts, S positions of the source, T of the target, C channels, H heads,
D = C / H channels a head, F hidden neurons, V tokens. In attention T ask and S are looked at.

Leaves out: a cache and beams in writing (lessons `attention`, `sampling`), byte pairs
(`tokenizer`), averaging of checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.blocks.points import Tap
from lessons.blocks.positions import Sinusoidal

PAD, BEGIN, END = 0, 1, 2  # tokens that are no letters
Branch = Callable[[Tensor], Tensor]


def passing(name: str, x: Tensor) -> Tensor:
    """A tap that lets everything pass."""
    return x


def within(tap: Tap, where: str) -> Tap:
    """The tap for the points of one part: "q" is told as "decoder.0.cross.q"."""
    return lambda name, x: tap(f"{where}.{name}", x)


# ----- the three masks: true where one may look ---------------------------------------------------


def source_mask(source: Tensor) -> Tensor:
    """Everything but padding, before or after: (B, S) to (B, 1, 1, S).

    "ab·" -> [1, 1, 0] for every position that asks: a column is padding, not a row.
    """
    return (source != PAD)[:, None, None, :]


def target_mask(target: Tensor) -> Tensor:
    """What came before, and no padding: (B, T) to (B, 1, T, T). 2 -> [[1, 0], [1, 1]]"""
    T = target.size(1)
    past = torch.ones(T, T, dtype=torch.bool, device=target.device).tril()  # (T, T)
    return source_mask(target) & past  # (B, 1, 1, T) & (T, T) -> (B, 1, T, T)


def cross_mask(source: Tensor, target: Tensor) -> Tensor:
    """The whole source but its padding, for each row of the target: to (B, 1, T, S)."""
    return source_mask(source).expand(-1, -1, target.size(1), -1)


# ----- where the norm stands ----------------------------------------------------------------------


def after_sum(x: Tensor, norm: nn.Module, branch: Branch) -> Tensor:
    """2017: every layer ends normalised; deep stacks need a warm-up. (B, T, C) to the same."""
    out: Tensor = norm(x + branch(x))
    return out


def before_branch(x: Tensor, norm: nn.Module, branch: Branch) -> Tensor:
    """GPT-2: the stream is never normalised, so gradients pass unchanged (Xiong 2020)."""
    return x + branch(norm(x))


def memory_of(x: Tensor, memory: Tensor) -> Tensor:
    """What gives keys and values in cross-attention: the encoder's stream (B, S, C)."""
    return memory


@dataclass(frozen=True)
class Parts:
    """What can be had otherwise; the defaults are the paper's."""

    source_mask: Callable[[Tensor], Tensor] = source_mask
    target_mask: Callable[[Tensor], Tensor] = target_mask
    cross_mask: Callable[[Tensor, Tensor], Tensor] = cross_mask
    heard: Callable[[Tensor, Tensor], Tensor] = memory_of
    join: Callable[[Tensor, nn.Module, Branch], Tensor] = after_sum
    last: Callable[[int], nn.Module] = nn.Identity  # the norm at the end of a stack


POST = Parts()
PRE = Parts(join=before_branch, last=nn.LayerNorm)

# ----- the layers ---------------------------------------------------------------------------------


class Attention(nn.Module):
    """Queries from x (B, T, C), keys and values from `heard` (B, S, C); that may be x itself."""

    def __init__(self, C: int, H: int) -> None:
        super().__init__()
        self.heads = H
        self.query, self.key, self.value = (nn.Linear(C, C) for _ in "QKV")
        self.project = nn.Linear(C, C)

    def split(self, x: Tensor) -> Tensor:
        """(B, T, C) to (B, H, T, D): 8 channels of 2 heads become 2 x 4."""
        B, T, C = x.shape
        return x.view(B, T, self.heads, C // self.heads).transpose(1, 2)

    def forward(self, x: Tensor, heard: Tensor, mask: Tensor, tap: Tap = passing) -> Tensor:
        x, heard = tap("x", x), tap("heard", heard)
        q = tap("q", self.split(self.query(x)))  # (B, H, T, D)
        k = tap("k", self.split(self.key(heard)))  # (B, H, S, D)
        v = tap("v", self.split(self.value(heard)))  # (B, H, S, D)
        scores = tap("scores", q @ k.mT * q.size(-1) ** -0.5)  # (B, H, T, S)
        # not −∞: a row that may look at nothing would be 0 / 0
        hidden = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = tap("weights", hidden.softmax(dim=-1))  # (B, H, T, S): each row sums to 1
        heads = tap("heads", weights @ v)  # (B, H, T, D)
        return tap("attn_out", self.project(heads.transpose(1, 2).flatten(2)))  # (B, T, C)


def think(C: int, wide: int) -> nn.Sequential:
    """What each position does by itself: C -> F = wide · C -> C."""
    return nn.Sequential(nn.Linear(C, wide * C), nn.ReLU(), nn.Linear(wide * C, C))


class Encoder(nn.Module):
    """One layer that reads: every position looks at all, then thinks."""

    def __init__(self, C: int, H: int, wide: int, dropout: float, parts: Parts) -> None:
        super().__init__()
        self.attention, self.think, self.parts = Attention(C, H), think(C, wide), parts
        self.norm1, self.norm2 = nn.LayerNorm(C), nn.LayerNorm(C)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor, tap: Tap = passing) -> Tensor:
        join, drop = self.parts.join, self.drop
        x = join(x, self.norm1, lambda y: drop(self.attention(y, y, mask, tap)))  # (B, S, C)
        return tap("resid_post", join(x, self.norm2, lambda y: drop(self.think(y))))  # (B, S, C)


class Decoder(nn.Module):
    """One layer that writes: it looks at its own past, then at the source, then thinks."""

    def __init__(self, C: int, H: int, wide: int, dropout: float, parts: Parts) -> None:
        super().__init__()
        self.attention, self.cross, self.think = Attention(C, H), Attention(C, H), think(C, wide)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(C) for _ in range(3))
        self.drop, self.parts = nn.Dropout(dropout), parts

    def forward(
        self, x: Tensor, memory: Tensor, own: Tensor, across: Tensor, tap: Tap = passing
    ) -> Tensor:
        join, drop, heard = self.parts.join, self.drop, self.parts.heard
        self_tap, cross_tap = within(tap, "self"), within(tap, "cross")
        x = join(x, self.norm1, lambda y: drop(self.attention(y, y, own, self_tap)))  # (B, T, C)
        x = join(
            x, self.norm2, lambda y: drop(self.cross(y, heard(y, memory), across, cross_tap))
        )  # (B, T, C): the one place where the two texts meet
        return tap("resid_post", join(x, self.norm3, lambda y: drop(self.think(y))))  # (B, T, C)


# ----- the whole ----------------------------------------------------------------------------------


class Transformer(nn.Module):
    """A source (B, S) and the target so far (B, T) to logits (B, T, V)."""

    def __init__(
        self,
        V: int,
        C: int = 64,
        H: int = 4,
        layers: int = 2,
        wide: int = 4,
        dropout: float = 0.0,
        parts: Parts = POST,
    ) -> None:
        super().__init__()
        if C % H or C % 2:
            raise ValueError(f"{C} channels and {H} heads: let C be even, and H divide it")
        self.parts, self.drop = parts, nn.Dropout(dropout)
        self.tokens, self.positions = nn.Embedding(V, C), Sinusoidal(64, C)
        self.encoder = nn.ModuleList(Encoder(C, H, wide, dropout, parts) for _ in range(layers))
        self.decoder = nn.ModuleList(Decoder(C, H, wide, dropout, parts) for _ in range(layers))
        self.read_norm, self.write_norm = parts.last(C), parts.last(C)
        for weight in self.parameters():
            if weight.dim() == 2:
                nn.init.xavier_uniform_(weight)
        nn.init.normal_(self.tokens.weight, std=C**-0.5)

    def embed(self, ids: Tensor) -> Tensor:
        """What each token is, at the size of the waves, plus where it stands: to (B, T, C)."""
        x = self.tokens(ids) * self.tokens.embedding_dim**0.5  # (B, T, C), of unit size
        placed: Tensor = self.drop(self.positions(x))
        return placed

    def encode(self, source: Tensor, tap: Tap = passing) -> Tensor:
        """The source once heard by itself: (B, S) to the memory (B, S, C)."""
        x, mask = tap("encoder.embedding", self.embed(source)), self.parts.source_mask(source)
        for number, layer in enumerate(self.encoder):
            x = layer(x, mask, within(tap, f"encoder.{number}"))  # (B, S, C)
        return tap("memory", self.read_norm(x))

    def decode(self, target: Tensor, memory: Tensor, source: Tensor, tap: Tap = passing) -> Tensor:
        """(B, T) and a memory (B, S, C) of `source` (B, S) to logits (B, T, V)."""
        x = tap("decoder.embedding", self.embed(target))  # (B, T, C)
        own, across = self.parts.target_mask(target), self.parts.cross_mask(source, target)
        for number, layer in enumerate(self.decoder):
            x = layer(x, memory, own, across, within(tap, f"decoder.{number}"))  # (B, T, C)
        return tap("logits", self.write_norm(x) @ self.tokens.weight.T)  # tied (section 3.4)

    def forward(self, source: Tensor, target: Tensor, tap: Tap = passing) -> Tensor:
        return self.decode(target, self.encode(source, tap), source, tap)


def smoothed(logits: Tensor, targets: Tensor, share: float) -> Tensor:
    """Mean loss in nats of (B, T, V) at (B, T), padding left out (section 5.4).

    `share` of the aim is spread over all V tokens, so certainty costs. 0: the plain NLL.
    """
    told = logits.log_softmax(dim=-1)  # (B, T, V)
    right = -told.gather(-1, targets[..., None])[..., 0]  # (B, T)
    each = (1 - share) * right - share * told.mean(dim=-1)  # (B, T)
    there = targets != PAD  # (B, T)
    return each.where(there, 0.0).sum() / there.sum()


@torch.no_grad()
def greedy(model: Transformer, source: Tensor, longest: int) -> Tensor:
    """Writes the likeliest token, again and again: (B, S) to (B, longest), padded after END."""
    memory = model.encode(source)  # (B, S, C): read once, looked at by every step
    target = torch.full_like(source[:, :1], BEGIN)  # (B, 1)
    ended = torch.zeros_like(target, dtype=torch.bool)  # (B, 1)
    for _ in range(longest):
        new = model.decode(target, memory, source)[:, -1:].argmax(dim=-1)  # (B, 1)
        target = torch.cat((target, new.masked_fill(ended, PAD)), dim=1)
        ended |= new == END
    return target[:, 1:]


def longer(x: Tensor) -> Tensor:
    """One more token of padding, to see whether it is heard: (B, S) to (B, S + 1)."""
    return F.pad(x, (0, 1), value=PAD)
