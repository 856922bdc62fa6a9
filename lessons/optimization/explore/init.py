"""Numbers on their way through a deep net that has learned nothing: do they fade, or fill up?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.blocks.spelling import number
from lessons.optimization.mistakes import NO_GAIN
from lessons.optimization.model import GAINS, Linear, Net, ReLU, Tanh, kaiming
from lessons.optimization.views import FULL, histogram
from zhtui.lab import Bars, Frame, Heatmap, Poke, Run, Spot, View, Words, knob, mistakes

TAKES_RUN = False

N, V = 64, 27  # examples that are looked at, characters


@dataclass(frozen=True)
class Ask:
    depth: int = knob(5, "hidden layers", low=1, high=10)
    width: int = knob(100, "units a layer", low=4, high=300)
    activation: str = knob("tanh", "after each layer", choices=("tanh", "relu", "linear"))
    init: str = knob(
        "kaiming", "spread of the weights", choices=("one", "fifth", "kaiming", "zero")
    )
    gain: float = knob(0.0, "Kaiming's gain; 0 takes the activation's own", low=0, high=10)
    last: float = knob(0.01, "spread of the last weights", low=0, high=10)
    mistake: str = mistakes((NO_GAIN,))


def spreads_of(ask: Ask) -> Tensor:
    """The spread of each hidden layer's weights (L,)."""
    gain = 1.0 if ask.mistake == "no-gain" else ask.gain or GAINS[ask.activation]
    one = {"one": 1.0, "fifth": 0.2, "zero": 0.0, "kaiming": kaiming(ask.width, gain)}[ask.init]
    return torch.full((ask.depth,), one)


def net_of(ask: Ask, spreads: Tensor) -> Net:
    """A net of the lesson, whose embeddings have spread 1."""
    dice = torch.Generator().manual_seed(4)
    C = torch.randn((V, ask.width), generator=dice)  # (V, D), D as wide as a layer
    layers: list[nn.Module] = []
    for spread in spreads.tolist():
        layers.append(Linear(ask.width, ask.width, dice, spread, 0.0))
        if ask.activation != "linear":
            layers.append(Tanh() if ask.activation == "tanh" else ReLU())
    return Net(C, [*layers, Linear(ask.width, V, dice, ask.last, 0.0)])


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    """A frame a layer, forward; then the first loss, and the gradients on their way back."""
    spreads = poke("W.spread", spreads_of(ask))
    net = net_of(ask, spreads)
    dice = torch.Generator().manual_seed(9)
    X, Y = torch.randint(V, (N, 1), generator=dice), torch.randint(V, (N,), generator=dice)
    passed = net.through(X)
    places = [i for i, layer in enumerate(net.layers) if isinstance(layer, Linear)]
    sums = [passed[i + 1] for i in places[:-1]]  # x W of each hidden layer, before its bend
    outs = [passed[i] for i in places]  # what each layer is given; outs[l] is what l hands on
    loss = F.cross_entropy(passed[-1], Y)
    backs = torch.autograd.grad(loss, outs)
    keep = {
        "spreads": spreads, "sums": [s.detach() for s in sums],
        "outs": [h.detach() for h in outs], "width": ask.width, "backs": backs,
    }  # fmt: skip
    yield from forward(ask, spreads, keep)
    yield first_loss(passed[-1].detach(), float(loss.detach()), keep)
    yield back(backs, keep)


def names(count: int) -> list[str]:
    return ["x", *(f"layer {i}" for i in range(1, count))]


def forward(ask: Ask, spreads: Tensor, keep: dict[str, Any]) -> Iterator[Frame]:
    outs, ratio = keep["outs"], 0.0
    for at, h in enumerate(outs):
        so_far = [float(one.std()) for one in outs[: at + 1]]
        bars = Bars(names(at + 1), so_far, note="spread of what each layer hands on")
        shown = {f"layer {at}" if at else "x": h}
        edges = torch.linspace(-1, 1, 21) if ask.activation == "tanh" and at else EDGES
        views: dict[str, View] = {
            "spread": bars,
            "activations": histogram(shown, edges, "all examples, all units"),
            "W.spread": Bars([f"W{i + 1}" for i in range(len(spreads))], spreads.tolist()),
        }
        if at == 0:
            say = f"{N} examples of {ask.width} numbers with spread {so_far[0]:.2f} go in"
            yield Frame(
                "in", views, say=say, look="the aim: every layer hands on a like spread", keep=keep
            )
            continue
        ratio = so_far[-1] / max(so_far[-2], 1e-12)
        yield Frame(
            f"layer {at}", views, keep=keep, chapter="forward" if at == 1 else "",
            predict=Spot("spread", at, 0), within=0.1,
            say=f"spread {so_far[-1]:.3f}, {ratio:.2f} times that before; {state(h, ask)}",
            look=verdict(so_far[-1], h, ask),
            still=earlier(at + 1),
        )  # fmt: skip


EDGES = torch.linspace(-3, 3, 21)


def state(h: Tensor, ask: Ask) -> str:
    if ask.activation == "tanh":
        return f"{(h.abs() > FULL).float().mean():.0%} of the units are full"
    return f"{(h == 0).float().mean():.0%} are exactly 0"


def verdict(spread: float, h: Tensor, ask: Ask) -> str:
    if ask.activation == "tanh" and (h.abs() > FULL).float().mean() > 0.3:
        return "piled up at -1 and 1: tanh is flat there, and passes no gradient back"
    if spread < 0.05:
        return "almost nothing is left: the next layer cannot tell the examples apart"
    return "neither full nor faded: this layer can learn"


def earlier(count: int) -> Callable[[Spot], dict[str, Any]]:
    """Poking the weights of layer l must not move the spreads before it."""

    def still(spot: Spot) -> dict[str, Any]:
        mask = np.zeros((count, 1), dtype=bool)
        if spot.view == "W.spread":
            mask[: spot.row + spot.column + 1] = True
        return {"spread": mask}

    return still


def first_loss(logits: Tensor, loss: float, keep: dict[str, Any]) -> Frame:
    level = {f"ln {V}": math.log(V)}
    return Frame(
        "first loss",
        {
            "loss": Bars(["first loss"], [loss], levels=level),
            "logits": Heatmap(logits[:12].numpy(), signed=True, note="12 examples, 27 characters"),
        },
        keep=keep, chapter="loss", predict=Spot("loss", 0, 0), within=0.1,
        say=f"logits of spread {logits.std():.2f} give {loss:.2f} nats; an even guess costs "
        f"{math.log(V):.2f}",
        look="set last=1: logits grow, and the net is sure of what it cannot know",
    )  # fmt: skip


def back(backs: tuple[Tensor, ...], keep: dict[str, Any]) -> Frame:
    sizes = [float(g.std()) for g in backs]
    share = sizes[0] / max(sizes[-1], 1e-30)
    bars = Bars(
        names(len(sizes)), sizes, log=True, note="spread of the gradient by what is handed on"
    )
    return Frame(
        "back", {"gradients": bars}, keep=keep, chapter="back",
        say=f"from the last layer to the input the gradient changes {share:.3g} times",
        look="equal bars: every layer hears the loss equally loudly",
    )  # fmt: skip


@torch.no_grad()
def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    """How a spread follows from the one before it."""
    outs, sums, spreads = frame.keep["outs"], frame.keep["sums"], frame.keep["spreads"]
    at = spot.row
    if spot.view == "spread" and at:
        root, before = math.sqrt(frame.keep["width"]), float(outs[at - 1].square().mean().sqrt())
        w, summed = float(spreads[at - 1]), float(sums[at - 1].std())
        return (
            f"root of {frame.keep['width']} · {number(w)} · {number(before)} = "
            f"{number(root * w * before)} (measured {number(summed)}), after {ask.activation} "
            f"{number(float(outs[at].std()))}"
        )
    if spot.view == "spread":
        return "the inputs are drawn with spread 1"
    if spot.view == "W.spread":
        return f"W of layer {at + spot.column + 1} is drawn with this spread; poke it"
    if spot.view == "gradients":
        size = number(float(frame.keep["backs"][at].std()))
        return f"a change of 1 in one number here changes the loss by about {size}"
    if spot.view == "loss":
        return "-ln of what softmax gives to the right character, averaged over the examples"
    if spot.view == "logits":
        return "one number a character: softmax of a row is the guess"
    return f"how many of {N} examples x {ask.width} units lie in this bin"
