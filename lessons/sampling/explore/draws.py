"""Dice on a distribution: where each fell, and how often, laid beside what theory says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from lessons.blocks.arithmetic import figure
from lessons.sampling.explore.source import SHOWN, bits_of, shown, source_of
from lessons.sampling.samplers import OUT, Settings, draw, filtered
from zhtui.lab import Bars, Frame, Poke, Run, Spot, Table, Words, knob


@dataclass(frozen=True)
class Ask:
    text: str = knob("the cat sat on the ", "the text to continue")
    temperature: float = knob(1.0, "divides the logits", low=0.0, high=5.0)
    top_p: float = knob(0.95, "keeps the fewest whose probabilities sum to p", low=0.0, high=1.0)
    draws: int = knob(100, "how many letters are drawn in the end", low=10, high=10_000)
    seed: int = knob(1337, "of the random numbers", low=0, high=2**31)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    source = source_of(run)
    ids = source.ids(ask.text)
    settings = Settings(temperature=ask.temperature, top_p=ask.top_p)
    logits = filtered(source.logits(ids), ids, settings)  # (V,)
    able = [i for i in logits.argsort(descending=True, stable=True).tolist() if logits[i] > OUT]
    order, others = able[:SHOWN], len(able) - SHOWN
    names, shares = source.names(order), logits.softmax(0)[order]
    if others > 0:
        names, shares = [*names, f"{others} more"], torch.cat((shares, 1 - shares.sum()[None]))
    dice = torch.rand(
        ask.draws, generator=torch.Generator().manual_seed(ask.seed), dtype=torch.double
    )
    thrown = [draw(logits, fell) for fell in dice.tolist()]
    ends = shares.cumsum(0)
    keep = {"names": names, "shares": shares, "ends": ends}
    yield Frame(
        "theory", {"text": shown(ask.text), "theory": Bars(names, shares.tolist())},
        f"{len(able)} letters can follow; {bits_of(logits):.2f} bits",
        "the bars sum to 1: put end to end they fill a line from 0 to 1", keep=keep,
        predict=Spot("theory", 0),
    )  # fmt: skip
    pieces = [
        (name, f"{end - share:.3f}", f"{end:.3f}")
        for name, share, end in zip(names, shares.tolist(), ends.tolist(), strict=True)
    ]
    for t in range(3):
        hit = order.index(thrown[t]) if thrown[t] in order else len(order)
        yield Frame(
            f"die {t + 1}", {"pieces": Table(("letter", "from", "to"), pieces, mark=hit)},
            f"the die fell at {dice[t]:.3f}: {source.names([thrown[t]])[0]}",
            "the random number falls into one piece: that letter is drawn; long pieces are hit "
            "often", keep=keep,
            chapter="dice" if t == 0 else "",
        )  # fmt: skip
    for n in sorted({10, min(100, ask.draws), ask.draws}):
        counted = [thrown[:n].count(i) / n for i in order]
        counted += [1 - sum(counted)] if others > 0 else []
        far = max(abs(c - s) for c, s in zip(counted, shares.tolist(), strict=True))
        noise = max((s * (1 - s) / n) ** 0.5 for s in shares.tolist())
        both = [value for pair in zip(shares.tolist(), counted, strict=True) for value in pair]
        labels = [label for name in names for label in (f"{name} theory", f"{name} drawn")]
        yield Frame(
            f"{n} draws", {"draws": Bars(labels, both, roles=["published", "yours"] * len(names))},
            f"{n} draws: a bar is {far:.3f} off at most; chance alone gives about {noise:.3f}",
            "a hundred times as many draws, a tenth of the error",
            chapter="draws" if n == 10 else "",
            keep=keep | {"counted": counted, "n": n}, predict=Spot("draws", 1), within=0.3,
        )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, i = frame.keep, spot.row // 2 if spot.view == "draws" else spot.row
    if spot.view not in ("theory", "draws", "pieces") or i >= len(keep["names"]):
        return ""
    name, share = keep["names"][i], figure(keep["shares"][i])
    if spot.view == "draws":
        times = round(keep["counted"][i] * keep["n"])
        return f"{name}: drawn {times} of {keep['n']} times = {figure(times / keep['n'])}; {share}"
    return f"{name} has the piece up to {figure(keep['ends'][i])}: {share} long"
