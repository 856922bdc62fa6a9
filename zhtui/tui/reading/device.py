"""The device in one line, read without torch."""

from __future__ import annotations

from zhtui.machine import gpu


def reading() -> str:
    """The GPU's load and power where there is one, else the CPU's load."""
    import psutil  # deferred, with NVML, to the watcher's thread: 15 ms of the first frame

    for each in gpu.readings():
        return str(each)
    return f"cpu · {psutil.cpu_count()} cores · {psutil.cpu_percent(interval=0.1):>3.0f} %"
