"""A tape: the operations of an expression in the order in which they are computed.

Left out: how the text becomes a tape, which stands in `expression.py`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
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
PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "**": 4}
FUNCTIONS = ("tanh", "relu", "sigmoid", "exp", "log")
TOO_LARGE = "the result is too large for a number; make a leaf smaller."
TOO_STEEP = "the result or its slope is too large for a number; move the leaf away from 0."


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
    except ZeroDivisionError as error:
        zero = f"{error}." if line.op == "**" else "this divides by zero; change a leaf."
        raise ExpressionError(text, line.at, zero) from None
    except OverflowError:
        raise ExpressionError(text, line.at, _overflow(line, operands)) from None
    except ValueError:
        raise ExpressionError(text, line.at, "log takes numbers above zero only.") from None
    except OperandError as error:
        raise ExpressionError(text, line.at, f"{error}.") from None
    if not all(math.isfinite(x) for x in (result.data, *result.slopes)):
        raise ExpressionError(text, line.at, _overflow(line, operands))
    return result


def _overflow(line: Operation, operands: Sequence[Value | float]) -> str:
    """What to do where a result is too large: at 1/a, a small leaf is at fault, not a large one."""
    last = operands[-1]
    size = abs(last.data if isinstance(last, Value) else last)
    steep = line.op in ("/", "log") and size < 1.0
    falling = line.op == "**" and not isinstance(last, Value) and last < 1.0
    return TOO_STEEP if steep or falling else TOO_LARGE


def formula(op: str, operands: Sequence[str], kinds: Sequence[str]) -> str:
    """An operation as one writes it, with brackets where an operand needs them.

    `kinds` holds the operation that an operand's text spells out, "" for a name or a number.
    """
    if op in FUNCTIONS:
        return f"{op}({operands[0]})"
    parts = []
    for slot, (text, kind) in enumerate(zip(operands, kinds, strict=True)):
        inner, own = PRECEDENCE.get(kind, 9), PRECEDENCE[op]
        behind = slot == 1 and (inner == own or kind == "neg")
        loose = inner < own or behind or (inner == own and op in ("**", "neg"))
        parts.append(f"({text})" if loose else text)
    return f"-{parts[0]}" if op == "neg" else f"{parts[0]} {op} {parts[1]}"


def called(tape: Sequence[Operation], operand: int | float) -> str:
    """An operand's name, or the plain number that it is."""
    return tape[operand].name if isinstance(operand, int) else f"{operand:g}"


def is_name(text: str) -> bool:
    """Whether a node has a name, and is not called by its own text."""
    return text.rstrip("′").isidentifier()


def written(tape: Sequence[Operation], line: Operation) -> str:
    """What a node is made of, by the names of its operands: a * b."""
    kinds = []
    for operand in line.operands:
        if isinstance(operand, int):
            below = tape[operand]
            kinds.append("" if is_name(below.name) else below.op)
        else:
            kinds.append("neg" if operand < 0 else "")
    return formula(line.op, [called(tape, operand) for operand in line.operands], kinds)
