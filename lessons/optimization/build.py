"""The words, the net that the knobs ask for, and its fast form."""

from __future__ import annotations

import torch
from torch import nn

from lessons.blocks import fused, names
from lessons.blocks.descent import SGD, Adam, Flat, Momentum, Rule
from lessons.blocks.names import Alphabet, Corpus, Known, Windows
from lessons.optimization.config import Config
from lessons.optimization.model import (
    GAINS,
    BatchNorm1d,
    Linear,
    Net,
    ReLU,
    Tanh,
    kaiming,
)  # fmt: skip
from lessons.optimization.wrong import NORMS
from zhtui.lab import LabError, Run

RULES: dict[str, type[Rule]] = {"sgd": SGD, "momentum": Momentum, "adam": Adam}


def corpus_of(run: Run) -> Corpus:
    """The words of a run as windows. Raises LabError."""
    path = run.data(run.config.data, auto=("names", "given"))
    try:
        return names.corpus(names.read(path), run.config.context)
    except ValueError as error:
        raise LabError(str(error)) from error


def spread_of(config: Config, fan_in: int) -> float:
    """The spread of a hidden layer's first weights."""
    gain = config.gain or GAINS[config.activation]
    if config.mistake == "no-gain":
        gain = 1.0
    known = {"one": 1.0, "fifth": 0.2, "zero": 0.0, "kaiming": kaiming(fan_in, gain)}
    return known[config.init]


def net_of(config: Config, vocab: int, dice: torch.Generator) -> Net:
    """A fresh net. Numbers are drawn in the lecture's order: C, then W and b of each layer."""
    C = torch.randn((vocab, config.embedding), generator=dice)  # (V, D)
    layers: list[nn.Module] = []
    fan_in, norm = config.context * config.embedding, NORMS.get(config.mistake, BatchNorm1d)
    for _ in range(config.depth):
        spread, bias = spread_of(config, fan_in), None if config.norm else config.bias
        layers.append(Linear(fan_in, config.width, dice, spread, bias))
        layers += [norm(config.width, config.momentum)] if config.norm else []
        if config.activation != "linear":
            layers.append(Tanh() if config.activation == "tanh" else ReLU())
        fan_in = config.width
    layers.append(Linear(fan_in, vocab, dice, config.last, float(config.last >= 1)))
    return Net(C * float(config.init != "zero"), layers)


def build(run: Run) -> tuple[Alphabet, Net, torch.Generator]:
    """The alphabet of a checkpoint, else of the words; a fresh net; the dice that made it."""
    known = Known()
    run.keep(alphabet=known)
    if not known.alphabet.characters:
        known.alphabet = run.once(corpus_of).alphabet
    dice = torch.Generator().manual_seed(run.seed)
    return known.alphabet, net_of(run.config, len(known.alphabet), dice).to(run.device), dice


def model(run: Run) -> Net:
    """The net of a run, with the weights of its checkpoint, as it is asked and not trained."""
    net = run.once(build)[1]
    run.keep(model=net)
    return net.eval()


def stepper(net: Net, flat: Flat, data: Windows, run: Run) -> fused.Stepper:
    """What makes the gradients of a minibatch: written out on a CPU, else autograd."""
    if run.device != "cpu" or run.config.mistake in NORMS:
        return fused.Taught(net.loss, flat, data.X.to(run.device), data.Y.to(run.device))
    fast: list[fused.Layer] = [fused.Join(data.X.shape[1])]
    for layer in net.layers:
        if isinstance(layer, Linear):
            fast.append(fused.Linear(layer.W, layer.b))
        elif isinstance(layer, BatchNorm1d):
            running = (layer.mean, layer.var)
            fast.append(fused.BatchNorm(layer.gain, layer.bias, running, layer.momentum, layer.eps))
        else:
            fast.append(fused.Tanh() if isinstance(layer, Tanh) else fused.ReLU())
    return fused.Fused(fused.Embedding(net.C), fast, data.X, data.Y, run.config.batch)
