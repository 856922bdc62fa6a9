"""Heat first or cut first: three logits, the same settings, and another number that is left."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from lessons.blocks.arithmetic import figure
from lessons.sampling import mistakes as wrong
from lessons.sampling.config import LATE_HEAT, UNSHIFTED
from lessons.sampling.explore.source import shares_of
from lessons.sampling.samplers import ORDERS, Settings, in_order
from zhtui.lab import Bars, Frame, Poke, Run, Spot, Table, Words, knob, mistakes

TAKES_RUN = False


@dataclass(frozen=True)
class Ask:
    temperature: float = knob(0.5, "divides the logits", low=0.0, high=5.0)
    top_p: float = knob(0.8, "keeps the fewest whose probabilities sum to p", low=0.0, high=1.0)
    mistake: str = mistakes((UNSHIFTED, LATE_HEAT))


def drawn(logits: Tensor) -> Bars:
    """Three tokens, what is cut faint."""
    out = (logits == -math.inf).tolist()
    roles = ["faint" if gone else "" for gone in out]
    return Bars([f"token {i}" for i in range(len(out))], shares_of(logits).tolist(), roles=roles)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    logits = poke("logits", torch.tensor([3.0, 2.0, 1.0], dtype=torch.double))
    ids, settings = torch.tensor([0]), Settings(temperature=ask.temperature, top_p=ask.top_p)
    names = [f"token {i}" for i in range(len(logits))]
    shares = logits.softmax(0)
    yield Frame(
        "three logits", {"logits": Bars(names, logits.tolist()), "probabilities": drawn(logits)},
        f"softmax gives {', '.join(figure(p) for p in shares)}",
        f"which tokens reach {ask.top_p:g} together?", keep={"stage": logits},
        predict=Spot("probabilities", 0),
    )  # fmt: skip
    rows: list[tuple[str, str, str]] = []
    for system in ("llama.cpp", "huggingface"):
        order, stage = wrong.order(system, ask.mistake), logits
        for name, stage in in_order(logits, ids, settings, order, wrong.filters(ask.mistake)):
            left = torch.nonzero(stage > -math.inf).flatten().tolist()
            yield Frame(
                f"{system}: {name}", {name: drawn(stage)},
                f"{name}={getattr(ask, name):g}: {', '.join(figure(p) for p in shares_of(stage))}",
                f"left: {left}", keep={"stage": stage}, chapter=system,
                predict=Spot(name, 0) if name == "temperature" else None,
            )  # fmt: skip
        left = torch.nonzero(stage > -math.inf).flatten().tolist()
        rows.append((system, " → ".join(n for n in ORDERS[order] if n in FILTERED), str(left)))
    same = "the same" if rows[0][2] == rows[1][2] else "another set"
    yield Frame(
        "both", {"drawn.from": Table(("system", "order", "can be drawn"), rows)},
        f"T={ask.temperature:g} and top-p={ask.top_p:g} leave {rows[0][2]} or {rows[1][2]}: {same}",
        "temperature first sharpens, so fewer tokens reach p", chapter="both",
        keep={"stage": logits},
    )  # fmt: skip


FILTERED = ("temperature", "top_p")


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    stage, i = frame.keep["stage"], spot.row
    if spot.view == "drawn.from" or i >= len(stage):
        return ""
    if stage[i] == -math.inf:
        return f"token {i} is cut"
    raised, total = figure(stage[i].exp()), figure(stage.exp().sum())
    return f"token {i}: exp({figure(stage[i])}) / sum = {raised} / {total} = " + figure(
        shares_of(stage)[i]
    )
