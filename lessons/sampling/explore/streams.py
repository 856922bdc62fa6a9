"""Three streams with the same dice: the same luck, and other texts by their settings alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from lessons.blocks.arithmetic import figure
from lessons.sampling.explore.source import source_of
from lessons.sampling.samplers import Settings, draw, filtered
from zhtui.lab import Frame, Poke, Run, Spot, Table, Text, Words, knob


@dataclass(frozen=True)
class Ask:
    text: str = knob("the ", "the text to continue")
    first: float = knob(0.0, "temperature of the first stream", low=0.0, high=5.0)
    second: float = knob(0.7, "temperature of the second", low=0.0, high=5.0)
    third: float = knob(1.5, "temperature of the third", low=0.0, high=5.0)
    top_p: float = knob(1.0, "top-p of all three", low=0.0, high=1.0)
    tokens: int = knob(12, "letters to write", low=1, high=400)
    seed: int = knob(1337, "of the random numbers", low=0, high=2**31)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    source, heats = source_of(run), (ask.first, ask.second, ask.third)
    streams = [source.ids(ask.text) for _ in heats]  # each (T,)
    generator = torch.Generator().manual_seed(ask.seed)
    dice = poke("dice", torch.rand(ask.tokens, generator=generator, dtype=torch.double))
    bits = [0.0] * len(heats)
    for n, fell in enumerate(dice.tolist()):
        rows = []
        for s, heat in enumerate(heats):
            own = source.logits(streams[s])  # (V,)
            settings = Settings(temperature=heat, top_p=ask.top_p)
            left = filtered(own, streams[s], settings)
            chosen = draw(left, fell)
            bits[s] -= float(own.log_softmax(0)[chosen]) / math.log(2)
            streams[s] = torch.cat((streams[s], torch.tensor([chosen])))
            share, place = left.softmax(0)[chosen], int((left > left[chosen]).sum()) + 1
            rows.append((f"T = {heat:g}", source.names([chosen])[0], figure(share), place))
        written = ["".join(source.texts[i] for i in ids.tolist()) for ids in streams]
        views = {f"stream.{s + 1}": ended(text, len(ask.text)) for s, text in enumerate(written)}
        parted = sum(1 for ids in streams[1:] if not torch.equal(ids, streams[0]))
        yield Frame(
            f"letter {n + 1}", {
                **views, "thrown": Table(("stream", "letter", "its share", "place"), rows),
            },
            f"the die fell at {fell:.3f} for all; surprise so far "
            + ", ".join(f"{b / (n + 1):.2f}" for b in bits) + " bits a letter",
            "a low number takes the likeliest in every stream, a high one separates them"
            if parted < 2 else "three texts: each goes on from what it has written",
            chapter="streams" if n == 0 else "",
            keep={"rows": rows, "bits": list(bits), "n": n + 1},
            predict=Spot("thrown", 1, 2) if n in (1, 3, 5) else None,
        )  # fmt: skip


def ended(text: str, start: int) -> Text:
    """A stream: what was given, what was written, and the newest letter."""
    return Text(text, roles=[(0, start, "faint"), (len(text) - 1, len(text), "lit")])


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, row = frame.keep, spot.row
    if spot.view == "thrown" and row < len(keep["rows"]):
        stream, letter, share, place = keep["rows"][row]
        return f"{stream}: {letter} had {share}; it is number {place} from the likeliest down"
    if spot.view.startswith("stream."):
        mean = keep["bits"][int(spot.view[-1]) - 1] / keep["n"]
        return f"{mean:.2f} bits a letter so far, by the model's own distribution"
    return ""
