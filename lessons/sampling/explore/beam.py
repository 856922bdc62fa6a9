"""Beam search: the likeliest whole text is not made of the likeliest letters."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from lessons.blocks.arithmetic import figure
from lessons.blocks.text import seen
from lessons.sampling.explore.source import source_of
from lessons.sampling.samplers import beam_search
from zhtui.lab import Frame, Poke, Run, Spot, Table, Words, knob


@dataclass(frozen=True)
class Ask:
    text: str = knob("the ", "the text to continue")
    width: int = knob(3, "texts that are kept", low=1, high=32)
    length: int = knob(8, "letters to write", low=1, high=64)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    source = source_of(run)
    start = source.ids(ask.text).tolist()

    def log_p(ids: tuple[int, ...]) -> Tensor:
        return source.logits(torch.tensor(ids)).log_softmax(0)  # (V,)

    greedy = beam_search(log_p, start, 1, ask.length)
    for n, beams in enumerate(beam_search(log_p, start, ask.width, ask.length), 1):
        one = next(greedy)[0]
        rows = []
        for beam in beams:
            text = seen("".join(source.texts[i] for i in beam.ids))
            rows.append((text, f"{beam.score / math.log(2):.2f}", beam.parent + 1))
        gain = (beams[0].score - one.score) / math.log(2)
        alone = seen("".join(source.texts[i] for i in one.ids))
        parents = sorted({beam.parent + 1 for beam in beams})
        yield Frame(
            f"letter {n}", {
                "beams": Table(("text", "log2 p", "grew from"), rows, mark=0),
                "greedy": Table(("greedy", "log2 p"), [(alone, f"{one.score / math.log(2):.2f}")]),
            },
            f"{len(beams)} texts kept, grown from {', '.join(map(str, parents))}; the best is "
            f"{2**gain:.2f} times as likely as greedy's",
            "a beam that has no child is given up, however good its start was",
            chapter="beams" if n == 1 else "", keep={"beams": beams, "n": n},
            predict=Spot("beams", 0, 1) if n in (2, 4, 6) else None,
        )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    beams = frame.keep["beams"]
    if spot.view != "beams" or spot.row >= len(beams):
        return ""
    beam = beams[spot.row]
    each = figure(-beam.score / math.log(2) / frame.keep["n"])
    return (
        f"p = 2^{beam.score / math.log(2):.2f} = {math.exp(beam.score):.2e}: {each} bits a letter"
    )
