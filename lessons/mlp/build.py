"""The words, the net, and the stepper of the net: what training, writing and exploring share."""

from __future__ import annotations

from dataclasses import replace

import torch

from lessons.blocks import fused, names
from lessons.blocks.descent import Flat
from lessons.blocks.names import Alphabet, Corpus, Known, Windows
from lessons.mlp.model import MLP, windows
from zhtui.lab import LabError, Run


def corpus_of(run: Run) -> Corpus:
    """The words of a run as windows, with its mistake if it has one. Raises LabError."""
    config = run.config
    path = run.data(config.data, auto=("names", "given"))
    try:
        corpus = names.corpus(names.read(path), config.context)
    except ValueError as error:
        raise LabError(str(error)) from error
    if config.mistake == "carry":
        words, alphabet = corpus.words, corpus.alphabet
        parts = [
            Windows(*windows(part, alphabet, config.context, carry=True))
            for part in (words.train, words.val)
        ]
        return replace(corpus, train=parts[0], val=parts[1])
    if config.mistake == "leak":
        return replace(corpus, train=leaked(corpus.train), val=leaked(corpus.val))
    return corpus


def leaked(right: Windows) -> Windows:
    """The window moved on by one: its last letter (N, -1) is the answer."""
    return Windows(torch.cat([right.X[:, 1:], right.Y[:, None]], dim=1), right.Y)


def build(run: Run) -> tuple[Alphabet, MLP, torch.Generator]:
    """The alphabet of a checkpoint, else of the words; a fresh net; the dice that made it."""
    known, config = Known(), run.config
    run.keep(alphabet=known)
    if not known.alphabet.characters:
        known.alphabet = run.once(corpus_of).alphabet
    dice = torch.Generator().manual_seed(run.seed)
    size = len(known.alphabet), config.context, config.embedding, config.hidden
    net = MLP(*size, dice, config.start)
    return known.alphabet, net.to(run.device), dice


def model(run: Run) -> MLP:
    """The net of a run, with the weights of its checkpoint."""
    net = run.once(build)[1]
    run.keep(model=net)
    return net


def stepper(net: MLP, flat: Flat, data: Windows, run: Run) -> fused.Stepper:
    """What makes the gradients of a minibatch: written out on a CPU, else autograd."""
    frozen = run.config.mistake == "frozen"
    if run.device != "cpu":
        net.C.requires_grad_(not frozen)
        return fused.Taught(net.loss, flat, data.X.to(run.device), data.Y.to(run.device))
    layers: list[fused.Layer] = [
        fused.Join(run.config.context),
        fused.Linear(net.W1, net.b1),
        fused.Tanh(),
        fused.Linear(net.W2, net.b2),
    ]
    return fused.Fused(fused.Embedding(net.C, frozen), layers, data.X, data.Y, run.config.batch)
