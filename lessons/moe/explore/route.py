"""Tokens on their way: the router's logits, probabilities, the chosen, their weights, the sum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lessons.blocks.arithmetic import dot, figure
from lessons.blocks.text import seen
from lessons.moe.build import encode, model
from lessons.moe.config import UNNORMALISED
from lessons.moe.model import MoE, choose, room, share, within
from zhtui.lab import Frame, Heatmap, LabError, Poke, Run, Spot, Table, Text, Words, knob, mistakes

LONGEST = 24


@dataclass(frozen=True)
class Ask:
    text: str = knob("the cat sat", "what is read")
    experts: int = knob(4, "experts", low=1, high=16, without_run=True)
    top_k: int = knob(2, "experts a token", low=1, high=16, without_run=True)
    capacity: float = knob(0.0, "room of an expert, in even shares; 0 is no limit", low=0, high=16)
    token: int = knob(4, "the token that is looked at", low=0, high=LONGEST - 1, points="P.row")
    mistake: str = mistakes((UNNORMALISED,))


def layer_of(run: Run | None, ask: Ask) -> tuple[MoE, Tensor]:
    """A run's experts and what reaches them, or fresh ones of 6 channels that can be read."""
    text = ask.text[:LONGEST]
    if not text:
        raise LabError("The text is empty; type a few letters.")
    if run is not None:
        language = model(run)
        x = language.norms[1](language.read(encode(run, text)[None, : language.room]))[0]
        return language.moe, x  # (T, C)
    dice = torch.Generator().manual_seed(3)
    table = torch.randn(128, 6, generator=dice)
    if not text.isascii():
        raise LabError("Without a run the text is of plain ASCII letters; type some.")
    moe = MoE(6, 8, ask.experts, min(ask.top_k, ask.experts))
    with torch.no_grad():
        for p in moe.parameters():
            p.copy_(torch.randn(p.shape, generator=dice) * 0.7)
    return moe, table[[ord(letter) for letter in text]]


@torch.no_grad()
def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    if ask.top_k > ask.experts and run is None:
        raise LabError(f"top_k={ask.top_k} of {ask.experts} experts; choose top_k up to that")
    moe, X = layer_of(run, ask)
    X = poke("X", X)
    N, C = X.shape
    letters = list(seen(ask.text[:N]))
    experts = [f"E{e + 1}" for e in range(moe.E)]
    t = min(ask.token, N - 1)
    keep: dict[str, Any] = {"X": X, "W": moe.router.weight, "letters": letters}

    def heat(
        values: Tensor, columns: list[str] | tuple[str, ...] = (), signed: bool = False
    ) -> Heatmap:
        return Heatmap(values.numpy(), letters, columns, None if signed else 0.0, signed=signed)

    def still(spot: Spot) -> dict[str, Any]:
        quiet = torch.arange(N)[:, None] != spot.row  # a token's way is its own
        return {name: quiet.expand(N, moe.E).numpy() for name in ("logits", "P", "weights")}

    yield Frame(
        "tokens", {"text": Text(ask.text[:N]), "X": heat(X, signed=True)},
        f"{N} tokens of {C} numbers each reach the layer", "each is sent to experts of its own",
        keep=keep, chapter="in",
    )  # fmt: skip
    logits = moe.router(X)  # (N, E)
    keep |= {"logits": logits}
    yield Frame(
        "logits", {"X": heat(X, signed=True), "logits": heat(logits, experts, True)},
        f"x W: a row of {moe.E} numbers a token, one for each expert",
        "poke a number of X: only its own token's row moves",
        keep=keep, still=still, predict=Spot("logits", t, 0), chapter="router",
    )  # fmt: skip
    P = logits.softmax(-1)
    keep |= {"P": P}
    yield Frame(
        "probabilities", {"logits": heat(logits, experts, True), "P": heat(P, experts)},
        f"softmax: the router holds {letters[t]!r} for E{int(P[t].argmax()) + 1}'s with "
        f"{figure(P[t].max())}",
        "each row sums to one; a flat row: no expert stands out for that token",
        keep=keep, still=still, predict=Spot("P", t, int(P[t].argmax())),
    )  # fmt: skip
    chosen = choose(P, moe.k, moe.bias)  # (N, k)
    kept = within(chosen, moe.E, room(N, moe.k, moe.E, ask.capacity or moe.factor))
    weights = share(P, chosen, ask.mistake != "unnormalised") * kept
    routed = torch.zeros(N, moe.E).scatter(1, chosen, weights)  # (N, E)
    keep |= {"weights": routed, "chosen": chosen}
    lost = int((~kept).sum())
    taken = f"the {moe.k} largest of each row, over their sum"
    look = "each row should sum to one again; else the token is scaled down"
    if moe.k == 1:
        taken = "the largest of each row, as it is"
        look = "over its own sum it would be 1, and the router would never learn from the text"
    yield Frame(
        "the chosen", {"P": heat(P, experts), "weights": heat(routed, experts)},
        f"{taken}; {lost} choices found no room", look,
        keep=keep, still=still if not lost else None, predict=Spot("weights", t, int(chosen[t, 0])),
        chapter="choice",
    )  # fmt: skip
    found = torch.stack([expert(X) for expert in moe.experts])  # (E, N, C)
    out = (routed.T[..., None] * found).sum(0)  # (N, C)
    keep |= {"found": found, "out": out}
    ways = [
        (letters[i], *(f"{experts[e]} {figure(routed[i, e])}" for e in chosen[i])) for i in range(N)
    ]
    head = ("token", *(f"choice {i + 1}" for i in range(moe.k)))
    yield Frame(
        "the sum", {"ways": Table(head, ways, mark=t), "out": heat(out, signed=True)},
        f"{moe.k} of {moe.E} experts worked for each token: {moe.k * N} of {moe.E * N} products",
        "a dropped token has a row of zeros: the layer adds nothing to it",
        keep=keep, chapter="out",
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, i, j = frame.keep, spot.row, spot.column
    if spot.view not in ("X", "logits", "P", "weights", "out") or i >= len(keep["letters"]):
        return ""
    letter = repr(keep["letters"][i])
    if spot.view == "X":
        return f"x{i}[{j}] = {figure(keep['X'][i, j])}: number {j} of {letter}"
    if spot.view == "logits":
        spelled = dot(keep["X"][i], keep["W"][j])
        return f"x{i}·w{j + 1} = {spelled}\nhow well expert {j + 1} suits {letter}"
    row = keep["logits"][i]
    if spot.view == "P":
        parts = f"{figure(row[j].exp())} / {figure(row.exp().sum())}"
        return f"exp({figure(row[j])}) / sum of the row = {parts} = {figure(keep['P'][i, j])}"
    if spot.view == "weights":
        return weight(ask, keep, i, j, letter)
    terms = [
        (float(w), float(keep["found"][e, i, j])) for e, w in enumerate(keep["weights"][i]) if w
    ]
    spelled = "0: no expert had room"
    if terms:
        spelled = dot([w for w, _ in terms], [y for _, y in terms])
    return f"Σ weight · expert = {spelled}\nnumber {j} of what the layer adds to {letter}"


def weight(ask: Ask, keep: Any, i: int, j: int, letter: str) -> Words:
    """A weight of the chosen, spelled."""
    if j not in keep["chosen"][i].tolist():
        return f"0: expert {j + 1} is not among the chosen of {letter} and does no work"
    P, value = keep["P"][i], keep["weights"][i, j]
    if not value:
        return f"0: expert {j + 1} was chosen by {letter} and is full"
    if ask.mistake == "unnormalised":
        return f"P = {figure(value)}, not divided by what the chosen have together"
    together = P[keep["chosen"][i]]
    if len(together) == 1:
        return f"P = {figure(value)} as it is: a single choice is not divided by its own sum"
    return f"{figure(P[j])} / ({' + '.join(figure(p) for p in together)}) = {figure(value)}"
