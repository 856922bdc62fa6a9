"""One token drawn from logits, and what is told of it.

Token(text=…, **drawn(logits, dice, temperature=0.8, top_k=0, top_p=1.0)[1])
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from lessons.blocks.sampling import cut, heat, throw

TOLD = 8  # alternatives
FEW = 4096  # logits that go to the CPU


def near(logits: Tensor) -> Tensor:
    """Logits (V,) in float32 where it is quicker to draw: few of them on the CPU (an H100 wrote
    1,466 characters a second so, and 1,342 where it drew itself), a vocabulary's where they are.
    """
    return logits.float() if len(logits) > FEW else logits.float().cpu()


def drawn(
    logits: Tensor,
    dice: torch.Generator,
    texts: Callable[[Tensor], Sequence[str]],
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
) -> tuple[Tensor, dict[str, Any]]:
    """A token's number (1,) drawn from logits (V,), and the fields that a lab's token has.

    `texts` spells numbers. Probability and entropy (bits) are the model's own, before any cut.
    """
    logits = near(logits)
    own, heated = logits.softmax(0), heat(logits, temperature)
    kept = cut(heated, top_k, top_p)
    choice = throw(kept, dice)  # (1,)
    return choice, told(own, heated, kept, choice, texts)


def told(
    own: Tensor, heated: Tensor, kept: Tensor, choice: Tensor, texts: Callable[[Tensor], Any]
) -> dict[str, Any]:
    """A token's fields, of what the model says (V,), heated, and cut. A GPU is waited for once.

    Raises ValueError where the model says nothing, since its weights are no numbers.
    """
    top = heated.topk(min(TOLD, len(heated)))
    bits = torch.special.entr(own).sum() / math.log(2)
    small = torch.stack((own[choice][0], bits, kept.count_nonzero()))
    found = torch.cat((small, top.values, choice, top.indices)).tolist()
    probability, entropy, count = found[:3]
    if math.isnan(probability):
        raise ValueError("the model's logits are not numbers (NaN); ask an older checkpoint")
    places = torch.tensor([int(place) for place in found[3 + len(top.values) :]])
    text, *others = texts(places)
    return {
        "text": text,
        "probability": probability,
        "entropy": entropy,
        "alternatives": tuple(zip(others, found[3 : 3 + len(others)], strict=True)),
        "kept": int(count),
    }
