"""A text as the model reads it: how unsure it was before each letter, and how surprised by it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from lessons.blocks.arithmetic import figure
from lessons.sampling.explore.source import SHOWN, bars, bits_of, source_of
from zhtui.lab import Curves, Frame, LabError, Poke, Run, Spot, Table, Text, Words, knob


@dataclass(frozen=True)
class Ask:
    text: str = knob("the cat sat on the hen", "what is read")
    at: int = knob(3, "the letter at the cursor", low=1, high=255, points="surprise.column")


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    source, text = source_of(run), poke("surprise", ask.text)
    if not 2 <= len(text) <= 256:
        raise LabError(f"the text has {len(text)} characters; give 2 to 256")
    ids = source.ids(text)  # (T,)
    T, at = len(ids), min(ask.at, len(ids) - 1)
    said = torch.stack([source.logits(ids[:t]) for t in range(1, T)])  # (T - 1, V)
    bits = -said.log_softmax(1)[torch.arange(T - 1), ids[1:]] / math.log(2)  # (T - 1,)
    entropy = torch.tensor([bits_of(logits) for logits in said])  # (T - 1,)
    names = source.names(ids.tolist())
    keep = {"bits": bits, "entropy": entropy, "names": names}
    mean = float(bits.mean())
    shades = torch.cat((torch.zeros(1), bits / bits.max().clamp(min=1e-9))).numpy()
    yield Frame(
        "surprise", {"surprise": Text(text, weights=shades)},
        f"{mean:.2f} bits a letter: as hard as a choice of {2**mean:.1f} equal ones",
        "bright letters surprised the model; poke one: only it and those after it move", keep=keep,
    )  # fmt: skip
    x = np.arange(1, T, dtype=float)
    lines = {"surprise": (x, bits.numpy()), "entropy": (x, entropy.numpy())}
    curves = Curves(lines, x_name="letter")
    yield Frame(
        "entropy", {"surprise": Text(text, weights=shades), "curves": curves},
        f"entropy {float(entropy.mean()):.2f} bits before, surprise {mean:.2f} after, on average",
        "entropy is the surprise that the model expected: one letter differs by luck; where the "
        "means differ over a long text, it misjudges itself",
        keep=keep, predict=Spot("curves", 0, at - 1), within=0.3,
    )  # fmt: skip
    logits = said[at - 1]
    order = logits.argsort(descending=True, stable=True)[:SHOWN].tolist()
    yield Frame(
        "one letter", {"before": Text(text[:at]), "probabilities": bars(source, order, logits)},
        f"after {text[:at][-8:]!r} came {names[at]}: {figure(bits[at - 1])} bits, "
        f"of {figure(entropy[at - 1])} expected",
        "each halving of the chance costs one bit more",
        keep=keep | {"logits": logits, "order": order}, predict=Spot("probabilities", 0),
    )  # fmt: skip
    hard = bits.argsort(descending=True)[:8].tolist()
    rows = [(t + 1, names[t + 1], f"{bits[t]:.2f}", f"{entropy[t]:.2f}") for t in hard]
    yield Frame(
        "hardest", {"hardest": Table(("place", "letter", "surprise", "entropy"), rows)},
        f"{len(rows)} letters hold {float(bits[hard].sum() / bits.sum()):.0%} of all surprise",
        "beginnings of words are hard to guess, ends are easy", keep=keep | {"hard": hard},
        predict=Spot("hardest", 0, 2), within=0.3,
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, t = frame.keep, spot.column + (spot.view == "curves")
    if spot.view == "hardest" and spot.row < len(keep["hard"]):
        t = keep["hard"][spot.row] + 1
    if spot.view in ("surprise", "curves", "hardest") and 1 <= t < len(keep["names"]):
        chance = figure(2.0 ** -float(keep["bits"][t - 1]))
        told = f"−log2 {chance} = {figure(keep['bits'][t - 1])} bits"
        return f"{keep['names'][t]}: {told}; {figure(keep['entropy'][t - 1])} were expected"
    if spot.view == "surprise" and t == 0:
        return f"{keep['names'][0]} is given: nothing stood before it to tell"
    if spot.view == "probabilities" and spot.row < len(keep["order"]):
        share = keep["logits"].softmax(0)[keep["order"][spot.row]]
        return f"{figure(share)}, or {figure(-math.log2(max(float(share), 1e-30)))} bits"
    return ""
