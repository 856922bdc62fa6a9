"""Keys and values of the past, kept so that no position is computed twice while a model writes.

    cache = Cache(room=64)
    kv = cache.extend(kv)       # in: keys and values of the new positions; out: of all so far

Leaves out: pages, sliding windows, and a cache in fewer bits.
"""

from __future__ import annotations

from torch import Tensor


class Cache:
    """The keys and values of one layer's positions so far; `used` of `room` are filled."""

    def __init__(self, room: int) -> None:
        self.room, self.used = room, 0
        self.kv: Tensor | None = None  # (2, B, G, room, D)
        self.hidden: Tensor | None = None  # added to scores (…, S); none: each of the S counts

    def extend(self, kv: Tensor) -> Tensor:
        """Appends the keys and values of T positions, (2, B, G, T, D); returns all S so far.

        A cache that holds 3 positions and gets 1 returns (2, B, G, 4, D).
        """
        T = kv.size(-2)
        if self.kv is None:
            B, G, _, D = kv.shape[1:]
            self.kv = kv.new_empty(2, B, G, self.room, D)
        self.kv.narrow(-2, self.used, T).copy_(kv)
        self.used += T
        return self.kv.narrow(-2, 0, self.used)  # (2, B, G, S, D)

    def bytes(self) -> int:
        """What the positions so far take: 2 · B · G · S · D numbers of their size."""
        if self.kv is None:
            return 0
        filled: Tensor = self.kv.narrow(-2, 0, self.used)
        return filled.numel() * filled.element_size()


def caches(layers: int, room: int) -> list[Cache]:
    """An empty cache for each layer."""
    return [Cache(room) for _ in range(layers)]


def bytes_of(layers: int, groups: int, channels: int, positions: int, size: int = 2) -> int:
    """What a whole model's cache takes: 2 · L · G · D · S · `size` bytes a text.

    32 layers with 32 heads of 128 channels take 17.18 GB at 32,768 positions in two bytes a number,
    with 8 groups 4.29 GB.
    """
    return 2 * layers * groups * channels * positions * size
