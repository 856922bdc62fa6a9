"""The device in one line, read without torch."""

from __future__ import annotations


def reading() -> str:
    """The GPU's load and power where there is one, else the CPU's load."""
    import psutil  # deferred, with NVML, to the watcher's thread: 15 ms of the first frame

    from zhtui import device

    for gpu in device.readings():
        return str(gpu)
    return f"cpu · {psutil.cpu_count()} cores · {psutil.cpu_percent(interval=0.1):>3.0f} %"
