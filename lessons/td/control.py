"""Learning what to do: Sarsa, Expected Sarsa, Q-learning (Sutton and Barto 2018, 6.4 to 6.6).

A value for each action in each state, Q (S, A). All three move Q(S, A) towards R + γ times what
comes next; they differ in what they take to come next:

    Sarsa           Q(S', A')              the action that is really taken next
    Expected Sarsa  Σ π(a|S') Q(S', a)     what the ε-greedy policy takes on average
    Q-learning      max Q(S', a)           the best, whether it is taken or not

Q is −∞ where there is no way, and 0 in an end. `abreast.py` does the same for many runs at once.

Leaves out: n-step Sarsa (7.2), double learning (6.7; it is in dqn.py), planning with a model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from lessons.td.gridworld import GridWorld
from lessons.td.walk import Floats

Draw = Callable[[], float]  # numbers of [0, 1), as random.random gives them


@dataclass(frozen=True)
class Change:
    """One step of an episode and what was learned: Q(state, action) went from `before` to `now`.

    `guess` is what comes next, already times γ; `explored` says that chance chose the action.
    """

    state: int
    action: int
    reward: float
    after: int
    guess: float
    before: float
    now: float
    explored: bool


def epsilon_greedy(row: Floats, epsilon: float, u: float) -> int:
    """The best of the actions (A,) that can be taken, or with chance ε any of them; ties by chance.

    One number u of [0, 1) decides both: below ε it explores. With ε = 0.1, u = 0.05 is the middle
    of that part, and takes the middle one of the open actions.
    """
    if u < epsilon:
        among, share = np.flatnonzero(row > -np.inf), u / epsilon
    else:
        among, share = np.flatnonzero(row == row.max()), (u - epsilon) / (1 - epsilon)
    return int(among[min(int(share * len(among)), len(among) - 1)])


Guess = Callable[[Floats, int, float], float]  # of the row Q(S', ·), of A', of ε


def sarsa(row: Floats, action: int, epsilon: float) -> float:
    """Q(S', A') (6.7): on-policy, the price of exploring included."""
    return float(row[action])


def expected_sarsa(row: Floats, action: int, epsilon: float) -> float:
    """Σ π(a|S') Q(S', a) (6.9): Sarsa without the chance of A'.

    Q(S', ·) = (0, −4) with ε = 0.5: the best is taken with 0.75: −1.
    """
    among = row[row > -np.inf]
    if not len(among):
        return 0.0
    return float((1 - epsilon) * among.max() + epsilon * among.mean())


def q_learning(row: Floats, action: int, epsilon: float) -> float:
    """max Q(S', a) (6.8): off-policy, as if exploring would end now."""
    return float(row.max())


GUESSES: dict[str, Guess] = {
    "sarsa": sarsa,
    "expected-sarsa": expected_sarsa,
    "q-learning": q_learning,
}


def episode(
    world: GridWorld,
    Q: Floats,
    guess: Guess,
    alpha: float,
    gamma: float,
    epsilon: float,
    draw: Draw,
    longest: int = 10_000,
) -> Iterator[Change]:
    """One episode; Q (S, A) is changed in place, step by step.

    The next action is chosen before the update, as Sarsa needs it. For Q-learning the box in 6.5
    chooses it after the update; here it is the same for all three, so that they differ in nothing
    but the guess.
    """
    s = world.begin(draw())
    a = epsilon_greedy(Q[s], epsilon, u := draw())
    for _ in range(longest):
        after, reward = int(world.after[s, a]), float(world.reward[s, a])
        explored, ended = u < epsilon, bool(world.ends[after])
        then, comes = -1, 0.0
        if not closed(Q[after]):  # an end is: nothing comes after it
            then = epsilon_greedy(Q[after], epsilon, u := draw())
            comes = gamma * guess(Q[after], then, epsilon)
        before = float(Q[s, a])
        Q[s, a] += alpha * (reward + comes - Q[s, a])
        yield Change(s, a, reward, after, comes, before, float(Q[s, a]), explored)
        if ended:
            return
        s, a = after, then


def closed(row: Floats) -> bool:
    """Whether nothing can be done here, as in an end: then nothing comes next."""
    return bool((row == -np.inf).all())
