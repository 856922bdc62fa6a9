"""Room on the disk that the runs lie on."""

from __future__ import annotations

import shutil
from pathlib import Path

LEAST = 16 << 20  # bytes; below, a checkpoint of a small model does not fit


def free(place: Path) -> int:
    """Bytes that are free where a folder is, or would be made."""
    near = next((each for each in (place, *place.parents) if each.is_dir()), Path("/"))
    return shutil.disk_usage(near).free


def full(place: Path) -> str:
    """What to do where the disk is full; "" where it is not."""
    try:
        left = free(place)
    except OSError:
        return ""
    if left >= LEAST:
        return ""
    return f"the disk of {place} is full ({left >> 20} MiB left); delete runs, or make room there"
