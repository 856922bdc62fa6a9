"""What is shown and measured while it trains: what it writes, and where it looks.

S positions of the source, T of the target, H heads.
"""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor

from lessons.blocks.points import Notes
from lessons.transformer import task
from lessons.transformer.build import held_out
from lessons.transformer.model import END, PAD, Transformer, greedy, longer
from zhtui.lab import Heatmap, Run, Table

SHOWN = 8  # pairs of the table


def measure(run: Run, net: Transformer) -> dict[str, Tensor]:
    """Three distances over the first pairs that are kept for it; they say why it is good or bad."""
    source, target = (ids.to(run.device) for ids in task.batch(run.once(held_out)[:SHOWN]))
    return distances(net, source, target[:, :-1])


@torch.no_grad()
def distances(net: Transformer, source: Tensor, target: Tensor) -> dict[str, Tensor]:
    """In double, so that rounding is no distance: source (B, S), target (B, T).

    `padding` must be 0: how far logits move with one more token of padding. `leak` must be 0: how
    far they move before a changed last token. `heard` must not be 0: how far they move with another
    source.
    """
    exact = deepcopy(net).double().eval()
    whole = exact(source, target)  # (B, T, V)
    other_last, other_source = target.clone(), source.clone()
    other_last[:, -1] = END + 1
    letters = (source != PAD) & (source != END)  # (B, S)
    other_source[letters] = source[letters] % (len(task.CHARACTERS) - 1) + 1
    return {
        "padding": (exact(longer(source), target) - whole).abs().max(),
        "leak": (exact(source, other_last) - whole)[:, :-1].abs().max(),
        "heard": (exact(other_source, target) - whole).abs().max(),
    }


@torch.no_grad()
def watch(run: Run, net: Transformer) -> None:
    """What it writes of the first pairs, and whom it looks at across in the first of them."""
    net.eval()
    pairs = run.once(held_out)[:SHOWN]
    source, target = (ids.to(run.device) for ids in task.batch(pairs))
    written = [task.decode(row) for row in greedy(net, source, target.size(1))]
    rows = [
        (*pair, own, "yes" if own == pair[1] else "no")
        for pair, own in zip(pairs, written, strict=True)
    ]
    run.show("written", Table(("read", "wanted", "written", "right"), rows))
    read, wanted = pairs[0]
    notes = Notes()
    net(source[:1, : len(read) + 1], target[:1, : len(wanted) + 1], notes)
    columns, asks = [*read, "$"], ["^", *wanted]
    for number in range(len(net.decoder)):
        A = notes[f"decoder.{number}.cross.weights"][0].mean(0).cpu()  # (T, S)
        if A.size(1) != len(columns):  # a mistake: it listens to its own stream
            columns = asks
        note = "mean of the heads: a row writes, and looks along the columns"
        run.show(f"cross {number}", Heatmap(A.numpy().round(3), asks, columns, 0.0, note=note))
