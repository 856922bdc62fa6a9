"""What stands beside the graph, as lines of words: the tree, the leaves, the check, the card.

A word is a text with a role, or with an ink where no role says what it means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lessons.micrograd.screen import check, outline
from lessons.micrograd.screen.outline import grad_role
from lessons.micrograd.screen.quiz import Quiz
from lessons.micrograd.screen.stepper import Stepper, shown
from zhtui.screen import CHOSEN, RULE, Word

Lines = list[list[Word]]


def mark(node: int, chosen: int) -> Word:
    """The pointer before the chosen leaf."""
    return ("▸ ", CHOSEN) if node == chosen else ("  ", "")


def head(wide: int) -> list[Word]:
    return [(f"{'':{wide + 2}}{'data':>9}   grad", "faint")]


def tree(rows: Sequence[outline.Row], chosen: int) -> Lines:
    """A line for each node of the tree; what the last move touched has a dot."""
    wide = max(len(row.branch + row.text) for row in rows)
    lines = [head(wide)]
    for row in rows:
        role = "lit" if row.lit else "faint" if row.again else ""
        lines.append(
            [
                ("● ", "lit") if row.lit else mark(row.node, chosen),
                (row.branch, RULE),
                (f"{row.text:{wide - len(row.branch)}}", role),
                (f"{row.data:>9}   ", "faint" if row.data == outline.NOT_YET else ""),
                (row.grad, grad_role(row.grad)),
            ]
        )
    return lines


def leaves(stepper: Stepper, chosen: int, replaced: Mapping[int, str] | None) -> Lines:
    """The leaves as they stand."""
    state, tape = stepper.state(), stepper.program.tape
    places = stepper.program.leaves()
    wide = max(len(tape[leaf].name) for leaf in places) + 2
    lines = [head(wide)]
    for leaf in places:
        grad = outline.grad_text(stepper, state, leaf, replaced)
        data = f"{tape[leaf].name:{wide}}{shown(stepper.values[leaf].data):>9}   "
        lines.append([mark(leaf, chosen), (data, ""), (grad, grad_role(grad))])
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


def card(stepper: Stepper) -> Lines:
    """What the last move did."""
    first, *rest = stepper.card()
    lines: Lines = [[(line, "")] for line in rest]
    return [[(first, "title")], *lines]


def quiz_card(quiz: Quiz) -> Lines:
    """How far the quiz is, or how it went."""
    if quiz.asking is not None:
        return [[(f"gradient {len(quiz.answers) + 1} of {len(quiz.truth)}", "")]]
    return [
        [(quiz.score(), "title")],
        [("p hides three others, esc goes back to the steps", "faint")],
    ]
