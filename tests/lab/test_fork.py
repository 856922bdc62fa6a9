"""Forks: the parent's own course where nothing was changed, and another where something was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zhtui.errors import ConfigError, LabError
from zhtui.lesson import catalog
from zhtui.runs import origin
from zhtui.runs.folder import CARD, EVENTS, METRICS, RunFolder
from zhtui.work import client, drive, fork

Drop = Callable[..., Path]


def trained(store: Path, *knobs: str, lesson: str = "drift", **options: Any) -> RunFolder:
    """A run to its end, in this process."""
    options = {"preset": "tiny", "where": "cpu", **options}
    folder = client.create(store, catalog.one(lesson), knobs=knobs, **options)
    assert drive.work(folder) == 0
    return folder


def course(folder: RunFolder) -> list[dict[str, Any]]:
    """The rows without the time that they took."""
    return [{k: v for k, v in row.items() if k != "time"} for row in folder.rows()]


@pytest.mark.parametrize("step", [0, 3, 20, 23, 39])
def test_a_fork_without_a_change_is_the_parent_bit_for_bit(
    stranger: Drop, store: Path, step: int
) -> None:
    stranger()
    parent = trained(store)
    child = fork.fork(store, parent, step)
    assert drive.work(child) == 0
    assert course(child) == course(parent)
    assert child.card()["parent"] == {"run": parent.name, "lesson": "drift", "step": step}


def test_a_lesson_with_an_optimizer_goes_on_as_the_parent_did(store: Path) -> None:
    parent = trained(store, lesson="gpt", threads=1)
    child = fork.fork(store, parent, 13)
    assert child.status().step == 12, "its newest checkpoint at or before 13"
    assert len(child.rows()) == 12
    assert drive.work(child) == 0
    assert course(child) == course(parent)
    changed = fork.fork(store, parent, 13, ["lr=0.1"])
    assert drive.work(changed) == 0
    ours, theirs = course(changed), course(parent)
    assert ours[:13] == theirs[:13], "the checkpoint is of step 12; 12 is done as the parent did it"
    assert ours[13]["lr"] != theirs[13]["lr"]
    assert ours[14:] != theirs[14:]


def test_a_live_knob_is_turned_at_the_very_step(stranger: Drop, store: Path) -> None:
    stranger()
    parent = trained(store)
    child = fork.fork(store, parent, 22, ["pull=0.9"])
    assert child.card()["config"]["pull"] == 0.1, "its knob is turned on the way"
    assert child.card()["parent"]["changed"] == {"pull": "0.9"}
    assert origin.changed(child.card()) == "pull=0.9"
    drive.work(child)
    ours, theirs = course(child), course(parent)
    assert ours[:22] == theirs[:22]
    assert all(a != b for a, b in zip(ours[22:], theirs[22:], strict=True))


def test_the_parents_own_turns_come_along_up_to_the_step(stranger: Drop, store: Path) -> None:
    stranger()
    parent = client.create(store, catalog.one("drift"), preset="tiny", where="cpu")
    turns = [(10, "0.5"), (22, "0.7"), (30, "0.9")]
    for step, value in turns:
        event = {"event": "knob", "step": step, "knob": "pull", "value": value}
        with (parent.path / EVENTS).open("a") as file:
            file.write(json.dumps(event) + "\n")
    drive.work(parent)
    same = fork.fork(store, parent, 22)
    drive.work(same)
    assert course(same)[:30] == course(parent)[:30]
    assert course(same)[30:] != course(parent)[30:], "what came later is the parent's own"
    other = fork.fork(store, parent, 22, ["pull=0.2"])
    turned = [(e["step"], e["value"]) for e in other.events() if e["event"] == "knob"]
    assert turned == [(10, "0.5"), (22, "0.2")]


SHARED = """
    from dataclasses import dataclass, replace
    from zhtui.lab import knob

    @dataclass(frozen=True)
    class Config:
        steps: int = knob(40, "steps", low=1)
        pull: float = knob(0.1, "how fast", low=0.0, high=1.0, live=True)
        mode: str = knob("plain", "how")
        ranks: int = knob(0, "how many share a step", low=0, resumes=True)

    PRESETS = dict(tiny=Config())
    """
TELLS = """
    def train(run):
        for _ in run.steps():
            yield dict(loss=float(run.config.ranks))
    """


def test_a_forks_own_value_is_not_the_parents_again(stranger: Drop, store: Path) -> None:
    """The parent went on with another number of ranks; the child was asked for its own."""
    stranger("shared", config=SHARED, train=TELLS)
    parent = client.create(store, catalog.one("shared"), preset="tiny", where="cpu")
    client.turn(parent, "ranks=3")
    drive.work(parent)
    same, other = fork.fork(store, parent, 0), fork.fork(store, parent, 0, ["ranks=2"])
    for child, ranks in ((same, 3), (other, 2)):
        assert drive.work(child) == 0
        assert {row["loss"] for row in child.rows()} == {float(ranks)}


def test_a_knob_that_is_not_live_counts_from_the_checkpoint(stranger: Drop, store: Path) -> None:
    stranger()
    parent = trained(store)
    child = fork.fork(store, parent, 40, ["steps=60"])
    assert drive.work(child) == 0
    assert child.status().step == 60
    assert course(child)[:40] == course(parent)
    assert "steps is not live" in fork.caution(parent, ["steps=60", "pull=0.5"])
    assert fork.caution(parent, ["pull=0.5"]) == ""


def test_a_shape_that_does_not_fit_ends_in_one_sentence(store: Path) -> None:
    parent = trained(store, lesson="gpt", threads=1)
    child = fork.fork(store, parent, 10, ["n_embd=64"])
    assert drive.work(child) == 1
    status = child.status()
    assert status.state == "failed"
    assert "does not fit" in status.error
    assert "start a new run" in status.error


@pytest.mark.parametrize(
    ("step", "knobs", "says"),
    [
        (41, [], "fork it at one of 0 … 40"),
        (40, [], "nothing left to do; give more with steps=80"),
        (30, ["pull=7"], "pull=7 is out of bounds"),
        (30, ["pul=0.5"], "did you mean pull?"),
        (30, ["steps=1e20"], "steps has too many digits"),
        (30, ["steps=20"], "nothing left to do"),
    ],
)
def test_what_cannot_be_forked_is_said(
    stranger: Drop, store: Path, step: int, knobs: list[str], says: str
) -> None:
    stranger()
    parent = trained(store)
    with pytest.raises(ConfigError) as error:
        fork.fork(store, parent, step, knobs)
    assert says in str(error.value)
    assert [run.name for run in (store / "drift").iterdir()] == [parent.name]


def test_a_damaged_checkpoint_is_passed_over(stranger: Drop, store: Path) -> None:
    stranger()
    parent = trained(store)
    newest = max(step for step, _ in parent.checkpoints() if step <= 30)
    (parent.path / f"step-{newest:06d}" / "state.json").write_text("{")
    child = fork.fork(store, parent, 30)
    assert child.status().step < newest
    drive.work(child)
    assert course(child) == course(parent)


def test_a_fork_lives_without_its_parent(stranger: Drop, store: Path) -> None:
    import shutil

    stranger()
    parent = trained(store)
    rows = course(parent)
    child = fork.fork(store, parent, 24)
    shutil.rmtree(parent.path)
    assert drive.work(child) == 0
    assert course(child) == rows


def test_a_fork_that_fails_on_the_way_leaves_nothing(
    stranger: Drop, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger()
    parent = trained(store)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fork, "_link", full)
    with pytest.raises(LabError, match="No space left"):
        fork.fork(store, parent, 24)
    assert [run.name for run in (store / "drift").iterdir()] == [parent.name]


def test_a_fork_resumes_the_data_that_the_parent_found(stranger: Drop, store: Path) -> None:
    stranger()
    parent = trained(store)
    row = {"asked": "auto", "name": "x", "path": "x", "sha256": "y"}
    for data in ({"x": row}, row):  # as it was written before there were several, too
        (parent.path / CARD).write_text(json.dumps(parent.card() | {"data": data}))
        assert fork.fork(store, parent, 10).card()["data"] == {"x": row}


def test_a_fork_that_waits_shows_figures_and_not_their_step(stranger: Drop, store: Path) -> None:
    stranger()
    child = fork.fork(store, trained(store), 24)
    assert child.status().row == {"loss": child.rows()[-1]["loss"]}


def test_forks_never_load_torch() -> None:
    import subprocess
    import sys

    rooms = "zhtui.work.fork, zhtui.runs.export, zhtui.runs.changes"
    code = f"import sys, {rooms}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_rows_of_the_child_are_whole_lines(stranger: Drop, store: Path) -> None:
    stranger()
    parent = trained(store)
    child = fork.fork(store, parent, 24)
    assert (child.path / METRICS).read_bytes().endswith(b"}\n")
