"""What is missed: the loss without each head and each neuron, beside who looks where.

T positions, L layers, H heads, F hidden neurons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from lessons.blocks.arithmetic import figure
from lessons.blocks.points import Notes, at
from lessons.inspect.explore.subject import TEXT, numbered, quiet, subject
from lessons.inspect.model import (
    head_costs,
    induction_scores,
    loss,
    neuron_costs,
    silent,
    surprise,
)
from zhtui.lab import Bars, Frame, Heatmap, LabError, Poke, Run, Spot, Text, Words, knob

SHOWN = 12  # neurons
B = 16  # texts of repeated letters


@dataclass(frozen=True)
class Ask:
    text: str = knob(TEXT, "what is read")
    layer: int = knob(1, "the layer, counted from 0", low=0, high=95, points="cost.row")
    head: int = knob(0, "the head, counted from 0", low=0, high=95, points="cost.column")
    by: str = knob("zero", "a silenced part puts out 0, or its mean", choices=("zero", "mean"))
    period: int = knob(5, "length of the repeated stretch of random letters", low=2, high=16)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    of = subject(run)
    layer, mean = of.layer(ask.layer), ask.by == "mean"
    ids = of.ids(poke("text", ask.text))[None]  # (1, T)
    T, V = ids.size(1), len(of.symbols)
    if 2 * ask.period + 1 > of.room or ask.period > V:
        raise LabError(f"period={ask.period} does not come twice in {of.room} tokens; give less")
    dice = torch.Generator().manual_seed(0)
    stretch = torch.stack([torch.randperm(V, generator=dice)[: ask.period] for _ in range(B)])
    again = stretch.repeat(1, 2 + 1)[:, : 2 * ask.period + 1].to(of.device)  # (B, 2p + 1)
    counted = torch.ones(1, T - 1, dtype=torch.bool, device=of.device)
    rule = (torch.arange(1, again.size(1)) > ask.period).to(of.device).expand(B, -1)
    notes = Notes()
    with quiet(of.model):
        whole = loss(of.model, ids, counted, notes)
        H = notes[at(0, "heads")].size(1)
        if ask.head >= H:
            raise LabError(f"a layer has {H} heads; choose head=0 … {H - 1}")
        cost = head_costs(of.model, ids, counted, mean).cpu()  # (L, H)
        tap = silent(at(layer, "heads"), ask.head, mean)
        without = surprise(of.model.look(ids, tap).log_softmax(-1), ids)[0].cpu()  # (T − 1,)
        before = surprise(notes["logits"].log_softmax(-1), ids)[0].cpu()  # (T − 1,)
        neurons = neuron_costs(of.model, ids[0], layer).cpu()  # (F,)
        scores = induction_scores(of.model, again, ask.period).cpu()  # (L, H)
        rule_loss = loss(of.model, again, rule, Notes()).cpu()
        rule_cost = head_costs(of.model, again, rule, mean).cpu()  # (L, H)
    letters = of.names(ids[0])
    A = notes[at(layer, "weights")][0, ask.head].cpu()  # (T, T)
    rows, columns = [f"layer {i}" for i in range(of.layers)], [f"head {i}" for i in range(H)]
    worst = divmod(int(cost.argmax()), H)
    looks, misses = divmod(int(scores.argmax()), H), divmod(int(rule_cost.argmax()), H)
    order = neurons.argsort(descending=True)[:SHOWN].tolist()
    keep: dict[str, Any] = {
        "cost": cost, "scores": scores, "rule": rule_cost, "A": A, "letters": numbered(letters),
        "before": before, "without": without, "order": order, "neurons": neurons,
        "whole": float(whole), "rule_loss": float(rule_loss),
    }  # fmt: skip
    known: dict[str, Any] = {"keep": keep}
    where = f"layer {layer}, head {ask.head}"
    yield Frame(
        "text", {"text": Text("".join(of.symbols.texts(ids[0].cpu())))},
        f"{figure(whole)} nats a token, as it is", "which part would be missed?",
        chapter="heads", **known,
    )  # fmt: skip
    yield Frame(
        "each head silent", {"cost": Heatmap(cost.numpy(), rows, columns, signed=True)},
        f"layer {worst[0]}, head {worst[1]} is missed most: {figure(cost.max())} nats a token",
        "enter on a cell chooses that head; below 0 the model is better without it",
        predict=Spot("cost", *worst), **known,
    )  # fmt: skip
    yield Frame(
        "one head", {
            "A": Heatmap(A.numpy(), letters, letters, 0.0, 1.0),
            "letters": Heatmap(
                torch.stack((before, without)).numpy(), ["with", "without"], letters[1:], low=0.0
            ),
        },
        f"{where}: {figure(before.mean())} nats with it, {figure(without.mean())} without",
        "which letters need this head, and where does it look for them?",
        predict=Spot("letters", 1, min(4, T - 2)), **known,
    )  # fmt: skip
    yield Frame(
        "each neuron silent", {
            "neurons": Bars([f"neuron {i}" for i in order], neurons[order].tolist()),
        },
        f"layer {layer}: of {len(neurons)} neurons the most missed costs {figure(neurons.max())}, "
        f"the middle one {figure(neurons.median())}",
        "for a short text only a few neurons matter",
        predict=Spot("neurons", 0), chapter="neurons", **known,
    )  # fmt: skip
    yield Frame(
        "which head looks where the rule says", {
            "scores": Heatmap(scores.numpy(), rows, columns, 0.0, 1.0),
        },
        f"{B} texts of {ask.period} random letters, twice: layer {looks[0]}, head {looks[1]} "
        f"looks {figure(scores.max())} at what followed the last time",
        "an induction head: what followed A before, follows A again",
        predict=Spot("scores", *looks), chapter="rule", **known,
    )  # fmt: skip
    agree = "the same head" if looks == misses else "another head"
    yield Frame(
        "which head is missed there", {
            "scores": Heatmap(scores.numpy(), rows, columns, 0.0, 1.0),
            "rule": Heatmap(rule_cost.numpy(), rows, columns, signed=True),
        },
        f"{figure(rule_loss)} nats where the rule applies; most missed is layer {misses[0]}, head "
        f"{misses[1]}: {agree}",
        "these are two independent ways to ask; where they agree, believe them",
        predict=Spot("rule", *misses), **known,
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, i, j, view = frame.keep, spot.row, spot.column, spot.view
    if view in ("cost", "rule"):
        whole = keep["whole" if view == "cost" else "rule_loss"]
        cost = float(keep[view][i, j])
        return f"{figure(whole + cost)} − {figure(whole)} = {figure(cost)}: layer {i}, head {j}"
    if view == "scores":
        return f"layer {i}, head {j}: {figure(keep['scores'][i, j])} of its look, on average"
    if view == "A":
        looks, at_ = keep["letters"][i], keep["letters"][j]
        return f"{looks} looks at {at_} with {figure(keep['A'][i, j])}"
    if view == "letters":
        a, b = keep["before"][j], keep["without"][j]
        return f"{keep['letters'][j + 1]}: {figure(a)} with it, {figure(b)} without"
    if view == "neurons":
        number = keep["order"][i]
        return f"neuron {number}: {figure(keep['neurons'][number])} nats a token"
    return ""
