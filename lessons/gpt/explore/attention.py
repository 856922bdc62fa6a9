"""Attention on a text that the run's model reads: poke a character, silence a head, heat softmax.

Letters: T positions, counted from 0; C channels, L layers and H heads, both counted from 0; D
channels a head.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

from lessons.blocks.arithmetic import bits, cell, figure
from lessons.blocks.attention import hide_future
from lessons.blocks.points import at
from lessons.gpt.config import AXIS, RESHAPE
from lessons.gpt.explore.changes import by_columns, changed, past, station, weights_of
from lessons.gpt.pictures import SIDE, grid, letters_of, next_bars, shades, sheet, signed
from lessons.gpt.reading import Reading, read, subject, unasked
from zhtui.lab import Frame, Heatmap, LabError, Poke, Run, Spot, Text, Words, knob, mistakes

TEXT = "To be, or no"


@dataclass(frozen=True)
class Ask:
    text: str = knob(TEXT, "what is read")
    layer: int = knob(0, "the layer, counted from 0", low=0, points="heads.row")
    head: int = knob(0, "its head, counted from 0", low=0, points="heads.column")
    silent: bool = knob(False, "that head says nothing")
    temperature: float = knob(1.0, "of the layer's softmax: scores are divided by it", low=0.01)
    mistake: str = mistakes((RESHAPE, AXIS))


def costs(of: Reading, text: str) -> Heatmap:
    """How much the loss on this text rises when a head says nothing: (L, H), in nats."""
    L, H = len(of.weights), len(of.weights[0])
    cost = torch.zeros(L, H)
    for layer in range(L):
        for head in range(H):
            tap = changed(Ask(layer=layer, head=head, silent=True), Poke())
            cost[layer, head] = read(of.symbols, of.model, text, tap).surprise.mean()
    cost -= read(of.symbols, of.model, text).surprise.mean()
    rows, columns = [f"layer {i}" for i in range(L)], [f"head {i}" for i in range(H)]
    return Heatmap(cost.numpy(), rows, columns, signed=True, note="nats that its silence costs")


def sheet_cell(of: Reading, names: list[str], i: int, j: int) -> str:
    """Whose look a cell of the sheet of all heads is: each takes T rows and T columns, and one."""
    size = min(len(names), SIDE) + 1
    (layer, row), (head, column) = divmod(i, size), divmod(j, size)
    if size - 1 in (row, column):
        return "between two heads"
    look = figure(of.weights[layer][head, row, column])
    return f"layer {layer}, head {head}: {look}\nhow much {names[row]} listens to {names[column]}"


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    symbols, model = subject(run)
    L, h, layer = len(model.blocks), ask.head, ask.layer
    if not layer < L:
        raise LabError(f"the model has {L} layers of attention; choose layer=0 … {L - 1}")
    attention: Any = model.blocks[layer].attention
    if not h < attention.heads:
        raise LabError(
            f"a layer has {attention.heads} heads; choose head=0 … {attention.heads - 1}"
        )
    text = poke("text", unasked(symbols, ask.text, TEXT))
    tap = changed(ask, poke)
    tap = by_columns(tap, layer) if ask.mistake == AXIS.name else tap
    of = read(symbols, model, text, tap)
    notes, letters = of.notes, letters_of(of)
    names = [f"'{letter}' ({t})" for t, letter in enumerate(letters)]
    group = h * notes[at(layer, "k")].size(0) // attention.heads
    E, X = notes["embedding"], station(of, layer)  # (T, C) each
    Q = notes[at(layer, "q")][h]  # (T, D)
    K, V = (notes[at(layer, name)][group] for name in ("k", "v"))  # (T, D) each
    S, scaled = Q @ K.T, notes[at(layer, "scores")][h]  # (T, T) each
    masked, A = hide_future(scaled), notes[at(layer, "weights")][h]  # (T, T) each
    heard = notes[at(layer, "heads")][h]  # (T, D)
    T, C, D = *X.shape, Q.size(1)
    W = weights_of(attention, h)
    keep: dict[str, Any] = {
        "names": names, "E": E, "X": F.pad(X, (0, W["W_Q"].size(1) - C), value=1.0), "Q": Q, "K": K,
        "V": V, "S": S, "scaled": scaled, "masked": masked, "A": A, "O": heard,
        "scale": attention.scale / ask.temperature, "of": of, **W,
    }  # fmt: skip
    widths = dict.fromkeys("EX", C) | dict.fromkeys("QKVO", D) | {"masked": T, "A": T}
    quiet = past(T, widths | {"added": C, "R": C}, ("S", "scaled"))
    known: dict[str, Any] = {"keep": keep, "still": quiet if symbols.unit == "character" else None}
    where = f"layer {layer}, head {h}"
    yield Frame(
        "text", {"text": Text(of.text), "E": signed(E, letters)},
        f"{T} {symbols.unit}s, each a row of {C} numbers: what it is, and where it stands",
        "poke a character: whoever stands before it must not move, in any frame",
        chapter="in", **known,
    )  # fmt: skip
    yield Frame(
        "stream", {"E": signed(E, letters), "X": signed(X, letters)},
        f"what layer {layer} reads: rows of length {figure(X.norm(dim=-1).mean())}",
        "in a later layer a row holds what it has heard, too", **known,
    )  # fmt: skip
    yield Frame(
        "queries, keys, values",
        {name: signed(part, letters) for name, part in zip("QKV", (Q, K, V), strict=True)},
        f"{where}: each row of X makes a query, a key and a value of {D} numbers",
        "a row of Q is what a character looks for, a row of K what it can be found by",
        predict=Spot("Q", 0, 0), chapter="scores", **known,
    )  # fmt: skip
    r = T - 1
    best = int(S[r].argmax())
    yield Frame(
        "scores", {"Q": signed(Q, letters), "K": signed(K, letters), "S": grid(S, letters)},
        f"q{r}·k{best} = {figure(S[r, best])}, the largest of the last row",
        "a bright column is a character that many look for",
        predict=Spot("S", min(2, r), 1), **known,
    )  # fmt: skip
    yield Frame(
        "scaled", {"S": grid(S, letters), "scaled": grid(scaled, letters)},
        f"times {figure(keep['scale'])}: 1 / √{D}"
        + (f", over a temperature of {ask.temperature:g}" if ask.temperature != 1 else ""),
        "temperature=0.1 makes each look at one, temperature=10 at all",
        predict=Spot("scaled", min(2, r), 1), **known,
    )  # fmt: skip
    yield Frame(
        "masked", {"scaled": grid(scaled, letters), "masked": grid(masked, letters)},
        "−∞ in the future: exp(−∞) is 0", "row 0 has itself alone", **known,
    )  # fmt: skip
    sums = A.sum(-1)  # (T,)
    yield Frame(
        "weights", {
            "masked": grid(masked, letters), "A": grid(A, letters), "sheet": sheet(of.weights),
        },
        f"rows sum to {figure(sums.min())} … {figure(sums.max())}, as spread out as "
        f"{2 ** bits(A[r]):.1f} equal looks in the last one",
        "who looks at the character before? at itself? at the first one? The sheet has every head",
        predict=Spot("A", 0, 0), chapter="weights", **known,
    )  # fmt: skip
    yield Frame(
        "heard", {"A": grid(A, letters), "V": signed(V, letters), "O": signed(heard, letters)},
        f"the head is silent: {where} adds nothing" if ask.silent else "O = A @ V: a mixture a row",
        "poke the last character: every earlier row of O stays, to the last bit",
        predict=Spot("O", 0, 0), **known,
    )  # fmt: skip
    yield Frame(
        "all heads", lambda: {"heads": costs(of, text), "sheet": sheet(of.weights)},
        f"{L} layers of {attention.heads} heads: the first {min(T, SIDE)} positions of each, and "
        "what the loss would rise by without it",
        "enter on a cell of heads: its layer and head are looked at; silent=true takes it away",
        chapter="all heads", **known,
    )  # fmt: skip
    added = notes[at(layer, "attn_out")]  # (T, C)
    yield Frame(
        "residual", {"added": signed(added, letters), "R": signed(of.after(layer), letters)},
        f"the heads side by side, projected: length {figure(added.norm(dim=-1).mean())}, added to "
        f"a stream of {figure(E.norm(dim=-1).mean())} at the start",
        "what is added here, every later layer can read", chapter="out", **known,
    )  # fmt: skip
    plain = read(symbols, model, text)
    here, right = of.surprise.mean().item(), plain.surprise.mean().item()
    yield Frame(
        "next", {
            "next": next_bars(of.notes["logits"][-1], of, "what may come after the text"),
            "text": Text(of.text, shades(of), note="bright surprised the model"),
        },
        f"{here:.3f} nats a {symbols.unit} on this text; as it was trained {right:.3f}",
        "silent=true: what does this head do for the text?", **known,
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, i, j = frame.keep, spot.row, spot.column
    names = keep["names"]
    if spot.view == "sheet":
        return sheet_cell(keep["of"], names, i, j)
    if spot.view == "heads":
        return f"layer {i}, head {j}: how much the loss on this text rises if it says nothing"
    if spot.view == "A" and ask.mistake == AXIS.name:
        column = keep["masked"][:, j]
        ends = f"exp({figure(column[i])}) / sum of column {j} = {figure(keep['A'][i, j])}"
        return f"{ends}\nthose who look at {names[j]} share it among them"
    if spot.view == "O" and ask.silent:
        return f"o{i}[{j}] = 0: the head is silent"
    if spot.view == "scaled":
        raw, to = keep["S"][i, j], keep["scaled"][i, j]
        slope = to - raw * keep["scale"]
        far = f" {slope:+.2f} for the distance" if abs(float(slope)) > 1e-3 else ""
        return f"{figure(raw)} · {figure(keep['scale'])}{far} = {figure(to)}\nat unit size"
    if spot.view in ("Q", "K") and ask.mistake != RESHAPE.name:
        made, value = keep["X"][i] @ keep[f"W_{spot.view}"][j], keep[spot.view][i, j]
        if abs(float(made - value)) > 1e-3:
            name = f"{spot.view.lower()}{i}[{j}]"
            turned = f"x{i}·W_{spot.view} = {figure(made)}, then {name} = {figure(value)}"
            return f"{turned}\nnormalised, or turned by the angle of position {i}, as the knobs say"
    if spot.view == "E":
        return f"e{i}[{j}] = {figure(keep['E'][i, j])}: number {j} of {names[i]}"
    if spot.view in ("added", "R"):
        what = "what the heads add to" if spot.view == "added" else "the stream of"
        return f"number {j} of {what} {names[i]}"
    return cell(spot.view, keep, i, j)
