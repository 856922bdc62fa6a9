"""Four mistakes that real learners make, as switches; the knob `specimen` turns one on.

Each works on the scalar form only; `notes.md` says by which meter each one shows itself.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from lessons.micrograd.engine import Value

MISTAKES = ("relu-output", "one-sided-minus", "unsorted-backward", "stale-grads")
TOLD = {
    "relu-output": "the output layer has a ReLU, so no score can be below zero",
    "one-sided-minus": "a - b passes no gradient to b",
    "unsorted-backward": "backward does not wait until all gradients of a node are in",
    "stale-grads": "gradients are never set back to zero",
}


def choose(specimen: str, seed: int) -> str:
    """The mistake that is on: "" for none; "guess" takes one by the seed."""
    if specimen == "guess":
        return random.Random(seed).choice(MISTAKES)
    return "" if specimen == "none" else specimen


def one_sided_margin(scores: Sequence[Value], labels: Sequence[float]) -> Value:
    """`max_margin` with a subtraction that forgets its second gradient."""
    losses = []
    for score, label in zip(scores, labels, strict=True):
        product = score * label
        losses.append(Value(1.0 - product.data, "-", (product,), (0.0,)).relu())
    return sum(losses, start=Value(0.0)) * (1.0 / len(losses))


def unsorted_backward(root: Value) -> None:
    """`backward` that passes a node's gradient on as soon as it meets the node."""
    root.grad = 1.0
    seen, stack = {root}, [root]
    while stack:
        node = stack.pop()
        for operand, slope in zip(node.operands, node.slopes, strict=True):
            operand.grad += slope * node.grad
            if operand not in seen:
                seen.add(operand)
                stack.append(operand)
