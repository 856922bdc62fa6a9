"""The model as a graph: what each box takes, gives and has learned; every box can be entered.

Letters: T positions, C channels, H heads, G heads of keys and values, D channels a head, V
characters, L layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

from lessons.gpt.config import COUNTED_TWICE
from lessons.gpt.model import GPT
from lessons.gpt.reading import subject
from zhtui.lab import Frame, Graph, Node, Poke, Run, Spot, Table, Words, knob, mistakes


@dataclass(frozen=True)
class Ask:
    box: int = knob(0, "the box that is open in the first frame", low=0, points="model.row")
    mistake: str = mistakes((COUNTED_TWICE,))


@dataclass(frozen=True)
class Box:
    """A part of the model: what comes out of it, what it has learned, what it is for."""

    name: str
    shape: str
    weights: dict[str, tuple[int, ...]]  # by name, the shape of each
    what: str
    times: int = 1  # it stands in the model

    @property
    def count(self) -> int:
        """Learned numbers of one such part: (3, 4) and (4,) are 16."""
        return sum(map(prod, self.weights.values()))


def learned(**parts: Any) -> dict[str, tuple[int, ...]]:
    """The weights of modules by name, each with its shape."""
    return {
        f"{title}.{name}".strip("."): tuple(weight.shape)
        for title, part in parts.items()
        for name, weight in part.named_parameters()
    }


def boxes(model: GPT, mistake: str) -> list[Box]:
    """The parts in the order in which a text comes by; a block's two stand for all L blocks."""
    L, (V, C) = len(model.blocks), model.tokens.weight.shape
    stream = f"T x {C}"
    found = [
        Box("tokens", stream, learned(tokens=model.tokens), f"row c of {V} is what character c is"),
        Box("positions", stream, learned(positions=model.positions), "where each stands is added"),
    ]
    if L:
        block: Any = model.blocks[0]
        one = learned(norm1=getattr(block, "norm1", None) or _Nothing, attention=block.attention)
        two = learned(norm2=getattr(block, "norm2", None) or _Nothing, think=block.think)
        heads = block.attention.heads
        found += [
            Box("attention", stream, one, f"{heads} heads: each position asks the past", L),
            Box("feed-forward", stream, two, "each position works on what it heard", L),
        ]
    own = learned(norm=model.norm, head=model.head)
    what = "a number for each character that may come next"
    if mistake != COUNTED_TWICE.name and getattr(model.head, "weight", None) is model.tokens.weight:
        own, what = learned(norm=model.norm), f"{what}: by the table tokens, again"
    found.append(Box("head", f"T x {V}", own, what))
    return found


class _Nothing:
    """A part that is not there."""

    @staticmethod
    def named_parameters() -> tuple[()]:
        return ()


def drawn(found: list[Box], lit: int | None) -> Graph:
    """All boxes, the lit one open."""
    nodes = [
        Node(
            box.name,
            [box.name, box.shape, f"{box.times} x " * (box.times > 1) + f"{box.count:,}"],
            lit=number == lit,
        )
        for number, box in enumerate(found)
    ]
    edges = list(pairwise(box.name for box in found))
    return Graph(
        nodes, edges, note="shape of what comes out · how many boxes x learned numbers of one"
    )


def opened(box: Box) -> Table:
    """What a box has learned, tensor by tensor."""
    rows = [(name, " x ".join(map(str, shape)), prod(shape)) for name, shape in box.weights.items()]
    note = "" if rows else "it has learned nothing"
    return Table(("weights", "shape", "numbers"), rows, note=note)


def ledger(found: list[Box]) -> Table:
    """All that is learned, and what share of it each part has."""
    total = sum(box.count * box.times for box in found)
    rows = [
        (
            box.name,
            box.times,
            box.count,
            box.count * box.times,
            f"{box.count * box.times / total:.1%}",
        )
        for box in found
    ]
    return Table(("part", "times", "each", "together", "share"), rows, note=f"together {total:,}")


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    model = subject(run)[1]
    found, T = boxes(model, ask.mistake), model.block_size
    first, keep = min(ask.box, len(found) - 1), {"boxes": found}
    counted = sum(p.numel() for p in model.parameters())
    yield Frame(
        "model", {"model": drawn(found, first), "inside": opened(found[first])},
        f"up to {T} characters go in on the left; {found[-1].shape} numbers come out on the right",
        "every box but the last hands on the same shape: each adds to one stream",
        keep=keep | {"box": first}, chapter="model",
    )  # fmt: skip
    for number, box in enumerate(found):
        each = f" in each of {box.times} blocks" if box.times > 1 else ""
        yield Frame(
            box.name, {"model": drawn(found, number), "inside": opened(box)},
            f"{box.what}; {box.count:,} learned numbers{each}",
            "point at a row of inside: its numbers, and what they do",
            keep=keep | {"box": number}, chapter=box.name,
            predict=Spot("inside", 0, 2) if box.weights else None,
        )  # fmt: skip
    total = sum(box.count * box.times for box in found)
    yield Frame(
        "ledger", {"model": drawn(found, None), "ledger": ledger(found)},
        f"together {total:,}; the model itself holds {counted:,}",
        "a table that is used twice is learned once", keep=keep | {"counted": counted},
        chapter="ledger",
    )  # fmt: skip


MEANS = {
    "qkv": "queries, keys and values of all heads in one product",
    "project": "mixes what was found, and adds it to the stream",
    "expand": "the hidden neurons: each looks for one pattern",
    "router": "how well each expert suits a position",
    "gate": "how far each neuron is open",
    "tokens": "a row for each character",
    "positions": "a row for each place",
    "head": "a row for each character that may come",
}


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    found = frame.keep["boxes"]
    if spot.view == "model":
        box = found[spot.row]
        return f"{box.name}: {box.times} x {box.count:,} = {box.times * box.count:,}\n{box.what}"
    if spot.view == "ledger":
        box, total = found[spot.row], sum(each.count * each.times for each in found)
        share = box.count * box.times / total
        part = f"{box.times}·{box.count:,} / {total:,} = {share:.4f}"
        return f"{part}\nthe share of {box.name} in all that is learned"
    box = found[frame.keep["box"]]
    if not box.weights:
        return ""
    name, shape = list(box.weights.items())[spot.row]
    what = next((text for word, text in MEANS.items() if word in name), "scale of a norm")
    return f"{name}: {'·'.join(map(str, shape))} = {prod(shape):,}\n{what}"
