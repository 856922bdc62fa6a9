"""A small language of arrays: what a learner may type for a gradient. Nothing in it is Python.

    line        name = sum
    sum         product ((+ | -) product)*
    product     factor ((* | / | @) factor)*
    factor      - factor | power
    power       value (** factor)?
    value       (number | name | function(…) | (sum)) (.method | .method(…) | [index, …])*

Names are the tensors that are known; functions and methods are those in `CALLS`, and nothing else
exists. Every result is small: a product of two shapes is looked at before it is computed.

    evaluate("-one_hot(Y, V) / n", {"Y": …, "n": …, "V": …})  ->  a tensor
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

Value = Tensor | float | int | bool
LONGEST, DEEPEST, LARGEST = 400, 40, 1_000_000  # characters, brackets, numbers in a result
TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(\*\*|[-+*/@().,\[\]=:]))"
)


class Refused(ValueError):
    """What cannot be read or computed: a sentence, and the column (from 0) where it is."""

    def __init__(self, column: int, sentence: str) -> None:
        super().__init__(sentence)
        self.column, self.sentence = column, sentence


@dataclass(frozen=True)
class Mark:
    """One token: a number, a name or a sign, and its column."""

    text: str
    column: int
    kind: str  # "number", "name", "sign" or "end"


def marks(text: str) -> list[Mark]:
    """`h @ W2` -> h, @, W2 and the end."""
    if len(text) > LONGEST:
        raise Refused(LONGEST, f"A line has at most {LONGEST} characters.")
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        hit = TOKEN.match(text, at)
        if hit is None:
            column = at + len(text[at:]) - len(text[at:].lstrip())
            raise Refused(column, f"{text[column]!r} is not a sign of this language.")
        group = hit.lastindex or 1
        found.append(Mark(hit[group], hit.start(group), ("number", "name", "sign")[group - 1]))
        at = hit.end()
    return [*found, Mark("", len(text), "end")]


# ----- what can be called -------------------------------------------------------------------------


def small(size: int, column: int) -> None:
    if size > LARGEST:
        raise Refused(column, f"The result would have {size:,} numbers; that is never needed here.")


def broadcast(shapes: Sequence[Sequence[int]]) -> list[int]:
    """The shape that shapes have together: (4, 1) and (3,) -> [4, 3]. Raises RuntimeError."""
    longest = max(map(len, shapes))
    together = []
    for sizes in zip(*([1] * (longest - len(s)) + list(s) for s in shapes), strict=True):
        large = {size for size in sizes if size != 1} or {1}
        if len(large) > 1:
            raise RuntimeError("they do not broadcast")
        together.append(large.pop())
    return together


def dim_of(dims: tuple[Value, ...]) -> tuple[int, ...] | None:
    return tuple(int(d) for d in dims) or None


def over(how: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A sum or mean over some axes, or over all."""

    def reduce(x: Tensor, *dims: Value, dim: Value | None = None, keepdim: Value = False) -> Tensor:
        axes = dim_of(dims if dim is None else (dim,))
        return how(x) if axes is None else how(x, dim=axes, keepdim=bool(keepdim))

    return reduce


def one_hot(ids: Tensor, size: Value) -> Tensor:
    """Rows of zeros with a 1 at the id."""
    if ids.is_floating_point() or not 0 < int(size) <= 1000:
        raise ValueError("one_hot takes whole numbers, and their count")
    return F.one_hot(ids, int(size)).to(torch.get_default_dtype())


def view(x: Tensor, *shape: Value) -> Tensor:
    return x.reshape([int(size) for size in shape])


def turned(x: Tensor, *axes: Value) -> Tensor:
    return x.transpose(int(axes[0]), int(axes[1])) if axes else x.mT


CALLS: dict[str, Callable[..., Tensor]] = {
    "sum": over(torch.sum),
    "mean": over(torch.mean),
    "exp": lambda x: torch.exp(x),
    "log": lambda x: torch.log(x),
    "tanh": lambda x: torch.tanh(x),
    "sqrt": lambda x: torch.sqrt(x),
    "softmax": lambda x, dim: torch.softmax(x, int(dim)),
    "argmax": lambda x, dim: x.argmax(int(dim)),
    "one_hot": one_hot,
    "view": view,
    "reshape": view,
    "transpose": turned,
    "ones_like": lambda x: torch.ones_like(x),
    "zeros_like": lambda x: torch.zeros_like(x),
    "unsqueeze": lambda x, dim: x.unsqueeze(int(dim)),
    "squeeze": lambda x, dim: x.squeeze(int(dim)),
    "flatten": lambda x, dim=0: x.flatten(int(dim)),
}


# ----- reading and computing ----------------------------------------------------------------------


class Reader:
    """Reads a line from left to right and computes as it goes."""

    def __init__(self, text: str, known: Mapping[str, Value]) -> None:
        self.marks, self.known, self.at, self.depth = marks(text), known, 0, 0

    @property
    def now(self) -> Mark:
        return self.marks[self.at]

    def take(self, *texts: str) -> Mark | None:
        """The next token if it is one of these."""
        if self.now.kind == "sign" and self.now.text in texts:
            self.at += 1
            return self.marks[self.at - 1]
        return None

    def need(self, text: str) -> None:
        if not self.take(text):
            found = repr(self.now.text) if self.now.text else "the end"
            raise Refused(self.now.column, f"Here {text!r} was expected, not {found}.")

    def whole(self) -> Value:
        """The value of the line. Raises Refused."""
        value = self.sum()
        if self.now.kind != "end":
            raise Refused(self.now.column, f"{self.now.text!r} does not belong here.")
        return value

    def sum(self) -> Value:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Refused(self.now.column, f"More than {DEEPEST} brackets within each other.")
        value = self.product()
        while sign := self.take("+", "-"):
            value = self.apply(sign, value, self.product())
        self.depth -= 1
        return value

    def product(self) -> Value:
        value = self.factor()
        while sign := self.take("*", "/", "@"):
            value = self.apply(sign, value, self.factor())
        return value

    def factor(self) -> Value:
        minus = 0
        while self.take("-"):
            minus += 1
        value = self.power()
        return -value if minus % 2 else value

    def power(self) -> Value:
        value = self.value()
        sign = self.take("**")
        return value if sign is None else self.apply(sign, value, self.factor())

    def value(self) -> Value:
        value = self.atom()
        while True:
            if self.take("."):
                value = self.method(value)
            elif bracket := self.take("["):
                value = self.index(value, bracket.column)
            else:
                return value

    def atom(self) -> Value:
        mark = self.now
        self.at += mark.kind != "end"
        if mark.kind == "number":
            whole = mark.text.isdigit() and len(mark.text) < 10
            return int(mark.text) if whole else float(mark.text)
        if mark.text == "(":
            value = self.sum()
            self.need(")")
            return value
        if mark.kind != "name":
            found = repr(mark.text) if mark.text else "the end"
            raise Refused(mark.column, f"A number or a name was expected, not {found}.")
        if mark.text in CALLS and self.take("("):
            return self.call(mark, ())
        if mark.text not in self.known:
            raise Refused(mark.column, f"{mark.text!r} is not known; use {', '.join(self.known)}.")
        return self.known[mark.text]

    def method(self, value: Value) -> Value:
        mark = self.now
        self.at += mark.kind == "name"
        if mark.text == "T" and isinstance(value, Tensor):
            return turned(value) if value.ndim > 1 else value
        if mark.text not in CALLS or mark.kind != "name":
            raise Refused(mark.column, f"There is no .{mark.text}; there are {', '.join(CALLS)}.")
        self.need("(")
        return self.call(mark, (value,))

    def call(self, mark: Mark, first: tuple[Value, ...]) -> Tensor:
        """The rest of a call, after its opening bracket."""
        values, named = list(first), {}
        while not self.take(")"):
            name = self.now
            following = self.marks[self.at + 1] if name.kind == "name" else name
            if following.text == "=":
                self.at += 2
                named[name.text] = self.setting()
            else:
                values.append(self.sum())
            if not self.take(","):
                self.need(")")
                break
        if not values or not isinstance(values[0], Tensor):
            raise Refused(mark.column, f"{mark.text} needs a tensor.")
        return self.guarded(mark.column, lambda: CALLS[mark.text](*values, **named))

    def setting(self) -> Value:
        """What stands behind `keepdim=`: True, False or a number."""
        words = {"True": True, "False": False}
        if self.now.text in words:
            self.at += 1
            return words[self.marks[self.at - 1].text]
        return self.sum()

    def index(self, value: Value, column: int) -> Value:
        """Rows by number, by a tensor of whole numbers, or `:` for all."""
        places: list[Any] = []
        while True:
            places.append(slice(None) if self.take(":") else self.sum())
            if not self.take(","):
                break
        self.need("]")
        if not isinstance(value, Tensor) or any(isinstance(p, float) for p in places):
            raise Refused(column, "Only a tensor has places, and they are whole numbers.")
        return self.guarded(column, lambda: value[tuple(places)])

    def apply(self, sign: Mark, a: Value, b: Value) -> Value:
        """a + b and the like, once it is clear that the result is small."""
        if sign.text == "@":
            return self.matrix_product(sign, a, b)
        if not isinstance(a, Tensor) and not isinstance(b, Tensor):
            return self.of_numbers(sign, a, b)
        shapes = [x.shape for x in (a, b) if isinstance(x, Tensor)]
        try:
            small(math.prod(broadcast(shapes)), sign.column)
        except RuntimeError as error:
            both = " and ".join(str(tuple(shape)) for shape in shapes)
            raise Refused(sign.column, f"The shapes {both} do not go together here.") from error
        return self.guarded(sign.column, lambda: SIGNS[sign.text](a, b))

    def of_numbers(self, sign: Mark, a: float, b: float) -> float | int:
        """Of two numbers, as Python computes it in double; whole ones stay whole."""
        first = torch.tensor(float(a), dtype=torch.float64)  # no overflow, no complex number
        found = float(SIGNS[sign.text](first, float(b)))
        whole = isinstance(a, int) and isinstance(b, int) and sign.text in "+-*"
        return int(found) if whole and abs(found) < 2**53 else found

    def matrix_product(self, sign: Mark, a: Value, b: Value) -> Tensor:
        if not (isinstance(a, Tensor) and isinstance(b, Tensor) and a.ndim and b.ndim):
            raise Refused(sign.column, "@ needs a tensor on both sides.")
        rows, columns = a.shape[-2:][0] if a.ndim > 1 else 1, b.shape[-1] if b.ndim > 1 else 1
        small(rows * columns * max(1, *a.shape[:-2], *b.shape[:-2], 1), sign.column)
        return self.guarded(sign.column, lambda: a @ b)

    def guarded(self, column: int, compute: Callable[[], Tensor]) -> Tensor:
        """torch's own refusal, as one of ours."""
        try:
            result = compute()
        except (RuntimeError, ValueError, TypeError, IndexError, OverflowError) as error:
            raise Refused(
                column, f"This cannot be computed: {str(error).splitlines()[0]}"
            ) from error
        small(result.numel(), column)
        return result


SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
}


def evaluate(text: str, known: Mapping[str, Value]) -> Value:
    """The value of an expression over the names that are known. Raises Refused."""
    return Reader(text, known).whole()


def assignment(line: str) -> tuple[str, str, int]:
    """`dh = dlogits @ W2.T` -> the name, the expression, and the column where it begins."""
    name, equals, expression = line.partition("=")
    if not equals or not re.fullmatch(r"\s*[A-Za-z_]\w*\s*", name):
        raise Refused(0, "Write a line as name = expression, for example dh = dlogits @ W2.T")
    return name.strip(), expression, len(name) + 1
