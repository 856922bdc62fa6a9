"""The words, the net that `type` names, and what steps it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.blocks import fused, names
from lessons.blocks.descent import SGD, Adam, Flat
from lessons.blocks.names import Alphabet, Corpus, Known, Windows
from lessons.blocks.optimization import cosine, warmup
from lessons.wavenet.config import Config
from lessons.wavenet.mistakes import with_mistake
from lessons.wavenet.model import (
    BatchNorm1d,
    Committee,
    Dropout,
    Embedding,
    FlattenConsecutive,
    Linear,
    Sequential,
    members,
    wavenet,
)  # fmt: skip
from lessons.wavenet.others import other
from zhtui.lab import LabError, Run


def corpus_of(run: Run) -> Corpus:
    """The words of a run as windows. Raises LabError."""
    path = run.data(run.config.data, auto=("names", "given"))
    try:
        return names.corpus(names.read(path), run.config.context)
    except ValueError as error:
        raise LabError(str(error)) from error


def net_of(config: Config, vocab: int, dice: torch.Generator) -> nn.Module:
    """A fresh net, or several. Raises LabError where a tree cannot be made of the context."""
    check(config)
    nets = [one_of(config, vocab, dice) for _ in range(config.committee)]
    return Committee(*nets) if len(nets) > 1 else nets[0]


def one_of(config: Config, vocab: int, dice: torch.Generator) -> nn.Module:
    """A net that guesses alone, or a member. Raises LabError."""
    if config.type not in ("wavenet", "flat"):
        return other(config.type, vocab, config.context, config.embedding, config.hidden)
    if config.type == "wavenet" and config.context not in (2, 4, 8, 16):
        raise LabError(
            f"context={config.context} cannot be halved down to 1; use 2, 4, 8 or 16, or type=flat."
        )
    fuse = 2 if config.type == "wavenet" else config.context
    net = wavenet(vocab, config.context, config.embedding, config.hidden, dice, fuse, config.grow)
    if config.mistake != "none":
        net = with_mistake(net, config.mistake, config.context)
    return with_dropout(net, config.blank, config.dropout)


def check(config: Config) -> None:
    """Knobs that do nothing together are refused. Raises LabError."""
    if config.type not in ("wavenet", "flat") and (config.blank or config.dropout):
        raise LabError(
            f"blank and dropout are of the tree and the flat net, not of type={config.type}; "
            "set both to 0."
        )
    if config.rule == "sgd" and config.weight_decay:
        raise LabError("weight_decay goes with rule=adam; set it to 0, or use rule=adam.")


def with_dropout(net: Sequential, blank: float, dropout: float) -> Sequential:
    """The same layers; characters are blanked below all, features dropped below the last."""
    first, *others, last = net.layers
    blanked = [Dropout(blank, whole=True)] if blank else []
    dropped = [Dropout(dropout)] if dropout else []
    return Sequential(first, *blanked, *others, *dropped, last)


def rule_of(flat: Flat, config: Config) -> SGD | Adam:
    if config.rule == "sgd":
        return SGD(flat)
    return Adam(flat, beta2=0.99, decay=config.weight_decay)


def rate(config: Config, step: int) -> float:
    """The learning rate of a step: a tenth of it late, or a line up and half a cosine to 0."""
    if config.schedule == "cosine":
        up = warmup(step, config.steps // 20)
        return config.lr * up * cosine(step, 0, config.steps)
    return config.lr * (0.1 if step >= config.decay_at * config.steps else 1.0)


def build(run: Run) -> tuple[Alphabet, nn.Module, torch.Generator]:
    """The alphabet of a checkpoint, else of the words; a fresh net; the dice that made it."""
    known = Known()
    run.keep(alphabet=known)
    if not known.alphabet.characters:
        known.alphabet = run.once(corpus_of).alphabet
    dice = torch.Generator().manual_seed(run.seed)
    return known.alphabet, net_of(run.config, len(known.alphabet), dice).to(run.device), dice


def model(run: Run) -> nn.Module:
    """The net of a run, with the weights of its checkpoint, as it is asked and not trained."""
    net = run.once(build)[1]
    run.keep(model=net)
    return net.eval()


def stepper(net: nn.Module, flat: Flat, data: Windows, run: Run) -> fused.Stepper:
    """What makes the gradients of a minibatch: trees written out on a CPU, else autograd.

    It takes the minibatches of all members after one another, and gives the sum of their losses.
    """
    nets = members(net)
    if run.device != "cpu" or run.config.mistake == "far":
        return taught(nets, flat, data, run)
    trees = [each for each in nets if isinstance(each, Sequential)]
    if len(trees) < len(nets):
        return taught(nets, flat, data, run)
    return fused.Together([written_out(tree, data, run.config) for tree in trees])


def taught(nets: list[nn.Module], flat: Flat, data: Windows, run: Run) -> fused.Taught:
    def loss_of(x: Tensor, y: Tensor) -> Tensor:
        parts = zip(nets, x.chunk(len(nets)), y.chunk(len(nets)), strict=True)
        return torch.stack([F.cross_entropy(net(own), told) for net, own, told in parts]).sum()

    return fused.Taught(loss_of, flat, data.X.to(run.device), data.Y.to(run.device))


def written_out(net: Sequential, data: Windows, config: Config) -> fused.Fused:
    first, *others = net.layers
    assert isinstance(first, Embedding), "a net begins with its embedding"
    layers, places = [], data.X.shape[1]
    for layer in others:
        if isinstance(layer, FlattenConsecutive):
            places //= layer.k
        layers.append(fast(layer, places if config.mistake == "places" else 1))
    return fused.Fused(fused.Embedding(first.weight), layers, data.X, data.Y, config.batch)


def fast(layer: nn.Module, places: int) -> fused.Layer:
    """The written-out form of one layer; `places` that have statistics of their own."""
    if isinstance(layer, FlattenConsecutive):
        return fused.Join(layer.k)
    if isinstance(layer, Linear):
        return fused.Linear(layer.weight, layer.bias)
    if isinstance(layer, BatchNorm1d):
        running = layer.mean, layer.var
        return fused.BatchNorm(layer.gamma, layer.beta, running, layer.momentum, layer.eps, places)
    if isinstance(layer, Dropout):
        return fused.Dropout(layer.share, layer.whole)
    return fused.Tanh()
