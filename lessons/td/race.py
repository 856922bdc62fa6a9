"""Many random walks at once: the rules of methods.py, over runs that do not know of each other.

R runs walk side by side; V is (R, S + 2). The arithmetic is that of methods.py in the same order,
so that one run of R has the same bits as it would have alone (a test holds the two together).

Leaves out: nothing of the walk with its one reward at the end; rewards on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lessons.td.walk import Episode, Floats, Ints, Walk

Alpha = float | Floats  # one for all runs, or (R,)


@dataclass(frozen=True)
class Walks:
    """An episode of each run: `states` (T + 1, R), where an end is stayed in; `lengths` (R,)."""

    states: Ints
    lengths: Ints
    final: Floats  # (R,) the reward of the last step

    @property
    def T(self) -> int:
        """The length of the longest."""
        return len(self.states) - 1

    def one(self, run: int) -> Episode:
        """The episode of one run, as methods.py takes it."""
        T = int(self.lengths[run])
        rewards = [0.0] * (T - 1) + [float(self.final[run])]
        return Episode(self.states[: T + 1, run].tolist(), rewards)

    def times(self, number: int) -> Walks:
        """Every run `number` times, beside each other: for as many settings on equal episodes."""
        states, lengths = np.tile(self.states, number), np.tile(self.lengths, number)
        return Walks(states, lengths, np.tile(self.final, number))


def walks(walk: Walk, runs: int, rng: np.random.Generator) -> Walks:
    """One episode of each run."""
    now = np.full(runs, walk.start)
    rows = [now]
    while ((now > 0) & (now <= walk.states)).any():
        inside = (now > 0) & (now <= walk.states)
        now = now + inside * (2 * rng.integers(0, 2, runs) - 1)  # (R,)
        rows.append(now)
    states = np.array(rows)  # (T + 1, R)
    lengths = ((states > 0) & (states <= walk.states)).sum(0)  # (R,)
    final = np.where(now == 0, walk.left, walk.right)
    return Walks(states, lengths, final)


def n_step(
    V: Floats, walks: Walks, n: int, alpha: Alpha, gamma: float = 1.0, missed: int = 0
) -> None:
    """n-step TD for all runs; n = 1 is TD(0), and n of the longest episode is Monte Carlo.

    `missed` rewards at the end of each sum are forgotten: the mistake "n-off-by-one".
    """
    runs = np.arange(V.shape[0])
    rates = np.broadcast_to(np.asarray(alpha, dtype=np.float64), runs.shape)  # (R,)
    for t in range(walks.T):
        runs = runs[walks.lengths[runs] > t]  # those still under way
        s, left = walks.states[t, runs], walks.lengths[runs] - t
        steps = np.minimum(n, left)
        paid = n - missed >= left  # whether the last reward is among those summed
        seen = np.where(paid, gamma ** (left - 1.0) * walks.final[runs], 0.0)
        guess = gamma**steps * V[runs, walks.states[t + steps, runs]]
        V[runs, s] += rates[runs] * (seen + guess - V[runs, s])


def td0(V: Floats, walks: Walks, alpha: Alpha, gamma: float = 1.0) -> None:
    """TD(0) for all runs."""
    n_step(V, walks, 1, alpha, gamma)


def monte_carlo(V: Floats, walks: Walks, alpha: Alpha, gamma: float = 1.0) -> None:
    """Constant-α Monte Carlo for all runs."""
    n_step(V, walks, walks.T, alpha, gamma)


def td_lambda(V: Floats, walks: Walks, lam: float, alpha: Alpha, gamma: float = 1.0) -> None:
    """TD(λ) with accumulating traces for all runs."""
    rates = np.broadcast_to(np.asarray(alpha, dtype=np.float64), V.shape[:1])  # (R,)
    runs, z, values = np.arange(V.shape[0]), np.zeros_like(V), V.copy()
    for t in range(walks.T):
        going = walks.lengths[runs] > t
        if not going.all():  # who has arrived is put down and looked at no more
            V[runs[~going]] = values[~going]
            runs, z, values = runs[going], z[going], values[going]
        mine, s, after = np.arange(len(runs)), walks.states[t, runs], walks.states[t + 1, runs]
        reward = np.where(walks.lengths[runs] == t + 1, walks.final[runs], 0.0)
        delta = reward + gamma * values[mine, after] - values[mine, s]  # (runs,)
        z *= gamma * lam
        z[mine, s] += 1.0
        values += (rates[runs] * delta)[:, None] * z  # (runs, S + 2)
    V[runs] = values


class Counts:
    """What R runs have seen so far, and what a batch method makes of it, in closed form.

    `steps` (R, S + 2, S + 2) counts the steps from one state to another, `returns` (R, S + 2) sums
    what the episodes brought in the end, once a visit.
    """

    def __init__(self, walk: Walk, runs: int) -> None:
        self.walk = walk
        size = walk.states + 2
        self.steps: Floats = np.zeros((runs, size, size))
        self.returns: Floats = np.zeros((runs, size))

    def see(self, walks: Walks) -> None:
        """Counts an episode of each run."""
        for t in range(walks.T):
            runs = np.flatnonzero(walks.lengths > t)
            s = walks.states[t, runs]
            self.steps[runs, s, walks.states[t + 1, runs]] += 1
            self.returns[runs, s] += walks.final[runs]

    def monte_carlo(self) -> Floats:
        """(R, S + 2) the mean return of each state; the first guess where it was never visited."""
        visits = self.steps.sum(-1)
        V = np.broadcast_to(self.walk.values(), visits.shape).copy()
        np.divide(self.returns, visits, out=V, where=visits > 0)
        return V

    def td(self) -> Floats:
        """(R, S + 2) what TD(0) converges to: the value in the world as it was observed.

        With the share P of the observed steps, V = P (reward + V), solved for V (section 6.3).
        """
        visits = self.steps.sum(-1, keepdims=True)  # (R, S + 2, 1)
        P = np.divide(self.steps, visits, out=np.zeros_like(self.steps), where=visits > 0)
        pay = np.zeros(self.walk.states + 2)
        pay[0], pay[-1] = self.walk.left, self.walk.right
        unseen = visits[..., 0] == 0
        b = np.where(unseen, self.walk.values(), P @ pay)  # (R, S + 2)
        solved: NDArray[np.float64] = np.linalg.solve(np.eye(len(pay)) - P, b[..., None])
        return solved[..., 0]
