"""One distribution through all filters, one a frame, in an order that is a knob. V letters."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lessons.blocks.arithmetic import figure
from lessons.sampling import mistakes as wrong
from lessons.sampling.config import LATE_HEAT, PADDING, UNSHIFTED
from lessons.sampling.explore.source import SHOWN, bars, bits_of, shown, source_of
from lessons.sampling.samplers import ORDERS, Settings, in_order
from zhtui.lab import Bars, Frame, Poke, Run, Spot, Words, knob, mistakes


@dataclass(frozen=True)
class Ask:
    text: str = knob("the cat sat on the ", "the text to continue")
    temperature: float = knob(0.8, "divides the logits", low=0.0, high=5.0)
    top_k: int = knob(6, "keeps the k likeliest; 0 all", low=0, high=1000)
    top_p: float = knob(0.9, "keeps the fewest whose probabilities sum to p", low=0.0, high=1.0)
    min_p: float = knob(
        0.05, "keeps what has at least p times the best's chance", low=0.0, high=1.0
    )
    typical: float = knob(
        1.0, "keeps the most typical whose probabilities sum to this", low=0.0, high=1.0
    )
    repetition: float = knob(
        1.2, "divides the logits of letters that are in the text", low=0.1, high=10.0
    )
    frequency: float = knob(
        0.0, "taken off a letter's logit each time it was used", low=-5.0, high=5.0
    )
    order: str = knob("huggingface", "the order of the filters", choices=tuple(ORDERS))
    mistake: str = mistakes((UNSHIFTED, PADDING, LATE_HEAT))


def settings(ask: Ask) -> Settings:
    return Settings(
        ask.temperature, ask.top_k, ask.top_p, ask.min_p, ask.typical, ask.repetition, ask.frequency
    )


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    source = source_of(run)
    ids = source.ids(ask.text)  # (T,)
    raw = source.logits(ids)  # (V,)
    order = raw.argsort(descending=True, stable=True)[:SHOWN].tolist()
    some = poke("logits", raw[order])  # (SHOWN,)
    logits = raw.clone()
    logits[order] = some
    names = source.names(order)
    keep: dict[str, Any] = {"order": order, "names": names, "logits": logits, "before": logits}
    from_model = bars(source, order, logits)
    yield Frame(
        "logits", {"text": shown(ask.text), "logits": Bars(names, some.tolist())},
        f"{len(logits)} scores, one a letter, for what follows; the best is {names[0]}",
        "scores of any size: only their differences count", keep=keep,
    )  # fmt: skip
    shares = logits.softmax(0)
    yield Frame(
        "softmax", {"probabilities": from_model},
        f"exp, divided by the sum: {names[0]} has {figure(shares[order[0]])}, all together "
        f"{bits_of(logits):.2f} bits",
        "poke a logit: every bar moves, since they share one sum", keep=keep,
        predict=Spot("probabilities", 0),
    )  # fmt: skip
    taken, kinds = wrong.order(ask.order, ask.mistake), wrong.filters(ask.mistake)
    after: Tensor = logits
    for name, after in in_order(logits, ids, settings(ask), taken, kinds):
        left = int((after > -math.inf).sum())
        yield Frame(
            name, {"before": bars(source, order, keep["before"]), name: bars(source, order, after)},
            f"{name}={getattr(ask, name):g}: {left} of {len(after)} are left, {bits_of(after):.2f} "
            "bits", ABOUT[name], keep=keep | {"after": after}, chapter="filters",
            predict=Spot(name, 0) if name in ("temperature", "top_k", "top_p") else None,
        )  # fmt: skip
        keep = keep | {"before": after}
    left = int((after > -math.inf).sum())
    yield Frame(
        "drawn from", {"probabilities": from_model, "drawn.from": bars(source, order, after)},
        f"{left} of {len(after)} can be drawn, in the order of {ask.order}",
        "turn the knob `order`: the same settings may leave another number", chapter="drawn from",
        keep=keep | {"after": after}, predict=Spot("drawn.from", 0),
    )  # fmt: skip


ABOUT = {
    "repetition": "letters of the text become less likely: a logit above 0 is divided, one below "
    "0 multiplied",
    "frequency": "this much is taken off for each time that the letter was used",
    "temperature": "the order stays the same; below 1 the tall bars grow taller",
    "top_k": "the k likeliest, whether they are likely or not",
    "top_p": "the fewest that reach p, with the one that crosses it",
    "min_p": "the cut depends on the best: where the model is sure, few are left",
    "typical": "those whose surprise is nearest to the entropy: the likeliest may be cut",
}


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, i = frame.keep, spot.row
    if spot.view == "text" or i >= len(keep["order"]):
        return ""
    name, place = keep["names"][i], keep["order"][i]
    if spot.view == "logits":
        return f"{name}: logit {figure(keep['logits'][place])}"
    stage = {"probabilities": "logits", "before": "before"}.get(spot.view, "after")
    logits = keep[stage]
    if logits[place] == -torch.inf:
        return f"{name}: cut, exp(−∞) = 0"
    share = figure(logits.softmax(0)[place])
    value, total = figure(logits[place]), figure(logits.exp().sum())
    return f"{name}: exp({value}) / sum = {figure(logits[place].exp())} / {total} = {share}"
