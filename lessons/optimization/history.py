"""What the pictures over time need of the looks before: a part of the checkpoint, so that a resumed
run shows what an uninterrupted one would.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lessons.optimization.model import Net

KEPT = 60  # looks that a picture over time has room for


class History:
    """The first loss, update:data of each matrix by step, and histograms by look."""

    def __init__(self) -> None:
        self.first = float("nan")
        self.steps: list[int] = []
        self.ratios: dict[str, list[float]] = {}
        self.bands: dict[str, list[list[float]]] = {}

    def note_update(self, step: int, net: Net, before: Tensor) -> None:
        """How far each matrix moved at this step, as a share of its size: `before` (P,) is flat."""
        self.steps.append(step)
        start = 0
        for name, parameter in net.named_parameters():
            old = before[start : start + parameter.numel()].view_as(parameter)
            start += parameter.numel()
            if parameter.ndim == 2:
                moved, size = (parameter.detach() - old).std(), old.std()
                self.ratios.setdefault(name, []).append(float(moved / size.clamp(min=1e-12)))

    def note_band(self, name: str, shares: Tensor) -> None:
        """One column of a picture over time: shares by bin (bins,)."""
        column = [round(share, 4) for share in shares.tolist()]
        self.bands[name] = [*self.bands.get(name, []), column][-KEPT:]

    def band(self, name: str) -> Tensor:
        """(bins, looks), the lowest bin in the last row."""
        return torch.tensor(self.bands[name]).T.flip(0)

    def state_dict(self) -> dict[str, Any]:
        return dict(vars(self))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
