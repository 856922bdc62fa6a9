"""How a model is sampled, and what it answers with. Standard library only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zhtui.lesson.card import knob


@dataclass(frozen=True)
class Sampling:
    """Settings of one stream: top_k 0 and top_p 1 cut nothing, temperature 0 is argmax.

    A lesson's generate.py may have its own `class Sampling(zhtui.lab.Sampling)` with more knobs.
    """

    tokens: int = knob(200, "to write at most", low=1, high=10**6)
    temperature: float = knob(1.0, "divides the logits; 0 takes the likeliest", low=0.0, high=5.0)
    top_k: int = knob(0, "keeps the k likeliest", low=0, high=10**6)
    top_p: float = knob(1.0, "keeps the fewest whose probabilities sum to p", low=0.0, high=1.0)
    seed: int = knob(1337, "of the random numbers", low=0, high=2**31)


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
