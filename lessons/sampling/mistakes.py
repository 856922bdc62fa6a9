"""Filters that were got wrong; the knob `mistake` of a scene puts one in place of the right one."""

from __future__ import annotations

import torch
from torch import Tensor

from lessons.sampling.samplers import FILTERS, OUT, Filter, Settings, repetition_penalty


def unshifted(logits: Tensor, ids: Tensor, settings: Settings) -> Tensor:
    """Top-p that asks whether the sum with a token has reached p: the crossing one is cut."""
    shares, order = logits.softmax(0).sort(descending=True, stable=True)
    return logits.index_fill(0, order[shares.cumsum(0) > settings.top_p], OUT)


def with_padding(logits: Tensor, ids: Tensor, settings: Settings) -> Tensor:
    """A penalty on a batch's padding too, which has the number 0."""
    padded = torch.cat((torch.zeros(8, dtype=torch.long), ids))
    return repetition_penalty(logits, padded, settings.repetition)


def filters(mistake: str) -> dict[str, Filter]:
    """All filters, one of them wrong or none."""
    wrong: dict[str, dict[str, Filter]] = {
        "unshifted": {"top_p": unshifted},
        "padding": {"repetition": with_padding},
    }
    return FILTERS | wrong.get(mistake, {})


def order(asked: str, mistake: str) -> str:
    """The order that is taken for the one that was asked for."""
    return "llama.cpp" if mistake == "late-heat" else asked
