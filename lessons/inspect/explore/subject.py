"""What is looked into: a run of any GPT, or a small one that has learned nothing.

T positions, V tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lessons.blocks.text import Alphabet, seen
from lessons.inspect.model import Model, stations
from lessons.inspect.planted import LETTERS, Small
from zhtui.lab import LabError, Run, model_of

SEED = 7  # of the weights of the small model
ROOM = 24
TEXT = "hbdaghbdagh"  # what the planted rule is about: a stretch that comes again


@dataclass(frozen=True)
class Subject:
    """A model, and what its numbers stand for."""

    model: Model
    symbols: Any  # lessons.blocks.text.Symbols
    room: int

    @property
    def layers(self) -> int:
        return len(self.model.blocks)

    @property
    def device(self) -> torch.device:
        device: torch.device = next(self.model.parameters()).device
        return device

    def names(self, ids: Tensor) -> list[str]:
        """Tokens (T,) as they can be seen."""
        return [seen(text) for text in self.symbols.texts(ids.cpu())]

    def ids(self, text: str, usual: str = TEXT) -> Tensor:
        """A text as integers (T,). Raises `LabError` for what is unknown, short or too long."""
        unknown = self.symbols.unknown(text)
        if unknown and text == usual:
            text = self.symbols.decode(torch.arange(6).repeat(2)[:11] + 1)  # known everywhere
        elif unknown:
            raise LabError(f"this model has never seen {unknown[0]!r}; use letters of its text")
        ids: Tensor = self.symbols.encode(text)
        if not 3 <= len(ids) <= self.room:
            raise LabError(f"the text has {len(ids)} tokens; give 3 to {self.room}")
        return ids.to(self.device)

    def layer(self, layer: int) -> int:
        """The layer, if it is there. Raises `LabError`."""
        if layer >= self.layers:
            raise LabError(
                f"the model has {self.layers} layers; choose layer=0 … {self.layers - 1}"
            )
        return layer


def subject(run: Run | None) -> Subject:
    """The run's model, whatever lesson it is of. Raises `LabError` where it has no points."""
    if run is None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            return Subject(Small(len(LETTERS), ROOM, 8, 2, 2), Alphabet(LETTERS), ROOM)
    model: Any = model_of(run)
    symbols = run.kept.get("alphabet")
    if not hasattr(model, "look") or symbols is None:
        raise LabError("this run's model has no points to look at; choose a run of a GPT")
    return Subject(model, symbols, int(model.block_size))


@contextmanager
def quiet(model: Model) -> Iterator[None]:
    """Without dropout and without gradients; if it was training it goes on so."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(training)


def stops(L: int) -> list[str]:
    """The stations by short names: embedding, 0 attention, 0 MLP …"""
    short = {"resid_mid": "attention", "resid_post": "MLP"}
    parts = [name.split(".") for name in stations(L)]
    return [f"{part[1]} {short[part[2]]}" if len(part) > 1 else part[0] for part in parts]


def numbered(names: Sequence[str]) -> list[str]:
    """Tokens with their places: 'a' (0)"""
    return [f"'{name}' ({t})" for t, name in enumerate(names)]
