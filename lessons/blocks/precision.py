"""Whether to multiply in bfloat16: half the bits, the range of float32, eight bits of precision.

A GPU that multiplies it is quicker in it. A CPU may have the instruction and still be slower (one
with AVX512-BF16 and no AMX multiplied at half of float32's speed), so there the step itself is
tried in both.

Leaves out: float16 with a scaled loss (GPUs before Ampere stay in float32), and float8.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor

WORTH = 1.2  # times as quick, or it stays float32: less may be noise
PATIENCE = 0.4  # seconds for all tries but the first two, which load what they need
Measured = Callable[[str, str, Callable[[], float]], float]


def able(device: str) -> bool:
    """Whether the hardware multiplies bfloat16 itself; emulated, it is slower than float32."""
    kind = torch.device(device).type
    if kind == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)  # Ampere and later
    if kind == "cpu":
        have = torch.cpu.get_capabilities()
        return any(have.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return False


def speedup(loss: Callable[[], Tensor], device: str) -> float:
    """How many times as quick a step is in bfloat16: 1.5 is half as quick again, 0.5 half as quick.

    A step is `loss()` and its gradients, which are left behind. The fastest of several counts, in
    turns, so that whatever else the machine does meets both alike.
    """
    best = {"fp32": float("inf"), "bf16": float("inf")}
    tries, began = 0, time.perf_counter()
    while tries < 2 or (tries < 12 and time.perf_counter() - began < PATIENCE):
        for precision in best:
            start = time.perf_counter()
            with autocast(precision, device):
                value = loss()
            torch.autograd.backward(value)
            if tries:  # the first one warms up
                best[precision] = min(best[precision], time.perf_counter() - start)
        tries += 1
        began = time.perf_counter() if tries == 1 else began
    return best["fp32"] / best["bf16"]


def choose(
    asked: str, device: str, measured: Measured, shape: str, loss: Callable[[], Tensor]
) -> str:
    """ "fp32" or "bf16", where "auto" was asked for.

    `measured` is the run's own: a resumed run takes what it took before. `shape` says of which
    step; random numbers that `loss` draws must not matter to the run.
    """
    if asked != "auto":
        return asked
    if torch.device(device).type != "cpu" or not able(device):
        return "bf16" if able(device) else "fp32"
    gain = measured("bfloat16 by float32", shape, lambda: speedup(loss, device))
    return "bf16" if gain >= WORTH else "fp32"


def autocast(precision: str, device: str) -> torch.autocast:
    """The context in which a model runs in "fp32" or "bf16".

    Weights, sums and the optimizer stay in float32; only matrix products are rounded.
    """
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=precision == "bf16")
