"""RoPE, one position a frame: each pair of channels is the hand of a clock, and turns.

D channels are D / 2 pairs, each with its own speed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from lessons.blocks.arithmetic import figure
from lessons.blocks.text import embedding
from lessons.positions.model import frequencies, turn_halves, turn_neighbours
from zhtui.lab import Frame, Heatmap, Poke, Run, Scatter, Spot, Table, Words, knob

TAKES_RUN = False

TURNS = {"neighbours": turn_neighbours, "halves": turn_halves}


@dataclass(frozen=True)
class Ask:
    letter: str = knob("c", "whose query is turned")
    pairing: str = knob("neighbours", "which two channels form a pair", choices=tuple(TURNS))
    channels: int = knob(8, "D, of one head", choices=(2, 4, 8, 16))
    positions: int = knob(12, "the last position", low=2, high=200)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    D, speed = ask.channels, frequencies(ask.channels)
    q = poke("q", embedding((ask.letter or " ")[0], D).double()[None])  # (1, D)
    pairs = [(2 * i, 2 * i + 1) for i in range(D // 2)]
    if ask.pairing == "halves":
        pairs = [(i, i + D // 2) for i in range(D // 2)]
    names = [f"{a},{b}" for a, b in pairs]
    for p in range(ask.positions):
        turned = TURNS[ask.pairing](q, torch.tensor([p]))  # (1, D)
        x, y = (turned[0, [pair[side] for pair in pairs]] for side in (0, 1))  # (D / 2,) each
        length = float(q.norm())
        rows = [
            (name, f"{s:.4g}", f"{p * s:.3f}", f"{a:.2f}, {b:.2f}")
            for name, s, a, b in zip(names, speed.tolist(), x.tolist(), y.tolist(), strict=True)
        ]
        widest = float(q.abs().max()) * 1.5 + 0.1
        yield Frame(
            f"position {p}", {
                "hands": Scatter(x.numpy(), y.numpy(), names, extent=(-widest, widest) * 2),
                "q": Heatmap(q.numpy(), ["at 0"], signed=True),
                "turned": Heatmap(turned.numpy(), [f"at {p}"], signed=True),
                "angles": Table(("pair", "a position", "angle", "x, y"), rows),
            },
            f"pair {names[0]} has turned by {p} · 1 = {p} radians, pair {names[-1]} by "
            f"{p * float(speed[-1]):.3f}",
            f"the length of the whole stays {length:.2f}; only directions change",
            keep={"q": q, "turned": turned, "p": p, "pairs": pairs}, chapter="" if p else "turns",
            predict=Spot("turned", 0, 0) if p in (1, 3, 6) else None,
        )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, j = frame.keep, spot.column if spot.view in ("q", "turned") else spot.row
    if spot.view == "q":
        return f"q[{j}] = {figure(keep['q'][0, j])}, before it is turned"
    i = j
    if spot.view == "turned":
        i = next(n for n, pair in enumerate(keep["pairs"]) if j in pair)
    if i >= len(keep["pairs"]):
        return ""
    a, b = keep["pairs"][i]
    angle, x, y = keep["p"] * float(frequencies(ask.channels)[i]), keep["q"][0, a], keep["q"][0, b]
    first, second = (figure(keep["turned"][0, c]) for c in (a, b))
    cosine = f"{figure(x)}·cos {figure(angle)} − {figure(y)}·sin {figure(angle)} = {first}"
    sine = f"{figure(x)}·sin {figure(angle)} + {figure(y)}·cos {figure(angle)} = {second}"
    return f"channel {b}: {sine}" if spot.view == "turned" and j == b else f"channel {a}: {cosine}"
