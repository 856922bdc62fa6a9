"""What a run shows: the shapes, the tree at work on a held-out name, the losses, what it writes."""

from __future__ import annotations

import statistics
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from lessons.blocks.names import Alphabet, Corpus, mean_loss
from lessons.blocks.naming import names
from lessons.wavenet.model import Sequential, Tanh, members
from zhtui.lab import Bars, Heatmap, Run, Table, Text

# what the lecture's log has, beside what counting reaches here
PUBLISHED = {"flat, 3": 2.105, "flat, 8": 2.027, "WaveNet, 22K": 2.022, "WaveNet, 77K": 1.9937}


@torch.no_grad()
def shapes(net: nn.Module, X: Tensor) -> Table:
    """Each layer with the shape that it hands on, and its parameters."""
    layers = net.through(X[:1]) if isinstance(net, Sequential) else iter(())
    rows = []
    for layer, out in layers:
        size = sum(p.numel() for p in layer.parameters())
        rows.append((type(layer).__name__, "x".join(["B", *map(str, out.shape[1:])]), f"{size:,}"))
    if not rows:
        parts = net.named_children()
        rows = [(n, "", f"{sum(p.numel() for p in part.parameters()):,}") for n, part in parts]
    total = sum(p.numel() for p in net.parameters())
    return Table(("layer", "hands on", "parameters"), rows, note=f"{total:,} parameters")


def apart(run: Run, committee: nn.Module, corpus: Corpus, together: float) -> float:
    """Shows how far each net of a committee is above all together on `val`; their own mean."""
    alone = [mean_loss(net, corpus.val, run.device) for net in members(committee)]
    mean = statistics.fmean(alone)
    labels = [f"net {number}" for number in range(1, len(alone) + 1)]
    note = f"val above that of all together: {mean:.4f} alone, the mean, and {together:.4f}"
    run.show("committee", Bars(labels, [each - together for each in alone], note=note))
    return mean


@torch.no_grad()
def levels(net: Sequential, X: Tensor) -> list[Tensor]:
    """What each level of the tree makes of one window (1, T): (places, C), the lowest first."""
    found = [out[0] for layer, out in net.through(X) if isinstance(layer, Tanh)]
    return [level if level.ndim == 2 else level[None] for level in found]


def reads(level: int, node: int, text: str) -> str:
    """The characters that a node of a tree of twos reads: level 2, node 0 of 8 -> the first 4."""
    width = 2**level
    return text[node * width : (node + 1) * width]


def tree_map(net: Sequential, X: Tensor, alphabet: Alphabet) -> Heatmap:
    """All nodes above one window, a row each, with what it reads; its first 32 features."""
    text = alphabet.decode(X[0].tolist())
    rows, values, tree = [], [], levels(net, X)
    shown = min(32, *(level.shape[1] for level in tree))  # levels that grow are cut alike
    for number, level in enumerate(tree, 1):
        for node, features in enumerate(level):
            span = reads(number, node, text) if len(level) > 1 or 2**number == len(text) else text
            rows.append(f"{number} {span}")
            values.append(features[:shown].cpu())
    note = f"a node a row, its level and what it reads, after {text!r}"
    return Heatmap(torch.stack(values).numpy(), rows, low=-1, high=1, signed=True, note=note)


def ladder(row: Mapping[str, float]) -> Bars:
    """Losses beside what counting reaches, and the published rows."""
    mine = [name for name in ("train", "val", "test") if name in row]
    labels, values = [*mine, *PUBLISHED], [*(row[name] for name in mine), *PUBLISHED.values()]
    roles = [*("yours" for _ in mine), *("published" for _ in PUBLISHED)]
    levels_ = {name: row[name] for name in ("uniform", "bigram", "trigram")}
    return Bars(labels, values, levels=levels_, roles=roles, note="nats a character; val counts")


def window(corpus: Corpus, context: int) -> Tensor:
    """The fullest window of the first held-out words: (1, T)."""
    some = corpus.val.X[:200]
    return some[(some > 0).sum(1).argmax()][None]


def begin(run: Run, net: nn.Module, corpus: Corpus) -> None:
    nets = members(net.eval())
    if len(nets) > 1:
        size = sum(p.numel() for p in net.parameters())
        run.say(f"{len(nets)} nets with {size:,} parameters together; shapes and tree: the first")
    run.show("shapes", shapes(nets[0], corpus.val.X[:1].to(run.device)))
    net.train()


def look(run: Run, net: nn.Module, corpus: Corpus, row: Mapping[str, float]) -> None:
    """All views of a step, of the net in `eval`; the tree of a committee is its first net's."""
    first = members(net)[0]
    if isinstance(first, Sequential):
        X = window(corpus, run.config.context).to(run.device)
        run.show("tree", tree_map(first, X, corpus.alphabet))
    run.show("ladder", ladder(row))

    def asked(X: Tensor) -> Tensor:
        logits: Tensor = net(X.to(run.device))
        return logits

    words = names(asked, corpus.alphabet, context=run.config.context, seed=run.seed)
    run.show("samples", Text("\n".join(words)))
