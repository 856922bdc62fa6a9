"""Whether to multiply in bfloat16: half the bits, the range of float32, eight bits of precision.

Leaves out: float16 with a scaled loss (GPUs before Ampere stay in float32), and float8.
"""

from __future__ import annotations

import torch


def fast_bfloat16(device: str) -> bool:
    """True where the hardware itself multiplies bfloat16; emulated, it is slower than float32.

    A function of the machine only, never of a timing, so that a resumed run chooses the same.
    """
    kind = torch.device(device).type
    if kind == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)  # Ampere and later
    if kind == "cpu":
        able = torch.cpu.get_capabilities()
        return any(able.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return False


def autocast(precision: str, device: str) -> torch.autocast:
    """The context in which a model runs: `precision` is "auto", "fp32" or "bf16".

    Weights, sums and the optimizer stay in float32; only matrix products are rounded.
    """
    half = precision == "bf16" or (precision == "auto" and fast_bfloat16(device))
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=half)
