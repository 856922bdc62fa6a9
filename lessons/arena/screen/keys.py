"""The arena's keys, and what it explains."""

from __future__ import annotations

from zhtui.screen import Key

HELP = """
X begins. Move with the arrows and enter, with a click, or with 1 to 9 as they lie on a numeric pad
(a column's number in connect four). x and o seat somebody else; e types a name: random, minimax,
mcts:500, or a run of lessons td and mcts (NAME@STEP is the run as it was at a step).

While an agent thinks, the number on a square is its share of visits or the value of the move there.
On the right: what it thinks of each move, and the moves that it expects. a asks perfect play, or a
search of 2,000 simulations where the board is too large for that. Left and right go through the
moves that were made; a move from an older position takes the later ones back.

Watch it learn: seat a run while it trains, and it thinks with its newest checkpoint at each move.
[ takes an earlier checkpoint, ] a later one. T lets agents play a tournament.
"""
TOURNAMENT_HELP = """
Every agent meets every other from both sides. The table has wins/draws/losses of the row against
the column, the score with its 95 % interval, Elo, and the share of moves that keep a position's
value. A worker plays it: leave this screen, and it goes on.
"""
TOURNAMENT = (
    Key("arena.stop", "space", "stop", "stop", "end after this round; go on"),
    Key("arena.lesson", "enter", "lesson", "charts", "the run in its lesson: charts and replay"),
    Key("arena.board", "escape", "back", "back", "to the board; the worker plays on"),
)
HERE = (
    Key("arena.play", "enter", "play", "move", "make the move at the cursor"),
    Key("arena.hint", "a", "hint", "advice", "what would perfect play do?"),
    Key("arena.undo", "u", "undo", "undo", "take your last move back"),
    Key("arena.x", "x", "seat(0)", "X", "somebody else plays X"),
    Key("arena.o", "o", "seat(1)", "O", "somebody else plays O"),
    Key("arena.type", "e", "type", "type a name", "who plays the side to move, by name", False),
    Key("arena.swap", "b", "swap", "swap", "the two change sides", False),
    Key("arena.both", "c", "both", "compare", "what would each of the two do here?"),
    Key("arena.tournament", "T", "tournament", "tournament", "agents play each other"),
    Key("arena.tree", "t", "tree", "tree", "the moves as a tree, and the line that is expected"),
    Key("arena.right", "greater_than_sign", "aside(1)", "", "along a wide tree", False),
    Key("arena.left", "less_than_sign", "aside(-1)", "", "back to where the tree begins", False),
    Key("arena.watch", "space", "watch", "stop", "stop the agents, or let them go on"),
    Key("arena.new", "n", "new", "new", "a new game"),
    Key("arena.game", "g", "game", "game", "another board: 3x3, connect four, 5x5"),
    Key("arena.more", "plus,equals_sign", "simulations(100)", "", "100 simulations more", False),
    Key("arena.less", "minus", "simulations(-100)", "", "100 simulations fewer", False),
    Key("arena.now", "m", "now", "", "move now: the best so far is played", False),
    Key(
        "arena.younger",
        "left_square_bracket",
        "age(-1)",
        "",
        "an earlier checkpoint of the run",
        False,
    ),
    Key(
        "arena.older", "right_square_bracket", "age(1)", "", "a later checkpoint of the run", False
    ),
    Key("arena.back", "left,comma", "through(-1)", "", "the position before", False),
    Key("arena.on", "right,full_stop", "through(1)", "", "the position after", False),
    Key("arena.first", "home", "through(-10000)", "", "the empty board", False),
    Key("arena.last", "end", "through(10000)", "", "the last position", False),
    Key("arena.save", "S", "save", "save", "save the game's record as a text file", False),
    Key("arena.load", "L", "load", "load", "read a record that was saved", False),
    Key("arena.leave", "escape", "back", "back", "leave the board, then the arena"),
)
PAD = tuple(
    Key(f"arena.square_{n}", str(n), f"digit({n})", "", f"square or column {n}", False)
    for n in range(1, 10)
)
KEYS = {"In the arena": (*HERE, *PAD), "At a tournament": TOURNAMENT}
