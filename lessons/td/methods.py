"""Learning what will come, from what has come: Sutton and Barto (2018), chapters 5, 6, 7 and 12.

Every rule here has one form. A guess moves a little way, α, towards a target:

    V(S_t) ← V(S_t) + α [ target − V(S_t) ]

    Monte Carlo  (6.1)    G_t                              the whole return, at the end
    TD(0)        (6.2)    R_{t+1} + γ V(S_{t+1})           one reward, then a guess
    n-step TD    (7.1)    R_{t+1} + … + γⁿ V(S_{t+n})      n rewards, then a guess
    TD(λ)        (12.5)   all of them, mixed: λ says how much of the later ones

V is an array (S + 2,) that is changed in place; V of an end stays 0. Each function yields its
updates one by one, so that a loop can stop between two. `race.py` does the same for a thousand
walks at once.

Leaves out: off-policy returns (7.3), the λ-return computed forward (12.1), the true online TD(λ)
(12.5), function approximation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lessons.td.walk import Episode, Floats


@dataclass(frozen=True)
class Update:
    """One update: V(state) went from `before` to `now`, towards `target`.

    `reward` and `guess` are the two parts of the target. `t` counts from 0.
    """

    t: int
    state: int
    after: int
    reward: float
    guess: float
    before: float
    now: float

    @property
    def target(self) -> float:
        """What the value was moved towards."""
        return self.reward + self.guess


def monte_carlo(V: Floats, episode: Episode, alpha: float, gamma: float = 1.0) -> Iterator[Update]:
    """Constant-α Monte Carlo, every visit: nothing is learned before the end.

    On C → D → E → end with reward 1 and V = ½: all three move to 0.5 + α (1 − 0.5).
    """
    for t in range(episode.T):
        s, before = episode.states[t], float(V[episode.states[t]])
        G = discounted(episode.rewards[t:], gamma)
        V[s] += alpha * (G - V[s])
        yield Update(t, s, episode.states[-1], G, 0.0, before, float(V[s]))


def discounted(rewards: Sequence[float], gamma: float) -> float:
    """R_1 + γ R_2 + γ² R_3 + …: discounted([0, 0, 1], 0.5) -> 0.25."""
    return sum(gamma**i * reward for i, reward in enumerate(rewards))


def td0(V: Floats, episode: Episode, alpha: float, gamma: float = 1.0) -> Iterator[Update]:
    """TD(0): each step is learned from as it is made.

    On the first walk of C → D → E → end with reward 1 and V = ½ only E moves: before that, guess
    and target agree.
    """
    for t in range(episode.T):
        s, after = episode.states[t : t + 2]
        reward, guess, before = episode.rewards[t], gamma * float(V[after]), float(V[s])
        V[s] += alpha * (reward + guess - V[s])
        yield Update(t, s, after, reward, guess, before, float(V[s]))


Parts = tuple[float, float]  # of a target: rewards seen, and the guess of what comes after them


def n_step_return(V: Floats, episode: Episode, t: int, n: int, gamma: float) -> Parts:
    """G_{t:t+n}, the sum of n rewards and a guess, in its two parts (equation 7.1).

    With n = 1 the target of TD(0); with n up to the end of the episode that of Monte Carlo, as V
    of an end is 0.
    """
    end = min(t + n, episode.T)
    seen = discounted(episode.rewards[t:end], gamma)
    return seen, gamma ** (end - t) * float(V[episode.states[end]])


def n_step(
    V: Floats,
    episode: Episode,
    n: int,
    alpha: float,
    gamma: float = 1.0,
    target: Callable[[Floats, Episode, int, int, float], Parts] = n_step_return,
) -> Iterator[Update]:
    """n-step TD: the value of S_t is updated n steps later (the box in section 7.1)."""
    for t in range(episode.T):
        s, before = episode.states[t], float(V[episode.states[t]])
        seen, guess = target(V, episode, t, n, gamma)
        V[s] += alpha * (seen + guess - V[s])
        yield Update(t, s, episode.states[min(t + n, episode.T)], seen, guess, before, float(V[s]))


def td_lambda(
    V: Floats, z: Floats, episode: Episode, lam: float, alpha: float, gamma: float = 1.0
) -> Iterator[Update]:
    """TD(λ) with accumulating traces (the box in section 12.2, for a table).

    The trace z (S + 2,) remembers who was visited lately: each step it fades to γλ of itself, and
    the state just left gains 1. One error δ then moves every state by α δ z. With λ = 0 only the
    state just left has a trace, and this is TD(0).
    """
    z[:] = 0.0
    for t in range(episode.T):
        s, after = episode.states[t : t + 2]
        reward, guess, before = episode.rewards[t], gamma * float(V[after]), float(V[s])
        delta = reward + guess - before
        z *= gamma * lam
        z[s] += 1.0
        V += alpha * delta * z  # (S + 2,)
        yield Update(t, s, after, reward, guess, before, float(V[s]))


def batch(
    V: Floats,
    episodes: Sequence[Episode],
    learn: Callable[[Floats, Episode, float], Iterator[Update]],
    alpha: float = 1e-3,
    close: float = 1e-6,
) -> int:
    """The same episodes again and again until V stands still (section 6.3); returns the sweeps.

    The increments of a sweep are summed and added at its end. Two rules, one experience, two
    answers: Monte Carlo ends at the mean of the returns that were seen, TD(0) at what the observed
    steps would bring in the long run.
    """
    for sweep in range(1, 1_000_000):
        total = np.zeros_like(V)
        for episode in episodes:
            for t, update in enumerate(learn(V.copy(), episode, 0.0)):
                assert update.t == t
                total[update.state] += alpha * (update.target - V[update.state])
        V += total
        if np.abs(total).max() < close * alpha:
            return sweep
    raise AssertionError("a batch comes to rest for a small α")
