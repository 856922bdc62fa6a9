"""The device: which one, in which precision, how fast it could be, and what it does just now.

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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhtui.errors import DeviceError

if TYPE_CHECKING:
    import torch

GIB = 2**30

OUT_OF_MEMORY = (
    "the device has too little memory for this setting: "
    "lower batch_size, block_size or n_embd, or take --device cpu"
)

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


# Choosing


def choose(ask: str) -> str:
    """torch's name for "auto", "cpu", "cuda", "cuda:N" or "mps". Raises `DeviceError`."""
    if ask == "cpu" or (ask == "auto" and not _accelerator()):
        return "cpu"
    if ask == "auto":
        return "cuda" if not _no_cuda() else "cpu" if _no_mps() else "mps"
    if ask == "mps":
        missing = _no_mps()
    elif re.fullmatch(r"cuda(:\d+)?", ask):
        missing = _no_cuda(int(ask[5:] or 0))
    else:
        raise DeviceError(f"there is no device {ask!r}: take auto, cpu, cuda, cuda:N or mps")
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


def precision(device: str) -> torch.dtype | None:
    """The dtype for autocast where it is really faster than fp32 on this device, else None.

    bf16 on NVIDIA from compute capability 8.0; below, fp16 would need a loss scaler. On a CPU bf16
    only with instructions for it (AVX512-BF16 or AMX): emulated it is slower than fp32.
    """
    import torch

    if device.startswith("cuda"):
        return torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else None
    return torch.bfloat16 if device == "cpu" and _cpu_bf16() else None


def _cpu_bf16() -> bool:
    import torch

    capabilities: Callable[[], dict[str, Any]] | None
    capabilities = getattr(torch.cpu, "get_capabilities", None)
    if capabilities is not None:
        have = capabilities()
        return bool(have.get("avx512_bf16") or have.get("amx_bf16"))
    older = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return older is not None and bool(older())


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


# Readings

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


# What can fail


def try_compile(module: torch.nn.Module, example: tuple[Any, ...]) -> tuple[Any, str]:
    """(the compiled module, a note) or (the module, why not), found out by running it once.

    Keep the module, not what this returns: a compiled module's parameters have other names. The
    trial leaves parameters, buffers, gradients and torch's global generator as they were.
    """
    import torch

    state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    gpus = {tensor.device for tensor in state.values() if tensor.is_cuda}
    try:
        with torch.random.fork_rng(devices=gpus):
            compiled = torch.compile(module)
            compiled(*example)
    except (RuntimeError, OSError, ImportError, TypeError, AttributeError, AssertionError) as error:
        if out_of_memory(error):
            raise
        note = f"torch.compile does not work here ({_first_line(error)}): the model runs eagerly"
        return module, note
    finally:
        module.load_state_dict(state)
    return compiled, "the model runs compiled by torch.compile"


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


def logind_kills(root: Path = Path("/")) -> str | None:
    """What to do where logind ends a user's processes, and so a worker, at logout; else None.

    systemd's order: one logind.conf (the first of /etc, /run, /usr/lib), then the drop-ins by file
    name. A commented line in the main file shows what the system was built with.
    """
    if not (root / "run/systemd/system").is_dir():
        return None
    folders = [root / folder / "systemd" for folder in ("etc", "run", "usr/local/lib", "usr/lib")]
    mains = [folder / "logind.conf" for folder in folders]
    drop_ins: dict[str, Path] = {}
    for folder in folders:
        for path in folder.glob("logind.conf.d/*.conf"):
            drop_ins.setdefault(path.name, path)
    main = next((path for path in mains if path.is_file()), None)
    setting = _kill_setting(main, r"^\s*#?\s*") if main else ""
    for name in sorted(drop_ins):
        setting = _kill_setting(drop_ins[name], r"^\s*") or setting
    if setting.lower() not in ("yes", "true", "on", "1"):
        return None
    return (
        "systemd ends a user's processes at logout here (KillUserProcesses=yes): run `loginctl "
        "enable-linger` once, then start the lab by `systemd-run --user --scope zhtui`"
    )


def _kill_setting(path: Path, start: str) -> str:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.findall(start + r"KillUserProcesses\s*=\s*(\w+)", text, re.MULTILINE)
    return found[-1] if found else ""


def _first_line(error: object) -> str:
    """What an error says first, short enough for a part of a sentence."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    says = next((line for line in lines if not line.endswith(":")), type(error).__name__)
    return says[:160].rstrip(". ")
