"""What a scene looks at: the layer of a run, or a small one that has learned nothing.

T positions, counted from 0; C channels, H heads, G heads of keys and values.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor

from lessons.attention import build
from lessons.attention.mistakes import PARTS
from lessons.attention.model import Attention
from lessons.blocks.text import embedding, seen
from zhtui.lab import Heatmap, LabError, Poke, Run

LONGEST = 64  # positions
SEED = 7  # of the weights of the small layer


@dataclass(frozen=True)
class Layer:
    """A text in numbers, each as it may have been poked, and the layer that reads it."""

    text: str
    letters: Sequence[str]  # T, as they can be seen
    names: Sequence[str]  # T, as they are spoken of: 'c' (3)
    X: Tensor  # (T, C)
    attention: Attention


def look_at(run: Run | None, poke: Poke, ask: str, wrong: str, H: int = 1, G: int = 1) -> Layer:
    """The run's layer on a text, else a fresh one of 8 channels. Raises `LabError`."""
    text = poke("text", ask)
    longest = LONGEST if run is None else build.model(run).room
    if not 2 <= len(text) <= longest:
        raise LabError(f"the text has {len(text)} characters; give 2 to {longest}")
    if run is None:
        X, attention = torch.stack([embedding(letter) for letter in text]), fresh(8, H, G)
    else:
        X = build.model(run).embed(build.encode(run, text)).detach().cpu()
        attention = deepcopy(build.model(run).layer).cpu()
    if wrong != "none":
        attention.parts = PARTS[wrong]
    names = [f"'{letter}' ({t})" for t, letter in enumerate(seen(text))]
    return Layer(text, list(seen(text)), names, poke("X", X), attention.requires_grad_(False))


def fresh(C: int, H: int, G: int) -> Attention:
    """Weights of variance 1 / C, so that queries and keys begin with variance 1."""
    build.check(C, H, G)
    attention, dice = Attention(C, H, G), torch.Generator().manual_seed(SEED)
    for weight in attention.requires_grad_(False).parameters():
        weight.copy_(torch.randn(weight.shape, generator=dice) / C**0.5)
    return attention


def table(values: Tensor, rows: Sequence[str] = ()) -> Heatmap:
    """Numbers of both signs as colours, a letter a row."""
    return Heatmap(values.numpy(), rows, signed=True, texts=texts(values))


def grid(values: Tensor, letters: Sequence[str]) -> Heatmap:
    """Scores or weights (T, T): who asks down the side, who is asked along the top."""
    weights = bool((values >= 0).all())
    low, signed = 0.0 if weights else None, not weights
    return Heatmap(values.numpy(), letters, letters, low, signed=signed, texts=texts(values))


def texts(values: Tensor) -> list[list[str]]:
    """What stands on cells (T, D) where not all are numbers: "−∞", nothing where none is kept."""
    if bool(values.isfinite().all()):
        return []
    words = [f"{value:.2f}" for value in values.flatten().tolist()]
    words = [{"nan": "", "-inf": "−∞"}.get(word, word) for word in words]
    return [words[i : i + values.size(1)] for i in range(0, len(words), values.size(1))]
