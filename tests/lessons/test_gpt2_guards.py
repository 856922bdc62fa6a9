"""The alarm at spikes of the loss, and the budget of minutes."""

from __future__ import annotations

import math
import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from weakref import WeakSet

import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from lessons.gpt2 import budget, memory
from lessons.gpt2 import clock as clocks
from lessons.gpt2.alarm import EVERY, WARM, Alarm
from lessons.gpt2.clock import Clock
from lessons.gpt2.config import PRESETS
from lessons.gpt2.guarded import stepper
from lessons.gpt2.train import train
from lessons.gpt2.update import Scored
from zhtui.cli.app import app
from zhtui.lab import LabError, Run, run_folder, runs_of
from zhtui.lesson import catalog
from zhtui.runs.folder import RunFolder
from zhtui.work import client, drive

TINY = replace(PRESETS["tiny"], data="python", precision="fp32", steps=50, eval_every=50)


class Dial(nn.Module):
    """One number, which an update adds one to; its losses are given."""

    def __init__(self, losses: list[float]) -> None:
        super().__init__()
        self.at = nn.Parameter(torch.zeros(()))
        self.losses = list(losses)

    def update(self) -> dict[str, Any]:
        with torch.no_grad():
            self.at += 1
        return {"loss": self.losses.pop(0)}


def steady(n: int) -> list[float]:
    return [2.0 + 0.1 * (-1) ** i for i in range(n)]


def test_a_spike_takes_the_weights_back_to_the_last_snapshot_and_draws_again() -> None:
    n = 2 * EVERY + 5
    dial, said = Dial([*steady(n), 9.0, 2.1]), list[str]()
    alarm = Alarm(6.0, {"model": dial})
    for _ in range(n):
        alarm.guard(dial.update, said.append)
    assert not said
    assert float(dial.at.detach()) == n
    row = alarm.guard(dial.update, said.append)
    assert row["loss"] == 2.1
    assert float(dial.at.detach()) == 2 * EVERY + 1, "five steps are undone, the step is made again"
    assert len(said) == 1
    assert "9.000" in said[0]
    assert "5 steps" in said[0]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_number_rings_at_once(bad: float) -> None:
    dial, said = Dial([bad, 2.0]), list[str]()
    assert Alarm(6.0, {"model": dial}).guard(dial.update, said.append)["loss"] == 2.0
    assert len(said) == 1


def test_the_third_draw_is_taken_as_it_is() -> None:
    dial, said = Dial([*steady(WARM), 9.0, 8.0, 7.0]), list[str]()
    alarm = Alarm(6.0, {"model": dial})
    rows = [alarm.guard(dial.update, said.append) for _ in range(WARM + 1)]
    assert rows[-1]["loss"] == 7.0
    assert len(said) == 2


def test_losses_that_are_no_number_do_not_silence_it() -> None:
    dial, said = Dial([*steady(WARM), *[math.nan] * 3, 9.0, 2.0]), list[str]()
    alarm = Alarm(6.0, {"model": dial})
    rows = [alarm.guard(dial.update, said.append) for _ in range(WARM + 2)]
    assert math.isnan(rows[-2]["loss"])
    assert rows[-1]["loss"] == 2.0
    assert "no number" in said[0]
    assert "9.000 is above" in said[-1]


def test_mean_and_deviation_are_those_of_the_losses() -> None:
    alarm = Alarm(3.0, {})
    for loss in steady(2000):
        alarm.took(loss)
    assert alarm.mean == pytest.approx(2.0, abs=0.01)
    assert math.sqrt(alarm.variance) == pytest.approx(0.1, abs=0.005)
    assert not alarm.rings(2.2)
    assert alarm.rings(2.4)


def losses(alarm: float) -> tuple[list[float], list[str]]:
    """A tiny run whose rate is turned up a thousandfold for one step."""
    run, said, found = Run(replace(TINY, alarm=alarm)), list[str](), list[float]()
    run.say = said.append  # type: ignore[method-assign]
    for row in train(run):
        found.append(float(row["loss"]))
        rate = 30.0 if len(found) == 40 else TINY.lr
        run.config = replace(run.config, lr=rate, min_lr=rate / 10)
    return found, [line for line in said if "alarm" in line]


def test_a_rate_turned_up_is_undone() -> None:
    without, _ = losses(0.0)
    guarded, said = losses(6.0)
    assert max(without[41:]) > 2 * without[39], "the spike is there"
    assert len(said) == 1
    assert max(guarded[41:]) < 1.3 * guarded[39]
    assert guarded[:40] == without[:40], "before it rings, nothing is another"


def stopped_at(run: RunFolder, last: int) -> None:
    """Works at a run until a step is done, then ends it as a signal does."""
    asked = drive.Asked()

    def told(kind: str, row: Mapping[str, Any]) -> None:
        if kind == "row" and row["step"] == last:
            asked.signal = signal.SIGTERM

    assert drive.work(run, listeners=(told,), asked=asked) == 128 + signal.SIGTERM
    assert run.status().step == last + 1


def test_an_alarm_rings_after_a_resume_as_it_would_have(tmp_path: Path) -> None:
    words = ("data=python", "alarm=0.5", "steps=40", "lr=1e-5", "min_lr=1e-5", "eval_every=40")
    whole = client.create(tmp_path, catalog.one("gpt2"), preset="tiny", knobs=words, name="whole")
    assert drive.work(whole) == 0
    parts = client.create(tmp_path, catalog.one("gpt2"), preset="tiny", knobs=words, name="parts")
    stopped_at(parts, 25)
    assert drive.work(parts) == 0
    rang = [[e["step"] for e in run.events() if "alarm=" in str(e.get("text"))]
            for run in (whole, parts)]  # fmt: skip
    assert rang[0]
    assert rang[0][-1] > 25
    assert sorted({*rang[1]}) == sorted({*rang[0]})
    ours, theirs = ([row["loss"] for row in run.rows()] for run in (parts, whole))
    assert ours == theirs


def test_without_an_alarm_a_checkpoint_is_no_larger() -> None:
    run = Run(replace(TINY, steps=2))
    list(train(run))
    assert not {"alarm", "clock"} & run.kept.keys()


def test_several_ranks_have_no_alarm() -> None:
    shared: Any = SimpleNamespace(gpt=nn.Linear(1, 1), kept={}, team=SimpleNamespace(size=2))
    source: Any = None
    with pytest.raises(LabError, match="alarm=0"):
        stepper(Run(replace(TINY, alarm=6.0)), shared, source, 1)


# Minutes


class Ticking:
    """A clock that goes on by a second whenever it is looked at."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        self.now += 1.0
        return self.now


def test_the_schedule_follows_the_clock() -> None:
    clock = Clock(1.0, 1000)
    assert clock.place(7) == 0
    clock.spent = 30.0
    assert clock.place(7) == 500
    assert not clock.over
    clock.spent = 60.0
    assert clock.over
    assert clock.place(7) == 999
    assert Clock(0.0, 1000).place(7) == 7
    assert not Clock(0.0, 1000).over


def test_a_run_ends_when_its_minutes_are_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "time", Ticking())
    rows = list(train(Run(replace(TINY, minutes=0.5, steps=1000, eval_every=999))))
    assert len(rows) == 30, "a second a step"
    assert "val" in rows[-1]
    assert rows[-1]["lr"] < 0.2 * max(row["lr"] for row in rows), "the rate has come down"


def test_what_was_spent_is_kept_across_a_resume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clocks, "time", Ticking())
    words = ("data=python", "minutes=0.5", "steps=1000", "eval_every=999")
    run = client.create(tmp_path, catalog.one("gpt2"), preset="tiny", knobs=words, name="timed")
    stopped_at(run, 11)
    assert drive.work(run) == 0
    assert run.status().state == "finished"
    assert run.status().step == 30


def test_budgets_are_listed_the_best_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "time", Ticking())
    entry, common = catalog.one("gpt2"), ("data=python", "steps=1000", "eval_every=999")
    for name, more in (
        ("short", ("minutes=0.1",)),
        ("good", ("minutes=0.3",)),
        ("bad", ("minutes=0.3", "lr=1e-6")),
    ):
        run = client.create(
            tmp_path, entry, preset="tiny", knobs=(*common, "min_lr=1e-6", *more), name=name
        )
        assert drive.work(run) == 0
    client.create(tmp_path, entry, preset="tiny", knobs=("data=python",), name="without")
    (tmp_path / "gpt2" / "broken").mkdir()
    (tmp_path / "gpt2" / "broken" / "run.json").write_text("{")
    found = budget.table(runs_of("gpt2", tmp_path))
    assert [one.run for one in found] == ["short", "good", "bad"]
    assert [one.steps for one in found] == [6, 18, 18]
    assert found[1].tokens == 18 * 128
    rows = run_folder(tmp_path / "gpt2" / "good").rows()
    assert found[1].val == min(row["val"] for row in rows if "val" in row)
    done = CliRunner().invoke(app, ["gpt2", "budget", "--store", str(tmp_path)])
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["run", "short", "good", "bad"]
    none = CliRunner().invoke(app, ["gpt2", "budget", "--store", str(tmp_path / "none")])
    assert "minutes-1" in none.stdout


# Memory


class Small(nn.Module):
    """A GPU that takes so many texts and no more."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.weight, self.room = nn.Parameter(torch.ones(())), room

    def forward(self, ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        if len(ids) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return self.weight * 2


@pytest.mark.parametrize("room", [0, 1, 5, 7, 15])
def test_the_largest_batch_that_fits_is_found(room: int) -> None:
    model, texts = Small(room), torch.zeros(16, 9, dtype=torch.int64)
    assert memory.largest(model, model, texts, 16, averages=True) == room
    assert model.weight.grad is None, "nothing of the trials is left"


@pytest.mark.parametrize(
    ("room", "words"),
    [(3, "largest that fits is 3; take batch_size=3 accumulation=3"), (0, "one text")],
)
def test_a_gpu_too_small_says_what_fits(
    room: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Small(room)
    monkeypatch.setattr(Scored, "forward", lambda _, ids, targets: small(ids, targets))
    with pytest.raises(LabError, match=words) as caught:
        next(train(Run(TINY)))
    assert "\n" not in str(caught.value)


class Cramped(nn.Module):
    """A GPU with room for the results of so many texts, as long as somebody holds them."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.weight, self.room = nn.Parameter(torch.ones(8)), room
        self.held: WeakSet[torch.Tensor] = WeakSet()

    def forward(self, ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        y = self.weight.expand(len(ids), 8).clone()  # (b, 8)
        self.held.add(y)
        if sum(len(each) for each in self.held) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return y.sum()


def test_the_search_has_the_room_that_the_failed_step_took(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error holds the frames that it came through, and these what they had computed."""
    cramped = Cramped(3)
    monkeypatch.setattr(Scored, "forward", lambda _, ids, targets: cramped(ids, targets))
    with pytest.raises(LabError, match="largest that fits is 3"):
        next(train(Run(TINY)))
