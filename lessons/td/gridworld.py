"""Two small worlds on a grid: six rooms with a way out, and a cliff.

    six rooms           cliff walking (Sutton and Barto 2018, example 6.6)
     0   4 → 5 goal      . . . . . . . . . . . .
         ↕   ↑           . . . . . . . . . . . .       each step −1,
     2 ↔ 3 ↔ 1           . . . . . . . . . . . .       the cliff −100 and back to S
                         S C C C C C C C C C C G
    (0 and 4 are joined by a door, too: six doors in all)

A world is four tables: where an action leads, what it pays, whether it can be taken, and which
states end an episode. Actions are 0 up, 1 right, 2 down, 3 left.

Leaves out: steps that may go astray (all are certain here), worlds that do not fit in a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lessons.td.walk import Floats, Ints

ACTIONS = "urdl"
WAYS = ((-1, 0), (0, 1), (1, 0), (0, -1))  # of up, right, down, left: rows, columns
STAY = 1  # the action by which a goal that does not end leads to itself


@dataclass(frozen=True)
class GridWorld:
    """S states on `rows` x `columns` squares, in the order of reading; A = 4 actions."""

    rows: int
    columns: int
    after: Ints  # (S, A) the state that an action leads to
    reward: Floats  # (S, A)
    open: NDArray[np.bool_]  # (S, A) whether it can be taken
    ends: NDArray[np.bool_]  # (S,)
    starts: tuple[int, ...]  # an episode begins in one of them, each as likely
    names: Sequence[str]

    @property
    def states(self) -> int:
        """S."""
        return len(self.names)

    def begin(self, u: float) -> int:
        """The state that an episode begins in, for a number u of [0, 1)."""
        return self.starts[int(u * len(self.starts))]

    def nothing(self) -> Floats:
        """(S, A) Q of someone who knows nothing: 0, and −∞ where there is no way."""
        return np.where(self.open, 0.0, -np.inf)


DOORS = ((0, 4), (3, 4), (1, 3), (2, 3), (1, 5), (4, 5))
FLOOR = ((0, 4, 5), (2, 3, 1))  # where the rooms lie
GOAL = 5


def six_rooms(goal_ends: bool = True) -> GridWorld:
    """Six rooms and a reward of 100 for entering room 5. Any other room may be the first.

    With `goal_ends=False` room 5 leads to itself and pays each time: the mistake
    "terminal-bootstraps".
    """
    places = {room: (r, c) for r, row in enumerate(FLOOR) for c, room in enumerate(row)}
    rooms = [room for row in FLOOR for room in row]  # the room in each state
    after = np.tile(np.arange(6)[:, None], (1, 4))  # (S, A)
    reward, way = np.zeros((6, 4)), np.zeros((6, 4), dtype=bool)
    for a, b in (*DOORS, *((b, a) for a, b in DOORS)):
        if a == GOAL:
            continue
        action = WAYS.index((places[b][0] - places[a][0], places[b][1] - places[a][1]))
        s = rooms.index(a)
        after[s, action], way[s, action] = rooms.index(b), True
        reward[s, action] = 100.0 * (b == GOAL)
    starts = [s for s in range(6) if rooms[s] != GOAL]
    goal = rooms.index(GOAL)
    if not goal_ends:
        starts.append(goal)
        reward[goal, STAY], way[goal, STAY] = 100.0, True
    ends = np.arange(6) == goal
    return GridWorld(2, 3, after, reward, way, ends, tuple(starts), [str(room) for room in rooms])


def cliff(rows: int = 4, columns: int = 12) -> GridWorld:
    """The cliff: start and goal at the two ends of the lowest row, nothing but a fall between.

    A step against the border changes nothing and costs 1 all the same.
    """
    S = rows * columns
    after, reward = np.zeros((S, 4), dtype=np.int64), np.full((S, 4), -1.0)
    start, goal = (rows - 1) * columns, S - 1
    for s in range(S):
        row, column = divmod(s, columns)
        for action, (down, right) in enumerate(WAYS):
            r = min(max(row + down, 0), rows - 1)
            c = min(max(column + right, 0), columns - 1)
            after[s, action] = r * columns + c
    falls = (after > start) & (after < goal)
    after[falls], reward[falls] = start, -100.0
    names = ["."] * start + ["S"] + ["C"] * (columns - 2) + ["G"]
    way = np.ones((S, 4), dtype=bool)
    way[start + 1 :] = False  # nobody stands in the cliff, and nothing is done in the goal
    return GridWorld(rows, columns, after, reward, way, np.arange(S) == goal, (start,), names)


def best_values(world: GridWorld, gamma: float) -> Floats:
    """Q* (S, A), by the Bellman equation (3.20) until nothing moves: what learning should reach.

    six_rooms() with γ = .8: into the goal 100, one room before it 80, then 64 and 51.2.
    """
    Q = world.nothing()
    if not world.open[world.ends].any():
        Q[world.ends] = 0.0
    while True:
        V = Q.max(-1)  # (S,) the best of each state
        V[~np.isfinite(V)] = 0.0
        new = np.where(world.open, world.reward + gamma * V[world.after], Q)
        if np.array_equal(new, Q):
            return Q
        Q = new


def greedy_path(world: GridWorld, Q: Floats, start: int | None = None) -> list[int]:
    """The states that are passed by always taking the best action, at most S of them.

    From `start`, or where an episode begins. It ends in the goal, or is cut where it would go round
    in circles.
    """
    path = [world.starts[0] if start is None else start]
    while not world.ends[path[-1]] and len(path) <= world.states:
        path.append(int(world.after[path[-1], int(Q[path[-1]].argmax())]))
    return path


def path_return(world: GridWorld, path: Sequence[int], Q: Floats) -> float:
    """What a greedy path pays: −13 along the edge of the cliff."""
    return float(sum(world.reward[s, int(Q[s].argmax())] for s in path[:-1]))
