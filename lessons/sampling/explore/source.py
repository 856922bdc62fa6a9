"""What a scene samples from: a run of any lesson that guesses the next letter, or counted pairs.

V letters, T of them in a text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lessons.blocks.arithmetic import bits
from lessons.blocks.text import Alphabet, seen
from lessons.sampling.model import counted_pairs
from zhtui.lab import Bars, LabError, Run, Text, model_of

SENTENCE = "the cat sat on the mat and the hen sat on the hat. "
FIRST = "m"  # its token 0 may follow a space: what takes it for padding is seen at once
SHOWN = 12  # the likeliest, as bars


@dataclass(frozen=True)
class Source:
    """Letters by number, and logits (V,) of what follows a text."""

    texts: Sequence[str]  # V
    numbers: Callable[[str], Tensor]  # a text to (T,)
    logits: Callable[[Tensor], Tensor]  # (T,) to (V,)

    def ids(self, text: str) -> Tensor:
        """A text as integers (T,). Raises `LabError` for what is unknown, and for no text."""
        if not text:
            raise LabError("there is no text to go on from; give a letter at least")
        try:
            return self.numbers(text)
        except KeyError as error:
            raise LabError(f"{error.args[0]!r} is unknown here; use other letters") from error

    def names(self, ids: Sequence[int]) -> list[str]:
        return [f"'{seen(self.texts[i])}'" for i in ids]


def source_of(run: Run | None) -> Source:
    """The run's model, whatever lesson it is of; without one, pairs counted in a sentence."""
    if run is None:
        letters = Alphabet(FIRST + "".join(sorted(set(SENTENCE) - {FIRST})))
        table = counted_pairs(letters.encode(SENTENCE * 9), len(letters))
        texts = letters.texts(torch.arange(len(letters)))
        return Source(texts, letters.encode, lambda ids: table[ids[-1]])
    model = model_of(run)
    alphabet: Any = run.kept.get("alphabet")
    if alphabet is None:
        raise LabError("this run keeps no alphabet; choose a run that writes")

    @torch.no_grad()
    def logits(ids: Tensor) -> Tensor:
        context = ids[-run.config.block_size :].to(run.device)
        after: Tensor = model(context[None])[0, -1].float().cpu()  # (1, T) -> (V,)
        return after

    return Source(alphabet.texts(torch.arange(len(alphabet))), alphabet.encode, logits)


def shares_of(logits: Tensor) -> Tensor:
    """Probabilities (V,); all 0 where nothing is left, which only a mistake can do."""
    return logits.softmax(0).nan_to_num(0.0)


def bits_of(logits: Tensor) -> float:
    """The entropy of what is drawn from."""
    return float(bits(shares_of(logits)))


def bars(source: Source, order: Sequence[int], logits: Tensor, note: str = "") -> Bars:
    """Probabilities of the likeliest, in a given order; what is cut is faint."""
    shares = shares_of(logits)[list(order)]  # (SHOWN,)
    out = [bool(value == -math.inf) for value in logits[list(order)]]
    cut = next((i for i in range(len(out)) if all(out[i:])), None)
    clean = cut is not None and not any(out[:cut])
    roles = ["faint" if gone else "" for gone in out]
    return Bars(source.names(order), shares.tolist(), cut if clean else None, note, roles=roles)


def shown(text: str) -> Text:
    """A text, of which the last letter is the one that counts for pairs."""
    return Text(text, roles=[(len(text) - 1, len(text), "lit")])
