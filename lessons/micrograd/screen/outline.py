"""An expression in mid-step as things to show: a graph in layers, or an indented tree.

Left out: how they are drawn, which is the lab's affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lessons.micrograd.screen.stepper import (
    NOT_YET,
    State,
    Stepper,
    bracketed,
    grad_shown,
    shown,
)
from lessons.micrograd.screen.tape import written
from zhtui.lab import Graph, Node, Words

WIDEST = 16  # characters of a formula in a box
ANSWERED = 12  # characters of an answer of the quiz in a box: "✗ 6, not 2.5"
LARGEST = 60  # nodes that are drawn together
NEIGHBOURS = 20  # nodes that are drawn around a move where there are more


@dataclass(frozen=True)
class Row:
    """A line of the tree: branches and what it is; data and grad; whether it is at work.

    `again` is a node that stands above already, whose operands are not repeated. `changed` by the
    last edit are data, grad.
    """

    node: int
    branch: str
    text: str
    data: str
    grad: str
    lit: bool
    again: bool
    changed: tuple[bool, bool] = (False, False)


def lit_nodes(stepper: Stepper) -> set[int]:
    """The nodes that the last move touched."""
    move = stepper.active
    if move is None:
        return set()
    return {move.node, stepper.target(move)} if move.kind == "edge" else {move.node}


def lit_edges(stepper: Stepper) -> set[tuple[int, int]]:
    """The edges (operand, node) along which the last move went."""
    move = stepper.active
    if move is None or move.kind == "seed":
        return set()
    if move.kind == "edge":
        return {(stepper.target(move), move.node)}
    operands = stepper.program.tape[move.node].operands
    return {(operand, move.node) for operand in operands if isinstance(operand, int)}


def data_text(state: State, node: int) -> str:
    data = state.data[node]
    return NOT_YET if data is None else shown(data)


def changed(stepper: Stepper, state: State, node: int) -> tuple[bool, bool]:
    """Whether the last edit changed the data of a node as it stands, and its gradient."""
    old = stepper.old
    if old is None:
        return False, False
    pairs = ((old.data[node], state.data[node]), (old.grad[node], state.grad[node]))
    data, grad = (None not in pair and pair[0] != pair[1] for pair in pairs)
    return data, grad


def data_change(stepper: Stepper, state: State, node: int) -> str:
    """A node's data; after an edit that changed it "-6 → -6.3"."""
    text, old = data_text(state, node), stepper.old
    was = old is not None and changed(stepper, state, node)[0]
    return f"{data_text(old, node)} → {text}" if old is not None and was else text


def grad_change(
    stepper: Stepper, state: State, node: int, replaced: Mapping[int, str] | None = None
) -> str:
    """The same of its gradient."""
    text, old = grad_text(stepper, state, node, replaced), stepper.old
    before = None if old is None or replaced else old.grad[node]
    if before is None or not changed(stepper, state, node)[1]:
        return text
    return f"{shown(before)} → {text}"


def grad_text(
    stepper: Stepper, state: State, node: int, replaced: Mapping[int, str] | None = None
) -> str:
    """A node's gradient in words: not yet, a number so far, or a number."""
    if replaced and node in replaced:
        return replaced[node]
    grad = state.grad[node]
    if grad is not None:
        return grad_shown(grad, state.whole[node])
    over = stepper.done == len(stepper.moves)
    return "no path" if over else NOT_YET


def grad_role(text: str) -> str:
    """The role of a gradient's text: faint before backward, another while shares are missing."""
    if text in (NOT_YET, "no path"):
        return "faint"
    marks = {"✓": "good", "✗": "wrong", "?": "lit"}
    return marks.get(text[0], "published" if text.endswith("so far") else "yours")


def described(stepper: Stepper, node: int) -> str:
    """A node and what it is made of: e = a*b, or its number where it is a leaf."""
    line = stepper.program.tape[node]
    if line.op == "leaf":
        return line.name
    made = written(stepper.program.tape, line).replace(" ", "")
    return made if made == line.name else f"{line.name} = {made}"


def near(stepper: Stepper) -> set[int]:
    """The nodes that a graph can hold: all, or those beside the last move where there are many."""
    tape = stepper.program.tape
    if len(tape) <= LARGEST:
        return set(range(len(tape)))
    middle = lit_nodes(stepper) or {stepper.program.root}
    beside = set(middle)
    for index, line in enumerate(tape):
        operands = {x for x in line.operands if isinstance(x, int)}
        if index in middle:
            beside |= operands
        elif operands & middle:
            beside.add(index)
    closest = sorted(beside, key=lambda node: min(abs(node - at) for at in middle))
    return set(closest[:NEIGHBOURS])


def box(
    stepper: Stepper, state: State, index: int, replaced: Mapping[int, str] | None
) -> tuple[Words, ...]:
    """The lines of a node: what it is, its data, its gradient; each as wide as it will ever be.

    What the last edit changed is lit.
    """
    line, tape = stepper.program.tape[index], stepper.program.tape
    text, data = described(stepper, index), data_text(state, index)
    text = text if len(text) <= WIDEST else line.name
    data_lit, grad_lit = changed(stepper, state, index)
    role = "lit" if data_lit else ""
    if line.op == "leaf":
        head: tuple[Words, ...] = (((f"{text} = ", ""), (data, role)),)
    else:
        wide = max(len(NOT_YET), len(shown(stepper.values[index].data)))
        head = text, ((f"{data:{wide}}", role),)
    grad = grad_text(stepper, state, index, replaced)
    wide = max(stepper.widest[index], ANSWERED if replaced and index in replaced else 0)
    known = f"d{tape[stepper.program.root].name}/d{bracketed(line.name)} "
    colour = "lit" if grad_lit and not replaced else grad_role(grad)
    return (*head, ((known, "faint"), (f"{grad:{wide}}", colour)))


def labels(stepper: Stepper, state: State) -> dict[tuple[str, str], str]:
    """The local slope on each edge; blanks of its width until its node is computed."""
    found: dict[tuple[str, str], str] = {}
    for move in stepper.edges:
        edge = (str(stepper.target(move)), str(move.node))
        text = shown(stepper.slope(move))
        found[edge] = f"{found[edge]}, {text}" if edge in found else text
    computed = {str(node) for node, data in enumerate(state.data) if data is not None}
    return {e: text if e[1] in computed else " " * len(text) for e, text in found.items()}


def graph(stepper: Stepper, replaced: Mapping[int, str] | None = None) -> Graph:
    """Boxes of name, data and grad; the last move is lit, but not where a quiz has `replaced`."""
    state, drawn = stepper.state(), near(stepper)
    lit = lit_nodes(stepper) if replaced is None else set()
    nodes, edges = [], []
    for index, line in enumerate(stepper.program.tape):
        if index not in drawn:
            continue
        nodes.append(Node(str(index), box(stepper, state, index, replaced), index in lit))
        pairs = [(str(x), str(index)) for x in line.operands if isinstance(x, int) and x in drawn]
        edges += list(dict.fromkeys(pairs))
    way = lit_edges(stepper) if replaced is None else set()
    active = [(str(source), str(target)) for source, target in way]
    left_out = len(stepper.program.tape) - len(drawn)
    note = f"{left_out} nodes away from this move are not drawn" if left_out else ""
    return Graph(nodes, edges, active, note, labels(stepper, state))


def tree(stepper: Stepper, replaced: Mapping[int, str] | None = None) -> list[Row]:
    """The output first, each node above its operands; then what the output does not use."""
    state = stepper.state()
    lit = lit_nodes(stepper) if replaced is None else set()
    tape = stepper.program.tape
    rows: list[Row] = []
    seen: set[int] = set()
    pending = [(stepper.program.root, "", "")]  # node, branch, branch of what is below
    while pending or len(seen) < len(tape):
        if not pending:
            pending.append((max(set(range(len(tape))) - seen), "", ""))
        node, branch, below = pending.pop()
        again = node in seen
        text = tape[node].name if again else described(stepper, node)
        data = data_change(stepper, state, node)
        grad = grad_change(stepper, state, node, replaced)
        both = changed(stepper, state, node)
        rows.append(Row(node, branch, text, data, grad, node in lit, again, both))
        operands = [] if again else [x for x in tape[node].operands if isinstance(x, int)]
        seen.add(node)
        for place, operand in reversed(list(enumerate(operands))):
            last = place == len(operands) - 1
            twig, gap = ("└─ ", "   ") if last else ("├─ ", "│  ")
            pending.append((operand, below + twig, below + gap))
    return rows
