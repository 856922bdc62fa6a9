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

NOT_YET = "not yet"


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
    old: State | None = None  # what stood here before the last edit, until the next move

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
        self.widest = self._widest()

    # -- moving -----------------------------------------------------------------------------------

    def go(self, done: int) -> None:
        self.done, self.old = min(max(done, 0), len(self.moves)), None

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
        before, self.program = self.state(), rewritten(self.program, leaf, number)
        self.__post_init__()
        self.old = before

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
        flow = Flow(self)
        for move in self.moves[:done]:
            if move.kind == "forward":
                data[move.node] = self.values[move.node].data
            else:
                flow.take(move)
        whole = [g is not None and w == 0 for g, w in zip(flow.grad, flow.waiting, strict=True)]
        return State(tuple(data), tuple(flow.grad), tuple(whole))

    def _widest(self) -> list[int]:
        """The characters that the gradient of each node takes at most, over all moves."""
        flow, widest = Flow(self), [len(NOT_YET)] * len(self.program.tape)
        for move in self.moves[self.first_backward :]:
            node = flow.take(move)
            text = grad_shown(flow.grad[node] or 0.0, flow.waiting[node] == 0)
            widest[node] = max(widest[node], len(text))
        return widest

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
            known = f"d{root}/d{root} = 1"
            return [known, f"{root} moves as fast as itself. From here on backward, edge by edge."]
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
        name, above = bracketed(tape[target].name), bracketed(line.name)
        local = f"∂{above}/∂{name}"
        factor = slope_text(line, move.slot, [bracketed(called(tape, x)) for x in line.operands])
        sum_text = f"{shown(upstream)} * {shown(slope)} = {shown(upstream * slope)}"
        why = "" if factor == shown(slope) else f"   ({local} = {factor})"
        was = NOT_YET if old is None else shown(old)
        return [
            f"d{root}/d{name} += d{root}/d{above} * {local} = {sum_text}{why}",
            f"d{root}/d{name}: {was} → {grad_shown(new, after.whole[target])}",
            self.chain(move, upstream, slope),
        ]

    def chain(self, move: Move, upstream: float, slope: float) -> str:
        """The chain rule along an edge, as speeds."""
        tape, target = self.program.tape, self.target(move)
        above, below, root = tape[move.node].name, tape[target].name, tape[self.program.root].name
        if any(m.kind == "seed" for m in self.moves[self.first_backward + 1 : self.done]):
            return "The gradients were not zeroed: these sums hold both passes and are not slopes."
        by = " by this edge" if self.uses()[target] > 1 else ""
        first = f"{above} moves {shown(slope)} times as fast as {below}"
        if move.node == self.program.root:
            return f"{first}{by}."
        then = f"{root} {shown(upstream)} times as fast as {above}"
        return f"{first}, {then}, so {root} {shown(upstream * slope)} times as fast as {below}{by}."

    def number_of(self, operand: int | float) -> str:
        return shown(self.values[operand].data) if isinstance(operand, int) else f"{operand:g}"


class Flow:
    """The gradients while they flow; `waiting` counts the edges of a node that are to come."""

    def __init__(self, stepper: Stepper) -> None:
        self.stepper = stepper
        self.grad: list[float | None] = [None] * len(stepper.program.tape)
        self.waiting = [0] * len(stepper.program.tape)

    def take(self, move: Move) -> int:
        """One move backward; returns the node whose gradient it changed."""
        if move.kind == "seed":
            self.grad[move.node], self.waiting = 1.0, self.stepper.uses()
            return move.node
        target, upstream = self.stepper.target(move), self.grad[move.node]
        assert upstream is not None, "gradient flows only from nodes that have it"
        self.grad[target] = (self.grad[target] or 0.0) + self.stepper.slope(move) * upstream
        self.waiting[target] -= 1
        return target


def grad_shown(grad: float, whole: bool) -> str:
    """A gradient as it stands: "6", or "6 so far"."""
    return shown(grad) + ("" if whole else " so far")


def slope_text(line: Operation, slot: int, operands: list[str]) -> str:
    """The local derivative of an operation by its operand at `slot`, in letters."""
    x, other = operands[0], operands[1 - slot] if len(operands) == 2 else ""
    texts = {
        "+": "1",
        "-": "-1" if slot else "1",
        "*": other,
        "/": f"-{x} / {operands[-1]}**2" if slot else f"1 / {other}",
        "neg": "-1",
        "tanh": f"1 - {line.name}**2",
        "sigmoid": f"{line.name} * (1 - {line.name})",
        "exp": line.name,
        "log": f"1 / {x}",
        "relu": f"1 where {x} > 0, else 0",
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
    """A number in few characters, as one types it: 2 for 2.0, 4 decimals at most."""
    number += 0.0  # -0.0 becomes 0.0
    if number != 0 and not 1e-3 <= abs(number) < 1e6:
        return f"{number:.3e}"
    return f"{number:.4f}".rstrip("0").rstrip(".")
