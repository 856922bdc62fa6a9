"""Where the weights of a GPT-2 are, part by part, and what they cost in bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lessons.gpt2.config import COUNTED_TWICE, NO_BIASES
from lessons.gpt2.model import SIZES, Size, ledger
from zhtui.lab import Bars, Frame, LabError, Poke, Run, Spot, Table, View, Words, knob, mistakes

TAKES_RUN = False

LETTERS = ("L", "C", "T", "V")
MEANING = ("layers", "channels", "positions", "tokens in the vocabulary")
PARTS = ("tokens", "positions", "attention", "feed-forward", "norms", "head")
FORMULAS = ("V C", "T C", "L (4 C² + 4 C)", "L (8 C² + 5 C)", "(2 L + 1) 2 C", "0, tied")
SAYS = (
    "a row of C numbers a token: V C",
    "a row of C numbers a place: T C",
    "q, k and v from one matrix, and one that mixes the heads: 4 C² and 4 C biases a layer",
    "C -> 4C -> C: 8 C² and 5 C biases a layer, twice what attention has",
    "a scale and a shift a channel, twice a layer and once at the end",
    "it writes with the table that reads, so it costs nothing more",
)
MOST = 1 << 24


@dataclass(frozen=True)
class Ask:
    size: str = knob("124M", "which of the four that were released", choices=tuple(SIZES))
    mistake: str = mistakes((COUNTED_TWICE, NO_BIASES))


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    size = SIZES[ask.size]
    own = np.array([size.n_layer, size.n_embd, size.block_size, size.vocab], dtype=float)
    shape = poke("shape", own)  # (4,)
    if not (shape.min() >= 1 and shape.max() <= MOST):
        raise LabError(f"A part of the shape is not within 1 … {MOST:,}; choose another number.")
    L, C, T, V = (int(number) for number in shape)
    mine = replace(size, n_layer=L, n_embd=C, block_size=T, vocab=V)
    parts = counted(mine, ask.mistake)
    keep = {"shape": (L, C, T, V), "parts": parts, "size": mine}
    yield Frame(
        "shape", {"shape": bars(keep), "ledger": table(keep, 0)}, keep=keep,
        say=f"{ask.size}: {L} layers of {C:,} channels read {T:,} places of {V:,} tokens",
        look="four numbers make every weight; a head's number is not among them", chapter="shape",
    )  # fmt: skip
    for i, part in enumerate(PARTS):
        yield Frame(
            part, {"shape": bars(keep), "ledger": table(keep, i + 1)}, keep=keep,
            say=f"{SAYS[i]} = {parts[part]:,}", look=f"{FORMULAS[i]}, with this model's numbers",
            chapter=part if i in (0, 2) else "", still=still, predict=Spot("ledger", i, 2),
            within=0.1 * max(1, parts[part]),
        )  # fmt: skip
    yield summed(keep)
    yield bytes_of(keep)
    yield sizes(ask)


def counted(size: Size, mistake: str) -> dict[str, int]:
    """The weights of each part, or what is found by a mistake."""
    if mistake == COUNTED_TWICE.name:
        return ledger(size, tied=False)
    parts = ledger(size)
    if mistake == NO_BIASES.name:
        L, C = size.n_layer, size.n_embd
        parts |= {"attention": 4 * L * C * C, "feed-forward": 8 * L * C * C, "norms": 0}
    return parts


def bars(keep: Mapping[str, Any]) -> Bars:
    values = [float(number) for number in keep["shape"]]
    return Bars(LETTERS, values, note="logarithmic; poke one: what moves?", log=True)


def table(keep: Mapping[str, Any], done: int) -> Table:
    """The parts so far; those to come have their formula only."""
    parts = keep["parts"]
    rows: list[tuple[str, str, int | str]] = [
        (part, FORMULAS[i], parts[part] if i < done else "·") for i, part in enumerate(PARTS)
    ]
    return Table(("part", "formula", "weights"), rows, mark=done - 1 if 0 < done <= 6 else None)


def still(spot: Spot) -> Mapping[str, Any]:
    """More places cost rows of one table, more tokens of the other; nothing else moves."""
    moves = {"shape": {2: (1,), 3: (0, 5)}}.get(spot.view, {}).get(spot.row + spot.column)
    if moves is None:
        return {}
    mask = np.ones((len(PARTS), 3), dtype=bool)
    mask[list(moves), 2] = False
    return {"ledger": mask}


def summed(keep: Mapping[str, Any]) -> Frame:
    parts, total = keep["parts"], sum(keep["parts"].values())
    most = max(parts, key=parts.__getitem__)
    shares = [parts[part] / total for part in PARTS]
    return Frame(
        "sum",
        {"ledger": table(keep, 7), "shares": Bars(PARTS, shares, note="shares of the whole")},
        say=f"{total:,} weights; {most} has {parts[most] / total:.0%} of them",
        look="published for 124M: 124,439,808", keep=keep, chapter="sum",
        predict=Spot("shares", PARTS.index(most)),
    )  # fmt: skip


def bytes_of(keep: Mapping[str, Any]) -> Frame:
    """What training holds in memory for each weight."""
    total = sum(keep["parts"].values())
    held = {"weights": 4, "gradients": 4, "Adam's mean": 4, "Adam's square": 4}
    rows = [(name, size, f"{size * total / 1e9:.3f}") for name, size in held.items()]
    rows.append(("a bfloat16 copy to write with", 2, f"{2 * total / 1e9:.3f}"))
    whole = 16 * total / 1e9
    return Frame(
        "bytes", {"bytes": Table(("what", "bytes a weight", "GB"), rows)},
        say=f"in float32 AdamW holds 16 bytes a weight: {whole:.2f} GB before a text is read",
        look="activations come on top, and grow with the batch", keep=keep, chapter="bytes",
    )  # fmt: skip


def sizes(ask: Ask) -> Frame:
    """All four side by side, by the same count."""
    rows, totals = [], {}
    for name, size in SIZES.items():
        parts = counted(size, ask.mistake)
        totals[name] = sum(parts.values())
        in_blocks = totals[name] - parts["tokens"] - parts["positions"] - parts["head"]
        rows.append(
            (name, size.n_layer, size.n_embd, totals[name], f"{in_blocks / totals[name]:.0%}")
        )
    columns = ("size", "L", "C", "weights", "in blocks")
    return Frame(
        "sizes", {"sizes": Table(columns, rows, mark=list(SIZES).index(ask.size))},
        say="the larger a model is, the less its tables matter",
        look="blocks grow with L C², tables with C alone",
        keep={"totals": totals}, chapter="sizes", predict=Spot("sizes", 3, 3),
        within=0.1 * totals["1558M"],
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    view: View = frame.shown()[spot.view]
    if isinstance(view, Table) and spot.view in ("bytes", "sizes"):
        row = view.rows[spot.row]
        return ", ".join(
            f"{name} {told(cell)}" for name, cell in zip(view.columns, row, strict=True)
        )
    L, C, T, V = frame.keep["shape"]
    if spot.view == "shape":
        i = spot.row + spot.column
        return f"{LETTERS[i]} = {frame.keep['shape'][i]:,}: {MEANING[i]}"
    number = frame.keep["parts"][PARTS[spot.row]]
    if spot.view == "shares":
        return f"{number:,} of {sum(frame.keep['parts'].values()):,}"
    spelled = (
        f"{V:,} · {C:,}", f"{T:,} · {C:,}", f"{L} · (4 · {C:,}² + 4 · {C:,})",
        f"{L} · (8 · {C:,}² + 5 · {C:,})", f"(2 · {L} + 1) · 2 · {C:,}", f"{V:,} · {C:,}, or 0",
    )  # fmt: skip
    wrong = " (as this mistake counts)" if ask.mistake != "none" else ""
    return f"{spelled[spot.row]} = {number:,}{wrong}"


def told(cell: Any) -> str:
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
