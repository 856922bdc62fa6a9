"""The random walk: states in a row, a step to the left or right, each as likely.

      □ ← A ↔ B ↔ C ↔ D ↔ E → □+1        Sutton and Barto (2018), example 6.2

Numbers: 0 and S + 1 are the two ends, 1 … S the states between them. The value of a state is what
an episode from there brings on average; it is known here, so that every error can be measured.

Leaves out: actions. Who walks has no choice, so there is only something to predict.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Episode:
    """The states S_0 … S_T of one walk and the rewards R_1 … R_T between them.

    Episode([3, 4, 5, 6], [0, 0, 1]) went from C straight to the right end.
    """

    states: list[int]
    rewards: list[float]

    @property
    def T(self) -> int:
        """The number of steps."""
        return len(self.rewards)


@dataclass(frozen=True)
class Walk:
    """`states` states, what the two ends pay, and the first guess of a value."""

    states: int
    left: float
    right: float
    first_guess: float

    @property
    def start(self) -> int:
        """The state in the middle."""
        return (self.states + 1) // 2

    @property
    def names(self) -> list[str]:
        """A, B, C … from left to right."""
        return [chr(ord("A") + i) for i in range(self.states)]

    def values(self) -> Floats:
        """(S + 2,) a first guess for each state, and 0 for the ends: nothing comes after them."""
        V = np.full(self.states + 2, self.first_guess)
        V[[0, -1]] = 0.0
        return V

    def truth(self) -> Floats:
        """(S + 2,) the true values: a straight line, 1/6 … 5/6 for five states; 0 at the ends."""
        share = np.arange(self.states + 2) / (self.states + 1)  # how likely the right end is
        V = self.left * (1 - share) + self.right * share
        V[[0, -1]] = 0.0
        return V

    def episode(self, rng: random.Random) -> Episode:
        """One walk from the middle to an end."""
        states, rewards = [self.start], []
        while 0 < states[-1] <= self.states:
            states.append(states[-1] + (1 if rng.random() < 0.5 else -1))
            rewards.append(self.reward(states[-1]))
        return Episode(states, rewards)

    def reward(self, after: int) -> float:
        """What a step into a state pays: nothing but at the ends."""
        if after == 0:
            return self.left
        return self.right if after == self.states + 1 else 0.0


FIVE = Walk(5, left=0.0, right=1.0, first_guess=0.5)  # example 6.2
NINETEEN = Walk(19, left=-1.0, right=1.0, first_guess=0.0)  # example 7.1


def rms(walk: Walk, V: Floats) -> Floats:
    """The root of the mean squared error over the states, (…, S + 2) -> (…).

    rms(FIVE, FIVE.values()) -> 0.2357
    """
    error = V[..., 1:-1] - walk.truth()[1:-1]  # (…, S)
    root: Floats = np.sqrt((error * error).mean(-1))
    return root
