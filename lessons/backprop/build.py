"""The words, the net, and three ways to its gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from lessons.backprop.checker import Case
from lessons.backprop.model import LEAVES, Net, Tensors, forward, in_one
from lessons.backprop.wrong import with_mistake
from lessons.blocks import fused, names
from lessons.blocks.descent import Flat
from lessons.blocks.names import Alphabet, Corpus, Known, Windows
from zhtui.lab import LabError, Run


def corpus_of(run: Run) -> Corpus:
    """The words of a run as windows. Raises LabError."""
    path = run.data(run.config.data, auto=("names", "given"))
    try:
        return names.corpus(names.read(path), run.config.context)
    except ValueError as error:
        raise LabError(str(error)) from error


def build(run: Run) -> tuple[Alphabet, Net, torch.Generator]:
    """The alphabet of a checkpoint, else of the words; a fresh net; the dice that made it."""
    known, config = Known(), run.config
    run.keep(alphabet=known)
    if not known.alphabet.characters:
        known.alphabet = run.once(corpus_of).alphabet
    dice = torch.Generator().manual_seed(run.seed)
    net = Net(len(known.alphabet), config.context, config.embedding, config.hidden, dice)
    return known.alphabet, net.to(run.device), dice


def model(run: Run) -> Net:
    """The net of a run, with the weights of its checkpoint."""
    net = run.once(build)[1]
    run.keep(model=net)
    return net


def case_of(leaves: Mapping[str, Tensor], X: Tensor, Y: Tensor) -> tuple[Case, float]:
    """A forward pass with every tensor kept, autograd's gradients of it, and the loss."""
    p = {name: leaf.detach().clone().requires_grad_() for name, leaf in leaves.items()}
    t: Tensors = dict(p)

    def see(name: str, tensor: Tensor) -> Tensor:
        tensor.retain_grad()
        t[name] = tensor
        return tensor

    loss = forward(p, X, Y, see)
    loss.backward()  # type: ignore[no-untyped-call]
    d = {name: tensor.grad for name, tensor in t.items() if tensor.grad is not None}
    plain = {name: tensor.detach() for name, tensor in t.items()}
    return Case(plain, d, X, Y, expected=d), loss.item()


def with_random(case: Case, leaves: Mapping[str, Tensor]) -> Case:
    """The case, and the same one step at a time with random gradients.

    Each tensor is cut from those before it, so its `.grad` is what its uses alone send back.
    """
    dice = torch.Generator().manual_seed(23)
    cut = {name: leaf.detach().clone().requires_grad_() for name, leaf in leaves.items()}
    p, d, sent = dict(cut), {}, []

    def see(name: str, tensor: Tensor) -> Tensor:
        d[name] = torch.randn(tensor.shape, generator=dice)
        sent.append((d[name] * tensor).sum())
        cut[name] = tensor.detach().requires_grad_()
        return cut[name]

    loss = forward(p, case.X, case.Y, see)
    (loss + torch.stack(sent).sum()).backward()  # type: ignore[no-untyped-call]
    for name in leaves:
        d[name] = torch.zeros_like(leaves[name])
    expected = {name: tensor.grad for name, tensor in cut.items() if tensor.grad is not None}
    return replace(case, random=Case(case.t, d, case.X, case.Y, expected))


class ByHand:
    """A step whose gradients are the lesson's own lines."""

    def __init__(self, net: Net, data: Windows, run: Run) -> None:
        self.net, self.run = net, run
        self.X, self.Y = data.X.to(run.device), data.Y.to(run.device)

    @torch.no_grad()
    def step(self, pick: Tensor) -> Tensor:
        """The loss of examples `pick` (B,); each parameter's `.grad` is filled."""
        here = pick.to(self.X.device)
        X, Y = self.X[here], self.Y[here]  # (B, T), (B,)
        leaves = self.net.leaves()
        t = dict(leaves)

        def see(name: str, tensor: Tensor) -> Tensor:
            t[name] = tensor
            return tensor

        loss = forward(leaves, X, Y, see)
        mistake = self.run.config.mistake
        d = in_one(t, X, Y) if mistake == "none" else with_mistake(mistake, t, X, Y)
        for name in LEAVES:
            grad = leaves[name].grad
            assert grad is not None, "make a Flat of the parameters first"
            grad.copy_(d[name])
        self.net.run_along(t, self.run.config.momentum)
        return loss


class ByAutograd(ByHand):
    """The same step, its gradients from autograd."""

    def step(self, pick: Tensor) -> Tensor:
        here = pick.to(self.X.device)
        leaves = self.net.leaves()
        t = dict(leaves)

        def see(name: str, tensor: Tensor) -> Tensor:
            t[name] = tensor
            return tensor

        for leaf in leaves.values():
            assert leaf.grad is not None, "make a Flat of the parameters first"
            leaf.grad.zero_()
        loss = forward(leaves, self.X[here], self.Y[here], see)
        loss.backward()  # type: ignore[no-untyped-call]
        self.net.run_along(t, self.run.config.momentum)
        return loss.detach()


def stepper(net: Net, flat: Flat, data: Windows, run: Run) -> fused.Fused | ByHand:
    """What makes the gradients of a minibatch. With a mistake always a line a tensor."""
    config = run.config
    if config.gradient == "autograd":
        return ByAutograd(net, data, run)
    if config.gradient == "by hand" or config.mistake != "none" or run.device != "cpu":
        return ByHand(net, data, run)
    layers: list[fused.Layer] = [
        fused.Join(config.context),
        fused.Linear(net.W1, net.b1),
        fused.BatchNorm(net.bngain, net.bnbias, (net.mean, net.var), config.momentum),
        fused.Tanh(),
        fused.Linear(net.W2, net.b2),
    ]
    return fused.Fused(fused.Embedding(net.C), layers, data.X, data.Y, config.batch)
