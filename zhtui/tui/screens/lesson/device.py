"""The device pane: what the GPU, the worker and the machine do over time, and what would help."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from textual.app import ComposeResult
from textual.events import Hide, Show

from zhtui.draw.cells import Cells
from zhtui.draw.inks import FAINT, GOOD, TITLE, YOURS
from zhtui.draw.text import wrap
from zhtui.draw.ticks import grown
from zhtui.machine import vitals
from zhtui.machine.vitals import Vitals, counted, memory
from zhtui.runs.folder import RunFolder
from zhtui.tui.keys.keyboard import no_run
from zhtui.tui.messages import RunGrew
from zhtui.tui.reading.vitals import Gauge
from zhtui.tui.screens.lesson import meters
from zhtui.tui.screens.lesson.meters import Meter
from zhtui.tui.screens.shared.pane import Pane
from zhtui.tui.session import Session
from zhtui.tui.widgets.drawn import Drawn
from zhtui.wording import rate

Looks = Sequence[Vitals | None]
HOTTEST = 100.0  # °C, the full height
NOT_TRAINING = "This run is not training. Readings of the machine since you opened this pane."


@dataclass(frozen=True)
class Group:
    """Meters under one heading."""

    title: str
    meters: Sequence[Meter]


def groups(looks: Looks) -> list[Group]:
    """The GPU's, the worker's and the machine's readings; what is not known is left out."""
    now = next((look for look in reversed(looks) if look is not None), None)
    if now is None:
        return []
    known = [_worker(looks, now), _machine(looks, now)]
    known.insert(0 if now.on_gpu or now.worker is None else 2, _gpu(looks, now))
    return [group for group in known if group.meters]


def _gpu(looks: Looks, now: Vitals) -> Group:
    gpu = now.gpu
    if gpu is None:
        return Group("", ())
    found = []
    if gpu.utilisation is not None:
        load = _values(looks, "gpu.utilisation")
        found.append(Meter("load", f"{gpu.utilisation:>3} %", load, 100.0, 0))
    if gpu.memory_used is not None and gpu.memory_total:
        used = _values(looks, "gpu.memory_used")
        found.append(Meter("memory", memory(gpu.memory_used), used, gpu.memory_total, 1))
    if gpu.power is not None:
        power = _values(looks, "gpu.power")
        limit = "" if gpu.power_limit is None else f" of {gpu.power_limit:.0f}"
        reading = f"{gpu.power:>3.0f}{limit} W"
        found.append(Meter("power", reading, power, gpu.power_limit or _top(power), 5))
    if gpu.temperature is not None:
        heat = _values(looks, "gpu.temperature")
        found.append(Meter("heat", f"{gpu.temperature:>3} °C", heat, HOTTEST, 2))
    whole = "" if gpu.memory_total is None else f" · {memory(gpu.memory_total)}"
    return Group(f"GPU · {gpu.name.removeprefix('NVIDIA ')}{whole}", found)


def _worker(looks: Looks, now: Vitals) -> Group:
    worker, status = now.worker, now.status
    if worker is None:
        return Group("", ())
    loads = _values(looks, "worker.load")
    cores = "  –" if worker.load is None else f"{worker.load / 100:>4.1f} cores"
    used = _values(looks, "worker.memory")
    found = [Meter("load", cores, loads, 100.0 * now.cores, 0)]
    found.append(Meter("memory", memory(worker.memory), used, _top(used), 1))
    if status.rate:
        speeds = _values(looks, "status.rate")
        share = "" if status.mfu is None else f" · MFU {100 * status.mfu:.0f} %"
        reading = f"{rate(status.rate, status.unit)}{share}"
        found.append(Meter("speed", reading, speeds, _top(speeds), 4))
    team = f"{worker.team} compute" if worker.team > 1 else "1 computes"
    return Group(f"worker · {counted(worker.threads, 'thread')}, {team}", found)


def _machine(looks: Looks, now: Vitals) -> Group:
    loads = _values(looks, "load")
    used = _values(looks, "used")
    found = [
        Meter("load", f"{now.load:>3.0f} %", loads, 100.0, 0),
        Meter("memory", f"{memory(now.used)} of {memory(now.total)}", used, now.total, 1),
    ]
    missing = "" if now.gpu else " · no NVIDIA GPU here"
    return Group(f"machine · {now.cpu}{missing}", found)


def _values(looks: Looks, path: str) -> list[float]:
    """A field of each look, by its path ("gpu.power"); NaN where there is none."""
    found: list[Any] = list(looks)
    for name in path.split("."):
        found = [getattr(each, name, None) for each in found]
    return [math.nan if each is None else float(each) for each in found]


def _top(values: Sequence[float]) -> float:
    """A round number above all values."""
    return grown(0.0, max((value for value in values if value == value), default=1.0), 4)[1]


class Course(Drawn):
    """The readings as meters, and a sentence below them."""

    DEFAULT_CSS = "Course { overflow: hidden hidden; }"

    def __init__(self, knobs: Collection[str]) -> None:
        super().__init__(id="device-course")
        self.knobs = knobs
        self.looks: Looks = ()
        self.empty = ""  # what stands there instead

    def show(self, looks: Looks) -> None:
        """Draws what was read until now."""
        self.looks = looks
        self.redraw()

    def draw(self, width: int, height: int) -> Cells:
        cells = Cells(width, height)
        shown = groups(self.looks)
        if not shown:
            cells.put(0, 0, self.empty or no_run(self.app), FAINT)
            return cells
        text, ink = self._says()
        said = wrap(text, width)
        below = len(said)
        count = sum(len(group.meters) for group in shown)
        tall = meters.height_of(count, height - 2 * len(shown) - below)
        airy = height - 2 * len(shown) - below >= count * tall
        y = 0
        for group in shown:
            cells.put(0, y, group.title, TITLE)
            y = meters.draw(cells, y + 1, group.meters, tall) + airy
        for row, line in enumerate(said, y):
            cells.put(0, row, line, ink)
        return cells

    def _says(self) -> tuple[str, int]:
        """What would help, or why nothing is said."""
        seen = [look for look in self.looks if look is not None]
        now = seen[-1]
        if now.worker is None and now.status.state == "starting":
            return "The worker is loading.", FAINT
        if now.worker is None and now.status.live:
            return f"The worker runs on {now.status.host}, not on this machine.", FAINT
        if now.worker is None:
            return NOT_TRAINING, FAINT
        if text := vitals.remedy(seen, self.knobs):
            return f"▸ {text}", YOURS
        return ("Nothing holds the run up.", GOOD) if now.status.state == "running" else ("", FAINT)


class DevicePane(Pane):
    """Reads while it is seen, and only then."""

    def __init__(self, session: Session, knobs: Collection[str]) -> None:
        super().__init__(6, "device", "device")
        self.session = session
        self.course = Course(knobs)
        self.gauge: Gauge | None = None
        self.hidden = True  # by its own display, or by another screen

    def compose(self) -> ComposeResult:
        yield self.course

    def look_at(self, folder: RunFolder | None) -> None:
        """Another run's device."""
        self._leave()
        self.course.show(())
        if folder is not None:
            self.course.empty = "taking the first reading …"
            self.gauge = Gauge(self.session.pulse(folder), self)
            self.gauge.want(not self.hidden)
            if self.is_attached:
                self.session.watch.follow(self.gauge)

    def on_mount(self) -> None:
        if self.gauge is not None:
            self.session.watch.follow(self.gauge)

    def seen(self, seen: bool) -> None:
        """Whether anybody looks."""
        self.hidden = not seen
        if self.gauge is not None:
            self.gauge.want(seen)
            self.session.watch.wake()

    def on_show(self, event: Show) -> None:
        self.seen(True)

    def on_hide(self, event: Hide) -> None:
        self.seen(False)

    def on_run_grew(self, message: RunGrew) -> None:
        """The device was read."""
        if self.gauge is not None and self.session.link.free():
            self.course.show(self.gauge.looks())
            self.border_subtitle = "a cell is a second"

    def on_unmount(self) -> None:
        self._leave()

    def _leave(self) -> None:
        if self.gauge is not None:
            self.session.watch.drop(self.gauge)
            self.gauge = None
