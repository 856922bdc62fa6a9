"""The device pane: a real worker's readings, a stand-in GPU's, and nothing read unseen."""

from __future__ import annotations

import itertools
import os
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nvml import fake_nvml
from onscreen import Make, shown, tick
from recorded import alive, pulse, record
from textual.pilot import Pilot

from zhtui.draw.braille import GLYPHS
from zhtui.draw.cells import Cells
from zhtui.machine import gpu
from zhtui.machine.gpu import GIB, Reading
from zhtui.machine.vitals import Pulse, Vitals, Worker
from zhtui.runs.folder import RunFolder, Status
from zhtui.tui.app import LabApp
from zhtui.tui.reading.vitals import KEPT, Gauge
from zhtui.tui.screens.lesson.device import Course, DevicePane, groups
from zhtui.tui.screens.lesson.meters import Meter, draw, height_of
from zhtui.tui.screens.lesson.screen import LessonScreen

NARROW, WIDE, HUGE = (80, 24), (120, 40), (200, 60)
Compare = Callable[..., bool]


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """A pynvml with one busy GPU."""
    module = fake_nvml()
    monkeypatch.setitem(sys.modules, "pynvml", module)
    gpu._nvml.cache_clear()
    yield module
    gpu._nvml.cache_clear()


async def opened(pilot: Pilot[int], *then: str) -> DevicePane:
    """The lesson gpt, and keys."""
    await tick(pilot)
    await pilot.press("j", "j", "enter", *then)
    await tick(pilot, 6)
    assert isinstance(pilot.app.screen, LessonScreen)
    return pilot.app.screen.query_one(DevicePane)


class Counted:
    """A pulse that counts how often it is felt."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, folder: RunFolder) -> Callable[[], Vitals]:
        feel = pulse(folder)

        def look() -> Vitals:
            self.times += 1
            return feel()

        return look


def test_twice_a_second_at_the_most_and_never_unseen() -> None:
    feel = pulse(RunFolder(Path("nowhere")))
    live = Status(state="running")
    count = itertools.count()

    def look() -> Vitals:
        next(count)
        seen = feel()
        return Vitals(live, seen.cores, seen.load, 0.0, seen.used, seen.total)

    gauge = Gauge(look, Course(()))
    assert not any(gauge.look(second / 10) for second in range(100))
    gauge.want(True)
    taken = [second / 10 for second in range(100, 200) if gauge.look(second / 10)]
    assert len(taken) == 20
    assert min(np.diff(taken)) >= 0.5 - 1e-9
    gauge.want(False)
    assert not any(gauge.look(second / 10) for second in range(200, 300))
    gauge.want(True)
    assert gauge.look(30.0)
    assert next(count) == 21
    looks = gauge.looks()
    assert looks[20] is None, "nobody looked for a while"
    for second in range(31, 31 + KEPT):
        gauge.look(second)
    assert len(gauge.looks()) == KEPT


def test_a_run_without_a_worker_is_told_of_once_until_one_comes() -> None:
    feel, state = pulse(RunFolder(Path("nowhere"))), {"now": "stopped"}
    times: list[str] = []

    def look() -> Vitals:
        times.append(state["now"])
        seen = feel().__dict__
        return Vitals(**{**seen, "status": Status(state=state["now"])})

    gauge = Gauge(look, Course(()))
    gauge.want(True)
    assert [second for second in range(10) if gauge.look(second)] == [0]
    assert len(times) == 5
    state["now"] = "running"
    assert [second for second in range(10, 20) if gauge.look(second)] == list(range(10, 20))
    state["now"] = "stopped"
    assert [second for second in range(20, 30) if gauge.look(second)] == [20]
    gauge.want(False)
    gauge.want(True)
    assert [second for second in range(30, 40) if gauge.look(second)] == [30]


async def test_it_is_read_while_it_is_seen_and_only_then(make: Make, store: Path) -> None:
    run = record(store, state="running")
    counted = Counted()
    app = make()
    app.session.pulse = counted
    with alive(run):
        async with app.run_test(size=NARROW) as pilot:
            await opened(pilot)
            assert counted.times == 0, "80x24 shows the chart alone"
            await pilot.press("6")
            await tick(pilot, 4)
            assert counted.times == 4
            assert "worker · 7 threads, 1 computes" in shown(pilot)
            await pilot.press("question_mark")
            await tick(pilot, 2)
            assert counted.times == 6, "under a dialog it is still seen"
            await pilot.press("escape", "R")
            await tick(pilot, 3)
            before = counted.times
            await tick(pilot, 3)
            assert counted.times == before, "another screen hides it"
            await pilot.press("escape")
            await tick(pilot, 2)
            assert counted.times > before
            await pilot.press("1")
            await pilot.pause()
            before = counted.times
            await tick(pilot, 3)
            assert counted.times == before


@pytest.mark.parametrize(("size", "display"), [(NARROW, False), (WIDE, False), (HUGE, True)])
async def test_where_there_is_room_it_stands_beside_the_others(
    make: Make, store: Path, size: tuple[int, int], display: bool
) -> None:
    run = record(store, state="running")
    with alive(run):
        async with make().run_test(size=size) as pilot:
            pane = await opened(pilot)
            assert pane.display is display
            await pilot.press("6")
            await tick(pilot, 2)
            assert pane.display
            assert pane.has_focus_within
            assert "AMD EPYC · 2 cores · no NVIDIA GPU here" in shown(pilot)
            assert "3.0 GiB of 16.0 GiB" in shown(pilot)


async def test_without_a_run_and_without_a_worker_it_says_so(make: Make, store: Path) -> None:
    async with make().run_test(size=NARROW) as pilot:
        await opened(pilot, "6")
        assert "no run yet: r starts one" in shown(pilot)
        record(store)
        await tick(pilot, 3)
        assert "This run is not training" in shown(pilot)


async def test_a_stand_in_gpu_is_read_through_nvml_and_its_remedy_named(
    make: Make, store: Path, nvml: types.ModuleType
) -> None:
    """Its worker is this process, which has been busy with this test."""
    here = {"pid": os.getpid(), "host": os.uname().nodename, "device": "cuda"}
    run = record(store, state="running")
    app = make()

    class Here(RunFolder):
        def status(self) -> Status:
            return Status(**{**super().status().__dict__, **here, "mfu": 0.31})

    def real(folder: RunFolder) -> Callable[[], Vitals]:
        feel = Pulse(Here(folder.path))

        def look() -> Vitals:
            sum(range(200_000))
            return feel.look()

        return look

    app.session.pulse = real
    with alive(run):
        async with app.run_test(size=NARROW) as pilot:
            await opened(pilot, "6")
            await tick(pilot, 6)
            text = shown(pilot)
            for words in ("GPU · H200 · 139 GiB", "31 %", "5.0 GiB", "412 of 700 W", "54 °C"):
                assert words in text
            assert "41.2k tok/s · MFU 31 %" in text
            assert "The GPU is 31 % busy" in text
            assert "raise" in text or "faster disk" in text
            nvml.__dict__["nvmlDeviceGetPowerUsage"] = lambda *_: 650_000
            await tick(pilot, 2)
            assert "650 of 700 W" in shown(pilot)


async def test_a_real_worker_is_seen_at_work(stranger: Callable[..., Path], store: Path) -> None:
    """From its start by a key to its end."""
    stranger("drift")
    app = LabApp(store, "drift", device=lambda: "cpu")
    async with app.run_test(size=NARROW) as pilot:

        async def until(done: Callable[[], Any]) -> None:
            while not done():
                await pilot.pause(0.05)

        await until(lambda: isinstance(app.screen, LessonScreen))
        screen = app.screen
        assert isinstance(screen, LessonScreen)
        await until(lambda: screen.draft.preset == "quick")
        screen.draft.set("mode", "slow")
        screen.draft.set("steps", "100000")
        await pilot.press("r", "6")
        pane = screen.query_one(DevicePane)

        def worker() -> Worker | None:
            looks = pane.gauge.looks() if pane.gauge else []
            return looks[-1].worker if looks and looks[-1] else None

        await until(lambda: (seen := worker()) and seen.load is not None)
        await until(lambda: "cores" in shown(pilot) and "step/s" in shown(pilot))
        seen = worker()
        assert seen is not None
        assert seen.memory > 2**20
        await pilot.press("K")
        await until(lambda: screen.history.status and screen.history.status.state == "stopped")
        await until(lambda: screen.seen and not screen.seen.folder.alive())
        await until(lambda: "This run is not training" in shown(pilot))


def test_what_is_not_told_is_left_out() -> None:
    gpu = Reading("NVIDIA T4", None, None, None, 55.0, None)
    look = Vitals(Status(state="running", device="cuda"), 2, 50.0, 0.0, GIB, 2 * GIB, gpu=gpu)
    shown = groups([None, look])
    assert [group.title for group in shown] == ["GPU · T4", "machine · "]
    assert [meter.name for meter in shown[0].meters] == ["power"]
    assert groups([]) == groups([None]) == []


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (Status(state="starting"), "The worker is loading."),
        (
            Status(state="running", host="faraway"),
            "The worker runs on faraway, not on this machine",
        ),
        (Status(state="lost"), "This run is not training"),
        (Status(state="running", pid=1), "Nothing holds the run up."),
    ],
)
def test_what_stands_below_the_readings(status: Status, sentence: str) -> None:
    course = Course(())
    worker = Worker(99.0, 3, 1, GIB) if status.pid else None
    course.looks = [Vitals(status, 2, 60.0, 0.0, GIB, 4 * GIB, "AMD EPYC · 2 cores", worker)]
    assert sentence in "\n".join(course.draw(60, 20).lines())


def test_a_course_is_drawn_from_the_right_with_gaps() -> None:
    cells = Cells(28, 2)
    values = [100.0, float("nan"), 0.0, 25.0, 50.0, 100.0]
    after = draw(cells, 0, [Meter("load", "x", values, 100.0)], 2)
    assert after == 2
    assert cells.lines()[0].startswith("load")
    top, bottom = (cells.text(y)[-3:] for y in range(2))
    codes = {glyph: code for code, glyph in enumerate(GLYPHS.tolist())}
    left, right = 1 | 2 | 4 | 64, 8 | 16 | 32 | 128
    assert [codes[glyph] for glyph in top] == [left, 0, right]
    # a reading of nothing is a dot on the ground, what was not read is none
    assert [codes[glyph] for glyph in bottom] == [left, 64 | 128 | 32, left | right]
    assert (height_of(5, 200), height_of(5, 100), height_of(5, 11), height_of(9, 3)) == (
        16,
        16,
        2,
        1,
    )


def test_a_room_too_small_for_a_course_keeps_the_readings() -> None:
    cells = Cells(18, 3)
    draw(cells, 0, [Meter("memory", "512 MiB", [1.0, 2.0], 2.0)] * 5, 1)
    assert cells.lines() == ["memory    512 MiB"] * 3


@pytest.mark.parametrize("size", [NARROW, WIDE, HUGE], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("where", ["cpu", "cuda"])
def test_picture(
    snap_compare: Compare, make: Make, store: Path, size: tuple[int, int], where: str
) -> None:
    """A run on a CPU, and one that leaves a GPU idle."""
    app = make()

    def gpus(folder: RunFolder) -> Callable[[], Vitals]:
        feel, breath = pulse(folder), itertools.count(1)

        def look() -> Vitals:
            seen, at = feel(), next(breath)
            load, power = 20 + at * 7 % 30, 300 + at * 53 % 200
            gpu = Reading("NVIDIA H200", load, (5 + at) * GIB, 139 * GIB, power, 50 + at, 700.0)
            status = Status(**{**seen.status.__dict__, "device": "cuda", "mfu": 0.083})
            fields = {**seen.__dict__, "status": status, "gpu": gpu}
            return Vitals(**fields)

        return look

    if where == "cuda":
        app.session.pulse = gpus
    run = record(store, state="running", config={"lr": 1e-3, "n_layer": 4})

    async def before(pilot: Pilot[int]) -> None:
        await opened(pilot, "6")
        await tick(pilot, 20)

    with alive(run):
        assert snap_compare(app, terminal_size=size, run_before=before)
