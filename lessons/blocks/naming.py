"""A net that knows the last T characters writes names, one character at a time.

    for drawn in write(net, alphabet, context=3, prompt="em"):
        print(drawn.text, end="")

A newline stands between two names, where the windows have the edge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from lessons.blocks.names import EDGE, Alphabet
from lessons.blocks.sampling import cut, heat

SHOWN = 10  # alternatives told with a character
Net = Callable[[Tensor], Tensor]  # windows (1, T) to logits (1, V)


@dataclass(frozen=True)
class Drawn:
    """One character, and what else it might have been; the fields of the lab's `Token`."""

    text: str
    probability: float
    entropy: float  # bits
    alternatives: list[tuple[str, float]]
    kept: int


def window_of(prompt: str, alphabet: Alphabet, context: int) -> list[int]:
    """The last T ids before the next character: those of the unfinished name alone.

        window_of("emma\\nol", …, 3)  ->  [., o, l]

    Raises ValueError, with a sentence, for a character that the net has never seen.
    """
    if unknown := alphabet.unknown(prompt.replace("\n", EDGE)):
        known = alphabet.characters[1:60]
        raise ValueError(
            f"The words this net learned from have no {unknown[0]!r}; use only these: {known}"
        )
    ids = alphabet.encode(prompt.rpartition("\n")[2].replace(EDGE, ""))
    return ([0] * context + ids)[len(ids) :]


def told(alphabet: Alphabet, own: Tensor, warm: Tensor, kept: Tensor, index: int) -> Drawn:
    """The character `index`: P as the net has it (V,), heated, and cut."""
    texts = alphabet.characters.replace(EDGE, "\n", 1)
    top = warm.topk(min(SHOWN, len(warm)))
    pairs = zip(top.indices.tolist(), top.values.tolist(), strict=True)
    return Drawn(
        text=texts[index],
        probability=own[index].item(),
        entropy=torch.special.entr(own).sum().item() / math.log(2),
        alternatives=[(texts[i], chance) for i, chance in pairs],
        kept=int((kept > 0).sum()),
    )


@torch.inference_mode()
def write(
    net: Net,
    alphabet: Alphabet,
    *,
    context: int,
    prompt: str = "",
    tokens: int = 200,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    seed: int = 1337,
    given: str = "",
) -> Iterator[Drawn]:
    """The characters after `prompt`: `tokens` of them, or those of `given` as if they were drawn.

    Raises ValueError, with a sentence, for a character that the net has never seen.
    """
    window = window_of(prompt, alphabet, context)
    window_of(given, alphabet, context)  # what is unknown is named before the first character
    dice = torch.Generator().manual_seed(seed)
    follow = alphabet.encode(given.replace("\n", EDGE))
    for place in range(len(follow) or tokens):
        logits = net(torch.tensor([window]))[0].float().cpu()  # (V,)
        warm = heat(logits, temperature)
        kept = cut(warm, top_k, top_p)
        index = follow[place] if follow else int(torch.multinomial(kept, 1, generator=dice))
        yield told(alphabet, logits.softmax(0), warm, kept, index)
        window = [*window[1:], index] if index else [0] * context


@torch.inference_mode()
def names(net: Net, alphabet: Alphabet, *, context: int, seed: int, number: int = 12) -> list[str]:
    """Whole names, drawn one after another; one longer than 40 characters is cut there.

    The characters of `write`, without what is told of each.
    """
    words: list[str] = []
    word, window = "", [0] * context
    dice = torch.Generator().manual_seed(seed)
    while len(words) < number:
        logits = net(torch.tensor([window]))[0].float().cpu()  # (V,)
        index = int(torch.multinomial(heat(logits, 1.0), 1, generator=dice))
        word += alphabet.characters[index] if index else ""
        if not index or len(word) == 40:
            words.append(word)
            word = ""
        window = [*window[1:], index] if index else [0] * context
    return words
