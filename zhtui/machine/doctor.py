"""What this machine has, and what to do about what it lacks."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator

from zhtui import __version__
from zhtui.data import sets
from zhtui.data.paths import there
from zhtui.errors import LabError
from zhtui.lesson import catalog
from zhtui.machine import device, gpu, logind, measured, room
from zhtui.runs import store


def lines() -> Iterator[str]:
    """One line a finding; those that begin with "!" say what to do."""
    yield f"zhtui {__version__}, Python {platform.python_version()}, {platform.system()}"
    if sys.platform == "win32":
        yield "! runs need POSIX locks; use zhtui inside WSL"
    yield from _torch()
    yield from _store()
    yield from _lessons()
    yield from _data()
    if remedy := logind.logind_kills():
        yield f"! {remedy}"
    yield from _terminal()


def _torch() -> Iterator[str]:
    try:
        import torch

        where = device.choose("auto")
        yield f"torch {torch.__version__}, {device.describe(where)}, training on {where}"
        for what, value in measured.all_known().items():
            yield f"measured here: {what}: {value:g}"
    except (ImportError, LabError) as error:
        yield f"! torch cannot be used ({error}); run `make lab` again"
    if not gpu.readings():
        yield "no GPU readings: lessons run on the CPU with preset quick"


def _store() -> Iterator[str]:
    place = store.root()
    near = next(each for each in (place, *place.parents) if there(each))
    free = room.free(place) / 2**30
    yield f"runs in {place}: {len(store.runs(place))}, {free:.1f} GiB free"
    if not near.is_dir():
        yield f"! {near} is no folder; choose another with --store or ZHTUI_STORE"
    elif not os.access(near, os.W_OK):
        yield f"! {near} cannot be written; choose another with --store or ZHTUI_STORE"
    if full := room.full(place):
        yield f"! {full}"
    elif free < 1:
        yield f"! less than 1 GiB is free at {place}; delete runs with `zhtui runs delete`"


def _data() -> Iterator[str]:
    try:
        sets.data_folder()
    except LabError as error:
        yield f"! {error}"
    for known, place in sets.known(catalog.data_sets()):
        yield f"data {known.name}: {place or 'not here, `zhtui data get ' + known.name + '`'}"


def _lessons() -> Iterator[str]:
    entries = catalog.all_lessons()
    yield f"lessons: {', '.join(entry.name for entry in entries if entry.lesson)}"
    for entry in entries:
        if entry.error:
            yield f"! {entry.error}"


def _terminal() -> Iterator[str]:
    size = shutil.get_terminal_size()
    term = os.environ.get("TERM", "unset")
    yield f"terminal {term}, {size.columns}x{size.lines}, colours {_colours()}"
    if size.columns < 80 or size.lines < 24:
        yield "! the lab wants at least 80x24; enlarge the window"


def _colours() -> str:
    if "NO_COLOR" in os.environ:
        return "off (NO_COLOR)"
    if os.environ.get("COLORTERM") in ("truecolor", "24bit"):
        return "16 million"
    return "256" if "256" in os.environ.get("TERM", "") else "16"
