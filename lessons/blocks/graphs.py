"""One position of a model as one launch: a CUDA graph (Gray 2019, on CUDA graphs).

On a GPU a position of a small model is many small kernels, and to ask for each may take Python
longer than the GPU takes to do it. Recorded once, they are asked for as one.

    one = Recorded(position)        # position(ids (1, 1), slots, at (1,)) -> logits (1, V)
    logits = one(ids, past, 17)     # what `position` gives with the caches `past`, at place 17

A recording reads and writes at the same places each time. So each layer's keys and values get rows
for the whole context at once, and scores of those that are not yet written are hidden.

Letters: G groups of heads with keys and values of their own, D channels a head, V tokens in the
vocabulary; `room` is the context.

Leaves out: several texts at once; prompts, whose lengths differ, and which are one pass each.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lessons.blocks.cache import Cache

Position = Callable[[Tensor, list[Cache], Any], Tensor]


class Slot(Cache):
    """One layer's keys and values in memory that stays: (2, 1, G, room, D), 0 where nothing is."""

    def __init__(self, past: Cache, at: Tensor) -> None:
        super().__init__(past.room)
        self.at = at  # (1,) where the next position is written
        assert past.kv is not None, "take a prompt first"
        self.rows = torch.empty_like(past.kv)
        self.take(past)

    def take(self, past: Cache) -> None:
        """Holds what another cache holds."""
        assert past.kv is not None
        self.rows.zero_()
        self.rows[..., : past.used, :].copy_(past.kv[..., : past.used, :])

    def give(self, past: Cache, used: int) -> None:
        """Lets another cache hold what has been written since."""
        assert past.kv is not None
        past.kv[..., :used, :].copy_(self.rows[..., :used, :])
        past.used = used

    def extend(self, kv: Tensor) -> Tensor:
        """Writes one position (2, 1, G, 1, D); returns all rows, written or not."""
        return self.rows.index_copy_(-2, self.at, kv)


class Fixed:
    """A single position in shapes that never change, whatever has been written before it."""

    def __init__(self, position: Position) -> None:
        self.position = position
        self.past: list[Cache] = []  # whose keys and values the slots took over
        self.used = 0  # positions of these that are written
        self.slots: list[Slot] = []

    def __call__(self, ids: Tensor, past: list[Cache], start: int) -> Tensor:
        """Logits (1, V) after ids (1, 1) at place `start`, behind what the caches held at first."""
        if not self.slots:
            self.ids, self.at = ids.clone(), torch.full((1,), start, device=ids.device)
            self.places = torch.arange(past[0].room, device=ids.device)  # (room,)
            self.slots = [Slot(each, self.at) for each in past]
        elif past is not self.past:  # another text: two may be written in turns
            for slot, before, now in zip(self.slots, self.past, past, strict=True):
                slot.give(before, self.used)
                slot.take(now)
        self.past, self.used = past, start + 1
        self.ids.copy_(ids)
        self.at.fill_(start)
        return self.compute()

    def compute(self) -> Tensor:
        """The position that stands in `ids` and `at`."""
        nothing = self.slots[0].rows.new_zeros(len(self.places))
        hidden = nothing.masked_fill(self.places > self.at, -math.inf).view(1, 1, 1, -1)
        for slot in self.slots:
            slot.hidden = hidden
        return self.position(self.ids, [*self.slots], self.at)


class Recorded(Fixed):
    """The same, recorded at the first call and played back at each: for CUDA only."""

    def __init__(self, position: Position) -> None:
        super().__init__(position)
        self.graph: torch.cuda.CUDAGraph | None = None

    def compute(self) -> Tensor:
        if self.graph is None:
            self._record()
        assert self.graph is not None
        self.graph.replay()
        return self.logits.clone()  # the next position writes over it

    def _record(self) -> None:
        """Once for its own sake, since libraries load at their first call; then on the record."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.device(self.at.device):
            side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                super().compute()
            torch.cuda.current_stream().wait_stream(side)
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                self.logits = super().compute()  # (1, V)
        self.graph = graph
