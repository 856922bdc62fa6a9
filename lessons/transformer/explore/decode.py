"""A text is read, and another is written from it, token by token, with all three attentions.

S positions of the source, T of the target, C channels, D of them in a head, V tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from lessons.blocks.arithmetic import bits, dot, figure
from lessons.blocks.points import Notes
from lessons.transformer import task
from lessons.transformer.config import DECODER, NO_MASK
from lessons.transformer.explore.subject import letters, shares, signed, source_of, subject
from lessons.transformer.model import Attention, Decoder, Transformer, greedy, memory_of
from zhtui.lab import Bars, Frame, LabError, Poke, Run, Spot, Table, Text, Words, knob, mistakes

TEXT, DATE = "cab", "7 mar 2026"
SHOWN = 6  # the likeliest tokens
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Ask:
    source: str = knob(TEXT, "what is read")
    target: str = knob("", "the target text; empty: what the task wants")
    layer: int = knob(0, "the layer, counted from 0", low=0, high=11)
    head: int = knob(0, "its head, counted from 0", low=0, high=15)
    row: int = knob(1, "the row of the target that is followed", low=0, high=24, points="cross.row")
    mistake: str = mistakes((NO_MASK, DECODER))


def texts_of(run: Run | None, ask: Ask, net: Transformer) -> tuple[str, str]:
    """What is read, and what has to be written."""
    of = run.config.task if run is not None else "copy"
    read = DATE if of == "date" and ask.source == TEXT else ask.source
    source = source_of(read)
    if ask.target:
        return read, ask.target
    if of == "date":
        return read, task.decode(greedy(net, source, 10)[0]).strip("·^") or "-"
    return read, task.RULES[of](read)


def within_reach(net: Transformer, ask: Ask) -> None:
    """Raises `LabError` where there is no such layer or head."""
    layers, first = len(net.decoder), cast(Decoder, net.decoder[0])
    heads = first.cross.heads
    if ask.layer >= layers or ask.head >= heads:
        raise LabError(f"choose layer=0 … {layers - 1} and head=0 … {heads - 1}")


def weights_of(attention: Attention, h: int) -> dict[str, Tensor]:
    """The rows (D, C + 1) that make q, k and v of a head, the bias last."""
    D = attention.query.in_features // attention.heads
    named = {"Q": attention.query, "K": attention.key, "V": attention.value}
    return {
        f"W_{name}": torch.cat((part.weight, part.bias[:, None]), 1)[h * D : (h + 1) * D]
        for name, part in named.items()
    }


def quiet(parts: Mapping[str, Tensor], layer: int) -> Callable[[Spot], dict[str, Mask]]:
    """A token of the target moves no row before it, and nothing of the source; a token of the
    source moves nothing in the decoder before they first meet.
    """
    reading, before = ("E", "encoder", "memory", "K", "V"), ("X", "self", "Q")

    def still(spot: Spot) -> dict[str, Mask]:
        if spot.view == "source":
            return {name: np.ones(parts[name].shape, bool) for name in before if layer == 0}
        masks = {name: np.ones(parts[name].shape, bool) for name in reading}
        for name in ("X", "self", "Q", "scores", "cross", "O"):
            rows = np.arange(len(parts[name])) <= spot.column  # letter i is the input of row i + 1
            masks[name] = np.repeat(rows[:, None], parts[name].size(1), 1)
        return masks

    return still


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    net = subject(run, ask.mistake)
    within_reach(net, ask)
    read, wanted = texts_of(run, ask, net)
    read, wanted = poke("source", read), poke("target", wanted)
    source, inputs = source_of(read), source_of(wanted)  # (1, S), (1, T)
    target = F.pad(inputs[:, :-1], (1, 0), value=1)  # (1, T): ^ and the text, without its end
    notes, layer, h = Notes(), ask.layer, ask.head
    logits = net(source, target, notes)[0]  # (T, V)
    reads, writes, wants = letters(source[0]), letters(target[0]), letters(inputs[0])
    T, r = len(writes), min(ask.row, len(writes) - 1)
    cross = cast(Decoder, net.decoder[layer]).cross
    at = f"decoder.{layer}.cross"
    Q, K, V, scores, A, mixed = (
        notes[f"{at}.{name}"][0, h] for name in ("q", "k", "v", "scores", "weights", "heads")
    )  # (T, D), (S, D) twice, (T, S) twice, (T, D)
    heard = reads if net.parts.heard is memory_of else writes
    parts = {
        "E": notes["encoder.embedding"][0], "encoder": notes[f"encoder.{layer}.weights"][0, h],
        "memory": notes["memory"][0], "X": notes["decoder.embedding"][0],
        "self": notes[f"decoder.{layer}.self.weights"][0, h], "Q": Q, "K": K, "V": V,
        "scores": scores, "cross": A, "O": mixed,
    }  # fmt: skip
    ones = {name: F.pad(notes[f"{at}.{name}"][0], (0, 1), value=1.0) for name in ("x", "heard")}
    keep: dict[str, Any] = {
        **parts,
        **ones,
        **weights_of(cross, h),
        "reads": reads,
        "writes": writes,
        "heard_by": heard,
    }
    known: dict[str, Any] = {"keep": keep, "still": quiet(parts, layer)}
    where = f"layer {layer}, head {h}"
    yield Frame(
        "source", {"source": Text(read), "E": signed(parts["E"], reads)},
        f"{len(reads)} tokens, the last one $: the end", "poke a letter of the source: which "
        "rows move?",
        chapter="read", **known,
    )  # fmt: skip
    yield Frame(
        "encoder's attention", {"encoder": shares(parts["encoder"], reads, reads)},
        f"{where}: each looks at all, as spread out as {2 ** bits(parts['encoder']).mean():.1f} "
        "equal looks", "there is no triangle: a reader may look ahead", **known,
    )  # fmt: skip
    yield Frame(
        "memory", {"memory": signed(parts["memory"], reads)},
        f"what the encoder hands over: {len(reads)} rows of {parts['memory'].size(1)} numbers",
        "it is made once, and every token that is written looks at it", **known,
    )  # fmt: skip
    yield Frame(
        "target", {"target": Text(wanted), "X": signed(parts["X"], writes)},
        f"^ and the text, one place to the right: {T} rows guess {T} tokens at once",
        "poke the last letter: no earlier row may move, in any frame", chapter="meet", **known,
    )  # fmt: skip
    yield Frame(
        "decoder's own attention", {"self": shares(parts["self"], writes, writes)},
        f"{where}: row {r} looks at {int((parts['self'][r] > 0).sum())} of {T}",
        "the triangle: no row may look ahead", predict=Spot("self", 0, 0), within=0.05, **known,
    )  # fmt: skip
    yield Frame(
        "queries, keys, values", {
            "Q": signed(Q, writes), "K": signed(K, heard), "V": signed(V, heard),
        },
        f"across: Q has {len(Q)} rows and comes from the decoder; K and V have {len(K)}, from the "
        f"{'encoder' if heard is reads else 'decoder'}",
        "poke the source: K and V move; in layer 0 Q stays", predict=Spot("Q", r, 0), **known,
    )  # fmt: skip
    best = int(A[r].argmax())
    yield Frame(
        "cross-attention", {
            "scores": signed(scores, writes), "cross": shares(A, writes, heard),
        },
        f"'{writes[r]}' ({r}) looks most at '{heard[best]}' ({best}): {figure(A[r, best])}",
        "each row sums to 1 over the source", predict=Spot("scores", r, best), **known,
    )  # fmt: skip
    yield Frame(
        "heard", {
            "cross": shares(A, writes, heard), "V": signed(V, heard), "O": signed(mixed, writes),
        },
        f"O = A @ V: each row of the target takes its mixture of {len(V)} values",
        "this is the only place where one text reads the other", predict=Spot("O", r, 0), **known,
    )  # fmt: skip
    p = logits.softmax(-1)  # (T, V)
    guess = p.argmax(-1)  # (T,)
    table = [
        ("".join(writes[: t + 1]), wants[t], letters(guess[t : t + 1])[0],
         f"{p[t, inputs[0, t]]:.3f}") for t in range(T)
    ]  # fmt: skip
    right = int((guess == inputs[0]).sum())
    yield Frame(
        "taught", {"taught": Table(("so far", "wanted", "guessed", "p of wanted"), table, mark=r)},
        f"{right} of {T} right, while the right ones stand before each",
        "this is what the loss sees; the next frames show what it writes by itself", **known,
    )  # fmt: skip
    yield from writing(net, source, T, reads, (layer, h), keep)


def writing(
    net: Transformer, source: Tensor, T: int, reads: list[str], at: tuple[int, int], keep: Any
) -> Iterator[Frame]:
    """Greedy: T tokens, each from those that it wrote itself; source (1, S)."""
    (layer, h), target = at, torch.ones(1, 1, dtype=torch.long)  # (1, 1): ^
    read = Notes()
    memory = net.encode(source, read)  # (1, S, C)
    encoder = read[f"encoder.{layer}.weights"][0, h]  # (S, S)
    for t in range(T):
        notes = Notes()
        p = net.decode(target, memory, source, notes)[0, -1].softmax(-1)  # (V,)
        own, cross = (
            notes[f"decoder.{layer}.{name}.weights"][0, h] for name in ("self", "cross")
        )  # (t + 1, t + 1), (t + 1, S)
        so_far, top = letters(target[0]), p.topk(SHOWN)
        new = letters(top.indices)
        columns = reads if net.parts.heard is memory_of else so_far
        best = int(cross[-1].argmax())
        new_scores = notes[f"decoder.{layer}.cross.scores"][0, h]  # (t + 1, S)
        told = list(zip(new, top.values.tolist(), strict=True))
        now = {"writes": so_far, "heard_by": columns, "self": own, "cross": cross, "next": told}
        yield Frame(
            f"token {t + 1}", {
                "written": Text("".join(so_far)), "encoder": shares(encoder, reads, reads),
                "self": shares(own, so_far, so_far), "cross": shares(cross, so_far, columns),
                "next": Bars(new, top.values.tolist()),
            },
            f"'{new[0]}' with {figure(top.values[0])}; the last row looks most at "
            f"'{columns[best]}' ({best})",
            "the encoder's picture never changes; a row is added to the two others",
            keep={**keep, **now, "scores": new_scores}, chapter="write" if t == 0 else "",
            predict=Spot("next", 0) if t == 1 else None,
        )  # fmt: skip
        target = torch.cat((target, top.indices[None, :1]), dim=1)


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    keep, i, j, view = frame.keep, spot.row, spot.column, spot.view
    if view in ("Q", "K", "V"):
        x, names = ("x", "writes") if view == "Q" else ("heard", "heard_by")
        made = dot(keep[x][i], keep[f"W_{view}"][j])
        what = {"Q": "looks for", "K": "is found by", "V": "has to tell"}[view]
        return f"{view.lower()}{i}[{j}] = {made}\none number of what '{keep[names][i]}' {what}"
    if view == "scores" and frame.title == "cross-attention":
        root = keep["Q"].size(1) ** 0.5
        made = f"({dot(keep['Q'][i], keep['K'][j], 3)}) / {root:.2f} = {figure(keep[view][i, j])}"
        return f"{made}\nhow much '{keep['writes'][i]}' asks for '{keep['heard_by'][j]}'"
    if view == "cross":
        row, share = keep["scores"][i], figure(keep[view][i, j])
        told = f"exp({figure(row[j])}) over its row = {share}"
        return f"{told}\n'{keep['writes'][i]}' hears {share} of '{keep['heard_by'][j]}'"
    if view in ("self", "encoder"):
        names = keep["writes" if view == "self" else "reads"]
        return f"{figure(keep[view][i, j])} of what '{names[i]}' ({i}) hears is from '{names[j]}'"
    if view == "O":
        return f"o{i}[{j}] = {dot(keep['cross'][i], keep['V'][:, j])}\nvalues, weighted by row {i}"
    if view == "next":
        token, share = keep["next"][i]
        return f"p('{token}') = {share:.4f}: the likeliest is written"
    if view in ("E", "X", "memory"):
        names = keep["writes" if view == "X" else "reads"]
        return f"number {j} of '{names[i]}' ({i}) = {figure(keep[view][i, j])}"
    return ""
