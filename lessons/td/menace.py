"""MENACE: a matchbox for each position, beads for its moves (Michie 1961 and 1963).

To move, a bead is drawn from the box of the position; its colour names the square. At the end of a
game every box that was used gets beads of the colour that was drawn, `win`, `draw` or `loss` of
them (a negative number takes them out). Positions that can be turned into each other share a box,
and so do squares: of nine empty ones a box has three colours, corner, edge and middle.

Michie's own machine moved first, with 3, 1 and −1 beads, and 4, 3, 2, 1 of each colour to begin
with. This is Monte Carlo: nothing is learned before the end, and no move is judged by the next.

Leaves out: giving up at an empty box; here the last bead of a box is never taken.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from lessons.blocks.games.symmetry import canonical, way_to_canonical
from lessons.blocks.games.tic_tac_toe import State, TicTacToe

GAME = TicTacToe()
Draw = Callable[[], float]
Drawn = list[tuple[State, int]]  # the boxes that were used and the colours drawn
FIRST_BEADS = (4, 4, 3, 3, 2, 2, 1, 1, 1)  # of each colour, by the number of squares taken


class Menace:
    """The boxes by canonical position: how many beads of each colour (square)."""

    def __init__(self, rewards: tuple[int, int, int] = (3, 1, -1)) -> None:
        self.rewards = dict(zip((1, 0, -1), rewards, strict=True))  # by the mover's own result
        self.boxes: dict[State, dict[int, int]] = {}

    def filled(self, state: State) -> dict[int, int]:
        """A new box of a canonical position: as many beads of each colour.

        The empty board: {0: 4, 1: 4, 4: 4}, a corner, an edge and the middle.
        """
        colours: dict[State, int] = {}
        for move in GAME.moves(state):
            colours.setdefault(canonical(GAME.apply(state, move)), move)
        beads = FIRST_BEADS[(state[0] | state[1]).bit_count()]
        return dict.fromkeys(colours.values(), beads)

    def box(self, state: State) -> dict[int, int]:
        """The beads in the box of a canonical position; a box is filled when it is first used."""
        if state not in self.boxes:
            self.boxes[state] = self.filled(state)
        return self.boxes[state]

    def odds(self, state: State) -> dict[int, float]:
        """How likely each move is: its colour's share, divided among squares that are the same."""
        name = canonical(state)
        beads = self.boxes.get(name) or self.filled(name)
        total = sum(beads.values())
        after = {move: canonical(GAME.apply(state, move)) for move in GAME.moves(state)}
        back = {canonical(GAME.apply(name, move)): number for move, number in beads.items()}
        alike = list(after.values())
        return {m: back[then] / total / alike.count(then) for m, then in after.items()}

    def draw(self, state: State, u: float) -> tuple[int, State, int]:
        """The move that the bead at u of [0, 1) names, its box, and its colour there."""
        name, way = canonical(state), way_to_canonical(state)
        beads = self.box(name)
        *upto, total = accumulate(beads.values())
        colour = list(beads)[bisect(upto, u * total)]
        return way.index(colour), name, colour

    def learn(self, drawn: Drawn, result: int) -> None:
        """Adds or takes beads in the boxes that were used; `result` is the mover's own, +1, 0, −1.

        {0: 4, 1: 4, 4: 4} after 4 was drawn and won: {0: 4, 1: 4, 4: 7}.
        """
        for name, colour in drawn:
            box = self.boxes[name]
            box[colour] += self.rewards[result]
            if box[colour] < 0:
                box[colour] = 0
            if not sum(box.values()):
                box[colour] = 1

    def game(self, answer: Callable[[State], Sequence[int]] | None, draw: Draw) -> int:
        """A game in which MENACE begins and then learns; returns the result, +1 where it won.

        `answer` gives the moves that its opponent chooses among; without one, the boxes of the
        positions in which O is to move play against it, and learn too.
        """
        state = GAME.start()
        drawn: tuple[Drawn, Drawn] = ([], [])  # X's boxes and O's
        while (result := GAME.result(state)) is None:
            mover = GAME.to_move(state)
            if mover and answer is not None:
                moves = answer(state)
                move = moves[int(draw() * len(moves))]
            else:
                move, name, colour = self.draw(state, draw())
                drawn[mover].append((name, colour))
            state = GAME.apply(state, move)
        self.learn(drawn[0], result)
        self.learn(drawn[1], -result)
        return result

    def state_dict(self) -> dict[str, Any]:
        """The boxes, as lists: a position, its colours, its beads."""
        return {"boxes": [[list(s), list(b), list(b.values())] for s, b in self.boxes.items()]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes the boxes back."""
        boxes = {(s[0], s[1]): zip(c, b, strict=True) for s, c, b in state["boxes"]}
        self.boxes = {name: dict(beads) for name, beads in boxes.items()}
