"""Many runs in a grid world abreast: control.py for R runs at once, Q (R, S, A).

The arithmetic of each run is that of control.py in the same order (a test holds them together).

Leaves out: a goal that does not end, and actions that cannot be taken: the cliff has neither.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lessons.td.gridworld import GridWorld
from lessons.td.walk import Floats, Ints


def choose(rows: Floats, epsilon: float, u: Floats) -> Ints:
    """`epsilon_greedy` for rows (R, A) and numbers u (R,): (R,) actions."""
    explore = u < epsilon
    best = rows == rows.max(-1, keepdims=True)  # (R, A)
    best |= explore[:, None]
    share = np.where(explore, u / max(epsilon, 1e-300), (u - epsilon) / (1 - epsilon))
    number = best.sum(-1)  # (R,) how many it is drawn from
    place = np.minimum((share * number).astype(np.int64), number - 1)
    rank = best.cumsum(-1) - 1  # (R, A)
    chosen: Ints = (best & (rank == place[:, None])).argmax(-1)
    return chosen


def guesses(method: str, rows: Floats, actions: Ints, epsilon: float) -> Floats:
    """(R,) what comes next, of the rows Q(S', ·) (R, A) and the actions A' (R,)."""
    if method == "sarsa":
        return rows[np.arange(len(rows)), actions]
    if method == "q-learning":
        best: Floats = rows.max(-1)
        return best
    expected: Floats = (1 - epsilon) * rows.max(-1) + epsilon * rows.mean(-1)
    return expected


def episode(
    world: GridWorld,
    Q: Floats,
    method: str,
    alpha: float,
    gamma: float,
    epsilon: float,
    draw: Callable[[Ints], Floats],
    longest: int = 10_000,
) -> Floats:
    """One episode in each run; Q (R, S, A) is changed in place. Returns (R,) what they brought.

    `draw(runs)` gives each of those runs its next number of [0, 1).
    """
    runs = np.arange(len(Q))
    brought = np.zeros(len(Q))
    s = np.array([world.begin(u) for u in draw(runs)])
    a = choose(Q[runs, s], epsilon, draw(runs))
    for _ in range(longest):
        after, reward = world.after[s, a], world.reward[s, a]
        brought[runs] += reward
        ended = world.ends[after]
        then = np.full(len(runs), -1)
        rows = Q[runs, after]  # (runs, A)
        then[~ended] = choose(rows[~ended], epsilon, draw(runs[~ended]))
        comes = np.zeros(len(runs))
        comes[~ended] = gamma * guesses(method, rows[~ended], then[~ended], epsilon)
        Q[runs, s, a] += alpha * (reward + comes - Q[runs, s, a])
        runs, s, a = runs[~ended], after[~ended], then[~ended]
        if not len(runs):
            break
    return brought
