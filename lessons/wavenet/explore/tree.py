"""Eight characters fuse two by two: what each node reads, and what it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lessons.blocks.names import EDGE, Alphabet
from lessons.blocks.naming import window_of
from lessons.blocks.spelling import dot, number
from lessons.wavenet.build import build, model
from lessons.wavenet.config import MISTAKES
from lessons.wavenet.mistakes import with_mistake
from lessons.wavenet.model import (
    BatchNorm1d,
    Linear,
    Sequential,
    Tanh,
    members,
    wavenet,
)  # fmt: skip
from lessons.wavenet.views import shapes
from zhtui.lab import (
    Bars,
    Frame,
    Graph,
    Heatmap,
    LabError,
    Node,
    Poke,
    Run,
    Spot,
    Text,
    View,
    Words,
    knob,
    mistakes,
)  # fmt: skip

LETTERS = Alphabet.of(["abcdefghijklmnopqrstuvwxyz"])
CALM = 64  # other windows, from which a fresh net takes its running statistics


@dataclass(frozen=True)
class Ask:
    text: str = knob("isabella", "a name so far; its last characters are read")
    context: int = knob(8, "characters of a window", choices=(2, 4, 8, 16), without_run=True)
    embedding: int = knob(2, "numbers a character", low=1, high=8, without_run=True)
    hidden: int = knob(3, "features of a node", low=1, high=8, without_run=True)
    character: int = knob(
        5, "the character whose way up is lit, from 0", low=0, high=15, points="X.row"
    )
    mistake: str = mistakes(MISTAKES)


@torch.no_grad()
def net_of(run: Run | None, ask: Ask) -> tuple[Alphabet, Sequential, int]:
    """The net of a run, or a fresh one that is small enough to read."""
    if run is not None:
        net = members(model(run))[0]
        if not isinstance(net, Sequential) or run.config.type != "wavenet":
            raise LabError(f"This run is a {run.config.type}; choose one with type=wavenet.")
        if run.config.mistake == "none" and ask.mistake != "none":
            net = with_mistake(net, ask.mistake, run.config.context).eval()
        return run.once(build)[0], net, run.config.context
    dice = torch.Generator().manual_seed(5)
    net = wavenet(len(LETTERS), ask.context, ask.embedding, ask.hidden, dice)
    if ask.mistake != "none":
        net = with_mistake(net, ask.mistake, ask.context)
    some = torch.randint(1, len(LETTERS), (CALM, ask.context), generator=dice)
    net.train()
    for _ in range(40):  # the running statistics settle
        net(some)
    return LETTERS, net.eval(), ask.context


@dataclass(frozen=True)
class Stages:
    """One window on its way through the net."""

    alphabet: Alphabet
    net: Sequential
    X: Tensor  # (1, T)
    passed: list[tuple[nn.Module, Tensor]]  # each layer with what it hands on
    far: bool

    @property
    def text(self) -> str:
        return self.alphabet.decode(self.X[0].tolist())

    @property
    def levels(self) -> list[Tensor]:
        """The embeddings (T, C), then what each level of the tree hands on: (T / 2, C) …"""
        found = [self.passed[0][1][0]]
        for layer, out in self.passed:
            if isinstance(layer, Tanh):
                found.append(out[0] if out.ndim == 3 else out)
        return found

    def under(self, level: int, node: int) -> list[int]:
        """The characters that a node reads: level 2, node 0 of 8 -> 0, 1, 2, 3."""
        places = [[i] for i in range(len(self.text))]
        for _ in range(level):
            half = len(places) // 2
            pairs = zip(places[:half], places[half:], strict=True)
            if not self.far:
                pairs = zip(places[::2], places[1::2], strict=True)
            places = [a + b for a, b in pairs]
        return places[node]

    def reads(self, level: int, node: int) -> str:
        return "".join(self.text[i] for i in self.under(level, node))

    def moved(self, level: int, character: int) -> int:
        """The one node of a level that reads a character."""
        nodes = len(self.text) >> level
        return next(i for i in range(nodes) if character in self.under(level, i))


@torch.no_grad()
def stages(run: Run | None, ask: Ask, poke: Poke) -> Stages:
    alphabet, net, T = net_of(run, ask)
    try:
        ids = window_of(ask.text, alphabet, T)
    except ValueError as error:
        raise LabError(str(error)) from error
    text = poke("window", alphabet.decode(ids))
    if alphabet.unknown(text):
        raise LabError(f"The net does not know this character; use {alphabet.characters}")
    X = torch.tensor([alphabet.encode(text)])  # (1, T)
    far = "far" in (ask.mistake, run.config.mistake if run else "")
    return Stages(alphabet, net, X, list(net.through(X)), far)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    """The window, its embeddings, a frame a level, the guess; poke a character of the window."""
    s = stages(run, ask, poke)
    keep: dict[str, Any] = {"s": s}
    T, tree = len(s.text), graph(s, min(ask.character, len(s.text) - 1))
    names = [f"{i} {c}" for i, c in enumerate(s.text)]
    X = Heatmap(s.levels[0].numpy(), names, signed=True)
    statistics = Bars(*spreads(s), note="numbers in the running means of each BatchNorm")
    yield Frame(
        "window", {"window": Text(s.text), "X": X, "shapes": shapes(s.net, s.X)}, keep=keep,
        say=f"the last {T} characters, each a row of {s.levels[0].shape[1]} numbers",
        look="poke a character: only its row moves; enter on a row lights its way up",
        still=still(s, 0, "X"),
    )  # fmt: skip
    for level in range(1, len(s.levels)):
        nodes = s.levels[level]
        rows = [s.reads(level, i) for i in range(len(nodes))]
        views: dict[str, View] = {
            f"L{level}": Heatmap(nodes.numpy(), rows, signed=True, low=-1, high=1),
            "tree": tree,
            "reads": Text("   ".join(rows)),
            "statistics": statistics,
        }
        yield Frame(
            f"level {level}", views, keep=keep, chapter="tree" if level == 1 else "",
            predict=Spot(f"L{level}", 0, 0), within=0.15,
            say=f"{2 * len(nodes)} places fuse into {len(nodes)}: two rows side by side, a linear "
            "layer, BatchNorm, tanh",
            look=f"each node reads {2**level} characters; poke one: a single node moves",
            still=still(s, level, f"L{level}"),
        )  # fmt: skip
    yield guess(s, keep, tree)


def guess(s: Stages, keep: dict[str, Any], tree: Graph) -> Frame:
    p = s.passed[-1][1][0].softmax(0)  # (V,)
    best = int(p.argmax())
    return Frame(
        "guess", {"p": Bars(list(s.alphabet.characters), p.tolist()), "tree": tree}, keep=keep,
        chapter="guess", predict=Spot("p", best), within=0.2,
        say=f"after {s.text!r} the likeliest is {s.alphabet.characters[best]!r}: {p[best]:.3f}",
        look="every character of the window can move every bar, by one path each",
    )  # fmt: skip


def still(s: Stages, level: int, view: str) -> Callable[[Spot], dict[str, Any]]:
    """A poked character must move one node of a level; a tree that joins far places is no tree."""
    nodes, features = s.levels[level].shape

    def masks(spot: Spot) -> dict[str, Any]:
        mask = np.zeros((nodes, features), dtype=bool)
        if spot.view == "window":
            mask[:] = True
            mask[spot.column >> level] = False
        return {view: mask}

    return masks


def spreads(s: Stages) -> tuple[list[str], list[float]]:
    """How many numbers each BatchNorm keeps as its mean: features, or places times features."""
    norms = [layer for layer, _ in s.passed if isinstance(layer, BatchNorm1d)]
    return [f"norm {i}" for i in range(1, len(norms) + 1)], [float(n.mean.numel()) for n in norms]


def graph(s: Stages, character: int) -> Graph:
    """The tree, with the way of one character up to the guess lit."""
    T, nodes, edges, lit = len(s.text), [], [], []
    for level in range(len(s.levels)):
        on = s.moved(level, character)
        for i in range(T >> level):
            nodes.append(Node(f"{level}.{i}", [s.reads(level, i)], lit=i == on))
    for level in range(1, len(s.levels)):
        for i in range(T >> level):
            for j in range(T >> level - 1):
                if set(s.under(level - 1, j)) <= set(s.under(level, i)):
                    edge = (f"{level - 1}.{j}", f"{level}.{i}")
                    edges.append(edge)
                    lit += [edge] if character in s.under(level - 1, j) else []
    note = f"lit: the way of character {character}, {s.text[character]!r}"
    return Graph(nodes, edges, lit, note=note)


@torch.no_grad()
def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    """What a node reads, and the arithmetic of one of its features."""
    s: Stages = frame.keep["s"]
    if spot.view.startswith("L"):
        return of_node(s, int(spot.view[1:]), spot.row, spot.column)
    if spot.view == "X":
        return f"number {spot.column} of {s.text[spot.row]!r}, wherever it stands"
    if spot.view == "window":
        what = "an edge" if s.text[spot.column] == EDGE else "a letter"
        return f"character {spot.column}: {what}"
    if spot.view == "tree":
        level, node = 0, spot.row
        while node >= len(s.text) >> level:
            node, level = node - (len(s.text) >> level), level + 1
        below = ", ".join(map(str, s.under(level, node)))
        return f"level {level}, node {node} reads {s.reads(level, node)!r}: characters {below}"
    if spot.view == "p":
        logit = s.passed[-1][1][0, spot.row]
        return f"exp({number(float(logit))}) by the sum of all {len(s.alphabet)}"
    if spot.view == "shapes":
        return "B examples go in together; the middle number is of places, the last of features"
    if spot.view == "statistics":
        return f"{spreads(s)[1][spot.row]:g} numbers: one a feature, or one a place and feature"
    return "what each node of this level reads"


def of_node(s: Stages, level: int, node: int, feature: int) -> str:
    """tanh of gamma ((a · w) - mean) / spread + beta."""
    layers = [layer for layer, _ in s.passed]
    place = [i for i, layer in enumerate(layers) if isinstance(layer, Linear)][level - 1]
    linear, joined = layers[place], s.passed[place - 1][1]
    assert isinstance(linear, Linear), "a level begins with a linear layer"
    row = joined[0, node] if joined.ndim == 3 else joined[0]  # (2 C,)
    total = dot(row.tolist(), linear.weight[:, feature].tolist())
    value = number(float(s.levels[level][node, feature]))
    return f"{s.reads(level, node)!r}: tanh of norm({total}) = {value}"
