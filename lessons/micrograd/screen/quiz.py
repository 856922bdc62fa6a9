"""Three gradients are hidden; the learner types them, and sees right and wrong.

A first wrong answer gets a reason and a second try.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from lessons.micrograd.screen.expression import read
from lessons.micrograd.screen.stepper import Stepper, bracketed, shown

CLOSE = 1e-3  # relative; a learner types a few digits
TRIES = 2


@dataclass(frozen=True)
class Share:
    """One edge that brings gradient to a node: `above` is "dL/de", the gradient that it takes."""

    above: str
    upstream: float
    slope: float

    @property
    def product(self) -> float:
        return self.upstream * self.slope


@dataclass
class Quiz:
    """The hidden nodes in the order in which they are asked, and what was answered so far.

    `answers` are final; `missed` are the wrong answers before them.
    """

    truth: dict[int, float]
    shares: dict[int, Sequence[Share]] = field(default_factory=dict)
    answers: dict[int, float] = field(default_factory=dict)
    missed: dict[int, list[float]] = field(default_factory=dict)

    @property
    def asking(self) -> int | None:
        """The node that is asked for; None when all are answered."""
        return next((node for node in self.truth if node not in self.answers), None)

    def answer(self, text: str) -> bool:
        """Takes a number, or an expression of numbers such as -2*-3. Raises `ExpressionError`."""
        node = self.asking
        assert node is not None, "nothing is asked any more"
        program = read(text)
        said = program.values()[program.root].data
        missed = self.missed.setdefault(node, [])
        right = near(said, self.truth[node])
        if right or len(missed) + 1 >= TRIES:
            self.answers[node] = said
        else:
            missed.append(said)
        return right

    def right(self, node: int) -> bool:
        """Whether the answer for a node is near enough."""
        return near(self.answers[node], self.truth[node])

    def reason(self, node: int, said: float) -> str:
        """Why an answer is wrong, as far as the number tells."""
        shares, truth = self.shares.get(node, ()), self.truth[node]
        several = len(shares) > 1
        if near(said, -truth):
            return "the size is right, the sign is not"
        if several and any(near(said, share.product) for share in shares):
            return f"this is the share of one edge; {len(shares)} edges bring one, add them"
        for share in shares:
            if near(said, share.slope):
                return f"this is the slope on the edge; multiply it by {share.above}"
            if near(said, share.upstream):
                return f"this is {share.above}; multiply it by the slope on the edge"
        above = " and ".join(dict.fromkeys(share.above for share in shares)) or "what comes back"
        rest = ", and add the products" if several else ""
        return f"multiply {above} by the slope on the edge{rest}"

    def solution(self, node: int) -> str:
        """The sum that gives a gradient: "-2 * -3 = 6"."""
        shares = self.shares.get(node, ())
        products = " + ".join(f"{shown(s.upstream)} * {shown(s.slope)}" for s in shares)
        return f"{products} = {shown(self.truth[node])}"

    def texts(self) -> dict[int, str]:
        """What stands in place of the hidden gradients."""
        texts = {}
        for node, truth in self.truth.items():
            texts[node] = "?"
            if node in self.answers:
                said = shown(self.answers[node])
                right = f"✓ {shown(truth)}"
                texts[node] = right if self.right(node) else f"✗ {shown(truth)}, not {said}"
        return texts

    def score(self) -> str:
        """The score in words."""
        right = [node for node in self.answers if self.right(node)]
        late = sum(bool(self.missed.get(node)) for node in right)
        second = f", {late} of them at the second try" if late else ""
        return f"{len(right)} of {len(self.truth)} right{second}"


def near(said: float, truth: float) -> bool:
    """Whether two numbers are one, as far as a few digits tell."""
    return math.isclose(said, truth, rel_tol=CLOSE, abs_tol=CLOSE)


def hide(stepper: Stepper, seed: int, count: int = 3) -> Quiz:
    """Hides some of the gradients that the first backward pass finds; the output's own stays."""
    whole = stepper.first_backward + 1 + len(stepper.edges)
    grads = stepper.after(whole).grad
    known = {node: grad for node, grad in enumerate(grads) if grad is not None}
    known.pop(stepper.program.root)
    chosen = random.Random(seed).sample(sorted(known), min(count, len(known)))
    order = [stepper.target(move) for move in stepper.edges]
    asked = sorted(chosen, key=order.index)
    return Quiz({n: known[n] for n in asked}, {n: shares(stepper, grads, n) for n in asked})


def shares(stepper: Stepper, grads: Sequence[float | None], node: int) -> list[Share]:
    """What each edge brings to a node, once all gradients are known."""
    tape, root = stepper.program.tape, stepper.program.tape[stepper.program.root].name
    return [
        Share(
            f"d{root}/d{bracketed(tape[move.node].name)}",
            grads[move.node] or 0.0,
            stepper.slope(move),
        )
        for move in stepper.edges
        if stepper.target(move) == node
    ]
