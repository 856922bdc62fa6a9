"""A text as integers: its own characters are the vocabulary, its last tenth is for validation.

    text = CharText.read(path)
    windows = windows_of(text.train, 64)      # every stretch of 64 + 1 characters, nothing copied
    batch = windows[torch.randint(len(windows), (12,))]

Leaves out: tokens longer than a character (`tokens.py`), several files, documents.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from lessons.blocks.files import read_text


class Symbols(Protocol):
    """What a model's integers stand for: an `Alphabet`, or a vocabulary of longer tokens."""

    @property
    def unit(self) -> str: ...
    @property
    def start(self) -> str: ...
    def __len__(self) -> int: ...
    def unknown(self, text: str) -> str: ...
    def encode(self, text: str) -> Tensor: ...
    def decode(self, ids: Tensor) -> str: ...
    def texts(self, ids: Tensor) -> list[str]: ...
    def speller(self) -> Callable[[int], str]: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: dict[str, Any]) -> None: ...


class Alphabet:
    """The characters that a model knows, as integers; part of a checkpoint, so that a trained model
    can be asked without the text that it learned from.
    """

    unit = "character"

    def __init__(self, characters: str = "") -> None:
        self.characters = characters
        self.index = {character: i for i, character in enumerate(characters)}

    def __len__(self) -> int:
        return len(self.characters)

    @property
    def start(self) -> str:
        """What to begin with where nothing is given: a new line, where there are lines."""
        return "\n" if "\n" in self.index else self.characters[0]

    def unknown(self, text: str) -> str:
        """The characters of `text` that this alphabet lacks, each once, in order."""
        return "".join(dict.fromkeys(c for c in text if c not in self.index))

    def encode(self, text: str) -> Tensor:
        """Characters to integers (characters,). Raises KeyError at an unknown one."""
        return torch.tensor([self.index[character] for character in text], dtype=torch.int64)

    def decode(self, ids: Tensor) -> str:
        """Integers (characters,) to characters."""
        return "".join(self.characters[i] for i in ids.tolist())

    def texts(self, ids: Tensor) -> list[str]:
        """Each integer's own text."""
        return list(self.decode(ids))

    def speller(self) -> Callable[[int], str]:
        """What each integer of a row adds to the text."""
        return self.characters.__getitem__

    def state_dict(self) -> dict[str, str]:
        """What a checkpoint holds of it."""
        return {"characters": self.characters}

    def load_state_dict(self, state: dict[str, str]) -> None:
        """Becomes the alphabet of a checkpoint."""
        self.characters = state["characters"]
        self.index = {character: i for i, character in enumerate(self.characters)}


class CharText:
    """A text: its alphabet, sorted, and the integers of its two parts.

    `train` is the first nine tenths and `val` the rest, both int64 of shape (characters,).
    """

    def __init__(self, text: str) -> None:
        points = torch.frombuffer(bytearray(text.encode("utf-32-le")), dtype=torch.int32)
        symbols, ids = torch.unique(points, sorted=True, return_inverse=True)
        self.alphabet: Symbols = Alphabet("".join(map(chr, symbols.tolist())))
        cut = int(0.9 * len(ids))
        self.train, self.val = ids[:cut], ids[cut:]
        self.val_bytes = len(text[cut:].encode())

    @classmethod
    def read(cls, path: Path) -> CharText:
        """The text of a UTF-8 file."""
        return cls(read_text(path))

    def bits_per_byte(self, loss: Tensor) -> Tensor:
        """A loss on `val` in nats a token, as bits a byte: to compare between vocabularies."""
        return loss * len(self.val) / self.val_bytes / math.log(2)


def windows_of(ids: Tensor, length: int) -> Tensor:
    """Every stretch of `length` inputs and the one target after them: (n, length + 1), a view."""
    return ids.unfold(0, length + 1, 1)


def seen(text: str) -> str:
    """A text of which every character can be seen: "a b\\n" -> "a␣b⏎"."""
    return text.translate({32: "␣", 10: "⏎", 9: "⇥"})


def embedding(letter: str, C: int = 8) -> Tensor:
    """Numbers for a letter where nothing was learned, with the two decimals that are shown: (C,).

    The same letter always has the same ones.
    """
    dice = torch.Generator().manual_seed(ord(letter))
    return torch.randn(C, generator=dice).mul(100).round().div(100)
