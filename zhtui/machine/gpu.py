"""The GPU: what it can do at its peak, and what it says of itself."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

GIB = 2**30


# Peak dense FLOP/s of matrix products in bf16 (in fp16 on V100 and T4, which have no bf16), from
# NVIDIA's data sheets. Those print the doubled figure of 2:4 sparsity first. A GPU that is not here
# has no MFU.
PEAKS = (
    (r"\bB200\b", 2250e12),  # Blackwell: 36 PFLOP/s sparse for the eight of an HGX B200
    (r"\bH200 NVL\b", 835.5e12),  # H200 data sheet
    (r"\bG?H200\b", 989.5e12),  # H200 and GH200 data sheets
    (r"\bH100 PCIe\b", 756e12),  # H100 data sheet, as the two below
    (r"\bH100 NVL\b", 835.5e12),
    (r"\bH100\b", 989.5e12),  # SXM: "NVIDIA H100 80GB HBM3"
    (r"\bA100\b", 312e12),  # A100 data sheet, SXM and PCIe alike
    (r"\bA30\b", 165e12),  # A30 data sheet
    (r"\bA40\b", 149.7e12),  # A40 data sheet
    (r"\bA10\b", 125e12),  # A10 data sheet; the A10G is another chip
    (r"\bL40S\b", 362.05e12),  # L40S data sheet
    (r"\bL40\b", 181.05e12),  # L40 data sheet
    (r"\bL4\b", 121e12),  # L4 data sheet
    (r"\bRTX 4090$", 165.2e12),  # Ada whitepaper, with fp32 accumulation, as the one below
    (r"\bRTX 3090$", 71e12),  # GA102 whitepaper
    (r"\bV100S\b", 130e12),  # V100 data sheet, as the two below
    (r"\bV100-PCIE\b", 112e12),
    (r"\bV100-SXM2\b", 125e12),
    (r"\bT4\b", 65e12),  # T4 data sheet
)


@dataclass(frozen=True)
class Reading:
    """One GPU now: load in percent, memory in bytes, power in watts, temperature in °C.

    None stands for what this GPU or its driver does not tell.
    """

    name: str
    utilisation: int | None
    memory_used: int | None
    memory_total: int | None
    power: float | None
    temperature: int | None
    power_limit: float | None = None
    slowed: str = ""  # why the GPU holds its clocks back: "heat", "power" or "" for neither

    def __str__(self) -> str:
        """H200 · 139 GiB · 31 % · 412 W."""
        words = [self.name.removeprefix("NVIDIA ")]
        if self.memory_total is not None:
            words.append(f"{self.memory_total // GIB} GiB")
        if self.utilisation is not None:
            words.append(f"{self.utilisation} %")
        if self.power is not None:
            words.append(f"{self.power:.0f} W")
        return " · ".join(words)


def mfu(flops_per_second: float, name: str) -> float | None:
    """The share of the GPU's own peak, or None where that peak is not known.

    `name` is torch's or NVML's, or what `describe` says. A MIG slice or a virtual GPU ("A10-8Q")
    has only a part of it, and no figure.
    """
    name = name.split(" · ")[0]
    if re.search(r"\bMIG\b|\bGRID\b|-\d+[ABCQ]$", name):
        return None
    for pattern, peak in PEAKS:
        if re.search(pattern, name):
            return flops_per_second / peak
    return None


SLOWED = (  # bits of NVML's clocks event reasons; heat first, as a hot GPU draws less power
    ("heat", 0x20 | 0x40),  # the driver's and the hardware's own
    ("power", 0x04 | 0x80),  # the power cap, the power supply's brake
    ("heat", 0x08),  # the hardware's slowdown: all that an older GPU says
)


def readings() -> list[Reading]:
    """What each NVIDIA GPU does now; [] without GPU or driver. Never raises; fit to be polled."""
    nvml = _nvml()
    if nvml is None:
        return []
    try:
        count = nvml.nvmlDeviceGetCount()
        return [_reading(nvml, nvml.nvmlDeviceGetHandleByIndex(index)) for index in range(count)]
    except nvml.NVMLError:  # the driver went away
        return []


@functools.cache
def _nvml() -> Any:
    """pynvml, started once; None where it is missing or finds no driver."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml


def _reading(nvml: Any, handle: Any) -> Reading:
    def told(name: str) -> Any:
        try:
            return getattr(nvml, name)(handle)
        except nvml.NVMLError:  # this GPU has no such sensor
            return None

    name = told("nvmlDeviceGetName") or "GPU"
    load, memory = told("nvmlDeviceGetUtilizationRates"), told("nvmlDeviceGetMemoryInfo")
    power, limit = told("nvmlDeviceGetPowerUsage"), told("nvmlDeviceGetEnforcedPowerLimit")
    reasons = told("nvmlDeviceGetCurrentClocksThrottleReasons") or 0
    try:
        temperature = nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU)
    except nvml.NVMLError:
        temperature = None
    return Reading(
        name=name.decode() if isinstance(name, bytes) else name,
        utilisation=None if load is None else load.gpu,
        memory_used=None if memory is None else memory.used,
        memory_total=None if memory is None else memory.total,
        power=None if power is None else power / 1000,  # milliwatts
        temperature=temperature,
        power_limit=None if limit is None else limit / 1000,
        slowed=next((word for word, bits in SLOWED if reasons & bits), ""),
    )
