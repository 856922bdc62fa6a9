"""The small GPT and its letters, which training and looking share."""

from __future__ import annotations

import random

from torch import Tensor

from lessons.blocks.text import Alphabet
from lessons.inspect.planted import LETTERS, Small, repeated
from zhtui.lab import LabError, Run

SEED, CHECKED = 2022, 32  # texts that every look is taken at


def alphabet_of(run: Run) -> Alphabet:
    alphabet = Alphabet()
    run.keep(alphabet=alphabet)
    if not len(alphabet):
        alphabet.load_state_dict({"characters": LETTERS})
    return alphabet


def build(run: Run) -> Small:
    """A fresh model. Raises `LabError` where knobs do not go together."""
    c = run.config
    if c.n_embd % c.n_head or c.n_embd % 2:
        raise LabError(
            f"n_embd={c.n_embd} and n_head={c.n_head}: let n_embd be even, and n_head divide it"
        )
    if not c.shortest <= c.longest < c.block_size:
        raise LabError(
            f"stretches of {c.shortest} to {c.longest} do not repeat in {c.block_size} letters; "
            "let shortest be at most longest, and longest less than block_size"
        )
    net = Small(len(LETTERS), c.block_size, c.n_embd, c.n_head, c.n_layer)
    return net.to(run.device)


def model(run: Run) -> Small:
    """The model of a run, with the weights of its checkpoint."""
    run.once(alphabet_of)
    run.keep(model=run.once(build))
    return run.once(build)


def held_out(run: Run) -> tuple[Tensor, int]:
    """Texts (CHECKED, T) of the longest period, the same for every run.

    So nearly every letter stood there once before, and a head has one place to look at.
    """
    c = run.config
    return repeated(CHECKED, c.block_size, c.longest, random.Random(SEED)), c.longest
