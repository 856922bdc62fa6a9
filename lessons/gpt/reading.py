"""A text as a GPT reads it: the run's own model, or a small one that has learned nothing.

Letters: T positions, C channels, L layers, H heads.

Leaves out: changing what flows there (`explore/attention.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from lessons.blocks.points import Notes, Tap, at
from lessons.blocks.text import Alphabet, Symbols
from lessons.gpt.build import assemble, build, model
from lessons.gpt.config import TINY
from lessons.gpt.model import GPT
from zhtui.lab import LabError, Run

PRINTABLE = "\n" + "".join(map(chr, range(32, 127)))
SMALL = replace(
    TINY, n_embd=8, n_layer=2, n_head=2, block_size=64, start=0.5
)  # to read each number


@contextmanager
def quiet(model: GPT) -> Iterator[None]:
    """The model without dropout and without gradients; if it was training it goes on so."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(training)


def subject(run: Run | None) -> tuple[Symbols, GPT]:
    """The run's symbols and model; without a run, fresh ones that are the same each time."""
    if run is not None:
        return run.once(build)[0], model(run)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        return Alphabet(PRINTABLE), assemble(SMALL, len(PRINTABLE))


@dataclass(frozen=True)
class Reading:
    """What one text did inside the model, all of it on the CPU."""

    letters: list[str]  # T, as they are
    symbols: Symbols
    model: GPT
    ids: Tensor  # (T,)
    notes: Notes  # every point, without its leading dimension of one text
    surprise: Tensor  # (T - 1,), in nats

    @property
    def text(self) -> str:
        """What was read; where it begins or ends inside a character, with U+FFFD."""
        return "".join(self.letters)

    @property
    def weights(self) -> list[Tensor]:
        """Who looks at whom: L times (H, T, T); none where there is no attention."""
        return [self.notes[at(layer, "weights")] for layer in range(len(self.model.blocks))]

    @property
    def stream(self) -> dict[str, Tensor]:
        """The residual stream at each of its 1 + L stations, (T, C)."""
        after = [at(layer, "resid_post") for layer in range(len(self.model.blocks))]
        stations = {f"block {layer + 1}": self.notes[name] for layer, name in enumerate(after)}
        return {"embedding": self.notes["embedding"]} | stations

    def after(self, layer: int) -> Tensor:
        """The stream behind a layer's attention, (T, C); where nothing is added, what was heard."""
        added = self.notes[at(layer, "attn_out")]
        return self.notes.get(at(layer, "resid_mid"), added)


def unasked(symbols: Symbols, text: str, usual: str) -> str:
    """The text; where it is only the usual one, without what the model has never seen."""
    if text != usual:
        return text
    unknown = symbols.unknown(text)
    known = "".join(c for c in text if c not in unknown)
    return known if len(known) > 1 else symbols.decode(torch.arange(2, min(8, len(symbols))))


def encode(symbols: Symbols, model: GPT, text: str) -> Tensor:
    """The text as integers (T,), cut to the context. Raises LabError, with the first column that
    cannot be read.
    """
    if unknown := symbols.unknown(text):
        raise LabError(
            f"The text has {', '.join(map(repr, unknown))}, unknown to this model, first at "
            f"column {text.index(unknown[0]) + 1}; use only characters of the text it learned."
        )
    ids = symbols.encode(text)[: model.block_size].to(model.tokens.weight.device)
    if len(ids) < 2:
        raise LabError(f"One {symbols.unit} has no past to look at; give two or more.")
    return ids


def read(symbols: Symbols, model: GPT, text: str, tap: Tap | None = None) -> Reading:
    """Reads `text`, cut to the context. `tap` may change what flows. Raises LabError."""
    ids, notes = encode(symbols, model, text), Notes()
    with quiet(model):
        logits = model.look(ids[None], lambda name, x: notes(name, tap(name, x) if tap else x))
        surprise = F.cross_entropy(logits[0, :-1], ids[1:], reduction="none")  # (T - 1,)
    alone = Notes({name: x[0].cpu() for name, x in notes.items()})
    return Reading(symbols.texts(ids), symbols, model, ids, alone, surprise.cpu())
