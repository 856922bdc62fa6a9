"""One gradient by three roads: the chain rule, a small move of the leaf, and torch.

torch takes a second to load and has no place beside the screen, so the screen asks for its answer
in a process of its own: `python -m lessons.micrograd.screen.check` takes a program as JSON on
standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any

from lessons.micrograd.screen.expression import read
from lessons.micrograd.screen.tape import FUNCTIONS, OPERATIONS, ExpressionError, Program

MODULE = "lessons.micrograd.screen.check"


@dataclass(frozen=True)
class Row:
    """A leaf's gradient, three times; None is what could not be had, or not yet."""

    name: str
    analytic: float
    numeric: float | None
    torch: float | None = None

    @property
    def apart(self) -> float:
        """The largest difference to the analytic one."""
        others = [x for x in (self.numeric, self.torch) if x is not None]
        return max((abs(self.analytic - x) for x in others), default=0.0)

    @property
    def agrees(self) -> bool:
        """Whether all that are there agree as far as a small difference can tell."""
        return self.apart <= 1e-6 * max(1.0, abs(self.analytic))


def analytic(program: Program) -> list[float]:
    """The gradient of every line of the tape, by one backward pass."""
    values = program.values()
    values[program.root].backward()
    return [value.grad for value in values]


def numeric(program: Program, leaf: int) -> float | None:
    """(L(x + h) - L(x - h)) / 2h; None where L cannot be computed beside x."""
    x = float(program.tape[leaf].operands[0])
    h = 1e-5 * max(1.0, abs(x))
    try:
        up, down = program.edited(leaf, x + h), program.edited(leaf, x - h)
    except ExpressionError:
        return None
    return (up.values()[up.root].data - down.values()[down.root].data) / (2 * h)


def rows(program: Program, answers: dict[str, float] | None = None) -> list[Row]:
    """A row for each leaf; `answers` are torch's, by the leaf's name, once they are there."""
    grads = analytic(program)
    found = answers or {}
    tape = program.tape
    return [
        Row(tape[leaf].name, grads[leaf], numeric(program, leaf), found.get(tape[leaf].name))
        for leaf in program.leaves()
    ]


def by_torch(program: Program) -> dict[str, float]:
    """The leaves' gradients as torch finds them, in double precision."""
    import torch  # deferred: the screen's process must not pay for it

    made: list[Any] = []
    for line in program.tape:
        operands = [made[x] if isinstance(x, int) else x for x in line.operands]
        if line.op == "leaf":
            made.append(torch.tensor(operands[0], dtype=torch.float64, requires_grad=True))
        elif line.op in FUNCTIONS:
            made.append(getattr(operands[0], line.op)())
        else:
            made.append(OPERATIONS[line.op](*operands))
    made[program.root].backward()
    grads = {program.tape[leaf].name: made[leaf].grad for leaf in program.leaves()}
    return {name: 0.0 if grad is None else grad.item() for name, grad in grads.items()}


def asked(program: Program) -> str:
    """A program as one line of JSON: its text, and the numbers that stand in its leaves now."""
    leaves = {str(leaf): program.tape[leaf].operands[0] for leaf in program.leaves()}
    return json.dumps({"text": program.text, "leaves": leaves})


async def ask(program: Program) -> dict[str, float] | None:
    """torch's gradients from a process of its own; None where that fails."""
    command = (sys.executable, "-P", "-m", MODULE)
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=nowhere
    )
    try:
        answer, _ = await process.communicate(asked(program).encode())
    finally:
        if process.returncode is None:
            process.kill()
    return dict(json.loads(answer)) if process.returncode == 0 else None


def main() -> None:
    """Answers one program from standard input with torch's gradients as JSON."""
    question = json.loads(sys.stdin.read())
    program = read(question["text"])
    for leaf, number in question["leaves"].items():
        program = program.edited(int(leaf), number)
    print(json.dumps(by_torch(program)))


if __name__ == "__main__":
    main()
