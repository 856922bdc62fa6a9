"""A tape: the operations of an expression in the order in which they are computed.

Left out: how the text becomes a tape, which stands in `expression.py`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace

from lessons.micrograd.engine import OperandError, Value
from zhtui.lab import LabError

OPERATIONS: dict[str, Callable[..., Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
    "neg": operator.neg,
    "tanh": Value.tanh,
    "relu": Value.relu,
    "sigmoid": Value.sigmoid,
    "exp": Value.exp,
    "log": Value.log,
}
FUNCTIONS = ("tanh", "relu", "sigmoid", "exp", "log")
OVERFLOW = "the result is too large for a number; make a leaf smaller."


class ExpressionError(LabError):
    """A mistake in an expression. `column` counts from 1, in the line where it is."""

    def __init__(self, text: str, at: int, sentence: str) -> None:
        line = text.count("\n", 0, at) + 1
        self.column = at - text.rfind("\n", 0, at)
        place = f"Column {self.column}" if line == 1 else f"Line {line}, column {self.column}"
        super().__init__(f"{place}: {sentence}")


@dataclass(frozen=True)
class Operation:
    """One line of the tape.

    An operand is the index of an earlier line, or a plain number (a float). `op` is "leaf" for a
    named number, its only operand. `name` is what the learner sees, `at` where the operator stands
    in the text.
    """

    name: str
    op: str
    operands: tuple[int | float, ...]
    at: int


@dataclass(frozen=True)
class Program:
    """A text that has been read: its tape, and which line of it is the output."""

    text: str
    tape: tuple[Operation, ...]
    root: int

    def leaves(self) -> list[int]:
        return [index for index, line in enumerate(self.tape) if line.op == "leaf"]

    def edited(self, leaf: int, number: float) -> Program:
        """The same program with another number in a leaf. Raises `ExpressionError`."""
        tape = list(self.tape)
        tape[leaf] = replace(tape[leaf], operands=(float(number),))
        changed = replace(self, tape=tuple(tape))
        changed.values()
        return changed

    def values(self) -> list[Value]:
        """Computes every line. Raises `ExpressionError` where a result is not a number."""
        made: list[Value] = []
        for line in self.tape:
            made.append(compute(self.text, line, made))
        return made


def compute(text: str, line: Operation, made: list[Value]) -> Value:
    """One line of the tape as a `Value`. Raises `ExpressionError`."""
    operands = [made[x] if isinstance(x, int) else x for x in line.operands]
    try:
        if line.op == "leaf":
            result = Value(float(line.operands[0]))
        else:
            result = OPERATIONS[line.op](*operands)
    except ZeroDivisionError:
        raise ExpressionError(text, line.at, "this divides by zero; change a leaf.") from None
    except OverflowError:
        raise ExpressionError(text, line.at, OVERFLOW) from None
    except ValueError:
        raise ExpressionError(text, line.at, "log takes numbers above zero only.") from None
    except OperandError:
        sentence = "a negative number has no such power; use a whole exponent."
        raise ExpressionError(text, line.at, sentence) from None
    if not all(math.isfinite(x) for x in (result.data, *result.slopes)):
        raise ExpressionError(text, line.at, OVERFLOW)
    return result
