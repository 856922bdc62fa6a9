"""A stand-in for pynvml: one GPU of which a test says what it tells."""

from __future__ import annotations

import types


class NVMLError(Exception):
    """As pynvml's."""


def fake_nvml(**answers: object) -> types.ModuleType:
    """A pynvml with one GPU; an answer that is an exception is raised."""
    module = types.ModuleType("pynvml")
    settled = {
        "nvmlInit": None,
        "nvmlDeviceGetCount": 1,
        "nvmlDeviceGetHandleByIndex": "handle",
        "nvmlDeviceGetName": "NVIDIA H200",
        "nvmlDeviceGetUtilizationRates": types.SimpleNamespace(gpu=31, memory=5),
        "nvmlDeviceGetMemoryInfo": types.SimpleNamespace(used=5 * 2**30, total=139 * 2**30),
        "nvmlDeviceGetPowerUsage": 412_000,
        "nvmlDeviceGetTemperature": 54,
        "nvmlDeviceGetEnforcedPowerLimit": 700_000,
        "nvmlDeviceGetCurrentClocksThrottleReasons": 0,
        **answers,
    }

    def speak(answer: object) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    for name, answer in settled.items():
        setattr(module, name, lambda *_, answer=answer: speak(answer))
    module.NVMLError = NVMLError
    module.NVML_TEMPERATURE_GPU = 0
    return module
