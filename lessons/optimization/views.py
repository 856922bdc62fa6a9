"""The meters of a net in training: is a layer full, is it dead, does it learn at a sane pace?

All are taken on one batch that stays the same, in `train`, without a step.
"""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lessons.blocks.names import Corpus
from lessons.optimization.history import History
from lessons.optimization.model import BatchNorm1d, Linear, Net
from zhtui.lab import Bars, Curves, Heatmap, Histogram, Run, Scatter

BINS = 20
WATCHED = 32  # examples of the batch that is looked at, as many as a step has
FULL = 0.97  # a tanh beyond it passes less than 6 % of a gradient


def hidden(net: Net, passed: list[Tensor]) -> dict[str, Tensor]:
    """What the hidden layers hand on, by name: the input of each later linear layer."""
    places = [i for i, layer in enumerate(net.layers) if isinstance(layer, Linear)]
    return {f"layer {n}": passed[place] for n, place in enumerate(places[1:], 1)}


def watch(net: Net, X: Tensor, Y: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Activations of each hidden layer, and the gradients of the loss by them: (N, H) each.

    On a copy: the running statistics and the gradients of the net itself are not touched.
    """
    still = copy.deepcopy(net).train()
    passed = still.through(X)
    layers = hidden(still, passed)
    loss = F.cross_entropy(passed[-1], Y)
    found = torch.autograd.grad(loss, list(layers.values()))
    return {name: h.detach() for name, h in layers.items()}, dict(zip(layers, found, strict=True))


def histogram(layers: dict[str, Tensor], edges: Tensor, note: str) -> Histogram:
    """Values of each layer; what lies beyond the edges counts in the outermost bins."""
    low, high = float(edges[0]), float(edges[-1])
    series = {
        name: torch.histc(h.clamp(low, high).float(), BINS, low, high).numpy()
        for name, h in layers.items()
    }
    return Histogram(edges.numpy(), series, note=note)


def saturation(h: Tensor, activation: str) -> Heatmap:
    """Units x examples (H, N): 1 where the unit passes (nearly) no gradient on."""
    full = h.abs() > FULL if activation == "tanh" else h <= 0
    dead = int(full.all(0).sum())
    word = f"beyond {FULL} of tanh" if activation == "tanh" else "at 0 or below"
    note = f"bright: {word}, {full.float().mean():.0%} of all; {dead} units on every example: dead"
    return Heatmap(full.T.float().numpy(), low=0.0, high=1.0, note=note)


def updates(history: History) -> Curves:
    """How far a step moves each matrix, as a share of its size."""
    x = np.asarray(history.steps)
    lines = {name: (x, np.maximum(values, 1e-9)) for name, values in history.ratios.items()}
    note = "spread of an update by spread of the weights: far above 1e-3 is wild, far below asleep"
    return Curves(lines, levels={"1e-3": 1e-3}, x_name="step", log_y=True, note=note)


def gauge(first: float, now: float, vocab: int) -> Bars:
    """The first loss against an even guess."""
    labels, values = ["first loss", "now"], [first, now]
    known = [(label, v) for label, v in zip(labels, values, strict=True) if not math.isnan(v)]
    note = "a first loss far above ln V was sure of something, and wrong"
    level = {f"ln {vocab}": math.log(vocab)}
    return Bars([k[0] for k in known], [k[1] for k in known], levels=level, note=note)


def running(net: Net, X: Tensor) -> Scatter | None:
    """Running against batch statistics of the first BatchNorm: on the diagonal they agree."""
    x = net.C[X].flatten(1)
    for layer in net.layers:
        if isinstance(layer, BatchNorm1d):
            mean, var = x.mean(0), x.var(0)  # (H,), (H,)
            across = torch.cat([mean, var.sqrt()]).detach().cpu().numpy()
            up = torch.cat([layer.mean, layer.var.sqrt()]).detach().cpu().numpy()
            note = "a unit: of this batch (across) and running along (up); means, then spreads"
            return Scatter(across, up, groups=[0] * len(mean) + [1] * len(mean), note=note)
        x = layer(x)
    return None


def look(run: Run, net: Net, corpus: Corpus, history: History) -> None:
    """All meters at this step."""
    apart = max(1, len(corpus.train.Y) // WATCHED)
    X = corpus.train.X[::apart][:WATCHED].to(run.device)
    Y = corpus.train.Y[::apart][:WATCHED].to(run.device)
    acts, grads = ({k: v.cpu() for k, v in each.items()} for each in watch(net, X, Y))
    top = 1.0 if run.config.activation == "tanh" else 3.0
    edges = torch.linspace(-top, top, BINS + 1)
    shown = histogram(acts, edges, "activations a layer; piled up at the ends they are full")
    run.show("activations", shown)
    wide = max(float(g.std()) for g in grads.values()) * 3 + 1e-12
    backs = histogram(
        grads, torch.linspace(-wide, wide, BINS + 1), "gradients a layer, coming back"
    )
    run.show("gradients", backs)
    for name, whole in (("activation bands", shown), ("gradient bands", backs)):
        counts = torch.from_numpy(next(iter(whole.series.values())))
        history.note_band(name, counts / counts.sum())
        note = "first hidden layer, a column a look: how its values are spread as time goes on"
        run.show(name, Heatmap(history.band(name).numpy(), low=0.0, note=note))
    if run.config.activation != "linear":
        run.show("saturation", saturation(acts["layer 1"], run.config.activation))
    if history.steps:
        run.show("update by data", updates(history))
    with torch.no_grad():
        now = float(copy.deepcopy(net).train().loss(X, Y))
        run.show("first loss", gauge(history.first, now, len(corpus.alphabet)))
        agree = running(copy.deepcopy(net).train(), X)
    if agree is not None:
        run.show("running", agree)
