"""Queries, keys and values of a head as points: what their clouds mean.

T positions, D channels a head, H heads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from lessons.blocks.arithmetic import dot, figure
from lessons.blocks.points import Notes, at
from lessons.inspect.explore.subject import TEXT, numbered, quiet, subject
from lessons.inspect.model import plane
from zhtui.lab import Frame, Heatmap, LabError, Poke, Run, Scatter, Spot, Table, Text, Words, knob


@dataclass(frozen=True)
class Ask:
    text: str = knob(TEXT, "what is read")
    layer: int = knob(1, "the layer, counted from 0", low=0, high=95)
    head: int = knob(0, "the head, counted from 0", low=0, high=95)
    row: int = knob(8, "the position whose query it is", low=0, high=255, points="A.row")


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    of = subject(run)
    layer, ids = of.layer(ask.layer), of.ids(poke("text", ask.text))
    notes, T = Notes(), len(ids)
    with quiet(of.model):
        of.model.look(ids[None], notes)
    parts = {name: notes[at(layer, name)][0].float().cpu() for name in ("q", "k", "v", "weights")}
    H, G = len(parts["q"]), len(parts["k"])
    if ask.head >= H:
        raise LabError(f"a layer has {H} heads; choose head=0 … {H - 1}")
    h, g = ask.head, ask.head * G // H
    Q, K, V, A = parts["q"][h], parts["k"][g], parts["v"][g], parts["weights"][h]  # (T, D), (T, T)
    letters, r = of.names(ids), min(ask.row, T - 1)
    names = numbered(letters)
    asks, found, share = plane(Q, K)  # (T, 2) twice
    told, _, v_share = plane(V, V)
    keep: dict[str, Any] = {"Q": Q, "K": K, "V": V, "A": A, "names": names, "letters": letters}
    known: dict[str, Any] = {"keep": keep}
    where = f"layer {layer}, head {h}"
    yield Frame(
        "text", {"text": Text("".join(of.symbols.texts(ids.cpu())))},
        f"{where}: each of {T} tokens has a query, a key and a value of {Q.size(1)} numbers",
        "poke a letter, and see which points move with it", chapter="text", **known,
    )  # fmt: skip
    both = torch.cat((asks, found))  # (2T, 2)
    yield Frame(
        "queries and keys", {
            "QK": Scatter(
                both[:, 0].numpy(), both[:, 1].numpy(), letters * 2, [0] * T + [1] * T,
            ),
        },
        f"two clouds, drawn in the plane that holds {figure(share)} of their spread",
        "a query and a key in the same direction may make a large product; the next frame has it",
        chapter="Q and K", **known,
    )  # fmt: skip
    scores = Q @ K.T  # (T, T)
    best = int(A[r].argmax())
    yield Frame(
        "products", {
            "S": Heatmap(scores.numpy(), letters, letters, signed=True),
            "A": Heatmap(A.numpy(), letters, letters, 0.0, 1.0),
        },
        f"{names[r]} looks most at {names[best]}: {figure(A[r, best])}",
        "the clouds mean nothing by themselves; only products of the two do",
        predict=Spot("S", r, best), **known,
    )  # fmt: skip
    turn, _ = torch.linalg.qr(
        torch.randn(Q.size(1), Q.size(1), generator=torch.Generator().manual_seed(1))
    )  # (D, D), orthogonal
    same = (Q @ turn) @ (K @ turn).T
    yield Frame(
        "turned together", {
            "S": Heatmap(same.numpy(), letters, letters, signed=True),
            "turned": Table(("what is turned", "largest change of a product"), [
                ("Q and K alike", figure((same - scores).abs().max())),
                ("Q alone", figure(((Q @ turn) @ K.T - scores).abs().max())),
            ]),
        },
        f"turned alike, no product moves: {figure((same - scores).abs().max())}",
        "so an axis of Q has no meaning of its own, and runs with other seeds have other axes",
        predict=Spot("S", r, best), chapter="axes", **known,
    )  # fmt: skip
    yield Frame(
        "values", {
            "V": Scatter(told[:, 0].numpy(), told[:, 1].numpy(), letters, [0] * T),
            "A": Heatmap(A.numpy(), letters, letters, 0.0, 1.0),
        },
        f"the values, drawn in the plane that holds {figure(v_share)} of it",
        "if equal letters lie together, a value tells the letter; if not, its place or what came "
        "before",
        predict=Spot("A", r, best), chapter="V", **known,
    )  # fmt: skip
    pairs = [(a, b) for a in range(T) for b in range(a) if letters[a] == letters[b]]
    rows = []
    for name, part in (("Q", Q), ("K", K), ("V", V)):
        spread = torch.cdist(part, part)  # (T, T)
        twins = sum(float(spread[a, b]) for a, b in pairs) / max(1, len(pairs))
        usual = float(spread.sum()) / (T * (T - 1))
        rows.append((name, figure(twins), figure(usual), figure(twins / usual)))
    yield Frame(
        "what a cloud depends on", {
            "near": Table(("part", "equal letters", "any two", "ratio"), rows),
        },
        f"{len(pairs)} pairs of equal letters: their values are {rows[2][3]} as far apart as any",
        "near 0 the letter alone counts; near 1 its place and what came before count",
        chapter="of what", **known,
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, i, j = frame.keep, spot.row, spot.column
    names = keep["names"]
    if spot.view == "S":
        if frame.title == "turned together":
            return f"q{i}R·k{j}R = q{i}·k{j} = {figure(keep['Q'][i] @ keep['K'][j])}"
        return f"q{i}·k{j} = {dot(keep['Q'][i], keep['K'][j])}\n{names[i]} asks {names[j]}"
    if spot.view == "A":
        return f"{names[i]} hears {figure(keep['A'][i, j])} of {names[j]}"
    if spot.view == "QK":
        T = len(names)
        return f"{'query' if i < T else 'key'} of {names[i % T]}"
    return f"value of {names[i]}" if spot.view == "V" else ""
