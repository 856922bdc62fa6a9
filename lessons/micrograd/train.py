"""Train on points in the plane: a forward pass, a backward pass, a small move against the gradient.

The two forms of the network differ in `forward_backward` alone. The loop keeps this shape in every
lesson that follows. Left out: a held-out set, and any optimizer but plain gradient descent.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lessons.micrograd import naming, points, specimens, views
from lessons.micrograd.networks import Network, build
from lessons.micrograd.points import Points
from zhtui.lab import DataError, Run


def train(run: Run) -> Iterator[dict[str, float]]:
    if run.config.net == "microgpt":
        yield from naming.train(run)
        return
    everything = load(run)
    mistake = specimens.choose(run.config.specimen, run.seed)
    net = build(run.config, run.seed, run.device, mistake)
    run.keep(net=net)
    revealed = False

    for step in run.steps():
        config = run.config
        if mistake and config.reveal and not revealed:
            revealed = True
            run.say(f"The mistake is {mistake}: {specimens.TOLD[mistake]}.")
        batch = take(everything, config.batch, run)
        lr = config.lr * (1.0 - 0.9 * step / config.steps)
        before = net.numbers()

        loss, scores = net.forward_backward(batch, config.l2)
        net.move(-lr)

        gradient = net.gradient()
        row = {
            "loss": loss,
            "accuracy": float(((scores > 0) == (batch.labels > 0)).mean()),
            "grad_norm": float(np.sqrt((gradient**2).sum())),
        }
        run.work("points", len(batch.labels))
        if (step + 1) % config.show_every == 0 or step + 1 == config.steps:
            row |= meters(net, before, gradient, batch, config.l2)
            show(run, net, everything)
            moved = views.movement(net.shape, before, net.numbers(), gradient, lr, batch)
            run.show("largest moves", moved)
        yield row


def load(run: Run) -> Points:
    """The points that the knob `data` names."""
    config = run.config
    if config.data in points.SHAPES:
        return points.make(config.data, config.points, config.noise, run.seed)
    if not set(config.data) & set("./\\"):
        names = ", ".join(points.SHAPES)
        raise DataError(
            f"There are no points called {config.data!r}: take {names}, or a text file's path."
        )
    return points.read(run.data(config.data))


def take(everything: Points, size: int, run: Run) -> Points:
    """All points, or `size` of them drawn anew in every step."""
    count = len(everything.labels)
    if not 0 < size < count:
        return everything
    drawn = run.rng.sample(range(count), size)
    return Points(everything.xy[drawn], everything.labels[drawn], everything.names)


def meters(
    net: Network, before: views.Array, gradient: views.Array, batch: Points, l2: float
) -> dict[str, float]:
    """What is too dear for every step: dead units, and the gradient against the numeric one."""
    dead = sum(marks.sum() for marks in views.stuck(net.shape.layers(before), batch))
    error = views.gradient_error(net.shape, before, gradient, batch, l2)
    return {"dead_units": float(dead), "grad_error": error}


def show(run: Run, net: Network, everything: Points) -> None:
    """The pictures of the network as it is after this step."""
    layers = net.shape.layers(net.numbers())
    run.show("boundary", views.boundary(layers, everything))
    if len(layers) > 1:
        run.show("neurons", views.neurons(layers, everything))
        run.show("units", views.units(layers, everything))
    run.show("weights", views.weights(layers))
