"""A whole GPT of `Value`s: 4,192 numbers that learn to write names (Karpathy, microgpt, 2026).

    net = MicroGPT("abcdefghijklmnopqrstuvwxyz", random.Random(42).gauss)
    loss = net.loss("cab")          # one Value; loss.backward() gives 4,192 gradients

A name is read a character at a time. Each character looks back at those before it through their
keys and values, and tells the next. An edge stands before the first character and after the last.

Letters: C channels, H heads of D = C / H, V characters with the edge, T positions.

Leaves out: tensors (lesson `gpt` has the same net and the same losses), batches, biases, dropout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from lessons.micrograd.engine import Value, weighted_sum

Row = Sequence[Value]
Gauss = Callable[[float, float], float]
EDGE = "."  # between two names


def apply(matrix: Sequence[Row], x: Row) -> list[Value]:
    """A row of the matrix times x is one number: matrix (out, in), x (in,) -> (out,)."""
    return [weighted_sum(row, x, Value(0.0)) for row in matrix]


def softmax(scores: Row) -> list[Value]:
    """Shares of one: [0, ln 3] -> [1/4, 3/4]. The largest is taken off first, for exp's sake."""
    top = max(score.data for score in scores)
    powers = [(score - top).exp() for score in scores]
    total = sum(powers, start=Value(0.0))
    return [power / total for power in powers]


def drawn(shares: Sequence[float], u: float) -> int:
    """The one in whose share of [0, 1) u lies: drawn([0.7, 0.3], 0.8) -> 1."""
    for index, share in enumerate(shares):
        u -= share
        if u < 0:
            return index
    return len(shares) - 1  # rounding ends


def rms_norm(x: Row) -> list[Value]:
    """x at mean square 1: [1, 7] -> [0.2, 1.4]."""
    scale = (weighted_sum(x, x, Value(0.0)) / len(x) + 1e-5) ** -0.5
    return [each * scale for each in x]


def add(x: Row, y: Row) -> list[Value]:
    return [a + b for a, b in zip(x, y, strict=True)]


class Layer:
    """Attention to what came before, then a thought; each is added to the stream."""

    def __init__(self, C: int, matrix: Callable[[int, int], list[list[Value]]]) -> None:
        self.queries, self.keys, self.values = matrix(C, C), matrix(C, C), matrix(C, C)
        self.project = matrix(C, C)
        self.expand, self.contract = matrix(4 * C, C), matrix(C, 4 * C)

    def __call__(self, x: Row, past: list[tuple[Row, Row]], heads: int) -> list[Value]:
        """x (C,) of one position; its key and value are added to those of the past."""
        normed = rms_norm(x)
        q = apply(self.queries, normed)  # (C,)
        past.append((apply(self.keys, normed), apply(self.values, normed)))
        heard: list[Value] = []
        D = len(x) // heads
        for h in range(heads):
            part = slice(h * D, h * D + D)
            scores = [weighted_sum(q[part], k[part], Value(0.0)) / D**0.5 for k, _ in past]
            weights = softmax(scores)  # (positions so far,)
            columns = zip(*(v[part] for _, v in past), strict=True)  # D of them
            heard += [weighted_sum(weights, column, Value(0.0)) for column in columns]
        x = add(x, apply(self.project, heard))
        hidden = [each.relu() for each in apply(self.expand, rms_norm(x))]  # (4C,)
        return add(x, apply(self.contract, hidden))


class MicroGPT:
    """The net, its numbers drawn in the order of the original: tokens, positions, head, layers."""

    def __init__(
        self, characters: str, gauss: Gauss, *, C: int = 16, heads: int = 4, layers: int = 1,
        room: int = 16, spread: float = 0.08,
    ) -> None:  # fmt: skip
        def matrix(rows: int, columns: int) -> list[list[Value]]:
            drawn = [[Value(gauss(0, spread)) for _ in range(columns)] for _ in range(rows)]
            self.numbers += [number for row in drawn for number in row]
            return drawn

        self.numbers: list[Value] = []
        self.characters, self.heads, self.room = characters + EDGE, heads, room
        V = len(self.characters)
        self.tokens, self.positions = matrix(V, C), matrix(room, C)
        self.head = matrix(V, C)
        self.layers = [Layer(C, matrix) for _ in range(layers)]

    def reader(self) -> Callable[[str], list[Value]]:
        """A function that reads a name a character at a time and gives the logits (V,) after it."""
        pasts: list[list[tuple[Row, Row]]] = [[] for _ in self.layers]

        def read(character: str) -> list[Value]:
            place = len(pasts[0])
            x: list[Value] = rms_norm(
                add(self.tokens[self.characters.index(character)], self.positions[place])
            )
            for layer, past in zip(self.layers, pasts, strict=True):
                x = layer(x, past, self.heads)
            return apply(self.head, x)

        return read

    def chances(self, name: str) -> list[Value]:
        """How likely each next character was thought: of "ab" those of a, b and the edge."""
        read, text = self.reader(), f"{EDGE}{name}{EDGE}"[: self.room + 1]
        return [softmax(read(here))[self.characters.index(after)] for here, after in pairwise(text)]

    def loss(self, name: str) -> Value:
        """The mean surprise in nats a character."""
        surprises = [-chance.log() for chance in self.chances(name)]
        return sum(surprises, start=Value(0.0)) / len(surprises)

    def write(self, dice: Callable[[], float], temperature: float = 0.5) -> str:
        """A name, each character drawn by the chances of what may follow."""
        read, name, here = self.reader(), "", EDGE
        while len(name) < self.room:
            shares = softmax([logit / temperature for logit in read(here)])
            here = self.characters[drawn([share.data for share in shares], dice())]
            if here == EDGE:
                break
            name += here
        return name
