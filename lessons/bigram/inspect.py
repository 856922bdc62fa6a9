"""A learner's own words under the counts and under the net: how surprised is each?"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from lessons.bigram import views
from lessons.bigram.corpus import build
from lessons.bigram.explore.inside import pairs
from lessons.bigram.generate import last_character
from lessons.bigram.model import probabilities
from lessons.blocks.names import EDGE, examples
from zhtui.lab import Run, Text, View


def inspect(run: Run, text: str) -> Iterator[tuple[str, View]]:
    """Surprise of every character of the words (one a line), and what comes after the last."""
    tally, model = run.once(build)
    run.keep(model=model)
    alphabet, learned = tally.alphabet, model.table()
    words = [line.strip() for line in text.splitlines() if line.strip()]
    end = last_character("\n".join(words), alphabet)
    counted = probabilities(tally.counts, run.config.smoothing)

    a, b = examples(words, alphabet, 2).T  # (N,), (N,)
    bits = -learned[a, b].log2()
    if words:
        shades = bits / bits.max().clamp(min=1e-9)
        note = f"{bits.sum():.2f} bits, {bits.mean():.2f} a character; bright is surprising"
        yield "surprise", Text("".join(word + EDGE for word in words), shades.numpy(), note=note)
        yield "pairs", pairs(alphabet.characters, torch.stack([a, b]).T.tolist(), counted, learned)
    note = f"P(b | {views.label(alphabet.characters[end])!r}) of the net"
    yield "next", views.row(learned[end], alphabet, note)
