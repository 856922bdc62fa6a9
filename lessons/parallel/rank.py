"""One of n processes, started by torchrun: a step is asked for through the store, and answered.

Each step begins with the weights that the run has, so a step is a function of weights and rows, and
a run that is stopped goes on exactly. Weights and rows come as safetensors; nothing is pickled.

Leaves out: NCCL's own tuning, more than one machine, and the optimizer, which the run keeps.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from safetensors.torch import load
from torch import Tensor
from torch._C._distributed_c10d import TCPStore

from lessons.blocks.loopback import HOST
from lessons.blocks.torchrun import leave_with_launcher
from lessons.parallel.step import Shared, shared_by

FAREWELL = "end"
LONG = timedelta(days=365)  # that a run may be paused


def main() -> None:
    """Serves steps until the run says farewell."""
    leave_with_launcher()
    asked = json.loads(sys.argv[1])
    torch.set_num_threads(1)
    backend = "nccl" if asked["device"] == "cuda" else "gloo"
    if backend == "nccl":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    store = TCPStore(HOST, int(asked["port"]), is_master=False)
    store.set_timeout(LONG)
    me, n = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    dist.init_process_group(backend, store=store, rank=me, world_size=n)
    if asked["memory"]:
        from lessons.parallel.measure import measure  # deferred: it takes seconds to load

        store.set(f"held/{me}", json.dumps(measure(asked)))
    shared = shared_by(asked)
    step = int(asked["step"])
    while True:
        told = store.get(f"ask/{step}")  # waits
        if told == FAREWELL.encode():
            break
        store.set(f"answer/{step}/{me}", json.dumps(one(shared, told)))
        step += 1
    dist.destroy_process_group()


def one(shared: Shared, told: bytes) -> dict[str, Any]:
    """Loss and gradient norm of a step, and what this rank has of it."""
    parts: dict[str, Tensor] = load(told)
    x, wanted = parts.pop("rows.x"), parts.pop("rows.wanted")
    kept = parts.pop("rows.kept", None)
    shared.take(parts)
    began = time.perf_counter()
    loss, norm = shared.step(x, wanted, kept)
    took = 1e3 * (time.perf_counter() - began)
    return {"loss": loss, "norm": norm, "ms": took, **shared.own()}


if __name__ == "__main__":
    main()
