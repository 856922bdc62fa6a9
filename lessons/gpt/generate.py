"""Writes text with a trained GPT, one token at a time, each position computed once.

Always in float32: half the bytes are read more quickly, but what is told of a token would no longer
be the model's own numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

import zhtui.lab
from lessons.blocks.graphs import Recorded
from lessons.blocks.sampling import ORDERS, in_order, penalised, throw
from lessons.blocks.text import Symbols
from lessons.blocks.writing import near, told
from lessons.gpt.build import build
from lessons.gpt.decode import SMALL, Extend, Stream, decoder, quick, stream
from lessons.gpt.model import GPT
from zhtui.lab import LabError, Run, Token, knob


@dataclass(frozen=True)
class Sampling(zhtui.lab.Sampling):
    """The lab's settings, and the filters that a GPT's writer may want (lesson `sampling`)."""

    min_p: float = knob(0.0, "keeps what has p times the best's chance", low=0.0, high=1.0)
    repetition: float = knob(1.0, "divides logits of what was written", low=0.1, high=10.0)
    order: str = knob("huggingface", "heated before the cuts, or after", choices=ORDERS)


def own(sampling: zhtui.lab.Sampling) -> Sampling:
    """The lab's settings with this lesson's filters, which cut nothing unless they are set."""
    return sampling if isinstance(sampling, Sampling) else Sampling(**vars(sampling))


@torch.inference_mode()
def write(
    alphabet: Symbols,
    spell: Callable[[int], str],
    model: GPT,
    logits_after: Stream,
    last: Tensor | None,
    dice: torch.Generator,
    sampling: Sampling,
    given: Tensor | None = None,
    seen: Tensor | None = None,
) -> tuple[Tensor, Token]:
    """One token, thrown or given (1,), and what else it might have been.

    `spell` adds its text: none, while a character is only there in parts. What stands in `seen`
    (T,) is made less likely.

    Training goes on undisturbed in between.
    """
    dropping = model.training and model.dropout > 0
    if dropping:  # only then: a switch visits every part, half of a small model's time
        model.eval()
    raw = logits_after.send(last)  # (V,)
    if dropping:
        model.train()
    logits = near(raw)
    own = logits.softmax(dim=-1)  # what the model says, before any cut
    if seen is not None:
        logits = penalised(logits, seen.to(logits.device), sampling.repetition)
    cuts = sampling.top_k, sampling.top_p, sampling.min_p
    heated, kept = in_order(logits, sampling.temperature, *cuts, order=sampling.order)
    choice = throw(kept, dice) if given is None else given.to(logits.device)  # (1,)
    fields = told(own, heated, kept, choice, alphabet.texts)
    return choice.to(raw.device), Token(**fields | {"text": spell(int(choice))})


def quickest(run: Run) -> Extend | None:
    """What computes a single position: by hand, and on a GPU as a recorded graph; None where the
    model has other parts than the finished GPT's.
    """
    one = decoder(run.once(build)[1])
    return Recorded(one) if one and run.device.startswith("cuda") else one


def begin(run: Run, prompt: str, text: str = "") -> tuple[Symbols, GPT, Stream]:
    """The alphabet, the model, and the stream of its predictions after `prompt`.

    An empty prompt begins where a line begins. Past `block_size` tokens the context starts
    afresh from its younger half (`decode.py`). Raises LabError for characters of the prompt, or of
    the text that will follow it, that the model has never seen.
    """
    learned, model = run.once(build)
    run.keep(model=model)
    if unknown := learned.unknown(prompt + text):
        raise LabError(
            f"The prompt has {', '.join(map(repr, unknown))}, unknown to this model; "
            f"use only characters of the text it learned."
        )
    ids = learned.encode(prompt or learned.start).to(run.device)  # (T,)
    written = stream(model, ids, run.once(quickest))
    size = sum(weight.numel() for weight in model.parameters())
    return learned, model, quick(written) if size < SMALL and run.device == "cpu" else written


def generate(run: Run, prompt: str, sampling: zhtui.lab.Sampling) -> Iterator[Token]:
    """The characters or tokens after `prompt`."""
    alphabet, model, after = begin(run, prompt)
    dice, settings = torch.Generator().manual_seed(sampling.seed), own(sampling)
    last, spell = None, alphabet.speller()
    seen = None  # (T,) what stands there already, where it is to be avoided
    if settings.repetition != 1:
        seen = alphabet.encode(prompt or alphabet.start)
    for _ in range(sampling.tokens):
        last, token = write(alphabet, spell, model, after, last, dice, settings, seen=seen)
        if seen is not None:
            seen = torch.cat((seen, last.cpu()))  # (T + 1,)
        yield token


def score(run: Run, prompt: str, text: str, sampling: zhtui.lab.Sampling) -> Iterator[Token]:
    """The characters or tokens of `text` after `prompt`, as if the model had thrown them."""
    learned, model, after = begin(run, prompt, text)
    last, spell = None, learned.speller()
    dice = torch.Generator()
    for given in learned.encode(text).unsqueeze(1):  # (1,) each
        last, token = write(learned, spell, model, after, last, dice, own(sampling), given)
        yield token
