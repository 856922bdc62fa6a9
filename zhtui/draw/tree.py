"""A tree from left to right: a label, and its children stacked at its right."""

from __future__ import annotations

from rich.cells import cell_len

from zhtui.draw.cells import Cells
from zhtui.draw.inks import LIT, PLAIN
from zhtui.draw.wires import LEFT, RIGHT, Wires
from zhtui.lesson.views import Tree

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
        stop = x + cell_len(node.label)
        width = max(width, stop)
        children = list(node.children)
        pending.extend((child, stop + 5, (stop + 1, row)) for child in reversed(children))
        if not children:
            row += 1
    return spots, links, width, row


def draw(tree: Tree, width: int, height: int) -> Cells:
    """The whole tree, at least `width` x `height`."""
    spots, links, wide, tall = place(tree)
    cells = Cells(max(width, wide), max(height, tall))
    wires = Wires(cells.width, cells.height)
    for x, y, stop, row, lit in sorted(links, key=lambda link: link[4]):
        wires.across(y, x, x + 1, lit)
        wires.along(x + 1, y, row, lit)
        wires.across(row, x + 1, stop, lit)
        wires.open(x, y, LEFT)
        wires.open(stop, row, RIGHT)
    wires.paint(cells)
    for x, y, node in spots:
        cells.put(x, y, node.label, LIT if node.lit else PLAIN)
    return cells
