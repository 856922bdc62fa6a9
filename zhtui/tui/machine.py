"""The device in one line, read without torch."""

from __future__ import annotations

import psutil


def reading() -> str:
    """The GPU's load and power where there is one, else the CPU's load."""
    from zhtui import device  # deferred: NVML is asked on the watcher's thread, not at start

    for gpu in device.readings():
        return str(gpu)
    return f"cpu · {psutil.cpu_count()} cores · {psutil.cpu_percent():>3.0f} %"
