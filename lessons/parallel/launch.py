"""Starts n processes through torch's own launcher, asks them for steps, and ends them.

Leaves out: other machines; `torchrun --nnodes` starts those, and the store's address is then the
first one's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any

from safetensors.torch import save
from torch import Tensor
from torch._C._distributed_c10d import TCPStore

from zhtui.lab import LabError

PATIENCE = 120.0  # seconds until an answer
MODULE = "lessons.parallel.rank"


class Ranks:
    """n processes that answer steps. One that ends takes the run with it, with its last words."""

    def __init__(self, asked: dict[str, Any], ranks: int) -> None:
        self.ranks = ranks
        limit = timedelta(seconds=PATIENCE)
        self.store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False, timeout=limit)
        self.log = TemporaryFile()  # noqa: SIM115 - it lives as long as the ranks
        told = json.dumps({**asked, "port": self.store.port})
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "torch.distributed.run", "--nnodes=1",
                "--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0",
                f"--nproc-per-node={ranks}", "-m", MODULE, told,
            ],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        self.step = int(asked["step"])

    def __enter__(self) -> Ranks:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def answer(self, weights: Mapping[str, Tensor], rows: Mapping[str, Tensor]) -> dict[str, float]:
        """Loss and norm of a step over these rows: x, wanted, and kept where there is dropout.

        Raises `LabError` where a rank has ended.
        """
        parts = {name: part.detach().cpu().contiguous() for name, part in weights.items()}
        parts |= {f"rows.{name}": part.contiguous() for name, part in rows.items()}
        self.store.set(f"ask/{self.step}", save(parts))  # type: ignore[arg-type]  # bytes it takes
        key, begun = f"answer/{self.step}", time.monotonic()
        while not self.store.check([key]):
            if self.process.poll() is not None:
                raise LabError(
                    f"a rank has ended at step {self.step}: {self.words()}; resume the run"
                )
            if time.monotonic() - begun > PATIENCE:
                raise LabError(f"no answer in {PATIENCE:.0f} s at step {self.step}; resume the run")
            time.sleep(0.002)
        found: dict[str, float] = json.loads(self.store.get(key))
        self.store.delete_key(key)
        self.store.delete_key(f"ask/{self.step - 1}")  # all ranks have read that one
        self.step += 1
        return found

    def words(self) -> str:
        """The last line that a rank wrote."""
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").splitlines()
        told = [line for line in lines if "Error" in line and "ChildFailedError" not in line]
        return (told or lines or ["without a word"])[-1].strip()[:200]

    def close(self) -> None:
        """Says farewell; who does not go is ended."""
        if self.process.poll() is None:
            self.store.set(f"ask/{self.step}", "end")
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.terminate()
                self.process.wait(10)
        self.log.close()
