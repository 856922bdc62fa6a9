"""The model and the pairs that it is held to, which training, writing and exploring share."""

from __future__ import annotations

import random

from torch import Tensor

from lessons.transformer import task
from lessons.transformer.mistakes import parts_of
from lessons.transformer.model import Transformer
from zhtui.lab import LabError, Run

HELD_OUT = 128  # pairs, the same for every run of a task
SEED = 2017


def check(C: int, H: int) -> None:
    """Raises `LabError` where heads do not divide channels, or waves have no pair."""
    if C % H or C % 2:
        raise LabError(f"n_embd={C} and n_head={H}: let n_embd be even, and n_head divide it")


def build(run: Run) -> Transformer:
    """A fresh model of the parts that the run was asked for."""
    c, V = run.config, len(task.CHARACTERS)
    check(c.n_embd, c.n_head)
    parts = parts_of(c.norm, c.mistake)
    model = Transformer(V, c.n_embd, c.n_head, c.n_layer, dropout=c.dropout, parts=parts)
    return model.to(run.device)


def model(run: Run) -> Transformer:
    """The model of a run, with the weights of its checkpoint."""
    run.keep(model=run.once(build))
    return run.once(build)


def held_out(run: Run) -> list[task.Pair]:
    """The pairs that every look is taken at; training draws its own, and may draw one of them."""
    dice = random.Random(SEED)
    return [task.made(run.config.task, dice, run.config.longest) for _ in range(HELD_OUT)]


def read(text: str) -> Tensor:
    """A text as a source (1, S). Raises `LabError` for what no model here knows."""
    if unknown := [c for c in text if c not in task.INDEX or c in "·^$"]:
        known = "a … z, 0 … 9, and - / , and a space"
        raise LabError(f"{unknown[0]!r} is not a letter of these texts; use {known}")
    return task.encode([text])
