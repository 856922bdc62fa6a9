"""Where one can look into a transformer, and change what flows there: the points have one name in
every model.

    notes = Notes()
    model.look(ids, notes)                     # notes["blocks.0.q"] is (B, H, T, D)
    model.look(ids, lambda name, x: x * 0 if name == "blocks.1.ffn_out" else x)     # an ablation

A model has `look(ids, tap)`: its forward pass in the taught form, which hands each tensor to `tap`
and goes on with what it gets back. Tests prove it equal to `forward`.

Letters: B texts, T positions, S positions looked at, C channels, H heads, G groups of heads that
share keys and values, D channels a head, F hidden channels, V words of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

Tap = Callable[[str, Tensor], Tensor]  # a point's name and its tensor; the tensor to go on with


class Point(NamedTuple):
    """A place in a model: its name, its shape, and what stands there."""

    name: str
    shape: str
    meaning: str


BEFORE = (Point("embedding", "B T C", "what each token is, and where it stands"),)
IN_BLOCK = (
    Point("norm1", "B T C", "the stream as attention reads it"),
    Point("q", "B H T D", "queries: what each position looks for"),
    Point("k", "B G S D", "keys: what each position holds"),
    Point("v", "B G S D", "values: what each position gives"),
    Point("scores", "B H T S", "q · k, scaled; the mask comes after"),
    Point("weights", "B H T S", "who looks at whom; each row sums to 1"),
    Point("heads", "B H T D", "each head's average of values"),
    Point("attn_out", "B T C", "the heads side by side, projected: what attention adds"),
    Point("resid_mid", "B T C", "the stream after attention"),
    Point("norm2", "B T C", "the stream as the feed-forward layer reads it"),
    Point("ffn_hidden", "B T F", "hidden neurons after their activation"),
    Point("ffn_out", "B T C", "what the feed-forward layer adds"),
    Point("resid_post", "B T C", "the stream after the block"),
)
AFTER = (
    Point("norm", "B T C", "the stream as the head reads it"),
    Point("logits", "B T V", "a number for each word that may come next"),
)


def at(layer: int, name: str) -> str:
    """The full name of a block's point, layers counted from 0: (0, "q") -> "blocks.0.q"."""
    return f"blocks.{layer}.{name}"


def inside(tap: Tap, layer: int) -> Tap:
    """The tap for the points of one block."""
    return lambda name, x: tap(at(layer, name), x)


def points(layers: int) -> list[Point]:
    """Every point of a model, in the order in which a forward pass comes by."""
    within = [
        point._replace(name=at(layer, point.name)) for layer in range(layers) for point in IN_BLOCK
    ]
    return [*BEFORE, *within, *AFTER]


class Notes(dict[str, Tensor]):
    """A tap that notes what comes by and changes nothing."""

    def __call__(self, name: str, x: Tensor) -> Tensor:
        self[name] = x
        return x
