"""The stepper's keys, its colours, and its two kinds of panes: lines of words, and the graph."""

from __future__ import annotations

import re

import numpy as np
from textual.geometry import Region

from lessons.micrograd.screen import words
from zhtui.draw import graph
from zhtui.draw.cells import Cells
from zhtui.draw.inks import (
    CHOSEN,
    CURSOR,
    FAINT,
    GOOD,
    LIT,
    PLAIN,
    PUBLISHED,
    RULE,
    TITLE,
    WRONG,
    YOURS,
)
from zhtui.lab import Graph
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.table import Key
from zhtui.tui.widgets.drawn import Drawn

HELP = """
The expression on top becomes a graph: every node has its number and its gradient, and a gradient
that backward has not reached reads "not yet". The card at the bottom says what the last move did.

First forward, a node a move; then dL/dL = 1; then backward, an edge a move. The edge of the last
move is lit. A node that is used twice collects two shares: "so far" until both are in.
"""
PLACE = "micrograd"
keys.PLACES[PLACE] = (
    Key("micrograd.on", "right,l", "move(1)", "step", "the next move"),
    Key("micrograd.back", "left,h", "move(-1)", "back", "the move before", False),
    Key("micrograd.node", "n,shift+right", "node(1)", "node", "on to where a node is done", False),
    Key("micrograd.node_back", "N,shift+left", "node(-1)", "", "back by a node", False),
    Key("micrograd.view", "t,tab", "view", "view", "graph, tree or leaves (small terminals)"),
    Key("micrograd.field", "i,enter", "field", "type", "type another expression"),
    Key("micrograd.example", "o", "example(1)", "", "the next example", False),
    Key("micrograd.example_back", "O", "example(-1)", "", "the example before", False),
    Key("micrograd.edit", "e", "edit", "edit", "another number for the leaf at ▸"),
    Key("micrograd.predict", "p", "predict", "guess", "hide three gradients and answer them"),
    Key("micrograd.check", "c", "check", "check", "numeric and torch's gradients beside ours"),
    Key("micrograd.leave", "escape", "leave", "back", "end the quiz; back to the lesson"),
    Key("micrograd.again", "b", "again", "backward again", "one more backward, without zeroing"),
    Key("micrograd.zero", "z", "zero", "", "zero all gradients, before the first backward", False),
    Key("micrograd.leaf_down", "down,j", "leaf(1)", "", "the next leaf", False),
    Key("micrograd.leaf_up", "up,k", "leaf(-1)", "", "the leaf before", False),
    Key("micrograd.more", "plus,equals_sign", "nudge(0.1)", "", "add 0.1 to the leaf", False),
    Key("micrograd.less", "minus", "nudge(-0.1)", "", "take 0.1 from the leaf", False),
    Key("micrograd.first", "home,g", "go(0)", "", "before the first move", False),
    Key("micrograd.last", "end,G", "go(99999)", "", "after the last move", False),
)
INKS = {
    "plain": PLAIN,
    "faint": FAINT,
    "title": TITLE,
    "rule": RULE,
    "lit": LIT,
    "chosen": CHOSEN,
    "grad": YOURS,
    "partial": PUBLISHED,
    "asked": CURSOR,
    "good": GOOD,
    "wrong": WRONG,
}


class Sheet(Drawn, can_focus=False):
    """Lines of words, each with its ink."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.lines: words.Lines = []

    def show(self, lines: words.Lines, follow: int | None = None) -> None:
        """Other lines; scrolls so that line `follow` is seen."""
        self.lines = lines
        self.redraw()
        if follow is not None:
            self.scroll_to_region(Region(0, follow, 1, 1), animate=False)

    def draw(self, width: int, height: int) -> Cells:
        wide = max((sum(len(text) for text, _ in line) for line in self.lines), default=0)
        cells = Cells(wide, len(self.lines))  # no larger: the room may shrink at any time
        for y, line in enumerate(self.lines):
            x = 0
            for text, role in line:
                x = cells.put(x, y, text, INKS[role])
        return cells


class GraphSheet(Drawn, can_focus=False):
    """The graph, its gradients coloured, scrolled to what the last move lit."""

    GRAD = re.compile(r"grad ((?:[^│]*\S)) *│")
    view = Graph((), ())

    def show(self, view: Graph) -> None:
        self.view = view
        self.redraw()
        if not isinstance(self.cells, Cells):
            return  # nothing was drawn yet
        rows, columns = np.nonzero(self.cells.ink == LIT)
        if len(rows):
            left, top = int(columns.min()), int(rows.min())
            lit = Region(left, top, int(columns.max()) - left + 2, int(rows.max()) - top + 1)
            self.scroll_to_region(lit, animate=False)

    def draw(self, width: int, height: int) -> Cells:
        cells = graph.draw(self.view, 0, 0)
        for y in range(cells.height):
            for match in self.GRAD.finditer(cells.text(y)):
                cells.ink[y, match.start() : match.start() + 4] = FAINT
                cells.ink[y, match.start(1) : match.end(1)] = INKS[words.grad_role(match[1])]
        return cells
