"""What a rank holds in mixed precision, and what it sends: ZeRO (Rajbhandari 2020, sections 3, 5).

A weight costs 2 bytes in bfloat16, its gradient 2, and Adam 12: the weight in float32 and two
averages. Of n ranks, stage 1 shares Adam's part, stage 2 the gradients too, stage 3 the weights.

    stage 0   2 Ψ + 2 Ψ + 12 Ψ          sends 2 Ψ a step (an all-reduce is 2 Ψ (n − 1) / n)
    stage 1   2 Ψ + 2 Ψ + 12 Ψ / n      the same
    stage 2   2 Ψ + (2 + 12) Ψ / n      the same
    stage 3   (2 + 2 + 12) Ψ / n        3 Ψ: the weights are gathered twice

Leaves out: activations (which `pipeline.py` counts in stashes), buffers, fragmentation.
"""

from __future__ import annotations

from dataclasses import dataclass

STAGES = ("DP", "ZeRO-1", "ZeRO-2", "ZeRO-3")


@dataclass(frozen=True)
class Held:
    """Bytes of a rank."""

    weights: float
    gradients: float
    optimizer: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.weights + self.gradients + self.optimizer


def held(
    parameters: float, ranks: int, stage: int, *, half: int = 2, grad: int = 2, states: int = 12
) -> Held:
    """What each of the ranks holds. held(7.5e9, 64, 3).total -> 1.875e9 (the paper's 1.9 GB)"""
    split = [ranks if stage >= part else 1 for part in (3, 2, 1)]
    return Held(
        half * parameters / split[0], grad * parameters / split[1], states * parameters / split[2]
    )


def sent(parameters: float, ranks: int, stage: int, *, half: int = 2) -> float:
    """Bytes that a rank sends a step. Two ranks, stage 0: 2 · Ψ · ½ numbers."""
    passes = 3 if stage == 3 else 2  # gather, gather, reduce-scatter; or reduce-scatter and gather
    return passes * half * parameters * (ranks - 1) / ranks


def of_tensor_parallel(B: int, T: int, C: int, layers: int, ranks: int, half: int = 2) -> float:
    """Bytes a rank sends a step: four all-reduces of (B, T, C) a layer (Shoeybi 2019)."""
    return 4 * layers * 2 * half * B * T * C * (ranks - 1) / ranks


def of_pipeline(B: int, T: int, C: int, half: int = 2) -> float:
    """Bytes a stage sends a step: its activations on, their gradients back."""
    return 2 * half * B * T * C


def of_context(B: int, T: int, C: int, layers: int, ranks: int, half: int = 2) -> float:
    """Bytes a rank sends a step: keys and values of (T / n) tokens go round the ring, forward and
    backward (Liu 2023).
    """
    return 3 * layers * 2 * half * B * (T / ranks) * C * (ranks - 1)


def of_experts(B: int, T: int, C: int, layers: int, top_k: int, ranks: int, half: int = 2) -> float:
    """Bytes a rank sends a step: tokens to their experts and back, forward and backward."""
    return 4 * layers * half * B * T * top_k * C * (ranks - 1) / ranks
