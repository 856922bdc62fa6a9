"""A number that knows its gradient: reverse-mode automatic differentiation on scalars.

Each operation makes a new `Value` that remembers its operands and its *slopes*: how much the
result moves for a small move of each operand. `backward` then walks from the result to the leaves
and multiplies slopes along the way, which is the chain rule.

Left out: tensors (one node here is one number), gradients of gradients, and in-place changes of
`data` between forward and backward (the slopes are those of the moment when the node was made).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real


class OperandError(TypeError):
    """Something that is not a number met a Value."""


def number(operand: object) -> float:
    """A plain float of any real number (numpy's too). Raises `OperandError`."""
    if isinstance(operand, Real):
        return float(operand)
    kind = type(operand).__name__
    raise OperandError(f"a Value works with numbers and other Values, not with {kind}: {operand!r}")


class Value:
    """One number in a graph.

    `data` is the number, `grad` the slope of the output by it (0 until `backward`), `op` what made
    it, `operands` what it was made from, and `slopes` the local derivative by each of them.
    """

    __slots__ = ("data", "grad", "op", "operands", "slopes")
    __array_ufunc__ = None  # numpy's numbers then leave `number * Value` to __rmul__

    def __init__(
        self,
        data: float,
        op: str = "",
        operands: tuple[Value, ...] = (),
        slopes: tuple[float, ...] = (),
    ) -> None:
        self.data = data if data.__class__ is float else number(data)
        self.grad = 0.0
        self.op = op
        self.operands = operands
        self.slopes = slopes

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"

    # -- arithmetic. A plain number beside a Value needs no node: it is part of the operation. ----

    def __add__(self, other: Value | float) -> Value:
        if other.__class__ is Value:
            return Value(self.data + other.data, "+", (self, other), (1.0, 1.0))
        return Value(self.data + number(other), "+", (self,), (1.0,))

    def __mul__(self, other: Value | float) -> Value:
        if other.__class__ is Value:
            return Value(self.data * other.data, "*", (self, other), (other.data, self.data))
        factor = number(other)
        return Value(self.data * factor, "*", (self,), (factor,))

    def __sub__(self, other: Value | float) -> Value:
        if other.__class__ is Value:
            return Value(self.data - other.data, "-", (self, other), (1.0, -1.0))
        return Value(self.data - number(other), "-", (self,), (1.0,))

    def __truediv__(self, other: Value | float) -> Value:
        if other.__class__ is Value:
            quotient = self.data / other.data
            slopes = (1.0 / other.data, -quotient / other.data)
            return Value(quotient, "/", (self, other), slopes)
        divisor = number(other)
        return Value(self.data / divisor, "/", (self,), (1.0 / divisor,))

    def __pow__(self, exponent: float) -> Value:
        if isinstance(exponent, Value):
            raise OperandError("an exponent is a number; for a Value b write (b * a.log()).exp()")
        n = number(exponent)
        if self.data < 0.0 and not n.is_integer():  # Python would give a complex number
            raise OperandError(f"{self.data:g} has no real power {n:g}; take a whole exponent")
        if self.data == 0.0 and n < 1.0 and n:
            wrong = "divides by zero" if n < 0.0 else "has no finite slope"
            raise ZeroDivisionError(f"0**{n:g} {wrong}; move the base away from 0")
        return Value(self.data**n, "**", (self,), (n * self.data ** (n - 1.0) if n else 0.0,))

    def __neg__(self) -> Value:
        return Value(-self.data, "neg", (self,), (-1.0,))

    # -- the number on the left: 2 - a calls a.__rsub__(2) ----------------------------------------

    def __radd__(self, other: float) -> Value:
        return self + other

    def __rmul__(self, other: float) -> Value:
        return self * other

    def __rsub__(self, other: float) -> Value:
        return Value(number(other) - self.data, "-", (self,), (-1.0,))

    def __rtruediv__(self, other: float) -> Value:
        quotient = number(other) / self.data
        return Value(quotient, "/", (self,), (-quotient / self.data,))

    def __rpow__(self, base: float) -> Value:
        if not number(base) > 0.0:
            raise OperandError(f"{base:g} to the power of a Value has no slope; take one above 0")
        power = number(base) ** self.data
        return Value(power, "**", (self,), (power * math.log(base),))

    # -- functions of one number ------------------------------------------------------------------

    def exp(self) -> Value:
        e = math.exp(self.data)
        return Value(e, "exp", (self,), (e,))

    def log(self) -> Value:
        return Value(math.log(self.data), "log", (self,), (1.0 / self.data,))

    def tanh(self) -> Value:
        t = math.tanh(self.data)
        return Value(t, "tanh", (self,), (1.0 - t * t,))

    def sigmoid(self) -> Value:
        e = math.exp(-abs(self.data))  # exp(-x) would overflow, and 1 - s lose all its digits
        s = 1.0 / (1.0 + e) if self.data >= 0.0 else e / (1.0 + e)
        return Value(s, "sigmoid", (self,), (e / (1.0 + e) ** 2,))

    def relu(self) -> Value:
        if self.data <= 0.0:
            return Value(0.0, "relu", (self,), (0.0,))
        return Value(self.data, "relu", (self,), (1.0,))  # NaN too: a mistake must not look like 0

    # -- the chain rule ---------------------------------------------------------------------------

    def backward(self) -> None:
        """Adds to the `grad` of every node below this one how much this one moves with it.

        It adds: a second call without `zero_grad` in between counts the first one again.
        """
        self.grad = 1.0
        for node in reversed(topological_order(self)):
            grad = node.grad
            for operand, slope in zip(node.operands, node.slopes, strict=True):
                operand.grad += slope * grad  # += : a node used twice gets both shares


def topological_order(root: Value) -> list[Value]:
    """All nodes that `root` is made from, each after its operands, `root` last.

    Depth first with a stack of its own, so a graph may be deeper than Python's recursion. A node
    is on the stack twice: once to look below it, and then, with a True, to be written down.
    """
    order: list[Value] = []
    seen: set[Value] = set()
    stack: list[tuple[Value, bool]] = [(root, False)]
    while stack:
        node, below = stack.pop()
        if below:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            if node.operands:
                stack.append((node, True))
                stack += [(operand, False) for operand in node.operands]
            else:
                order.append(node)
    return order


def weighted_sum(weights: Sequence[Value], inputs: Sequence[Value | float], bias: Value) -> Value:
    """bias + w1*x1 + w2*x2 + ... as one node instead of two for each weight.

    The slope by a weight is its input, and the slope by an input is its weight. The numbers and
    their order are those of the small nodes, so the result is the same to the bit; a twentieth of
    the nodes is made.
    """
    total = bias.data
    operands, slopes = [bias], [1.0]
    for weight, x in zip(weights, inputs, strict=True):
        operands.append(weight)
        if isinstance(x, Value):
            total += weight.data * x.data
            slopes.append(x.data)
            operands.append(x)
            slopes.append(weight.data)
        else:
            total += weight.data * x
            slopes.append(x)
    return Value(total, "w*x", tuple(operands), tuple(slopes))
