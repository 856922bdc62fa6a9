"""The same number of parameters, flat and as a tree; and why a tree costs less at every place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from lessons.wavenet.model import Sequential, wavenet
from lessons.wavenet.views import shapes
from zhtui.lab import Bars, Frame, Poke, Run, Spot, Table, Words, knob

TAKES_RUN = False


@dataclass(frozen=True)
class Ask:
    context: int = knob(8, "characters of a window", choices=(2, 4, 8, 16))
    embedding: int = knob(10, "numbers a character", low=1, high=64)
    tree: int = knob(68, "features of a node of the tree", low=1, high=512)
    flat: int = knob(200, "hidden units of the flat net", low=1, high=4096)
    length: int = knob(8, "letters of a name, guessed one after another", low=1, high=64)
    vocab: int = knob(27, "characters", low=2, high=1000)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    """Three frames: both nets layer by layer, their parameters, and the nodes of a whole name."""
    dice = torch.Generator().manual_seed(1)
    flat = wavenet(ask.vocab, ask.context, ask.embedding, ask.flat, dice, ask.context)
    tree = wavenet(ask.vocab, ask.context, ask.embedding, ask.tree, dice)
    X = torch.zeros((2, ask.context), dtype=torch.long)  # (B, T)
    views = {"flat": shapes(flat.eval(), X), "tree": shapes(tree.eval(), X)}
    sizes = [float(size(net)) for net in (flat, tree)]
    yield Frame(
        "layer by layer", views,
        say=f"{ask.context} characters in one step, or two by two in "
        f"{ask.context.bit_length() - 1}",
        look="the flat net has one wide product, the tree several small ones at several places",
    )  # fmt: skip
    parts = [("flat", *largest(flat)), ("tree", *largest(tree))]
    yield Frame(
        "parameters",
        {
            "parameters": Bars(["flat", "tree"], sizes),
            "parts": Table(("net", "largest product", "its weights"), parts),
        },
        predict=Spot("parameters", 1), within=0.1,
        say=f"flat {sizes[0]:,.0f}, tree {sizes[1]:,.0f}",
        look="about equal: they differ only in which places are joined, and when",
    )  # fmt: skip
    alone, shared = nodes(ask.context, ask.length)
    yield Frame(
        "a whole name",
        {"nodes": Bars(["a window at a time", "shared"], [float(alone), float(shared)])},
        predict=Spot("nodes", 1), within=0.2,
        say=f"a name of {ask.length} letters is told at {ask.length + 1} places: {alone} nodes, "
        f"or {shared} where a node that was computed is used again",
        look="sharing them is the dilated causal convolution of WaveNet: the same tree, slid along",
    )  # fmt: skip


def size(net: Sequential) -> int:
    return sum(p.numel() for p in net.parameters())


def largest(net: Sequential) -> tuple[str, str]:
    """The largest matrix of a net."""
    matrices = [p for p in net.parameters() if p.ndim == 2]
    top = max(matrices, key=lambda p: p.numel())
    rows, columns = top.shape
    return f"{rows} x {columns}", f"{top.numel():,}"


def nodes(context: int, length: int) -> tuple[int, int]:
    """Nodes of all windows of a name, computed each by itself, and each different one once.

        nodes(2, 3)  ->  (4, 4): one node a window: .., .a, ab and bc are all different

    Node i of a level reads what stands in its places, so it is known by where they end.
    """
    windows, each = length + 1, context - 1
    known = set()
    for end in range(windows):
        span = 2
        while span <= context:
            known |= {(span, end - span * i) for i in range(context // span)}
            span *= 2
    empty = {(span, end) for span, end in known if end <= 0}  # edges alone: one a level
    return windows * each, len(known - empty) + len({span for span, _ in empty})


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    """What a row or a bar stands for."""
    if spot.view in ("flat", "tree"):
        return "B examples together; then places, where there are several; then features"
    if spot.view == "parameters":
        return "embedding, the products, gain and bias of each norm, the last layer"
    if spot.view == "parts":
        return "where most of the weights are"
    return (
        f"{ask.context - 1} nodes a window" if not spot.row else "a node is named by where it ends"
    )
