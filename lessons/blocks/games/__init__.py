"""The games of the shelf: two players, perfect information, boards as plain ints.

Each has the protocol `Game` of the lab (`zhtui/lesson/parts.py`) and imports nothing of it, so that
`from lessons.blocks.games import find` works in a notebook. A move that the rules forbid raises
`ValueError` with a sentence.
"""

from __future__ import annotations

import re
from typing import Any

from lessons.blocks.games.connect_four import ConnectFour
from lessons.blocks.games.mnk import MNK
from lessons.blocks.games.tic_tac_toe import TicTacToe

NAMES = ("tic-tac-toe", "connect-four", "5x5x4")  # those that are offered by name


def find(name: str) -> Any:
    """A game by its name, "MxNxK" for k in a row on m rows of n.

    find("5x5x4").size -> 25. Raises `ValueError` that lists what there is.
    """
    if name == "tic-tac-toe":
        return TicTacToe()
    if name == "connect-four":
        return ConnectFour()
    sides = re.fullmatch(r"(\d{1,3})x(\d{1,3})x(\d{1,3})", name)
    if not sides:
        raise ValueError(f"there is no game {name!r}; take {', '.join(NAMES)} or MxNxK")
    return MNK(*(int(side) for side in sides.groups()))
