"""CartPole: a pole on a cart that is pushed to the left or right (Barto, Sutton, Anderson 1983).

The interface and constants are gymnasium's CartPole-v1, and so are its numbers, step by step (a
test compares them where gymnasium is installed): 1 a step while the pole stands, 500 steps at most.

Leaves out: rendering, wrappers, spaces.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Observation = NDArray[np.float32]  # (4,) x, its speed, θ, its speed
State = tuple[float, float, float, float]

GRAVITY, CART, POLE, HALF_LENGTH = 9.8, 1.0, 0.1, 0.5  # m/s², kg, kg, m
FORCE, TAU = 10.0, 0.02  # N, s
WIDEST, STEEPEST = 2.4, 12 * 2 * math.pi / 360  # m, radians
LONGEST = 500  # steps


def push(state: State, force: float) -> State:
    """The state τ later, by Euler's method (Florian 2007 has the equations).

    push((0, 0, 0, 0), 10) -> (0, 0.195…, 0, −0.292…): the cart goes right, the pole falls left.
    """
    x, speed, theta, turning = state
    sine, cosine, total = math.sin(theta), math.cos(theta), CART + POLE
    common = (force + POLE * HALF_LENGTH * (turning * turning) * sine) / total
    lever = HALF_LENGTH * (4.0 / 3.0 - POLE * (cosine * cosine) / total)
    turn = (GRAVITY * sine - cosine * common) / lever  # radians/s²
    drive = common - POLE * HALF_LENGTH * turn * cosine / total  # m/s²
    return x + TAU * speed, speed + TAU * drive, theta + TAU * turning, turning + TAU * turn


class CartPole:
    """The environment: `reset`, then `step` until it is terminated or truncated."""

    actions = 2
    inputs = 4

    def __init__(self) -> None:
        self.state: State = (0.0, 0.0, 0.0, 0.0)
        self.rng = np.random.default_rng()
        self.steps = 0

    def reset(self, seed: int | None = None) -> tuple[Observation, dict[str, object]]:
        """A start near the middle: four numbers in ± 0.05, from `seed` where one is given."""
        if seed is not None:
            self.rng = np.random.default_rng(seed)
        x, speed, theta, turning = self.rng.uniform(-0.05, 0.05, 4).tolist()
        self.state, self.steps = (x, speed, theta, turning), 0
        return np.array(self.state, dtype=np.float32), {}

    def step(self, action: int) -> tuple[Observation, float, bool, bool, dict[str, object]]:
        """Pushes left (0) or right (1): observation, reward, terminated, truncated, info.

        Terminated where the cart has left the track or the pole is past 12°: nothing comes after
        it. Truncated after 500 steps: something would.
        """
        if action not in (0, 1):
            raise ValueError(f"there is no action {action}; push left (0) or right (1)")
        self.state = push(self.state, FORCE if action else -FORCE)
        self.steps += 1
        fallen = abs(self.state[0]) > WIDEST or abs(self.state[2]) > STEEPEST
        seen = np.array(self.state, dtype=np.float32)
        return seen, 1.0, fallen, self.steps >= LONGEST, {}
