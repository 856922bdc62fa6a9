"""Why scores are divided by √d_k: d_k from 1 to 1,024, and what softmax makes of it.

N draws of one query and S keys, of up to 1,024 numbers of variance 1 each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lessons.attention.config import ALL_CHANNELS
from lessons.attention.mistakes import PARTS
from lessons.blocks.arithmetic import bits, figure
from zhtui.lab import Bars, Curves, Frame, Poke, Run, Spot, Words, knob, mistakes

TAKES_RUN = False

DRAWS, HEADS, SEED = 256, 4, 7
WIDTHS = [2**n for n in range(11)]  # 1 … 1,024


@dataclass(frozen=True)
class Ask:
    d_k: int = knob(64, "channels of a query and a key", low=1, high=1024)
    keys: int = knob(8, "positions that are listened to", low=2, high=16)
    mistake: str = mistakes((ALL_CHANNELS,))


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    d, S, scale = ask.d_k, ask.keys, PARTS[ask.mistake].scale
    dice = torch.Generator().manual_seed(SEED)
    q, k = (torch.randn(DRAWS, n, WIDTHS[-1], generator=dice) for n in (1, S))
    dots = {n: (q[..., :n] * k[..., :n]).sum(-1) for n in {*WIDTHS, d}}  # (N, S) each
    factors = {"q·k": dict.fromkeys(dots, 1.0), "divided": {n: scale(n, HEADS) for n in dots}}
    x, mark = np.array(WIDTHS, dtype=float), [(float(d), f"d_k = {d}")]

    def curves(title: str, lines: dict[str, list[float]], say: str, look: str, top: float) -> Frame:
        drawn = {name: (x, np.array(line)) for name, line in lines.items()}
        levels = {"even": top} if top else {}
        view = Curves(drawn, levels, mark, "d_k", log_x=True, log_y=not top)
        ends = [f"{name} {figure(line[0])} … {figure(line[-1])}" for name, line in lines.items()]
        say = f"{say}, d_k = 1 … 1,024: {'; '.join(ends)}"
        return Frame(title, {title: view}, say, look, keep=lines, predict=Spot(title, 0, 8))

    def along(by: dict[int, float], of: Callable[[Tensor], Tensor]) -> list[float]:
        return [of(dots[n] * by[n]).mean().item() for n in WIDTHS]

    spread = {name: along(by, torch.std) for name, by in factors.items()}
    look = f"variances add: a sum of {d} products of variance 1 has a spread of √{d}"
    yield curves("spread", spread, "spread of the scores", look, 0.0)
    for name, by in factors.items():
        scores = dots[d][0] * by[d]  # (S,)
        shares, labels = scores.softmax(0), [f"key {s}" for s in range(S)]
        even = bits(shares).item()
        yield Frame(
            f"softmax of {name}", {
                "scores": Bars(labels, scores.tolist()),
                "shares": Bars(labels, shares.tolist(), levels={"even": 1 / S}),
            },
            f"the largest share is {figure(shares.max())}; {even:.2f} of {math.log2(S):.2f} bits",
            "one key takes nearly all" if even < 1 else "more than one key is heard",
            keep={"scores": scores, "shares": shares}, predict=Spot("shares", int(shares.argmax())),
        )  # fmt: skip
    bits_of = {name: along(by, lambda s: bits(s.softmax(-1))) for name, by in factors.items()}
    look = "undivided, the look hardens as d_k grows; divided, it stays as it is"
    yield curves("entropy", bits_of, "bits of a row", look, math.log2(S))


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    if spot.view in ("scores", "shares"):
        score, share = (figure(frame.keep[name][spot.row]) for name in ("scores", "shares"))
        return f"key {spot.row}: exp({score}) / sum = {share}"
    name, line = list(frame.keep.items())[spot.row]
    return f"{spot.view} of {name} at d_k = {WIDTHS[spot.column]}: {figure(line[spot.column])}"
