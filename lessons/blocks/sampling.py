"""From logits to a choice: temperature, penalties, and what is kept of the candidates.

    p = heat(penalised(logits, seen, repetition=1.1), temperature)
    p = cut(p, top_k=50, top_p=0.9)             # or min_p(p, 0.05), or typical(p, 0.9)
    choice = throw(p, dice)

Leaves out: beams, and what each does to a text (lesson `sampling`).
"""

from __future__ import annotations

import torch
from torch import Tensor

ORDERS = ("huggingface", "llama.cpp")  # heated before the cuts, or after them
COLDEST = 1e-6  # below it a division says nothing that argmax does not


def heat(logits: Tensor, temperature: float) -> Tensor:
    """Probabilities (V,) of logits (V,): the hotter the flatter, argmax at 0."""
    if temperature < COLDEST:
        return torch.zeros_like(logits).index_fill(0, logits.argmax(), 1.0)
    return ((logits - logits.max()) / temperature).softmax(dim=-1)


def cut(probabilities: Tensor, top_k: int = 0, top_p: float = 1.0) -> Tensor:
    """The likeliest of (V,) alone, made to sum to one again; 0 and 1 cut nothing.

    `top_k` keeps the k likeliest, then `top_p` the fewest whose share of these reaches p, the
    crossing one included, so at least one stays (Holtzman 2020).
    """
    if 0 < top_k < len(probabilities):
        top = probabilities.topk(top_k)
        probabilities = torch.zeros_like(probabilities).scatter(0, top.indices, top.values)
    if top_p < 1:
        ordered, order = probabilities.sort(descending=True)
        before = ordered.cumsum(0) - ordered  # what stands ahead of each: 0 for the first
        out = before >= top_p * ordered.sum()
        out[0] = False
        probabilities = probabilities.index_fill(0, order[out], 0.0)
    return probabilities / probabilities.sum()


def throw(probabilities: Tensor, dice: torch.Generator) -> Tensor:
    """The number (1,) in whose share of [0, 1) a throw falls, of shares (V,) on any device.

    [.7, 0, .3] and a throw of .7 -> 2. One throw of a CPU's dice, whatever V is and wherever the
    shares lie, so that the same dice choose alike on each device; and nothing waits for a GPU.
    """
    ends = probabilities.double().cumsum(0)  # (V,)
    fell = torch.rand((), generator=dice, dtype=torch.float64).item()
    below = ends[-1:] * (fell * (1 - 1e-15))  # by a hair below the end, even where it is rounded
    return torch.searchsorted(ends, below, right=True).clamp(max=len(ends) - 1)


def min_p(probabilities: Tensor, least: float) -> Tensor:
    """Those of (V,) that have at least this share of the likeliest's chance, summing to one again.

    [.5, .3, .2] with 0.5 -> [.625, .375, 0]
    """
    kept = probabilities * (probabilities >= least * probabilities.max())
    return kept / kept.sum()


def typical(probabilities: Tensor, mass: float) -> Tensor:
    """Those of (V,) whose surprise is nearest to the entropy, until their shares reach `mass`
    (Meister 2023); at least one stays.
    """
    surprise = -probabilities.clamp(min=1e-30).log()  # (V,)
    distance = (surprise - torch.special.entr(probabilities).sum()).abs()
    order = distance.argsort()
    shares = probabilities[order]
    out = shares.cumsum(0) - shares >= mass  # what stands before each already suffices
    out[0] = False
    kept = probabilities.index_fill(0, order[out], 0.0)
    return kept / kept.sum()


def penalised(
    logits: Tensor, seen: Tensor, repetition: float = 1.0, frequency: float = 0.0
) -> Tensor:
    """Logits (V,) of a text in which `seen` (T,) stood: each seen once is divided by `repetition`
    (multiplied where negative; after Keskar 2019), and lowered by `frequency` for each time.

    [2, −1] after both, with 2: [1, −2]
    """
    times = torch.bincount(seen, minlength=len(logits))  # (V,)
    divided = torch.where(logits > 0, logits / repetition, logits * repetition)
    return torch.where(times > 0, divided, logits) - frequency * times


def distribution(logits: Tensor, temperature: float, top_k: int = 0, top_p: float = 1.0) -> Tensor:
    """What a character is drawn from: logits (V,) heated, then cut."""
    return cut(heat(logits, temperature), top_k, top_p)


def in_order(
    logits: Tensor,
    temperature: float,
    top_k: int = 0,
    top_p: float = 1.0,
    least: float = 0.0,
    order: str = "huggingface",
) -> tuple[Tensor, Tensor]:
    """Logits (V,) heated, and what is left of them after top-k, top-p and min-p: (V,) twice.

    Hugging Face heats first and cuts what is hot; llama.cpp cuts first and heats what is left.
    [3, 2, 1] with T .5 and top-p .8 keeps {0} in the one and {0, 1} in the other order.
    """
    heated = logits.softmax(dim=-1) if temperature == 1 else heat(logits, temperature)
    late = order == "llama.cpp"
    kept = cut(logits.softmax(dim=-1) if late else heated, top_k, top_p)
    kept = min_p(kept, least) if least else kept
    return heated, heat(kept.log(), temperature) if late and temperature != 1 else kept
