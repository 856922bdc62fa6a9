"""Q-learning with a net: DQN (Mnih and others 2015), with Double as van Hasselt and others (2016).

Q(s, ·) comes from a net in place of a table. Two things keep that from running away: *replay* (a
step is learned from many times, among others of other days) and a *target net* (the guess of what
comes next is a copy that stands still for a while):

    target = R                              where the episode has ended
             R + γ max_a Q⁻(S', a)          DQN
             R + γ Q⁻(S', argmax_a Q(S', a))    Double: one net chooses, the other one judges

In a game of two the next state is the opponent's, and what is good for them is bad for me: the
same with −γ in place of γ. So one `sign` makes it a learner of tic-tac-toe.

B examples a batch, D inputs, A actions.

Leaves out: frames of pixels, prioritized replay, dueling heads, noisy nets (Rainbow, 2018).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

Array = NDArray[Any]


class QNet(nn.Module):
    """Q(s, ·): two hidden layers of ReLUs, D -> H -> H -> A."""

    def __init__(self, inputs: int, actions: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(inputs, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, actions),
        )

    def forward(self, states: Tensor) -> Tensor:
        values: Tensor = self.layers(states)  # (B, A)
        return values


class Batch(NamedTuple):
    """Steps as they are learned from: in `states` `actions` was done, and `after` was come to."""

    states: Tensor  # (B, D)
    actions: Tensor  # (B,)
    rewards: Tensor  # (B,)
    after: Tensor  # (B, D)
    ended: Tensor  # (B,) 1 where nothing comes after
    allowed: Tensor  # (B, A) what can be done in `after`


class Replay:
    """The last `room` steps, in a ring: the oldest makes way."""

    def __init__(self, room: int, inputs: int, actions: int) -> None:
        self.room, self.added = room, 0
        self.states = np.zeros((room, inputs), dtype=np.float32)
        self.actions = np.zeros(room, dtype=np.int64)
        self.rewards = np.zeros(room, dtype=np.float32)
        self.after = np.zeros((room, inputs), dtype=np.float32)
        self.ended = np.zeros(room, dtype=np.float32)
        self.allowed = np.ones((room, actions), dtype=bool)

    def __len__(self) -> int:
        return min(self.added, self.room)

    def add(
        self,
        state: Array,
        action: int,
        reward: float,
        after: Array,
        ended: bool,
        allowed: Array | None = None,
    ) -> None:
        """Remembers a step; without `allowed` every action can be taken in `after`."""
        i = self.added % self.room
        self.states[i], self.actions[i], self.rewards[i] = state, action, reward
        self.after[i], self.ended[i] = after, ended
        if allowed is not None:
            self.allowed[i] = allowed
        self.added += 1

    def sample(self, size: int, rng: np.random.Generator) -> Batch:
        """`size` steps drawn from all that are there, some perhaps twice."""
        pick = rng.integers(0, len(self), size)  # (B,)
        fields = (self.states, self.actions, self.rewards, self.after, self.ended, self.allowed)
        return Batch(*(torch.from_numpy(field[pick]) for field in fields))

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds: the steps so far, none of the empty room."""
        n = len(self)
        fields = ("states", "actions", "rewards", "after", "ended", "allowed")
        arrays = {name: getattr(self, name)[:n].copy() for name in fields}
        return {"added": self.added, **arrays}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes them back. Raises `ValueError` where the room is another one."""
        self.added = int(state["added"])
        for name in ("states", "actions", "rewards", "after", "ended", "allowed"):
            getattr(self, name)[: len(self)] = state[name]


@torch.no_grad()
def targets(
    batch: Batch, net: QNet, frozen: QNet, gamma: float, double: bool, sign: float = 1.0
) -> Tensor:
    """(B,) what Q(S, A) is moved towards.

    `frozen` is the target net Q⁻, `sign` −1 in a game, where the other one moves next. What is not
    allowed counts −∞ and is never the best.
    """
    values = frozen(batch.after).masked_fill(~batch.allowed, -torch.inf)  # (B, A)
    if double:
        own = net(batch.after).masked_fill(~batch.allowed, -torch.inf)  # (B, A)
        best = values.gather(1, own.argmax(1, keepdim=True)).squeeze(1)  # (B,)
    else:
        best = values.amax(1)  # (B,)
    comes = torch.where(batch.ended > 0, 0.0, best)  # nothing comes after an end
    return batch.rewards + sign * gamma * comes


def learn(
    batch: Batch,
    net: QNet,
    frozen: QNet,
    optimizer: torch.optim.Optimizer,
    gamma: float,
    double: bool,
    sign: float = 1.0,
) -> Tensor:
    """One step of gradient descent on the Huber loss (its slope is at most 1); returns the loss."""
    aim = targets(batch, net, frozen, gamma, double, sign)  # (B,)
    taken = net(batch.states).gather(1, batch.actions[:, None]).squeeze(1)  # (B,)
    loss = F.smooth_l1_loss(taken, aim)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.detach()


def follow(frozen: QNet, net: QNet) -> None:
    """The target net becomes a copy of the net."""
    frozen.load_state_dict(net.state_dict())


def seen(squares: tuple[int, int], mover: int) -> Array:
    """(9,) a board of tic-tac-toe as the net sees it: 1 the mover's, −1 the other's.

    seen((1, 16), 0) -> [1, 0, 0, 0, −1, 0, 0, 0, 0]
    """
    mine, theirs = squares if mover == 0 else squares[::-1]
    board = [(mine >> i & 1) - (theirs >> i & 1) for i in range(9)]
    return np.array(board, dtype=np.float32)
