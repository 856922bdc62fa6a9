"""Asks n processes for steps, which torch's own launcher has started, and ends them.

Leaves out: other machines; `torchrun --nnodes` starts those.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from safetensors.torch import save
from torch import Tensor

from lessons.blocks.loopback import hosted
from lessons.blocks.torchrun import Launched
from zhtui.lab import LabError

PATIENCE = 120.0  # seconds until an answer
MODULE = "lessons.parallel.rank"


class Ranks:
    """n processes that answer steps. One that ends takes the run with it, with its last words."""

    def __init__(self, asked: dict[str, Any], ranks: int) -> None:
        self.ranks = ranks
        limit = timedelta(seconds=PATIENCE)
        self.store = hosted(limit)
        told = json.dumps({**asked, "port": self.store.port})
        self.launched = Launched(MODULE, told, ranks)
        self.step = int(asked["step"])

    def answer(
        self, weights: Mapping[str, Tensor], rows: Mapping[str, Tensor]
    ) -> list[dict[str, float]]:
        """Each rank's account of a step over rows: x, wanted, and kept where there is dropout.

        Loss and norm of the whole step are the same in all. Raises `LabError` where one has ended.
        """
        parts = {name: part.detach().cpu().contiguous() for name, part in weights.items()}
        parts |= {f"rows.{name}": part.contiguous() for name, part in rows.items()}
        self.store.set(f"ask/{self.step}", save(parts))  # type: ignore[arg-type]  # bytes it takes
        found: list[dict[str, float]] = self._of_each(f"answer/{self.step}")
        self.store.delete_key(f"ask/{self.step - 1}")  # all ranks have read that one
        self.step += 1
        return found

    def held(self) -> list[list[dict[str, int]]]:
        """What each rank holds by ZeRO's stages, as it measured; asked for at the start."""
        found: list[list[dict[str, int]]] = self._of_each("held")
        return found

    def end(self) -> None:
        """Tells them that there is no other step."""
        self.store.set(f"ask/{self.step}", "end")

    def _of_each(self, what: str) -> list[Any]:
        keys, begun = [f"{what}/{rank}" for rank in range(self.ranks)], time.monotonic()
        while not self.store.check(keys):
            if self.launched.gone():
                why = self.launched.why()
                raise LabError(f"a rank has ended at step {self.step}: {why}; resume the run")
            if time.monotonic() - begun > PATIENCE:
                raise LabError(f"no answer in {PATIENCE:.0f} s at step {self.step}; resume the run")
            time.sleep(0.002)
        found = [json.loads(self.store.get(key)) for key in keys]
        for key in keys:
            self.store.delete_key(key)
        return found


@contextmanager
def started(asked: dict[str, Any], ranks: int) -> Iterator[Ranks]:
    """n processes to be asked, as long as it is open."""
    made = Ranks(asked, ranks)
    with made.launched:
        try:
            yield made
        finally:
            made.end()
