"""What stands beside the graph, as lines of words: the tree, the leaves, the check, the card.

A word is a text with a role, or with an ink where no role says what it means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap

from lessons.micrograd.screen import check, outline
from lessons.micrograd.screen.outline import grad_role
from lessons.micrograd.screen.quiz import Quiz
from lessons.micrograd.screen.stepper import NOT_YET, Stepper, shown
from zhtui.screen import CHOSEN, RULE, Word

Lines = list[list[Word]]


def mark(node: int, chosen: int) -> Word:
    """The pointer before the chosen leaf."""
    return ("▸ ", CHOSEN) if node == chosen else ("  ", "")


def head(wide: int, data: int, root: str) -> list[Word]:
    """Over the columns: what a node is, its number, how fast the output moves with it."""
    return [(f"{'':{wide + 2}}{'data':>{data}}   d{root}/d…", "faint")]


def tree(rows: Sequence[outline.Row], chosen: int, root: str) -> Lines:
    """A line for each node of the tree; what the last move touched has a dot, and what the last
    edit changed is lit.
    """
    wide = max(len(row.branch + row.text) for row in rows)
    data = max(9, *(len(row.data) + 1 for row in rows))
    lines = [head(wide, data, root)]
    for row in rows:
        role = "lit" if row.lit else "faint" if row.again else ""
        tint = "lit" if row.changed[0] else "faint" if row.data == NOT_YET else ""
        lines.append(
            [
                ("● ", "lit") if row.lit else mark(row.node, chosen),
                (row.branch, RULE),
                (f"{row.text:{wide - len(row.branch)}}", role),
                (f"{row.data:>{data}}   ", tint),
                (row.grad, "lit" if row.changed[1] else grad_role(row.grad)),
            ]
        )
    return lines


def leaves(stepper: Stepper, chosen: int, replaced: Mapping[int, str] | None) -> Lines:
    """The leaves as they stand."""
    state, tape = stepper.state(), stepper.program.tape
    places = stepper.program.leaves()
    wide = max(len(tape[leaf].name) for leaf in places) + 2
    texts = {leaf: outline.data_change(stepper, state, leaf) for leaf in places}
    size = max(9, *(len(text) + 1 for text in texts.values()))
    lines = [head(wide, size, tape[stepper.program.root].name)]
    for leaf in places:
        data, moved = outline.changed(stepper, state, leaf)
        grad = outline.grad_change(stepper, state, leaf, replaced)
        lines.append(
            [
                mark(leaf, chosen),
                (f"{tape[leaf].name:{wide}}", ""),
                (f"{texts[leaf]:>{size}}   ", "lit" if data else ""),
                (grad, "lit" if moved else grad_role(grad)),
            ]
        )
    return lines


def checked(places: Sequence[int], rows: Sequence[check.Row], chosen: int, waiting: str) -> Lines:
    """Three gradients of each leaf, and how far they are apart; `waiting` stands for torch's."""
    wide = max(len(row.name) for row in rows) + 2
    title = f"{'':{wide + 2}}{'analytic':>10}{'numeric':>10}{'torch':>10}{'apart':>9}"
    lines: Lines = [[(title, "faint")]]
    for leaf, row in zip(places, rows, strict=True):
        numeric = "–" if row.numeric is None else shown(row.numeric)
        torch = waiting if row.torch is None else shown(row.torch)
        numbers = f"{row.name:{wide}}{shown(row.analytic):>10}{numeric:>10}{torch:>10}"
        verdict = "✓" if row.agrees else "✗"
        apart = (f"{row.apart:>9.0e} {verdict}", "good" if row.agrees else "wrong")
        lines.append([mark(leaf, chosen), (numbers, ""), apart])
    return lines


def card(stepper: Stepper, width: int) -> Lines:
    """What the last move did, wrapped."""
    first, *rest = [wrap(line, max(width, 20)) or [""] for line in stepper.card()]
    lines: Lines = [[(line, "title")] for line in first]
    for part in rest:
        lines += [[(line, "")] for line in part]
    return lines


def edited(stepper: Stepper, leaf: int) -> str:
    """What an edit did to the leaf and to the output, and what the gradient had foretold."""
    old, tape, root = stepper.old, stepper.program.tape, stepper.program.root
    assert old is not None, "there was an edit"
    name, data = tape[leaf].name, stepper.values[leaf].data
    before = old.data[leaf] or 0.0
    text = f"{name}: {shown(before)} → {shown(data)}"
    if (was := old.data[root]) is None or root == leaf:
        return text
    text += f", so {tape[root].name}: {shown(was)} → {shown(stepper.values[root].data)}"
    grad, step = old.grad[leaf], data - before
    if grad is None or not old.whole[leaf] or stepper.passes > 1:
        return text
    told = f"{shown(grad)} * {shown(step)} = {shown(grad * step)}"
    return f"{text}   (the gradient foretold {told})"


def judged(quiz: Quiz, node: int) -> tuple[str, str]:
    """What is said of a wrong answer: a reason before the second try, the solution after it."""
    if node in quiz.answers:
        return f"No: {quiz.solution(node)}.", "wrong"
    said = quiz.missed[node][-1]
    return f"Not {shown(said)}: {quiz.reason(node, said)}. Try again.", "wrong"


def quiz_card(quiz: Quiz, refused: bool = False) -> Lines:
    """How far the quiz is, or how it went; and what an answer is, where one was `refused`."""
    if quiz.asking is not None:
        again = " · second try" if quiz.missed.get(quiz.asking) else ""
        told: Lines = [[("a number, or a product such as -2*-3; no names here", "wrong")]]
        far = f"gradient {len(quiz.answers) + 1} of {len(quiz.truth)}{again}"
        return [*(told if refused else []), [(far, "")]]
    return [
        [(quiz.score(), "title")],
        [("p hides three others, esc goes back to the steps", "faint")],
    ]
