"""Pictures of what a text does inside a model, for a run that trains and for its scenes.

Letters: T positions, C channels, L layers, H heads, V characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from lessons.blocks.text import seen
from lessons.gpt.reading import Reading
from zhtui.lab import Bars, Heatmap, Text

SHOWN = 10  # characters that may come next
SIDE = 16  # positions of a head on the sheet of all
LEGIBLE = 64  # positions whose cells have room for a sign
BIT = 0.6931471805599453  # nats


def letters_of(of: Reading) -> list[str]:
    """The characters or tokens, as they can be seen."""
    return [seen(letter) for letter in of.letters]


def signed(values: Tensor, letters: Sequence[str]) -> Heatmap:
    """Numbers of both signs as colours, a character a row."""
    return Heatmap(values.detach().numpy(), letters, signed=True)


def grid(values: Tensor, letters: Sequence[str], note: str = "") -> Heatmap:
    """Scores or weights (T, T): who looks down the side, who is looked at along the top."""
    hidden, shares = values == -torch.inf, bool((values >= 0).all())
    told = hidden.any() and len(values) <= LEGIBLE
    texts = [["−∞" if hides else "" for hides in row] for row in hidden] if told else ()
    low = 0.0 if shares else None
    return Heatmap(values.numpy(), letters, letters, low, signed=not shares, texts=texts, note=note)


def sheet(weights: Sequence[Tensor]) -> Heatmap:
    """Every head's first positions, layers down and heads across, an empty line between.

    Each row is scaled to its own strongest look: L times (H, T, T) to (L · side, H · side).
    """
    tall = torch.stack(list(weights))[:, :, :SIDE, :SIDE]  # (L, H, side, side)
    tall = F.pad(tall / tall.amax(dim=-1, keepdim=True).clamp(min=1e-9), (0, 1, 0, 1))
    L, H, side, _ = tall.shape
    flat = tall.transpose(1, 2).reshape(L * side, H * side)[:-1, :-1]
    return Heatmap(flat.numpy(), low=0.0, note=f"{L} layers down, {H} heads across")


def next_bars(logits: Tensor, of: Reading, note: str) -> Bars:
    """The likeliest that may follow the text: logits (V,)."""
    top = logits.softmax(-1).topk(min(SHOWN, len(logits)))
    labels = [seen(text) for text in of.symbols.texts(top.indices)]
    return Bars(labels, top.values.tolist(), note=note)


def shades(of: Reading) -> NDArray[Any]:
    """A shade for each character of the text, 0 … 1: how much it surprised the model."""
    lengths = torch.tensor([len(letter) for letter in of.letters])
    each = F.pad(of.surprise / of.surprise.max().clamp(min=1e-9), (1, 0))  # (T,)
    values: NDArray[Any] = each.repeat_interleave(lengths).numpy()  # (characters,)
    return values


def surprise(of: Reading) -> Text:
    """The text, brighter where it surprised the model more."""
    bits = of.surprise.mean().item() / BIT
    note = f"{bits:.2f} bits a {of.symbols.unit}; bright is surprising"
    return Text(of.text, weights=shades(of), note=note)


def stream(of: Reading) -> Bars:
    """How long the residual stream is after each block."""
    sizes = [x.norm(dim=-1).mean().item() for x in of.stream.values()]
    note = "length of the residual stream, mean over positions"
    return Bars(list(of.stream), sizes, note=note)
