"""Words from a file and what is made of them; a sentence for each thing that can be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lessons.bigram.model import OneLayer, count
from lessons.blocks import names
from lessons.blocks.names import Alphabet, examples
from zhtui.lab import LabError, Run

LONGEST = 6  # of the counted n-grams
ROOM = 100_000_000  # numbers in the one-hot rows of a step; several tensors have this size


def read(path: Path) -> list[str]:
    """The words of a file, one a line. Raises LabError."""
    try:
        return names.read(path)
    except ValueError as error:
        raise LabError(str(error)) from error


def split(words: list[str], held_out: float) -> tuple[list[str], list[str]]:
    """Words to train on and words kept out; the same for every run. At least one is trained on."""
    shuffled = names.shuffled(words)
    cut = max(1, int(len(shuffled) * (1 - held_out)))
    return shuffled[:cut], shuffled[cut:]


@dataclass(frozen=True)
class Corpus:
    """The words as n-grams, and the pairs counted."""

    alphabet: Alphabet
    train: Tensor  # (N, 6)
    held_out: Tensor  # (M, 6), M may be 0
    counts: Tensor  # (V, V), of the training words


class Tally:
    """What a checkpoint holds of a corpus, so that a trained net can be asked without the words:
    its alphabet, and its counts (V, V).
    """

    def __init__(self) -> None:
        self.alphabet = Alphabet("")
        self.counts = torch.zeros(0, 0, dtype=torch.long)

    def take(self, corpus: Corpus) -> None:
        """Takes the words that are trained on. Raises LabError where a net learned from others."""
        if len(self.alphabet) and self.alphabet != corpus.alphabet:
            raise LabError(
                "These words have other characters than those that this run began with; "
                "start a new run."
            )
        self.alphabet, self.counts = corpus.alphabet, corpus.counts

    def state_dict(self) -> dict[str, Any]:
        return {"characters": self.alphabet.characters, "counts": self.counts.int()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.alphabet, self.counts = Alphabet(state["characters"]), state["counts"].long()


def words_of(run: Run) -> Corpus:
    words = read(run.data(run.config.data, auto=("names", "given")))
    alphabet = Alphabet.of(words)
    train, held_out = (examples(w, alphabet, LONGEST) for w in split(words, run.config.held_out))
    if run.config.form == "one-hot" and len(train) * len(alphabet) > ROOM:
        raise LabError(
            f"{len(train):,} one-hot rows of {len(alphabet)} numbers do not fit in a step; "
            "set form=table, which has the same gradient."
        )
    return Corpus(alphabet, train, held_out, count(train[:, -2:], len(alphabet)))


def build(run: Run) -> tuple[Tally, OneLayer]:
    """The counts of a checkpoint, else of the words, and a fresh net that is to learn them."""
    tally = Tally()
    run.keep(tally=tally)
    if not len(tally.alphabet):
        tally.take(run.once(words_of))
    return tally, OneLayer(len(tally.alphabet), run.seed).to(run.device)
