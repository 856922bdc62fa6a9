"""The device: which one, and what it is called.

torch is imported only where a function needs it. `readings`, `describe("cpu")`, `mfu`,
`logind_kills` and, on a machine without a GPU, `choose` do not: the app may call them.
"""

from __future__ import annotations

import functools
import os
import platform
import re
import sys
import warnings
from pathlib import Path

from zhtui.errors import DeviceError
from zhtui.machine.gpu import GIB

CUDA = re.compile(r"cuda(:[0-9]{1,3})?")
OUT_OF_MEMORY = (
    "the device has too little memory for this setting: "
    "lower batch_size, block_size or n_embd, or take --device cpu"
)


# Choosing


def named(ask: str) -> str:
    """A device as it was asked for, be it here or not. Raises `DeviceError` where it is none."""
    if ask in ("auto", "cpu", "mps") or CUDA.fullmatch(ask):
        return ask
    raise DeviceError(f"there is no device {ask!r}: take auto, cpu, cuda, cuda:N or mps")


def choose(ask: str) -> str:
    """torch's name for "auto", "cpu", "cuda", "cuda:N" or "mps". Raises `DeviceError`."""
    ask = named(ask)
    if ask == "cpu" or (ask == "auto" and not _accelerator()):
        return "cpu"
    if ask == "auto":
        return "cuda" if not _no_cuda() else "cpu" if _no_mps() else "mps"
    missing = _no_mps() if ask == "mps" else _no_cuda(int(ask[5:] or 0))
    if missing:
        raise DeviceError(f"{ask} cannot be used ({missing}): take --device auto or cpu")
    return ask


def _accelerator() -> bool:
    """Whether this machine could have one at all; if not, importing torch (2 s) can be spared."""
    nodes = ("nvidiactl", "nvidia0", "nvhost-gpu", "nvgpu", "nvmap", "dxg", "kfd")
    return sys.platform != "linux" or any((Path("/dev") / node).exists() for node in nodes)


def _no_cuda(index: int = 0) -> str:
    """Why the CUDA device of that index cannot be used, or ""."""
    import torch

    with warnings.catch_warnings(record=True) as said:  # torch warns of a driver that is too old
        warnings.simplefilter("always")
        there = torch.cuda.is_available()
    count = torch.cuda.device_count() if there else 0
    if there and index < count:
        return ""
    if there:
        return f"this machine has {count} of them, counted from 0"
    if torch.version.cuda is None and getattr(torch.version, "hip", None) is None:
        return "this torch was built for the CPU only"
    return _first_line(said[0].message) if said else "torch sees no GPU and driver"


def _no_mps() -> str:
    import torch

    found = torch.accelerator.current_accelerator(check_available=True)
    return "" if found is not None and found.type == "mps" else "torch sees no Apple GPU"


@functools.cache
def describe(device: str) -> str:
    """One line: "NVIDIA H200 · 139 GiB", "AMD EPYC · 2 cores"."""
    if device.startswith("cuda"):
        import torch

        properties = torch.cuda.get_device_properties(device)
        return f"{properties.name} · {properties.total_memory // GIB} GiB"
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    name = _cpu_name()
    return f"{name} GPU" if device == "mps" else f"{name} · {cores} core{'s' * (cores != 1)}"


def _cpu_name() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    found = re.search(r"^model name\s*:\s*(.+?)\s*$", text, re.MULTILINE)
    return found[1] if found else platform.processor() or platform.machine() or "CPU"


# What can fail


def out_of_memory(error: BaseException) -> bool:
    """Whether the device or the machine had no memory left; `OUT_OF_MEMORY` says what to change."""
    torch = sys.modules.get("torch")
    if isinstance(error, MemoryError):
        return True
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return True
    # the CPU's allocator, cuBLAS and Metal each raise a plain RuntimeError
    text = str(error)
    signs = ("can't allocate memory", "not enough memory", "out of memory", "CUBLAS_STATUS_ALLOC")
    return isinstance(error, RuntimeError) and any(sign in text for sign in signs)


def _first_line(error: object) -> str:
    """What an error says first, short enough for a part of a sentence."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    says = next((line for line in lines if not line.endswith(":")), type(error).__name__)
    return says[:160].rstrip(". ")
