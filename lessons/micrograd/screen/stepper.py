"""Walks through an expression one small move at a time, forward and backward, in both directions.

A forward move computes one node; then one move sets the output's own gradient to 1; then each move
sends gradient along one edge, in the order of `Value.backward`. The state after any number of
moves is a function of that number, so going back is going there again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lessons.micrograd.engine import topological_order
from lessons.micrograd.screen.expression import rewritten
from lessons.micrograd.screen.tape import Operation, Program, called, formula, is_name, written


@dataclass(frozen=True)
class Move:
    """One move of `kind` forward, seed or edge: from `node` to its operand at `slot`."""

    kind: str
    node: int
    slot: int = 0


@dataclass(frozen=True)
class State:
    """What stands on every node after some moves; None is "not yet"."""

    data: tuple[float | None, ...]
    grad: tuple[float | None, ...]
    whole: tuple[bool, ...]  # all edges that bring gradient to the node have done so


@dataclass
class Stepper:
    """A program and how many of its moves are done."""

    program: Program
    passes: int = 1  # backward passes, without zeroing in between
    done: int = 0
    moves: list[Move] = field(init=False)

    def __post_init__(self) -> None:
        self.values = self.program.values()
        place = {value: index for index, value in enumerate(self.values)}
        order = [
            place[value] for value in reversed(topological_order(self.values[self.program.root]))
        ]
        tape = self.program.tape
        self.edges = [
            Move("edge", node, slot)
            for node in order
            for slot, operand in enumerate(tape[node].operands)
            if isinstance(operand, int)
        ]
        forward = [Move("forward", at) for at, line in enumerate(tape) if line.op != "leaf"]
        backward = [Move("seed", self.program.root), *self.edges]
        self.first_backward = len(forward)
        self.moves = forward + backward * self.passes

    # -- moving -----------------------------------------------------------------------------------

    def go(self, done: int) -> None:
        self.done = min(max(done, 0), len(self.moves))

    def go_node(self, direction: int) -> None:
        """Moves to where a node's work ends: the next such place, or the last one before here."""
        keys = [(move.kind, move.node) for move in self.moves]
        ends = [at + 1 for at, key in enumerate(keys) if keys[at + 1 : at + 2] != [key]]
        beyond = [at for at in (0, *ends) if (at - self.done) * direction > 0]
        if beyond:
            self.go(beyond[0] if direction > 0 else beyond[-1])

    @property
    def active(self) -> Move | None:
        """The move that was made last."""
        return self.moves[self.done - 1] if self.done else None

    def edit(self, leaf: int, number: float) -> None:
        """Puts another number into a leaf and stays at the same move. Raises `ExpressionError`."""
        self.program = rewritten(self.program, leaf, number)
        self.__post_init__()

    def again(self, passes: int) -> None:
        """Plans that many backward passes without zeroing in between; moves stay where they can."""
        self.passes = passes
        self.__post_init__()
        self.go(self.done)

    # -- what is known ----------------------------------------------------------------------------

    def state(self) -> State:
        return self.after(self.done)

    def after(self, done: int) -> State:
        """The state after `done` moves, computed from the start."""
        tape = self.program.tape
        data = [
            v.data if line.op == "leaf" else None for v, line in zip(self.values, tape, strict=True)
        ]
        grad: list[float | None] = [None] * len(tape)
        waiting = [0] * len(tape)
        for move in self.moves[:done]:
            if move.kind == "forward":
                data[move.node] = self.values[move.node].data
            elif move.kind == "seed":
                grad[move.node] = 1.0
                waiting = self.uses()
            else:
                target = self.target(move)
                upstream = grad[move.node]
                assert upstream is not None, "gradient flows only from nodes that have it"
                grad[target] = (grad[target] or 0.0) + self.slope(move) * upstream
                waiting[target] -= 1
        whole = [g is not None and w == 0 for g, w in zip(grad, waiting, strict=True)]
        return State(tuple(data), tuple(grad), tuple(whole))

    def uses(self) -> list[int]:
        """How many edges bring gradient to each node."""
        counts = [0] * len(self.program.tape)
        for move in self.edges:
            counts[self.target(move)] += 1
        return counts

    def target(self, move: Move) -> int:
        """The node that an edge brings gradient to."""
        operand = self.program.tape[move.node].operands[move.slot]
        assert isinstance(operand, int), "an edge leads to a node"
        return operand

    def slope(self, move: Move) -> float:
        """The local derivative along an edge."""
        operands = self.program.tape[move.node].operands[: move.slot]
        return self.values[move.node].slopes[sum(isinstance(x, int) for x in operands)]

    # -- in words ---------------------------------------------------------------------------------

    def card(self) -> list[str]:
        """What the last move did, with the numbers in."""
        move, tape = self.active, self.program.tape
        if move is None:
            return ["Nothing is computed yet: only the leaves have numbers."]
        line, root = tape[move.node], tape[self.program.root].name
        if move.kind == "forward":
            return [self.forward_card(move.node, line)]
        if move.kind == "seed":
            return [f"d{root}/d{root} = 1.0", f"{root} moves exactly as {root} does."]
        return self.edge_card(move, line, root)

    def forward_card(self, node: int, line: Operation) -> str:
        names = written(self.program.tape, line)
        numbers = [self.number_of(x) for x in line.operands]
        tight = line.op in ("**", "neg")
        kinds = ["neg" if tight and text[0] == "-" else "" for text in numbers]
        result = shown(self.values[node].data)
        named = "" if names.replace(" ", "") == line.name else f"{line.name} = "
        return f"{named}{names} = {formula(line.op, numbers, kinds)} = {result}"

    def edge_card(self, move: Move, line: Operation, root: str) -> list[str]:
        before, after, tape = self.after(self.done - 1), self.state(), self.program.tape
        target = self.target(move)
        upstream, slope = before.grad[move.node], self.slope(move)
        old, new = before.grad[target], after.grad[target]
        assert upstream is not None, "gradient flows only from nodes that have it"
        assert new is not None, "the edge has just brought gradient"
        name = bracketed(tape[target].name)
        factor = slope_text(line, move.slot, [bracketed(called(tape, x)) for x in line.operands])
        sum_text = f"{shown(upstream)} * {shown(slope)} = {shown(upstream * slope)}"
        was = "not yet" if old is None else shown(old)
        return [
            f"d{root}/d{name} += d{root}/d({line.name}) * {factor} = {sum_text}",
            f"d{root}/d{name}: {was} → {shown(new)}{'' if after.whole[target] else ' so far'}",
            f"{line.name} moves {shown(slope)} times as fast as {tape[target].name}.",
        ]

    def number_of(self, operand: int | float) -> str:
        return shown(self.values[operand].data) if isinstance(operand, int) else f"{operand:g}"


def slope_text(line: Operation, slot: int, operands: list[str]) -> str:
    """The local derivative of an operation by its operand at `slot`, in letters."""
    x, other = operands[0], operands[1 - slot] if len(operands) == 2 else ""
    texts = {
        "+": "1",
        "-": "-1" if slot else "1",
        "*": other,
        "/": f"(-{x} / {operands[-1]}**2)" if slot else f"(1 / {other})",
        "neg": "-1",
        "tanh": f"(1 - {line.name}**2)",
        "sigmoid": f"{line.name} * (1 - {line.name})",
        "exp": line.name,
        "log": f"(1 / {x})",
        "relu": f"({x} > 0)",
        "**": f"log({other}) * {line.name}" if slot else power_slope(x, line.operands[-1]),
    }
    return texts[line.op]


def power_slope(x: str, exponent: int | float) -> str:
    """The derivative of x**exponent: 3 * x**2 for x**3."""
    if exponent in (1, 2):
        return f"{exponent:g}" + (f" * {x}" if exponent == 2 else "")
    return f"{exponent:g} * {x}**{exponent - 1:g}"


def bracketed(name: str) -> str:
    """A node's name as it stands below a d: a*b in brackets."""
    return name if is_name(name) or name.replace(".", "").isdigit() else f"({name})"


def shown(number: float) -> str:
    """A number in few characters: 4 decimals at most, never without one."""
    number += 0.0  # -0.0 becomes 0.0
    if number != 0 and not 1e-3 <= abs(number) < 1e6:
        return f"{number:.3e}"
    text = f"{number:.4f}".rstrip("0")
    return text + "0" if text.endswith(".") else text
