"""The device is chosen, described and measured; a GPU and its driver are played by stand-ins."""

from __future__ import annotations

import subprocess
import sys
import types
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch
from nvml import NVMLError, fake_nvml

from zhtui.errors import DeviceError
from zhtui.machine import device, gpu, logind


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """Nothing remembered from one test to the next."""
    device.describe.cache_clear()
    gpu._nvml.cache_clear()
    yield
    device.describe.cache_clear()
    gpu._nvml.cache_clear()


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two GPUs, as torch shows them."""
    h200 = types.SimpleNamespace(name="NVIDIA H200", total_memory=150_000_000_000)
    monkeypatch.setattr(device, "_accelerator", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: h200)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))


# Choosing


def test_auto_is_the_cpu_where_there_is_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_accelerator", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(device, "_no_mps", lambda: "no Apple GPU")
    assert device.choose("auto") == "cpu"
    monkeypatch.setattr(device, "_no_mps", lambda: "")
    assert device.choose("auto") == device.choose("mps") == "mps"


@pytest.mark.usefixtures("gpus")
def test_auto_is_the_gpu_where_there_is_one() -> None:
    assert device.choose("auto") == "cuda"
    assert device.choose("cpu") == "cpu"
    assert [device.choose(ask) for ask in ("cuda", "cuda:1")] == ["cuda", "cuda:1"]
    with pytest.raises(DeviceError, match=r"cuda:2 cannot be used .* has 2 of them.*: take"):
        device.choose("cuda:2")


def test_a_gpu_that_is_not_there_is_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def old_driver() -> bool:
        warnings.warn("The NVIDIA driver on your system is too old.\nUpdate it.", stacklevel=1)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(DeviceError, match=r"built for the CPU only\): take --device auto or cpu"):
        device.choose("cuda")
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    with pytest.raises(DeviceError, match="sees no GPU and driver"):
        device.choose("cuda:0")
    monkeypatch.setattr(torch.cuda, "is_available", old_driver)
    with pytest.raises(DeviceError, match=r"\(The NVIDIA driver on your system is too old\): "):
        device.choose("cuda")


@pytest.mark.parametrize(
    "ask", ["gpu", "", "cuda:", "cuda:x", "cuda:-1", "CPU", "meta", "cuda:" + "9" * 5000],
    ids=lambda ask: ask[:8],
)  # fmt: skip
def test_another_word_is_no_device(ask: str) -> None:
    with pytest.raises(DeviceError, match="take auto, cpu, cuda, cuda:N or mps"):
        device.choose(ask)


@pytest.mark.usefixtures("gpus")
def test_a_device_in_one_line() -> None:
    assert device.describe("cuda") == "NVIDIA H200 · 139 GiB"
    name, cores = device.describe("cpu").split(" · ")
    assert name
    assert cores.split()[1] in ("core", "cores")


# The share of the peak


@pytest.mark.parametrize(
    ("name", "peak"),
    [
        ("NVIDIA A100-SXM4-80GB", 312e12),
        ("NVIDIA A100-PCIE-40GB", 312e12),
        ("NVIDIA H100 80GB HBM3", 989.5e12),
        ("NVIDIA H100 PCIe", 756e12),
        ("NVIDIA H100 NVL", 835.5e12),
        ("NVIDIA H200", 989.5e12),
        ("NVIDIA H200 · 139 GiB", 989.5e12),
        ("NVIDIA H200 NVL", 835.5e12),
        ("NVIDIA GH200 480GB", 989.5e12),
        ("NVIDIA B200", 2250e12),
        ("NVIDIA L4", 121e12),
        ("NVIDIA L40S", 362.05e12),
        ("NVIDIA GeForce RTX 4090", 165.2e12),
        ("NVIDIA GeForce RTX 3090 · 24 GiB", 71e12),
        ("Tesla T4", 65e12),
        ("Tesla V100-SXM2-16GB", 125e12),
        ("Tesla V100S-PCIE-32GB", 130e12),
    ],
)
def test_the_share_of_a_known_peak(name: str, peak: float) -> None:
    assert gpu.mfu(peak / 4, name) == pytest.approx(0.25)


@pytest.mark.parametrize(
    "name",
    [
        "AMD EPYC · 2 cores",
        "NVIDIA A10G",
        "NVIDIA A10-8Q",
        "GRID A100-10C",
        "NVIDIA H100 80GB HBM3 MIG 1g.10gb",
        "NVIDIA GeForce RTX 4090 Laptop GPU",
        "NVIDIA GeForce RTX 3090 Ti",
        "NVIDIA GB200",
        "Apple M3 GPU",
        "",
    ],
)
def test_no_share_of_an_unknown_peak(name: str) -> None:
    assert gpu.mfu(1e12, name) is None


# Readings


def test_a_reading_in_numbers_and_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml())
    (reading,) = gpu.readings()
    memory = 5 * 2**30, 139 * 2**30
    assert reading == gpu.Reading("NVIDIA H200", 31, *memory, 412.0, 54, power_limit=700.0)
    assert str(reading) == "H200 · 139 GiB · 31 % · 412 W"


def test_sensors_that_are_missing_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    sensors = ["UtilizationRates", "MemoryInfo", "PowerUsage", "Temperature"]
    sensors += ["EnforcedPowerLimit", "CurrentClocksThrottleReasons"]
    silent = {f"nvmlDeviceGet{sensor}": NVMLError("not supported") for sensor in sensors}
    module = fake_nvml(nvmlDeviceGetName=b"Tesla T4", nvmlDeviceGetCount=2, **silent)
    monkeypatch.setitem(sys.modules, "pynvml", module)
    assert gpu.readings() == 2 * [gpu.Reading("Tesla T4", None, None, None, None, None)]
    assert str(gpu.readings()[0]) == "Tesla T4"


@pytest.mark.parametrize(
    ("reasons", "word"),
    [
        *((0x01, ""), (0x02, ""), (0x04, "power"), (0x88, "power")),
        *((0x08, "heat"), (0x20, "heat"), (0x44, "heat")),
    ],
)
def test_why_a_gpu_holds_back_is_told(
    reasons: int, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = fake_nvml(nvmlDeviceGetCurrentClocksThrottleReasons=reasons)
    monkeypatch.setitem(sys.modules, "pynvml", module)
    assert gpu.readings()[0].slowed == word


@pytest.mark.parametrize(
    "module",
    [
        None,  # not installed
        fake_nvml(nvmlInit=NVMLError("no driver")),
        fake_nvml(nvmlDeviceGetCount=NVMLError("the driver went away")),
        fake_nvml(nvmlDeviceGetHandleByIndex=NVMLError("the GPU is lost")),
        fake_nvml(nvmlDeviceGetCount=0),
    ],
)
def test_no_readings_without_gpu_or_driver(
    module: types.ModuleType | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", module)
    assert gpu.readings() == []


def test_the_driver_is_started_once(monkeypatch: pytest.MonkeyPatch) -> None:
    starts: list[bool] = []
    module = fake_nvml()
    module.nvmlInit = lambda: starts.append(True)
    monkeypatch.setitem(sys.modules, "pynvml", module)
    assert [len(gpu.readings()) for _ in range(3)] == [1, 1, 1]
    assert starts == [True]


def test_what_the_app_calls_does_not_load_torch() -> None:
    code = """
import sys
from zhtui.machine import device, gpu, logind
gpu.readings(), device.describe("cpu"), gpu.mfu(1e12, "NVIDIA H200"), logind.logind_kills()
device._accelerator = lambda: False
device.choose("auto"), device.choose("cpu"), device.out_of_memory(ValueError())
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# What can fail


def test_out_of_memory_is_told_from_other_errors() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**48)  # 1 PiB
    assert device.out_of_memory(caught.value)
    assert device.out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert device.out_of_memory(MemoryError())
    assert device.out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 1 GiB)"))
    assert not device.out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not device.out_of_memory(ValueError("out of memory"))
    for knob in ("batch_size", "block_size", "n_embd", "--device cpu"):
        assert knob in device.OUT_OF_MEMORY


# Where systemd ends what a user left running


@pytest.mark.parametrize(
    ("answer", "kills"), [("b true\n", True), ("b false\n", False), ("", False)]
)
def test_logind_itself_is_asked_whether_it_ends_processes(answer: str, kills: bool) -> None:
    asked: list[str] = []

    def say(command: Sequence[str]) -> str:
        asked.extend(command)
        return answer

    remedy = logind.logind_kills(say)
    assert (remedy is not None) == kills
    assert asked[0] == "busctl"
    assert asked[-1] == "KillUserProcesses"
    if remedy is not None:
        assert "enable-linger" in remedy
        assert "systemd-run --user --scope" in remedy


def test_where_nothing_can_be_asked_nothing_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert logind.logind_kills() is None
    busctl = tmp_path / "busctl"
    busctl.write_text("#!/bin/sh\necho 'b true'; exit 1\n")
    busctl.chmod(0o755)
    assert logind.logind_kills() is None, "it could not be asked"
    busctl.write_text("#!/bin/sh\necho 'b true'\n")
    assert logind.logind_kills() is not None
