"""What can be done to a layer of attention while a text is read: heat, silence, and two mistakes.

Letters: B texts, T positions, C channels, H heads, G heads of keys and values, D channels a head.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lessons.blocks.attention import hide_future
from lessons.blocks.points import Tap, at
from lessons.gpt.config import RESHAPE
from lessons.gpt.model import Block
from lessons.gpt.reading import Reading
from zhtui.lab import Poke, Spot


class Change(Protocol):
    """What is done to one layer, and to one head of it."""

    @property
    def layer(self) -> int: ...
    @property
    def head(self) -> int: ...
    @property
    def silent(self) -> bool: ...
    @property
    def temperature(self) -> float: ...
    @property
    def mistake(self) -> str: ...


def reshaped(x: Tensor) -> Tensor:
    """What view(B, H, T, D) makes of the rows that view(B, T, H, D).transpose(1, 2) cuts into
    heads: the same shape, and a head's rows are no longer positions. (B, H, T, D) to the same.
    """
    B, H, T, D = x.shape
    return x.transpose(1, 2).reshape(B, H, T, D)  # (B, T, H, D) in memory, read as (B, H, T, D)


def changed(change: Change, poke: Poke) -> Tap:
    """The tap that does to the layer's stations what was asked for."""

    def tap(name: str, x: Tensor) -> Tensor:
        part = name.removeprefix(at(change.layer, ""))
        if name == "embedding":
            return poke("E", x[0].cpu())[None].to(x.device)
        if part in ("q", "k", "v") and change.mistake == RESHAPE.name:
            return reshaped(x)
        if part == "scores":
            return x / change.temperature
        if part == "heads" and change.silent:
            return (
                x * (torch.arange(x.size(1), device=x.device) != change.head)[None, :, None, None]
            )
        return x

    return tap


def by_columns(tap: Tap, layer: int) -> Tap:
    """Softmax along the wrong axis: each column of weights sums to one, over those who look at it.

    Scores [[0], [0]] of two that look at one -> weights [[½], [½]].
    """
    kept: dict[str, Tensor] = {}

    def wrong(name: str, x: Tensor) -> Tensor:
        if name == at(layer, "scores"):
            kept["scores"] = tap(name, x)
        if name == at(layer, "weights"):
            return hide_future(kept["scores"]).softmax(dim=-2)  # (B, H, T, T)
        return tap(name, x)

    return wrong


def past(T: int, rows: Mapping[str, int], squares: Sequence[str] = ()) -> Callable[[Spot], Any]:
    """What a poke at a position must not move: rows before it, and scores of two before it."""

    def still(spot: Spot) -> dict[str, NDArray[np.bool_]]:
        before = np.arange(T) < (spot.column if spot.view == "text" else spot.row)  # (T,)
        wide = {name: np.repeat(before[:, None], width, 1) for name, width in rows.items()}
        return wide | dict.fromkeys(squares, np.outer(before, before))

    return still


def weights_of(attention: Any, h: int) -> dict[str, Tensor]:
    """The rows (D, C) of the weights that make q, k and v of one head; with a bias (D, C + 1)."""
    C, H = attention.qkv.in_features, attention.heads
    D, G = C // H, getattr(attention, "groups", H)
    W, b = attention.qkv.weight.detach().cpu(), attention.qkv.bias  # (C + 2 G D, C)
    W = W if b is None else torch.cat((W, b.detach().cpu()[:, None]), dim=1)
    group = h * G // H
    starts = {"Q": h * D, "K": C + group * D, "V": C + (G + group) * D}
    return {f"W_{name}": W[start : start + D] for name, start in starts.items()}


def station(of: Reading, layer: int) -> Tensor:
    """What a layer's attention reads: (T, C)."""
    if isinstance(of.model.blocks[layer], Block):
        return of.notes[at(layer, "norm1")]
    return list(of.stream.values())[layer]
