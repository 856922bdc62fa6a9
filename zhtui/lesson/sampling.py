"""How a model is sampled, and what it answers with. Standard library only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sampling:
    """Settings of one stream: top_k 0 and top_p 1 cut nothing, temperature 0 is argmax."""

    tokens: int = 200
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 1337


@dataclass(frozen=True)
class Token:
    """One sampled token and the distribution that it came from.

    `probability` and `entropy` (bits) are of the model's own distribution, before any cut;
    `alternatives` are the likeliest (text, probability) after temperature, `kept` how many of the
    whole vocabulary survive top-k and top-p.
    """

    text: str
    probability: float = 1.0
    entropy: float = 0.0
    alternatives: Sequence[tuple[str, float]] = ()
    kept: int = 0
