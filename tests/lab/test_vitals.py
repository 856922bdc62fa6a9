"""What a worker and its machine do, read from a real worker; what would help, from readings."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from awaited import until

from zhtui.lesson import catalog
from zhtui.machine.gpu import GIB, Reading
from zhtui.machine.vitals import Pulse, Vitals, Worker, chosen, remedy, shares
from zhtui.runs.folder import RunFolder, Status
from zhtui.work import client

H200 = Reading("NVIDIA H200", 97, 20 * GIB, 139 * GIB, 412.0, 54, 700.0)
KNOBS = ("lr", "batch_size", "n_embd")


@pytest.fixture
def run(
    store: Path, stranger: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunFolder]:
    """A run of slow steps with a worker at it, which was told of three threads and two GPUs."""
    stranger()
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,0")
    folder = client.create(
        store, catalog.one("drift"), preset="paper", knobs=("mode=slow",), where="cpu"
    )
    pid = client.start(folder)
    until(lambda: folder.status().state == "running")
    yield folder
    if folder.alive():
        os.kill(pid, signal.SIGKILL)


def test_a_real_worker_tells_of_itself_until_it_ends(run: RunFolder) -> None:
    pulse = Pulse(run, gpus=lambda: [H200, replace(H200, name="1"), replace(H200, name="2")])
    first = pulse.look()
    assert first.worker is not None
    assert first.worker.load is None, "a load is of the time between two looks"
    assert first.worker.team == 3
    assert first.worker.threads >= 1
    assert first.worker.memory > 2**20
    assert first.gpu is not None
    assert first.gpu.name == "2", "the worker's first GPU is the machine's third"
    until(lambda: (look := pulse.look()).worker and look.worker.load)
    look = pulse.look()
    assert 0 <= look.load <= 100
    assert 0 < look.used < look.total == psutil.virtual_memory().total
    assert look.status.state == "running"
    os.kill(look.status.pid, signal.SIGKILL)
    until(lambda: not run.alive())
    assert pulse.look().worker is None


def test_a_worker_of_another_machine_is_not_looked_for(run: RunFolder) -> None:
    class Elsewhere(RunFolder):
        def status(self) -> Status:
            return replace(super().status(), host="another")

    look = Pulse(Elsewhere(run.path), gpus=list).look()
    assert look.status.live
    assert look.worker is None
    assert look.gpu is None


def test_the_load_of_a_machine_is_of_what_its_cores_spent() -> None:
    before = psutil.cpu_times()
    busy = before._replace(user=before.user + 3, idle=before.idle + 1)
    assert shares(before, busy) == pytest.approx((75.0, 0.0))
    assert shares(before, before) == (0.0, 0.0)
    if hasattr(before, "iowait"):
        waits = busy._replace(iowait=before.iowait + 4)
        assert shares(before, waits) == pytest.approx((37.5, 50.0))


@pytest.mark.parametrize(
    ("where", "visible", "index"),
    [
        ("cuda", "", 0),
        ("cuda:2", "", 2),
        ("cuda:1", "2,0", 0),
        ("cuda", "1", 1),
        ("cuda", "GPU-8f2a", 0),
        ("cuda:9", "", 2),
        ("cuda:" + "9" * 5000, "", 0),
        ("cpu", "", 0),
    ],
)
def test_the_gpu_of_a_run_is_found(where: str, visible: str, index: int) -> None:
    gpus = [replace(H200, name=str(number)) for number in range(3)]
    assert chosen(gpus, where, visible) is gpus[index]
    assert chosen([], where, visible) is None


def look(
    where: str = "cuda",
    mine: float | None = 100.0,
    *,
    team: int = 15,
    state: str = "running",
    gpu: Reading | None = H200,
    **more: Any,
) -> Vitals:
    """A look at a run that lacks nothing, but for what is given."""
    status = Status(state=state, device=where, pid=1)
    known: dict[str, Any] = {"cores": 16, "load": 20.0, "waiting": 0.0}
    known |= {"used": 8 * GIB, "total": 64 * GIB}
    return Vitals(status, **{**known, **more}, worker=Worker(mine, 20, team, GIB), gpu=gpu)


def on_cpu(mine: float, **more: Any) -> Vitals:
    """The same without a GPU."""
    return look("cpu", mine, gpu=None, **more)


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        (look(), ""),
        (look(gpu=replace(H200, memory_used=132 * GIB)), "memory is 95 % full: take a smaller"),
        (look(used=60 * GIB), "The machine's memory is 94 % full: take a smaller batch_size"),
        (look(gpu=replace(H200, slowed="heat", temperature=87)), "at 87 °C: check its cooling"),
        (look(gpu=replace(H200, slowed="power")), "power limit of 700 W"),
        (look(gpu=replace(H200, utilisation=23)), "23 % busy and waits for the worker"),
        (look(gpu=replace(H200, utilisation=23)), "raise batch_size"),
        (look(mine=30.0, gpu=replace(H200, utilisation=23)), "the data arrive too slowly"),
        (
            look(mine=9.0, gpu=replace(H200, utilisation=23), waiting=40.0),
            "only 9 % of a core, the disks are waited for 40 % of the time",
        ),
        (look(gpu=replace(H200, utilisation=None, memory_used=None)), ""),
        (look("cpu", 1500.0), "on the CPU, beside NVIDIA H200: start one with --device cuda"),
        (on_cpu(1480.0, load=93.0), ""),
        (on_cpu(400.0, load=99.0), "has 4.0 of the 15 cores that it could use"),
        (on_cpu(110.0), "Of 15 threads 1.1 are busy: the steps are too small, raise batch_size"),
        (on_cpu(199.0, team=2), "2 threads of the worker cannot do more, 14 cores are left: start"),
        (on_cpu(1500.0, team=32), "32 threads share 16 cores"),
        (on_cpu(90.0, waiting=30.0), "The disks are waited for 30 % of the time"),
        (on_cpu(99.0, team=1, cores=2, load=60.0), ""),
        (on_cpu(50.0, team=1, cores=2, load=99.0), "has 0.5 of the 1 core that it could use"),
        (look(state="paused", gpu=replace(H200, utilisation=0)), ""),
        (look(mine=None), ""),
    ],
)
def test_a_remedy_follows_from_readings(seen: Vitals, sentence: str) -> None:
    said = remedy([seen] * 8, KNOBS)
    assert sentence in said
    assert bool(said) == bool(sentence)
    assert not said or said.endswith(".")
