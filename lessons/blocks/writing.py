"""One token drawn from logits, and what is told of it.

Token(text=…, **drawn(logits, dice, temperature=0.8, top_k=0, top_p=1.0)[1])
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from lessons.blocks.sampling import cut, heat

TOLD = 8  # alternatives


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
    logits = logits.float().cpu()
    own, heated = logits.softmax(0), heat(logits, temperature)
    kept = cut(heated, top_k, top_p)
    choice = torch.multinomial(kept, 1, generator=dice)  # (1,)
    top = heated.topk(min(TOLD, len(heated)))
    return choice, {
        "text": texts(choice)[0],
        "probability": own[choice].item(),
        "entropy": torch.special.entr(own).sum().item() / math.log(2),
        "alternatives": tuple(zip(texts(top.indices), top.values.tolist(), strict=True)),
        "kept": int(kept.count_nonzero()),
    }
