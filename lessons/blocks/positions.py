"""Where a token stands: added to its embedding, turned into query and key, or a slope on scores.

    x = Sinusoidal(room, C)(x, start)       # added: also Nowhere, and a learned table of a model's
    q = Rotary(D, H).turn(q, start)         # turned: a product of q and k sees their distance only
    scores + Alibi(H).bias(T, S)            # a slope: the further back, the less

Letters: T positions from `start` on, S positions looked at, C channels, H heads, D channels a head.

Leaves out: why, and what each does beyond the trained length (lesson `positions`); stretched
rotary positions (NTK, YaRN).
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor, nn

BASE = 10_000.0  # the slowest wave is this many times as long as the quickest


class Nowhere(nn.Module):
    """Nothing is added: a token is the same wherever it stands."""

    def __init__(self, room: int, C: int) -> None:
        super().__init__()

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        return x


def angles(places: Tensor, D: int, base: float = BASE) -> Tensor:
    """How far each pair of channels has turned: places (T,) to radians (T, D / 2).

    Pair i turns by base^(−2i / D) a position. Place 3 with D = 4: [3, 0.03]
    """
    speeds = base ** (-torch.arange(0, D, 2, device=places.device) / D)  # (D / 2,)
    return places[:, None] * speeds  # (T, 1) * (D / 2,) -> (T, D / 2)


def sinusoids(places: Tensor, C: int, base: float = BASE) -> Tensor:
    """Sines at even channels, cosines at odd ones (Vaswani 2017, 3.5): (T,) to (T, C).

    Place 0 is [0, 1, 0, 1, …].
    """
    turned = angles(places, C, base)  # (T, C / 2)
    return torch.stack((turned.sin(), turned.cos()), dim=-1).flatten(-2)[:, :C]


class Sinusoidal(nn.Module):
    """Waves of many lengths, added; nothing is learned, and no place is too far.

    `size` is their amplitude: about that of the embeddings which they are added to.
    """

    def __init__(self, room: int, C: int, size: float = 1.0) -> None:
        super().__init__()
        self.channels, self.size = C, size
        table = size * sinusoids(torch.arange(room), C)  # (room, C)
        self.register_buffer("table", table, persistent=False)
        self.table: Tensor

    def forward(self, x: Tensor, start: int = 0) -> Tensor:
        end = start + x.size(1)
        if end > len(self.table):
            places = torch.arange(2 * end, device=x.device)
            self.table = self.size * sinusoids(places, self.channels)
        return x + self.table[start:end]  # (B, T, C) + (T, C)


# --- inside attention -----------------------------------------------------------------------------


class Place(Protocol):
    """Where attention itself is told of positions."""

    def turn(self, x: Tensor, start: int) -> Tensor:
        """Queries or keys (B, H, T, D) that stand from `start` on."""
        ...

    def bias(self, T: int, S: int) -> Tensor | None:
        """What is added to scores: (H, T, S), or None."""
        ...


class Unplaced(nn.Module):
    """Attention is told nothing: without a mask it takes a text for a bag of tokens."""

    def __init__(self, D: int, H: int) -> None:
        super().__init__()

    def turn(self, x: Tensor, start: int) -> Tensor:
        return x

    def bias(self, T: int, S: int) -> Tensor | None:
        return None


def rotate_neighbours(x: Tensor, turned: Tensor) -> Tensor:
    """Channels (0, 1), (2, 3) … are points that turn (Su 2021): x (…, T, D) by (T, D / 2).

    [1, 0] turned by a right angle is [0, 1].
    """
    a, b = x[..., 0::2], x[..., 1::2]  # (…, T, D / 2) each
    cos, sin = turned.cos(), turned.sin()
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)  # (…, T, D)


def rotate_halves(x: Tensor, turned: Tensor) -> Tensor:
    """The same with channels (0, D / 2), (1, D / 2 + 1) … as pairs, as Llama's weights have them.

    [1, 2, 0, 0] turned by right angles is [0, 0, 1, 2].
    """
    a, b = x.chunk(2, dim=-1)  # (…, T, D / 2) each
    cos, sin = turned.cos(), turned.sin()
    return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)  # (…, T, D)


class Rotary(nn.Module):
    """Queries and keys turn with their position, so that their product depends on the offset alone.

    `halves` pairs channel i with i + D / 2, else with its neighbour: the same model but for the
    order of channels. Raises ValueError for an odd D.
    """

    def __init__(self, D: int, H: int, halves: bool = False, base: float = BASE) -> None:
        super().__init__()
        if D % 2:
            raise ValueError(f"a head of {D} channels has no pairs to turn; choose an even number.")
        self.channels, self.halves, self.base = D, halves, base
        self.register_buffer("table", angles(torch.arange(0), D, base), persistent=False)
        self.table: Tensor  # (places so far, D / 2)

    def turn(self, x: Tensor, start: int) -> Tensor:
        end = start + x.size(-2)
        if end > len(self.table):
            places = torch.arange(max(64, 2 * end), device=x.device)
            self.table = angles(places, self.channels, self.base)
        turned = self.table[start:end]  # (T, D / 2)
        return rotate_halves(x, turned) if self.halves else rotate_neighbours(x, turned)

    def bias(self, T: int, S: int) -> Tensor | None:
        return None


def alibi_slopes(H: int) -> Tensor:
    """A slope a head: 2^(−8 i / H) for i = 1 … H (Press 2021, 3). 8 -> 1/2, 1/4, … 1/256

    Where H is no power of two, the paper takes those of the power below, and between them every
    other one of twice as many.
    """
    whole = 2 ** math.floor(math.log2(H))
    slopes = [2.0 ** (-8 * i / whole) for i in range(1, whole + 1)]
    slopes += [2.0 ** (-4 * i / whole) for i in range(1, 2 * whole + 1, 2)][: H - whole]
    return torch.tensor(slopes)  # (H,)


class Alibi(nn.Module):
    """Scores fall by a slope for each position further back; each head has its own slope."""

    def __init__(self, D: int, H: int) -> None:
        super().__init__()
        self.register_buffer("slopes", alibi_slopes(H), persistent=False)
        self.slopes: Tensor  # (H,)

    def turn(self, x: Tensor, start: int) -> Tensor:
        return x

    def bias(self, T: int, S: int) -> Tensor | None:
        places = torch.arange(S, device=self.slopes.device)
        back = places[S - T :, None] - places  # (T, S): how far back each position lies
        return -self.slopes[:, None, None] * back  # (H, T, S)
