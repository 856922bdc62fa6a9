"""A tree from left to right: a label, and its children stacked at its right."""

from __future__ import annotations

from zhtui.draw import words
from zhtui.draw.cells import Cells
from zhtui.draw.inks import CURSOR, FAINT, INVERSE, LIT, PLAIN, WRONG
from zhtui.draw.marks import BAD, MOVED, NOTHING, QUIET, Marks
from zhtui.draw.spots import Boxes
from zhtui.draw.wires import LEFT, RIGHT, Wires
from zhtui.lesson.views import Tree, plain

Spot = tuple[int, int, Tree]


def place(tree: Tree) -> tuple[list[Spot], list[tuple[int, int, int, int, bool]], int, int]:
    """Labels as (x, y, node), links as (x, y, child x, child y, lit), and the width and height."""
    spots: list[Spot] = []
    links: list[tuple[int, int, int, int, bool]] = []
    width = row = 0
    pending: list[tuple[Tree, int, tuple[int, int] | None]] = [(tree, 0, None)]
    while pending:
        node, x, origin = pending.pop()
        spots.append((x, row, node))
        if origin is not None:
            links.append((*origin, x - 2, row, node.lit))
        stop = x + words.width(node.label)
        width = max(width, stop)
        children = list(node.children)
        pending.extend((child, stop + 5, (stop + 1, row)) for child in reversed(children))
        if not children:
            row += 1
    return spots, links, width, row


def draw(view: Tree, width: int, height: int, marks: Marks = NOTHING, rich: bool = True) -> Cells:
    """The whole tree, at least `width` x `height`; node i is the i-th of a walk from the root."""
    spots, links, wide, tall = place(view)
    cells = Cells(max(width, wide), max(height, tall))
    wires = Wires(cells.width, cells.height)
    for x, y, stop, row, lit in sorted(links, key=lambda link: link[4]):
        wires.across(y, x, x + 1, lit)
        wires.along(x + 1, y, row, lit)
        wires.across(row, x + 1, stop, lit)
        wires.open(x, y, LEFT)
        wires.open(stop, row, RIGHT)
    wires.paint(cells)
    states = marks.states(len(spots), 1)[:, 0].tolist()
    for index, (x, y, node) in enumerate(spots):
        _label(cells, x, y, node, states[index], index, marks)
    boxes = [(x, y, max(words.width(node.label), 1), 1) for x, y, node in spots]
    cells.spots = Boxes(boxes)
    return cells


def _label(cells: Cells, x: int, y: int, node: Tree, state: int, index: int, marks: Marks) -> None:
    """A node's words; at the cursor in reverse, where nothing may move with a sign."""
    label = "?" if marks.hidden is not None and marks.hidden[0] == index else node.label
    ink = {MOVED: LIT, QUIET: FAINT, BAD: WRONG}.get(state, LIT if node.lit else PLAIN)
    if marks.cursor is not None and marks.cursor[0] == index:
        cells.put(x, y, plain(label) or " ", INVERSE, CURSOR)
        return
    words.put(cells, x, y, plain(label) if state else label, ink)
    if state == BAD:
        cells.put(x + words.width(label), y, "!", WRONG)
