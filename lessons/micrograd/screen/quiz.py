"""Three gradients are hidden; the learner types them, and sees right and wrong."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

from lessons.micrograd.screen.expression import read
from lessons.micrograd.screen.stepper import Stepper, shown

CLOSE = 1e-3  # relative; a learner types a few digits


@dataclass
class Quiz:
    """The hidden nodes in the order in which they are asked, and what was answered so far."""

    truth: dict[int, float]
    answers: dict[int, float] = field(default_factory=dict)

    @property
    def asking(self) -> int | None:
        """The node that is asked for; None when all are answered."""
        return next((node for node in self.truth if node not in self.answers), None)

    def answer(self, text: str) -> bool:
        """Takes a number, or an expression of numbers such as -2*-3. Raises `ExpressionError`."""
        node = self.asking
        assert node is not None, "nothing is asked any more"
        program = read(text)
        self.answers[node] = program.values()[program.root].data
        return self.right(node)

    def right(self, node: int) -> bool:
        """Whether the answer for a node is near enough."""
        return math.isclose(self.answers[node], self.truth[node], rel_tol=CLOSE, abs_tol=CLOSE)

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
        right = sum(self.right(node) for node in self.answers)
        return f"{right} of {len(self.truth)} right"


def hide(stepper: Stepper, seed: int, count: int = 3) -> Quiz:
    """Hides some of the gradients that the first backward pass finds; the output's own stays."""
    whole = stepper.first_backward + 1 + len(stepper.edges)
    grads = stepper.after(whole).grad
    known = {node: grad for node, grad in enumerate(grads) if grad is not None}
    known.pop(stepper.program.root)
    chosen = random.Random(seed).sample(sorted(known), min(count, len(known)))
    order = [stepper.target(move) for move in stepper.edges]
    return Quiz({node: known[node] for node in sorted(chosen, key=order.index)})
