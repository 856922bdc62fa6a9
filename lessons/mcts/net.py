"""The policy and value net of AlphaZero, small (Silver et al. 2017, Methods: neural network).

    planes (B, 2, R, C)   the squares of the mover, the squares of the other player
    trunk                 two hidden layers for a tiny board, or a tower of 3x3 convolutions
    policy (B, A)         logits over all A moves of the game, illegal ones too
    value  (B,)           tanh: what the mover expects, −1 … 1

The position is always seen by the player who is to move ("canonical form"): one net plays both
sides. Whoever turns the planes must turn the value as well.

Leaves out: batch normalisation (here a norm that does not depend on the batch), planes of earlier
positions, and a plane for the side to move.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zhtui.lab import Game


class Residual(nn.Module):
    """x + f(x), f two convolutions of 3x3 (He et al. 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.norms = nn.ModuleList([nn.GroupNorm(1, channels), nn.GroupNorm(1, channels)])

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, R, C) -> the same."""
        y: Tensor = self.second(F.relu(self.norms[0](self.first(F.relu(self.norms[1](x))))))
        return x + y


class Net(nn.Module):
    """Both heads on one trunk; `blocks` = 0 is a trunk of two hidden layers."""

    def __init__(self, rows: int, columns: int, moves: int, width: int, blocks: int) -> None:
        super().__init__()
        squares = rows * columns
        if blocks:
            tower: list[nn.Module] = [Residual(width) for _ in range(blocks)]
            self.trunk = nn.Sequential(
                nn.Conv2d(2, width, 3, padding=1),  # (B, width, R, C)
                *tower,
                nn.ReLU(),
                nn.Conv2d(width, 16, 1),  # (B, 16, R, C)
                nn.Flatten(),  # (B, 16 R C)
                nn.Linear(16 * squares, width),  # (B, width)
                nn.ReLU(),
            )
        else:
            self.trunk = nn.Sequential(
                nn.Flatten(),  # (B, 2 R C)
                nn.Linear(2 * squares, width),  # (B, width)
                nn.ReLU(),
                nn.Linear(width, width),  # (B, width)
                nn.ReLU(),
            )
        self.policy = nn.Linear(width, moves)
        self.value = nn.Linear(width, 1)

    def forward(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 2, R, C) -> logits (B, A), values (B,)."""
        x = self.trunk(planes)  # (B, width)
        return self.policy(x), torch.tanh(self.value(x)).squeeze(-1)  # (B, A), (B,)

    def loss(self, planes: Tensor, pi: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy to the search's policy pi (B, A), squared error to the result z (B,)."""
        logits, values = self(planes)
        policy = -(pi * F.log_softmax(logits, dim=-1)).sum(-1).mean()
        return policy, F.mse_loss(values, z)


def planes(game: Game[Any], states: Sequence[Any]) -> NDArray[np.float32]:
    """(B, 2, R, C): 1.0 where the mover has a square, then where the other player has one.

    Read from the game's marks, so it serves every game: after X took the middle of 3x3, O is to
    move, and the second plane has a 1.0 in its middle.
    """
    rows, columns = game.squares
    boards = np.array(["".join(game.marks(state)) for state in states])  # (B,)
    signs = boards.view("U1").reshape(len(states), rows, columns)  # (B, R, C)
    both = np.stack([signs == "X", signs == "O"], axis=1)  # (B, 2, R, C)
    second = np.array([game.to_move(state) == 1 for state in states])  # (B,)
    both[second] = both[second, ::-1]
    return both.astype(np.float32)
