"""What a run's worker, its GPU and the machine do just now, and what helps a run that is starved.

    pulse = Pulse(folder)
    looks.append(pulse.look())          # at most twice a second, and only while somebody looks
    remedy(looks, {"batch_size", "lr"})

Loads neither torch nor textual. Leaves out: the limits of a container, a worker's own children.
"""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import psutil

from zhtui.errors import LabError
from zhtui.machine import device, gpu
from zhtui.machine.gpu import GIB, Reading
from zhtui.runs.folder import RunFolder, Status

SMALLER = ("batch_size", "block_size", "n_embd", "hidden", "width")  # knobs that memory hangs on
LOOKS = 8  # of which a remedy takes the average
FULL, NEAR = 0.92, 0.8  # shares of a memory, of the cores that a worker could use
CROWDED = 90.0  # percent of all cores
IDLE = 60.0  # percent of a GPU below which it is starved
WAITING = 20.0  # percent of the time that a machine waits for its disks


@dataclass(frozen=True)
class Worker:
    """A run's process: `load` in percent of one core, None at the first look; `memory` in bytes.

    `team` is how many of its `threads` compute together.
    """

    load: float | None
    threads: int
    team: int
    memory: int


@dataclass(frozen=True)
class Vitals:
    """One look. `load` and `waiting` are percent of all cores, `used` and `total` bytes."""

    status: Status
    cores: int
    load: float
    waiting: float
    used: int
    total: int
    cpu: str = ""  # "AMD EPYC · 2 cores"
    worker: Worker | None = None  # None where no worker is at the run, or not on this machine
    gpu: Reading | None = None

    @property
    def on_gpu(self) -> bool:
        """Whether the run computes on the GPU that was read."""
        return self.gpu is not None and self.status.device.startswith("cuda")


@dataclass
class Pulse:
    """Looks at one run; a load is what was done since the look before."""

    folder: RunFolder
    gpus: Callable[[], list[Reading]] = gpu.readings
    _process: psutil.Process | None = None
    _team: int = 1
    _visible: str = ""
    _times: Any = field(default_factory=psutil.cpu_times)

    def look(self) -> Vitals:
        """The readings now; what cannot be read is None. Never raises."""
        status = self.folder.status()
        before, self._times = self._times, psutil.cpu_times()
        load, waiting = shares(before, self._times)
        memory = psutil.virtual_memory()
        worker = self._worker(status)
        return Vitals(
            status=status,
            cores=cores(),
            load=load,
            waiting=waiting,
            used=memory.total - memory.available,
            total=memory.total,
            cpu=device.describe("cpu"),
            worker=worker,
            gpu=chosen(self.gpus(), status.device, self._visible),
        )

    def _worker(self, status: Status) -> Worker | None:
        if not status.live or not status.pid or status.host != socket.gethostname():
            self._process = None
            return None
        try:
            first = self._process is None or self._process.pid != status.pid
            if first:
                self._process = psutil.Process(status.pid)
                self._know(self._process)
            assert self._process is not None, "a worker is known from its first look on"
            with self._process.oneshot():
                load = self._process.cpu_percent()
                threads, memory = self._process.num_threads(), self._process.memory_info().rss
        except psutil.Error:  # it ended in between, or is another user's
            self._process = None
            return None
        return Worker(None if first else load, threads, self._team, memory)

    def _know(self, process: psutil.Process) -> None:
        """What a worker was told when it started: how many threads compute, which GPUs it sees."""
        try:
            told, asked = process.environ(), self.folder.card().get("threads")
        except (psutil.Error, LabError):
            told, asked = {}, 0
        named = told.get("OMP_NUM_THREADS", "")
        self._team = int(asked or (named if re.fullmatch("[0-9]{1,4}", named) else 0) or cores())
        self._visible = told.get("CUDA_VISIBLE_DEVICES", "")


def shares(before: Any, after: Any) -> tuple[float, float]:
    """Percent of the time between two `psutil.cpu_times()`: cores busy, cores waiting for disks."""
    spent = {
        name: max(getattr(after, name) - getattr(before, name), 0.0)
        for name in after._fields
        if not name.startswith("guest")  # counted under user already
    }
    waited = spent.get("iowait", 0.0)
    whole = sum(spent.values())
    if not whole:
        return 0.0, 0.0
    return 100 * (whole - spent["idle"] - waited) / whole, 100 * waited / whole


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def chosen(gpus: Sequence[Reading], where: str, visible: str = "") -> Reading | None:
    """The GPU of a run on `where` ("cuda:1"); the first one where that says nothing.

    `visible` is what the worker has as CUDA_VISIBLE_DEVICES.
    """
    if not gpus:
        return None
    index = int(where[5:] or 0) if device.CUDA.fullmatch(where) else 0
    order = visible.split(",") if re.fullmatch(r"[0-9]{1,4}(,[0-9]{1,4})*", visible) else []
    index = int(order[index]) if index < len(order) else index
    return gpus[min(index, len(gpus) - 1)]


# What would help


def remedy(looks: Sequence[Vitals], knobs: Collection[str] = ()) -> str:
    """What keeps the run from being faster, and what to do; "" where nothing is starved.

    `looks` are the latest, oldest first; `knobs` the names that the lesson has.
    """
    recent = [look for look in looks[-LOOKS:] if look.worker and look.worker.load is not None]
    if not recent or looks[-1] is not recent[-1] or recent[-1].status.state != "running":
        return ""
    smaller = next((knob for knob in SMALLER if knob in knobs), "preset")
    larger = "raise batch_size" if "batch_size" in knobs else "give each step more to do"
    reasons = (_gpu_memory, _memory, _slowed) if recent[-1].on_gpu else (_memory,)
    said = next(filter(None, (reason(recent[-1], smaller) for reason in reasons)), "")
    return said or (_gpu if recent[-1].on_gpu else _cpu)(recent, larger)


def _gpu_memory(look: Vitals, smaller: str) -> str:
    gpu = look.gpu
    if gpu is None or not gpu.memory_total or gpu.memory_used is None:
        return ""
    share = gpu.memory_used / gpu.memory_total
    return f"The GPU's memory is {100 * share:.0f} % full: take a smaller {smaller}." * (
        share >= FULL
    )


def _memory(look: Vitals, smaller: str) -> str:
    share = look.used / look.total
    text = f"The machine's memory is {100 * share:.0f} % full: "
    return f"{text}take a smaller {smaller}, or end other work." * (share >= FULL)


def _slowed(look: Vitals, smaller: str) -> str:
    gpu = look.gpu
    if gpu is None or not gpu.slowed:
        return ""
    if gpu.slowed == "heat":
        hot = "" if gpu.temperature is None else f" at {gpu.temperature} °C"
        return f"The GPU slows itself down{hot}: check its cooling; no knob helps."
    limit = "" if gpu.power_limit is None else f" of {gpu.power_limit:.0f} W"
    return f"The GPU is at its power limit{limit}: it runs as fast as it may; leave it so."


def _gpu(looks: Sequence[Vitals], larger: str) -> str:
    """A GPU that waits: for a worker that is busy itself, or for what that waits for too."""
    loads = [
        look.gpu.utilisation for look in looks if look.gpu and look.gpu.utilisation is not None
    ]
    if not loads or fmean(loads) >= IDLE:
        return ""
    busy, waiting = fmean(loads), fmean(look.waiting for look in looks)
    mine = _load(looks) / 100
    if mine >= NEAR:
        return (
            f"The GPU is {busy:.0f} % busy and waits for the worker, which has a core to itself: "
            f"its steps are too small, {larger}."
        )
    disk = f", the disks are waited for {waiting:.0f} % of the time" if waiting >= WAITING else ""
    return (
        f"The GPU is {busy:.0f} % busy and the worker only {100 * mine:.0f} % of a core{disk}: "
        "the data arrive too slowly; put them on a faster disk."
    )


def _cpu(looks: Sequence[Vitals], larger: str) -> str:
    look, mine = looks[-1], _load(looks) / 100
    team = look.worker.team if look.worker else 1
    busy = fmean(each.load for each in looks)
    if look.gpu is not None:
        return (
            f"This run computes on the CPU, beside {look.gpu.name}: start one with --device cuda."
        )
    if (waiting := fmean(each.waiting for each in looks)) >= WAITING:
        return (
            f"The disks are waited for {waiting:.0f} % of the time: "
            "put data and store on a faster one."
        )
    possible = min(team, look.cores)
    if busy >= CROWDED and mine < NEAR * possible:
        return (
            f"The worker has {mine:.1f} of the {counted(possible, 'core')} that it could use, "
            "others have the rest: end them, or pause other runs."
        )
    if team > look.cores:
        return (
            f"{team} threads share {counted(look.cores, 'core')} and wait for each other: "
            f"start with --threads {look.cores}."
        )
    if team > 2 and mine < 0.5 * team:
        return f"Of {team} threads {mine:.1f} are busy: the steps are too small, {larger}."
    if team < look.cores - 1 and mine >= NEAR * team and busy < CROWDED:
        return (
            f"{counted(team, 'thread')} of the worker cannot do more, {look.cores - team} cores "
            "are left: "
            f"start with --threads {look.cores - 1}."
        )
    return ""


def _load(looks: Sequence[Vitals]) -> float:
    """The worker's load on the average, percent of one core."""
    return fmean(look.worker.load or 0.0 for look in looks if look.worker)


def counted(number: int, thing: str) -> str:
    """1 core, 2 cores."""
    return f"{number} {thing}{'s' * (number != 1)}"


def memory(size: float) -> str:
    """512 MiB, 3.1 GiB, 139 GiB."""
    if size < GIB:
        return f"{size / 2**20:.0f} MiB"
    return f"{size / GIB:.1f} GiB" if size < 100 * GIB else f"{size / GIB:.0f} GiB"
