"""GPT-2 by several processes: the same updates, one run, and what remains when one is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event, Thread
from threading import enumerate as enumerate_threads
from typing import Any

import psutil
import pytest
import torch
from below import gone, ranks_of, until
from torch import Tensor
from torch._C._distributed_c10d import TCPStore

from lessons.blocks import team, torchrun
from lessons.blocks.loopback import hosted
from lessons.blocks.torchrun import LAST, Launched
from lessons.gpt2.accumulation import accumulate, accumulate_share
from lessons.gpt2.config import PRESETS
from lessons.gpt2.train import train
from zhtui.errors import ConfigError, LabError
from zhtui.lab import Run
from zhtui.lesson import catalog
from zhtui.runs import checkpoint
from zhtui.runs.folder import RunFolder
from zhtui.runs.store import runs
from zhtui.work import client, drive

TINY = replace(PRESETS["tiny"], data="python", tokenizer="characters")
OWNERS: list[subprocess.Popen[bytes]] = []
pytestmark = pytest.mark.timeout(400)
SLOW = 120.0  # seconds that two processes may take to load torch on a busy machine


def trained(**changes: Any) -> Run:
    run = Run(replace(TINY, **changes))
    for _ in train(run):
        pass
    return run


def weights(run: Run) -> dict[str, Tensor]:
    state: dict[str, Tensor] = run.kept["model"].state_dict()
    return {name: weight.detach().clone() for name, weight in state.items()}


def alike(some: dict[str, Tensor], others: dict[str, Tensor], atol: float = 2e-5) -> None:
    assert some.keys() == others.keys()
    for name in some:
        assert torch.allclose(some[name], others[name], atol=atol), name


def averages(run: Run) -> dict[str, Tensor]:
    """AdamW's two averages of each weight."""
    state = run.kept["optimizer"].state_dict()["state"]
    return {f"{i}.{name}": value for i, held in state.items() for name, value in held.items()}


# A rank's share


@pytest.mark.parametrize("n", [2, 3, 5])
def test_shares_of_any_size_have_the_gradient_of_the_whole(n: int) -> None:
    torch.manual_seed(1)
    batch, weight = torch.randn(8, 4), torch.randn(3, requires_grad=True)

    def loss(x: Tensor, _: Tensor) -> Tensor:
        return (x @ weight).square().mean()

    total = accumulate(loss, batch, 2)
    whole, weight.grad = weight.grad, None
    shares = [accumulate_share(loss, mine, 1, 8 / n) for mine in batch.tensor_split(n)]
    assert weight.grad is not None
    assert whole is not None
    assert torch.allclose(weight.grad / n, whole, atol=1e-6)
    assert float(sum(shares)) / n == pytest.approx(float(total), rel=1e-6)


# What is refused


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ranks": 9}, "9 ranks share 8 texts"),
        ({"ranks": 2, "mistake": "undivided"}, "in one process"),
        ({"ranks": 2, "sharding": "fsdp", "optimizer": "muon"}, "whole matrices"),
    ],
)
def test_ranks_that_cannot_share_a_step_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(LabError, match=words):
        trained(**changes)


def test_more_ranks_than_gpus_are_refused() -> None:
    run = Run(replace(TINY, ranks=64), device="cuda")
    from lessons.gpt2.launch import check

    run.config = replace(run.config, batch_size=64)
    with pytest.raises(LabError, match="need as many GPUs"):
        check(run)


def test_a_lesson_of_one_process_says_so(store: Path) -> None:
    from zhtui.cli.app import _processes

    assert _processes(store, "gpt2", "", 2) == ("ranks=2",)
    assert _processes(store, "bigram", "", 0) == ()
    with pytest.raises(ConfigError, match="bigram trains in one process"):
        _processes(store, "bigram", "", 2)


def test_the_number_of_ranks_may_be_another_on_a_resume_and_a_shape_may_not(store: Path) -> None:
    from zhtui.cli.app import _resumed

    folder = made(store, "on", "ranks=2")
    _resumed(store, "on", ("ranks=3", "sharding=fsdp"))
    turned = {event["knob"]: event["value"] for event in folder.events()}
    assert turned == {"ranks": "3", "sharding": "fsdp"}
    with pytest.raises(ConfigError, match="n_layer cannot change on a resume"):
        _resumed(store, "on", ("n_layer=3",))


# Two processes, by copies and by parts


@pytest.mark.slow
def test_parts_of_two_ranks_make_the_updates_of_one() -> None:
    alone, two = trained(), trained(ranks=2, sharding="fsdp")
    alike(weights(alone), weights(two))
    alike(averages(alone), averages(two))


# One run of several processes


def made(store: Path, name: str, *pairs: str) -> RunFolder:
    knobs = tuple(f"{key}={value}" for key, value in asdict(TINY).items())
    entry = catalog.one("gpt2")
    return client.create(store, entry, preset="tiny", knobs=(*knobs, *pairs), where="cpu",
                         threads=1, name=name)  # fmt: skip


def paused(folder: RunFolder) -> int:
    """Starts a run that pauses after its first step; the process that owns it."""
    command = [sys.executable, "-P", "-m", "zhtui", "run", "--resume", str(folder.path)]
    with (folder.path / "output.log").open("ab") as log:
        owner = subprocess.Popen([*command, "--headless"], stdout=log, stderr=log)
    OWNERS.append(owner)
    Thread(target=owner.wait, daemon=True).start()  # so that none stays as a zombie
    until(lambda: folder.status().state != "starting", SLOW)
    client.request(folder, "pause")
    until(lambda: folder.status().state in ("paused", "failed"), SLOW)
    assert folder.status().state == "paused", folder.status().error
    assert [run.name for run in runs(folder.path.parents[1])] == [folder.name], "it is one run"
    assert folder.status().pid == owner.pid
    return owner.pid


@pytest.fixture
def undisturbed() -> dict[str, Tensor]:
    """The weights of one process, whose rate was halved after four steps."""
    run = Run(TINY)
    for _ in train(run):
        if run.step + 1 == 4:
            run.config = replace(run.config, lr=TINY.lr / 2)
    return weights(run)


def kept(folder: RunFolder) -> dict[str, Tensor]:
    """The weights in a run's last checkpoint."""
    path = folder.checkpoints()[-1][1]
    assert folder.checkpoints()[-1][0] == TINY.steps
    run = Run(TINY)
    from lessons.gpt2.build import build

    model = build(run)
    checkpoint.restore(path, checkpoint.read(path), "model", model)
    return dict(model.state_dict())


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """No owner outlives its test."""
    yield
    for owner in OWNERS:
        owner.kill()
        owner.wait()
    OWNERS.clear()


def obeyed(folder: RunFolder, action: str, **fields: Any) -> None:
    assert (
        client.answer(folder, client.request(folder, action, **fields), SLOW)["event"] == "obeyed"
    )


def at_step_four(folder: RunFolder) -> int:
    """Three more steps, a knob turned and a checkpoint, all asked of rank 0; the worker's id."""
    worker = paused(folder)
    obeyed(folder, "step", steps=3)
    until(lambda: folder.status().step == 4 and folder.status().state == "paused", SLOW)
    obeyed(folder, "set", knob="lr", value=str(TINY.lr / 2))
    refused = client.answer(folder, client.request(folder, "set", knob="ranks", value="3"), SLOW)
    assert "stop it, and resume it with it" in str(refused["error"])
    obeyed(folder, "checkpoint")
    return worker


def killed(folder: RunFolder, worker: int) -> None:
    """One rank of a run that is paused is killed; then it is told to go on."""
    ranks = ranks_of(worker, "gpt2")
    assert ranks
    os.kill(ranks[-1], signal.SIGKILL)
    client.request(folder, "resume")
    until(lambda: folder.status().state == "failed", SLOW)
    gone([worker, *ranks], 30)
    assert not ranks_of(worker, "gpt2")


@pytest.mark.slow
def test_a_run_whose_rank_is_killed_goes_on_by_itself(
    store: Path, undisturbed: dict[str, Tensor]
) -> None:
    folder = made(store, "two", "ranks=2")
    killed(folder, at_step_four(folder))
    error = str(folder.status().error)
    assert "a rank has ended" in error
    assert "Signal 9" in error
    assert "resume the run" in error
    assert "SIGKILL" in (folder.path / "output.log").read_text()
    client.turn(folder, "ranks=1")
    assert drive.work(folder) == 0
    alike(kept(folder), undisturbed)
    assert [row["step"] for row in folder.rows()] == list(range(TINY.steps))


@pytest.mark.slow
@pytest.mark.parametrize("sharding", ["ddp", "fsdp"])
def test_it_goes_on_with_three(store: Path, undisturbed: dict[str, Tensor], sharding: str) -> None:
    folder = made(store, "three", "ranks=2", f"sharding={sharding}")
    killed(folder, at_step_four(folder))
    client.turn(folder, "ranks=3")
    assert drive.work(folder) == 0
    alike(kept(folder), undisturbed)


@pytest.mark.slow
def test_ranks_of_a_killed_worker_do_not_stay(store: Path, undisturbed: dict[str, Tensor]) -> None:
    folder = made(store, "lost", "ranks=3", "sharding=fsdp")
    worker = at_step_four(folder)
    ranks = ranks_of(worker, "gpt2")
    assert len(ranks) == 2
    os.kill(worker, signal.SIGKILL)
    gone(ranks, 30)
    assert folder.status().state == "lost"
    client.turn(folder, "ranks=0")
    assert drive.work(folder) == 0
    alike(kept(folder), undisturbed)


@pytest.mark.slow
def test_a_run_of_parts_is_asked_for_a_sample_and_stopped(store: Path) -> None:
    folder = made(store, "asked", "ranks=2", "sharding=fsdp")
    worker = paused(folder)
    ranks = ranks_of(worker, "gpt2")
    obeyed(folder, "sample", prompt="a", tokens=5)
    obeyed(folder, "stop")
    gone([worker, *ranks], 60)
    assert folder.status().state == "stopped"
    assert folder.checkpoints()[-1][0] == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes", [{"ranks": 4}, {"ranks": 4, "sharding": "fsdp"}, {"ranks": 2, "optimizer": "muon"}]
)
def test_other_numbers_make_the_same_updates(changes: dict[str, Any]) -> None:
    alone = trained(**{key: changes[key] for key in changes if key == "optimizer"})
    alike(weights(alone), weights(trained(**changes)))


# --- Who else could hear them, or put code in their way -------------------------------------------


def listening(pid: int) -> set[str]:
    """The addresses at which a process waits for others."""
    found = psutil.Process(pid).net_connections("inet")
    return {each.laddr.ip for each in found if each.status == psutil.CONN_LISTEN}


def test_a_store_is_open_to_this_machine_alone() -> None:
    store = hosted()
    other = TCPStore("127.0.0.1", store.port, is_master=False)
    other.set("a", "b")
    assert store.get("a") == b"b"
    assert listening(os.getpid()) == {"127.0.0.1"}


def test_the_launcher_opens_no_port_and_runs_nothing_of_the_folder_one_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torchrun's own store hears the whole network, and unpickles what it is told there."""
    (tmp_path / "sound").mkdir()
    (tmp_path / "sound" / "waiting.py").write_text(
        "import sys, time; open(sys.argv[1], 'w').close(); time.sleep(600)"
    )
    here, hurt = tmp_path / "here", tmp_path / "hurt"
    here.mkdir()
    for module in ("torch", "json", "waiting", "lessons"):
        (here / f"{module}.py").write_text(f"open({str(hurt)!r}, 'w').close()")
    monkeypatch.syspath_prepend(str(tmp_path / "sound"))
    monkeypatch.setattr(sys, "path", ["", *sys.path])  # as `python -m` leaves it
    monkeypatch.chdir(here)
    others = Launched("waiting", str(tmp_path / "begun"), 1)
    try:
        until(lambda: (tmp_path / "begun").exists() or others.gone(), SLOW)
        assert not others.gone(), others.why()
        below = psutil.Process(others.process.pid).children(recursive=True)
        assert below
        assert not any(listening(pid) for pid in (others.process.pid, *(p.pid for p in below)))
        assert not hurt.exists()
    finally:
        others.close(0.0)


def test_what_a_rank_wrote_commands_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    others = Launched("nothing.of_that_name", "", 1)
    others.close(SLOW)
    others.log = TemporaryFile()  # noqa: SIM115
    others.log.write(b"x" * 100_000 + b"\x1b]0;title\x07\nValueError: \x9b31m\xc2\x9b no\n")
    assert others.why() == "ValueError: �31m· no"
    assert "\x1b" not in capsys.readouterr().err
    assert len(others.log_text()) <= LAST
    others.log.close()


class Gone:
    """Ranks that have ended, or that work on."""

    def __init__(self, ended: bool) -> None:
        self.ended = ended

    def gone(self) -> bool:
        return self.ended

    def why(self) -> str:
        return "Signal 9 (SIGKILL) received"


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The codes that this process would have ended with."""
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    return codes


def test_a_process_that_waits_in_a_kernel_for_a_rank_that_is_gone_ends(
    exits: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    """NCCL raises nothing where a rank dies."""
    team._end_without(Gone(True), Event(), 0.01)  # type: ignore[arg-type]
    assert exits == [1]
    said = capsys.readouterr().err
    assert said == (
        "a rank has ended: Signal 9 (SIGKILL) received; resume from the last checkpoint\n"
    )


@pytest.mark.parametrize("ended", [False, True])
def test_ranks_that_end_in_order_end_nobody_else(exits: list[int], ended: bool) -> None:
    over = Event()
    over.set()
    team._end_without(Gone(ended), over, 0.01)  # type: ignore[arg-type]
    assert exits == []


@pytest.mark.parametrize(("device", "n"), [("cpu", 0), ("cuda", 1)])
def test_ranks_are_watched_on_gpus_alone_and_no_longer_than_they_work(
    monkeypatch: pytest.MonkeyPatch, device: str, n: int
) -> None:
    """Gloo says by itself that a rank is gone."""

    @contextmanager
    def launched(*_: Any) -> Iterator[Gone]:
        yield Gone(False)

    monkeypatch.setattr(team, "Launched", launched)
    monkeypatch.setattr(team, "_await", lambda *_: None)
    monkeypatch.setattr(team.Team, "join", lambda self: None)

    def watching() -> list[Thread]:
        return [each for each in enumerate_threads() if each.name == "ranks"]

    with team.lead("nothing", {}, 2, device):
        watched = watching()
    assert len(watched) == n
    for each in watched:
        each.join(5)
    assert not watching()


def test_a_process_of_somebody_else_is_not_the_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)
    assert not torchrun._lives(1)
