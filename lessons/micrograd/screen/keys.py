"""The stepper's keys, and what it explains."""

from __future__ import annotations

from zhtui.screen import PLAYER, Key, picked

HELP = """
The expression on top becomes a graph. Every node has its number, and its gradient dL/d…: how fast L
moves with it. A gradient that backward has not reached reads "not yet". The number on an edge is
its local slope, ∂e/∂a: how fast e moves with a alone. The card at the bottom says what the last
move did.

First comes forward, one node a move; then dL/dL = 1; then backward, one edge a move: the gradient
behind the edge times the slope on it. The edge of the last move is lit. A node that is used twice
collects two shares, and its gradient reads "so far" until both are in.
"""
MOVES = picked(
    PLAYER,
    {
        "player.on": ("step", "the next move"),
        "player.back": ("", "the move before"),
        "player.run": ("", "go on by itself; stop"),
        "player.first": ("", "before the first move"),
        "player.last": ("", "after the last move"),
    },
)
HERE = (
    *MOVES,
    Key("micrograd.on", "l", "move(1)", "", "the next move", False),
    Key("micrograd.back", "h", "move(-1)", "", "the move before", False),
    Key("micrograd.first", "g", "moment(0)", "", "before the first move", False),
    Key("micrograd.last", "G", "to_last", "", "after the last move", False),
    Key("micrograd.node", "n,shift+right", "node(1)", "node", "on to where a node is done", False),
    Key("micrograd.node_back", "N,shift+left", "node(-1)", "", "back by a node", False),
    Key("micrograd.view", "t,tab", "view", "view", "graph, tree or leaves (small terminals)"),
    Key("micrograd.field", "i,enter", "field", "type", "type another expression"),
    Key("micrograd.example", "o", "example(1)", "", "the next example", False),
    Key("micrograd.example_back", "O", "example(-1)", "", "the example before", False),
    Key("micrograd.edit", "e", "edit", "edit", "another number for the leaf at ▸"),
    Key(
        "micrograd.predict",
        "p",
        "predict",
        "guess",
        "hide three gradients and answer them; a wrong answer gets a second try",
    ),
    Key("micrograd.check", "c", "check", "check", "numeric and torch's gradients beside ours"),
    Key("micrograd.leave", "escape", "back", "back", "end the quiz; back to the lesson"),
    Key("micrograd.again", "b", "again", "backward again", "one more backward, without zeroing"),
    Key("micrograd.zero", "z", "zero", "", "zero all gradients, before the first backward", False),
    Key("micrograd.right", "greater_than_sign", "across(1)", "", "what is cut at the right", False),
    Key("micrograd.left", "less_than_sign", "across(-1)", "", "back to the left", False),
    Key("micrograd.leaf_down", "down,j", "leaf(1)", "", "the next leaf", False),
    Key("micrograd.leaf_up", "up,k", "leaf(-1)", "", "the leaf before", False),
    Key("micrograd.more", "plus,equals_sign", "nudge(0.1)", "", "add 0.1 to the leaf", False),
    Key("micrograd.less", "minus", "nudge(-0.1)", "", "take 0.1 from the leaf", False),
)
KEYS = {"In the stepper": HERE}
