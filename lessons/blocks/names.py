"""Words from a file, one a line, as windows of characters: what the lessons on names read.

    words = read(path)
    alphabet, parts = Alphabet.of(words), split(words)      # 80 / 10 / 10, always the same
    rows = examples(parts.train, alphabet, 4)               # (N, 4): three of context, one to tell

Leaves out: texts of sentences (`text.py`), tokens longer than a character (`tokens.py`).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lessons.blocks.files import read_text
from lessons.blocks.ngrams import count_rows

EDGE = "."  # stands before the first character of a word and after its last
LARGEST = 1_000  # characters in an alphabet; tables have its square
FEWEST = 10  # words that can be split in tenths
CHUNK = 4096  # windows that are evaluated at a time


@dataclass(frozen=True)
class Alphabet:
    """The characters of a list of words; character 0 is `EDGE`."""

    characters: str

    @staticmethod
    def of(words: Sequence[str]) -> Alphabet:
        return Alphabet(EDGE + "".join(sorted(set("".join(words)))))

    @cached_property
    def index(self) -> dict[str, int]:
        return {character: i for i, character in enumerate(self.characters)}

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> list[int]:
        """Ids of the characters. Raises `KeyError` where one is not in the alphabet."""
        return [self.index[character] for character in text]

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(self.characters[i] for i in ids)

    def unknown(self, text: str) -> str:
        """The characters of `text` that this alphabet lacks, each once, in order."""
        return "".join(dict.fromkeys(c for c in text if c not in self.index))


class Known:
    """The alphabet as a part of a checkpoint, so that a trained net is asked without its words."""

    def __init__(self) -> None:
        self.alphabet = Alphabet("")

    def state_dict(self) -> dict[str, Any]:
        return {"characters": self.alphabet.characters}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.alphabet = Alphabet(state["characters"])


def read(path: Path) -> list[str]:
    """The words of a file: one a line, without blanks around them, without empty lines.

    Case and accents stay: an "É" is a character of its own. Raises ValueError with a sentence.
    """
    lines = read_text(path).splitlines()
    for number, line in enumerate(lines, 1):
        if EDGE in line:
            raise ValueError(
                f"Line {number} of {path.name} holds a '{EDGE}', which marks a word's ends here; "
                "give a file of words, one a line, without full stops."
            )
    words = [line.strip() for line in lines if line.strip()]
    if not words:
        raise ValueError(f"{path.name} holds only empty lines; give a file with one word a line.")
    different = len(set("".join(words)))
    if different > LARGEST:
        raise ValueError(
            f"{path.name} has {different:,} different characters, and a table has the square of "
            f"that; give a file with at most {LARGEST:,}."
        )
    return words


def shuffled(words: Sequence[str]) -> list[str]:
    """The words in the one order that every run has."""
    mixed = list(words)
    random.Random(42).shuffle(mixed)
    return mixed


@dataclass(frozen=True)
class Parts:
    """Words to learn from, to choose by, and to be asked for once, at the end."""

    train: list[str]
    val: list[str]
    test: list[str]

    @cached_property
    def learned(self) -> frozenset[str]:
        return frozenset(self.train)

    @cached_property
    def held(self) -> frozenset[str]:
        """Those of `val` and of `test`."""
        return frozenset(self.val) | frozenset(self.test)


def split(words: Sequence[str]) -> Parts:
    """80 / 10 / 10, the same for every run: the lecture's split. Raises ValueError for too few."""
    if len(words) < FEWEST:
        number = "one word" if len(words) == 1 else f"{len(words)} words"
        raise ValueError(
            f"There is only {number}, and a tenth is kept to choose by; give {FEWEST} or more."
        )
    mixed = shuffled(words)
    one, two = int(0.8 * len(mixed)), int(0.9 * len(mixed))
    return Parts(mixed[:one], mixed[one:two], mixed[two:])


def ids(text: str, alphabet: Alphabet) -> Tensor:
    """A text's ids (T,). By way of numpy: torch alone takes five times as long for a list."""
    return torch.from_numpy(np.array(alphabet.encode(text), dtype=np.int64))


def examples(words: Sequence[str], alphabet: Alphabet, n: int) -> Tensor:
    """Every n-gram that ends in a character of a word or in its closing edge: (N, n).

    A word of 4 characters gives 5 rows whatever n is, because it is preceded by n - 1 edges. So the
    average over rows means the same for every n, and the last two columns are the bigrams.

        examples(["ab"], alphabet, 3)  ->  [[., ., a], [., a, b], [a, b, .]]
    """
    if not words:
        return torch.empty(0, n, dtype=torch.long)
    before = EDGE * (n - 1)
    line = ids("".join(before + word + EDGE for word in words), alphabet)
    rows = torch.from_numpy(np.array([len(word) + 1 for word in words]))  # of each word
    apart = torch.arange(len(words)).mul(n - 1).repeat_interleave(rows)  # edges passed over
    return line.unfold(0, n, 1)[torch.arange(int(rows.sum())) + apart]  # (N, n)


@dataclass(frozen=True)
class Windows:
    """Contexts X (N, T) and the characters that follow them, Y (N,)."""

    X: Tensor
    Y: Tensor

    @staticmethod
    def of(words: Sequence[str], alphabet: Alphabet, context: int) -> Windows:
        rows = examples(words, alphabet, context + 1)  # (N, T + 1)
        return Windows(rows[:, :-1].contiguous(), rows[:, -1].contiguous())

    def some(self, number: int) -> Windows:
        """Every so-manieth, so that about `number` are left; the same ones each time."""
        apart = max(1, len(self.Y) // number)
        return Windows(self.X[::apart], self.Y[::apart])


@dataclass(frozen=True)
class Corpus:
    """Words as windows, all that a lesson on names learns from."""

    alphabet: Alphabet
    words: Parts
    train: Windows
    val: Windows
    test: Windows

    @cached_property
    def counted(self) -> dict[str, float]:
        """What counting reaches on `val`: nats a character, by name."""
        lines = {"uniform": math.log(len(self.alphabet))}
        for name, n in (("bigram", 2), ("trigram", 3)):
            parts = (self.words.train, self.words.val)
            learned, held = (examples(part, self.alphabet, n) for part in parts)
            lines[name] = count_rows(learned, held, len(self.alphabet)).loss
        return lines


def corpus(words: Sequence[str], context: int) -> Corpus:
    """The windows of the words' three parts. Raises ValueError."""
    alphabet, parts = Alphabet.of(words), split(words)
    train, val, test = (
        Windows.of(part, alphabet, context) for part in (parts.train, parts.val, parts.test)
    )
    return Corpus(alphabet, parts, train, val, test)


@torch.no_grad()
def mean_loss(
    logits_of: Callable[[Tensor], Tensor], windows: Windows, device: str = "cpu"
) -> float:
    """Mean negative log-likelihood of the windows in nats, a few thousand at a time."""
    total = 0.0
    chunks = (torch.split(part, CHUNK) for part in (windows.X, windows.Y))
    for x, y in zip(*chunks, strict=True):
        logits = logits_of(x.to(device))  # (CHUNK, V)
        total += F.cross_entropy(logits, y.to(device), reduction="sum").item()
    return total / len(windows.Y)
