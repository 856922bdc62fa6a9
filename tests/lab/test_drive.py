"""The one loop, in this process: rows, requests, knobs, checkpoints, failures, and exact resume."""

from __future__ import annotations

import io
import json
import math
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zhtui.errors import BusyError, CheckpointError
from zhtui.lesson import catalog
from zhtui.lesson.views import Text
from zhtui.machine import device
from zhtui.runs import checkpoint, folder
from zhtui.runs.files import append_json
from zhtui.runs.folder import RunFolder
from zhtui.work import client, drive, fork, headless
from zhtui.work.drive import Asked
from zhtui.work.record import Recorder

Drop = Callable[..., Path]


def make(store: Path, *knobs: str, **options: Any) -> RunFolder:
    entry = catalog.one("drift")
    options = {"preset": "tiny", "where": "cpu", **options}
    return client.create(store, entry, knobs=knobs, **options)


def work(run: RunFolder, at: dict[int, Callable[[], None]] | None = None, **more: Any) -> int:
    """Drives a run; `at` names what a listener does when the row of a step was recorded."""
    plans = at or {}

    def listen(kind: str, value: Any) -> None:
        if kind == "row" and value["step"] in plans:
            plans.pop(value["step"])()

    return drive.work(run, listeners=(listen,), **more)


def ask(run: RunFolder, action: str, **fields: Any) -> Callable[[], None]:
    return lambda: append_json(
        run.path / "control.jsonl", {"id": action, "action": action, **fields}
    )


def losses(run: RunFolder) -> list[tuple[int, float]]:
    return [(row["step"], row["loss"]) for row in run.rows()]


def kinds(run: RunFolder) -> list[str]:
    return [event["event"] for event in run.events()]


def test_a_run_goes_from_its_first_to_its_last_step(store: Path, stranger: Drop) -> None:
    stranger()
    run = make(store)
    assert work(run) == 0
    assert [step for step, _ in losses(run)] == list(range(40))
    status = run.status()
    assert (status.state, status.step, status.steps) == ("finished", 40, 40)
    assert status.best == min(loss for _, loss in losses(run))
    assert kinds(run)[0] == "started"
    assert kinds(run)[-1] == "finished"
    assert run.checkpoints()[-1][0] == 40
    assert not run.alive()


def test_a_stop_saves_and_a_resume_gives_the_same_bits(store: Path, stranger: Drop) -> None:
    stranger()
    whole, halted = make(store, name="whole"), make(store, name="halted")
    work(whole)
    assert work(halted, {17: ask(halted, "stop")}) == 0
    assert halted.status().state == "stopped"
    assert halted.status().step == 18
    assert work(halted) == 0
    assert losses(halted) == losses(whole)
    assert "resumed" in kinds(halted)


def test_a_resumed_run_computes_with_as_many_threads_as_it_began_with(store: Path) -> None:
    """Sums over other threads round otherwise: a run begun headless may go on in a worker."""
    import torch  # deferred: the other tests here do without

    run = client.create(
        store, catalog.one("gpt"), preset="tiny", knobs=("data=python",), where="cpu"
    )
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        work(run, {3: ask(run, "stop")})
        torch.set_num_threads(2)
        assert work(run) == 0
    finally:
        torch.set_num_threads(before)
    said = {event["event"]: event.get("threads") for event in run.events()}
    assert (said["started"], said["resumed"]) == (1, 1)


def test_a_live_knob_turned_before_a_crash_is_turned_again(store: Path, stranger: Drop) -> None:
    """The knob changes after the last checkpoint, then the process dies: the events say so."""
    stranger()
    turned, crashed = make(store, name="turned"), make(store, name="crashed")
    work(turned, {17: ask(turned, "set", knob="pull", value="0.5")})

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(crashed, {17: ask(crashed, "set", knob="pull", value="0.5"), 18: die})
    assert crashed.checkpoints()[-1][0] == 16
    work(crashed)
    assert losses(crashed) == losses(turned)
    assert losses(turned)[:18] == losses(crashed)[:18]


def test_of_two_turns_at_one_step_the_newer_one_counts_on_a_resume(
    store: Path, stranger: Drop
) -> None:
    """By the alphabet the older one comes last: 0.9 after 0.2."""
    stranger()
    run = make(store)

    def twice() -> None:
        ask(run, "set", knob="pull", value="0.9")()
        ask(run, "set", knob="pull", value="0.2")()
        ask(run, "stop")()

    work(run, {17: twice})
    assert [e["value"] for e in run.events() if e["event"] == "knob"] == ["0.9", "0.2"]
    other = make(store, name="other")
    work(other, {17: ask(other, "set", knob="pull", value="0.2")})
    work(run)
    assert losses(run) == losses(other)


@pytest.mark.parametrize("live", [False, True])
def test_an_older_turn_does_not_come_back_over_a_newer_wish(
    store: Path, stranger: Drop, live: bool
) -> None:
    """Turned at 19, dead there, resumed from 16 with another value: 19 is not turned again."""
    stranger()
    died, other = make(store, name="died"), make(store, name="other")

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(died, {18: ask(died, "set", knob="pull", value="0.9"), 19: die})
    assert died.checkpoints()[-1][0] == 16
    if live:
        work(died, {16: ask(died, "set", knob="pull", value="0.2"), 30: ask(died, "stop")})
        work(other, {16: ask(other, "set", knob="pull", value="0.2")})
    else:
        client.turn(died, "pull=0.2")
        work(died, {30: ask(died, "stop")})
        work(other, {15: ask(other, "set", knob="pull", value="0.2")})
    assert losses(died)[:31] == losses(other)[:31]
    work(died)
    assert losses(died) == losses(other)


def test_a_knob_that_is_not_live_or_out_of_bounds_is_refused(store: Path, stranger: Drop) -> None:
    stranger()
    run = make(store)
    wrong, far = ask(run, "set", knob="mode", value="nan"), ask(run, "set", knob="pull", value="7")
    work(run, {3: wrong, 5: far, 7: ask(run, "dance")})
    errors = [event["error"] for event in run.events() if event["event"] == "refused"]
    assert errors[0].startswith("mode cannot change while a run goes on")
    assert errors[1] == "pull=7 is out of bounds; it takes 0 … 1"
    assert errors[2].startswith("there is no request 'dance'")
    assert run.status().state == "finished"


def test_pause_steps_and_resume(
    store: Path, stranger: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger()
    run = make(store)
    naps: list[int] = []

    def nap(_: float) -> None:
        """While the run is paused: first one step, then two, then on."""
        naps.append(run.status().step)
        plan = {1: ("step", {}), 2: ("step", {"steps": 2}), 3: ("resume", {})}
        if len(naps) in plan:
            action, fields = plan[len(naps)]
            ask(run, action, **fields)()

    monkeypatch.setattr(drive.time, "sleep", nap)
    work(run, {9: ask(run, "pause")})
    assert run.status().state == "finished"
    states = [
        (event["action"], event["step"]) for event in run.events() if event["event"] == "obeyed"
    ]
    assert states == [("pause", 9), ("step", 9), ("step", 10), ("resume", 12)]


def test_a_signal_saves_a_checkpoint_and_gives_its_exit_code(store: Path, stranger: Drop) -> None:
    stranger()
    run = make(store)
    assert work(run, {5: lambda: signal.raise_signal(signal.SIGTERM)}) == 143
    assert run.status().state == "stopped"
    assert run.checkpoints()[-1][0] == 6


def test_nan_stops_the_run_with_what_to_do(store: Path, stranger: Drop) -> None:
    stranger()
    run = make(store, "mode=nan")
    assert work(run) == 1
    assert run.status().state == "failed"
    assert run.status().error == "loss became NaN at step 25; start again with a lower lr"
    assert math.isnan(run.rows()[-1]["loss"])
    assert run.checkpoints()[-1][0] <= 25


NET = """
    import torch

    class Place:
        def state_dict(self):
            return dict(x=1.0)
        def load_state_dict(self, state):
            pass

    def train(run):
        net, what = torch.nn.Linear(2, 1), run.config.mode
        run.keep(net=Place() if what == "raise" else net)
        for step in run.steps():
            net.weight.data.mul_(0.99)
            row = dict(loss=float(net.weight.detach().sum()), grad_norm=1.0)
            if step == 25:
                if what == "exit":
                    net.weight.data[0, 1] = float("inf")
                if what == "nan":
                    row["loss"] = float("nan")
                if what in ("raise", "slow"):
                    row["grad_norm"] = float("nan")
                run.say("now")
            yield row
    """
WRONG = {
    "nan": "loss became NaN at step 25",
    "exit": "weight of net is no finite number any more, at step 25",
    "raise": "grad_norm became NaN at step 25",
}


def at_now(run: RunFolder, then: Callable[[], None], **more: Any) -> int:
    """Drives a run, and does something at each "now" that it says."""

    def listen(kind: str, value: Any) -> None:
        if kind == "event" and value.get("text") == "now":
            then()

    return drive.work(run, listeners=(listen,), **more)


@pytest.mark.parametrize(("mode", "wrong"), WRONG.items(), ids=list(WRONG))
def test_a_stop_saves_nothing_that_is_no_number(
    store: Path, stranger: Drop, mode: str, wrong: str
) -> None:
    """Of 40,000 steps every twentieth is recorded: nobody else has looked at step 25."""
    stranger(train=NET)
    asked, run = Asked(), make(store, "steps=40000", f"mode={mode}")

    def stop() -> None:
        asked.signal = signal.SIGTERM

    assert work(run, {20: stop}, asked=asked) == 143
    assert [step for step, _ in run.checkpoints()] == [21]
    asked.signal = 0
    assert at_now(run, stop, asked=asked) == 143
    assert [step for step, _ in run.checkpoints()] == [21]
    assert not list(run.path.glob(".step-*"))
    said = [event["text"] for event in run.events() if event["event"] == "said"]
    newest = "nothing was saved, the newest checkpoint is of step 21; start again with a lower lr"
    assert said == ["now", f"{wrong}: {newest}"]
    assert run.status().state == "stopped"


def test_the_length_of_a_gradient_alone_holds_up_no_save_of_weights(
    store: Path, stranger: Drop
) -> None:
    """A scaler of float16 skips a step whose gradient is no number; the weights are sound."""
    stranger(train=NET)
    asked, run = Asked(), make(store, "steps=40000", "mode=slow")

    def stop() -> None:
        asked.signal = signal.SIGTERM

    assert at_now(run, stop, asked=asked) == 143
    assert [step for step, _ in run.checkpoints()] == [26]


@pytest.mark.parametrize(("mode", "wrong"), WRONG.items(), ids=list(WRONG))
def test_a_checkpoint_asked_for_where_nothing_is_a_number_is_refused(
    store: Path, stranger: Drop, mode: str, wrong: str
) -> None:
    stranger(train=NET)
    run = make(store, "steps=40000", f"mode={mode}")

    def then() -> None:
        ask(run, "checkpoint")()
        ask(run, "stop")()

    assert at_now(run, then, inbox=0) == 0
    refused = [event["error"] for event in run.events() if event["event"] == "refused"]
    assert refused == [f"{wrong}; start again with a lower lr"]
    assert run.checkpoints() == []


def test_a_run_whose_last_step_is_no_number_has_failed(store: Path, stranger: Drop) -> None:
    stranger(train=NET)
    run = make(store, "steps=26", "mode=exit")
    assert work(run) == 1
    assert run.status().error == f"{WRONG['exit']}; start again with a lower lr"


def test_a_checkpoint_that_is_no_number_is_passed_over(
    store: Path, stranger: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older versions saved it where a run was stopped just there; a run goes on before it."""
    stranger(train=NET)
    asked, run = Asked(), make(store, "steps=40000", "mode=exit")

    def stop() -> None:
        asked.signal = signal.SIGTERM

    work(run, {20: stop}, asked=asked)
    with monkeypatch.context() as older:
        older.setattr(checkpoint, "broken", lambda part: "")
        asked.signal = 0
        at_now(run, stop, asked=asked)
    assert [step for step, _ in run.checkpoints()] == [21, 26]
    asked.signal = 0
    at_now(run, stop, asked=asked)
    last = [event for event in run.events() if event["event"] in ("damaged", "resumed")][-2:]
    why = "step-000026 is passed over (weight of net is no finite number); an older one is used"
    assert last[0]["text"].startswith(why)
    assert (last[1]["event"], last[1]["step"]) == ("resumed", 21)


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("raise", "lesson drift at step 25 failed with ValueError: the lesson has a bug"),
        ("exit", "lesson drift at step 25 failed with SystemExit: 3"),
    ],
)
def test_a_lesson_that_fails_is_a_failed_run(
    store: Path, stranger: Drop, mode: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger()
    run = make(store, f"mode={mode}")
    assert work(run) == 1
    assert run.status().error == sentence
    assert run.status().step == 25
    assert kinds(run)[-1] == "failed"
    assert sentence in capsys.readouterr().err


OUT = """
    from zhtui.lab import LabError

    def train(run):
        for step in run.steps():
            yield dict(loss=1.0)
            try:
                raise MemoryError
            except MemoryError as error:
                if run.config.mode == "raise":
                    raise
                raise LabError("the largest batch that fits is 3; take batch_size=3") from error
    """


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("raise", device.OUT_OF_MEMORY),
        ("exit", "the largest batch that fits is 3; take batch_size=3"),
    ],
)
def test_where_memory_ends_the_lessons_own_sentence_is_said_before_the_general_one(
    store: Path, stranger: Drop, mode: str, sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    stranger(train=OUT)
    run = make(store, f"mode={mode}")
    assert work(run) == 1
    assert "Traceback" not in "".join(capfd.readouterr())
    assert run.status().error == sentence
    assert run.events()[-1]["error"] == sentence


ROW = """
    import numpy as np
    import torch

    def train(run):
        for step in run.steps():
            yield dict(loss=1.0, x=VALUE if step == 3 else 1)
    """


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("None", "x at step 3 is of type NoneType, not one number; yield a float"),
        ("[1.0]", "x at step 3 is of type list, not one number; yield a float"),
        ("np.ones(2)", "x at step 3 is of type ndarray, not one number; yield a float"),
        ("torch.ones(2)", "x at step 3 is of type Tensor, not one number; yield a float"),
        ("10**400", "x at step 3 is larger than any float; yield a smaller number"),
    ],
)
def test_a_value_that_is_no_number_is_named(
    store: Path, stranger: Drop, value: str, why: str
) -> None:
    stranger(train=ROW.replace("VALUE", value))
    run = make(store)
    assert work(run) == 1
    assert run.status().error == why


@pytest.mark.parametrize("value", ["np.array([2.0])", "torch.tensor([[2.0]])", "np.int64(2)"])
def test_an_array_of_one_number_is_that_number(store: Path, stranger: Drop, value: str) -> None:
    stranger(train=ROW.replace("VALUE", value))
    run = make(store)
    assert work(run) == 0
    assert [row["x"] for row in run.rows()][2:5] == [1, 2, 1]


def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(
    store: Path, stranger: Drop
) -> None:
    stranger()
    whole, run = make(store, name="whole"), make(store, name="hurt")
    work(whole)
    work(run, {21: ask(run, "stop")})
    newest, before = run.checkpoints()[-1], run.checkpoints()[-2]
    (newest[1] / "state.json").write_text("{")
    work(run)
    events = {event["event"]: event for event in run.events()}
    assert f"step-{newest[0]:06d} is damaged" in events["damaged"]["text"]
    assert events["resumed"]["step"] == before[0]
    assert losses(run) == losses(whole)


def test_a_disk_that_is_full_at_a_checkpoint_stops_cleanly(
    store: Path, stranger: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger()
    run = make(store)
    real = drive.Recorder.checkpoint

    def full(self: Any, done: int, *rest: Any) -> None:
        if done > 10:
            raise CheckpointError(f"the checkpoint of step {done} could not be written; make room")
        real(self, done, *rest)

    monkeypatch.setattr(drive.Recorder, "checkpoint", full)
    assert work(run) == 1
    assert "make room" in run.status().error
    assert run.checkpoints()[-1][0] <= 10
    monkeypatch.undo()
    monkeypatch.setenv("ZHTUI_LESSONS", str(store.parent / "own"))
    assert work(run) == 0


def test_old_checkpoints_go_and_the_best_and_the_last_two_stay(
    store: Path, stranger: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger()
    monkeypatch.setattr("zhtui.work.record.SMALL", 0)
    run = make(store)
    work(run)
    kept = [step for step, _ in run.checkpoints()]
    assert kept[-1] == 40
    assert len(kept) <= 3
    state = json.loads((run.checkpoints()[-1][1] / "state.json").read_text())
    assert state["facts"]["best_step"] + 1 in kept or len(kept) == 2


def test_a_second_worker_is_refused(store: Path, stranger: Drop) -> None:
    stranger()
    run = make(store)
    from zhtui.runs import lease

    with (
        lease.hold(run.path / folder.LEASE),
        pytest.raises(BusyError, match="another worker is at"),
    ):
        work(run)


def test_requests_of_before_this_sitting_are_not_obeyed(store: Path, stranger: Drop) -> None:
    stranger()
    run = make(store)
    ask(run, "stop")()
    assert work(run) == 0
    assert run.status().state == "finished"
    late = make(store)
    ask(late, "stop")()
    assert work(late, inbox=0) == 0
    assert late.status().state == "stopped"


def test_a_finished_run_that_is_resumed_stays_finished(store: Path, stranger: Drop) -> None:
    stranger()
    run = make(store)
    work(run)
    before = losses(run)
    assert work(run, asked=Asked()) == 0
    assert losses(run) == before
    assert run.status().state == "finished"


EVALUATES = """
    class Count:
        def __init__(self):
            self.done = 0
        def state_dict(self):
            return dict(done=self.done)
        def load_state_dict(self, state):
            self.done = state["done"]

    def train(run):
        count = Count()
        run.keep(count=count)
        for step in run.steps():
            count.done += 1
            row = dict(loss=1 / count.done)
            if step % 499 == 0 or step + 1 == run.config.steps:
                row["val"] = 2 / count.done
            yield row
    """


def test_a_lesson_that_ends_early_is_as_far_as_its_rows(store: Path, stranger: Drop) -> None:
    """The step that it began without a row is made where the run goes on."""
    early = "if EARLY and step == 12:\n                return\n            count.done += 1"
    stranger(train=EVALUATES.replace("count.done += 1", early) + "EARLY = True\n    ")
    run = make(store)
    assert work(run) == 0
    status = run.status()
    assert (status.state, status.step, run.checkpoints()[-1][0]) == ("finished", 12, 12)
    assert list(run.events())[-1]["step"] == 12
    train = catalog.one("drift").function("train", "train")
    train.__globals__["EARLY"] = False
    assert work(run) == 0
    assert [step for step, _ in losses(run)] == list(range(40))
    assert run.status().step == 40


def test_every_evaluation_is_kept(store: Path, stranger: Drop) -> None:
    """Also where the first row is one, so that no row has a metric that the first one lacks."""
    stranger(train=EVALUATES)
    whole = make(store, "steps=5000")
    assert work(whole) == 0
    due = [*range(0, 5000, 499), 4999]
    assert [row["step"] for row in whole.rows() if "val" in row] == due
    assert len(whole.rows()) < 2600, "the others are kept on the cadence"


@pytest.mark.parametrize("kept", [["loss"], ["loss", "val"], []])
def test_a_checkpoint_of_before_still_opens(store: Path, stranger: Drop, kept: list[str]) -> None:
    """It says which metrics the first row had; now it says which every row has."""
    stranger(train=EVALUATES)
    run = make(store)
    assert work(run) == 0
    path = run.checkpoints()[-1][1] / "state.json"
    state = json.loads(path.read_text())
    assert state["facts"]["keys"] == ["loss"]
    state["facts"]["keys"] = kept
    path.write_text(json.dumps(state))
    recorder = Recorder(run, catalog.one("drift").card)
    assert recorder.resume() == 40
    recorder.row(41, {"loss": 1.0}, 1000)
    assert recorder.row(42, {"loss": 1.0}, 1000) is None
    assert recorder.row(43, {"loss": 1.0, "val": 1.0}, 1000)
    recorder.close()


def test_headless_prints_every_evaluation(
    store: Path, stranger: Drop, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger(train=EVALUATES)
    assert headless.run(make(store, "steps=5000")) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("step ")]
    assert len([line for line in lines if " val " in line]) == 12


SHOWS = """
    from zhtui.lab import Text

    class Place:
        def state_dict(self):
            return {}
        def load_state_dict(self, state):
            pass

    def train(run):
        run.keep(place=Place())
        for step in run.steps():
            run.show(NAME, Text(str(step)))
            yield dict(loss=1.0)
    """


@pytest.mark.parametrize(
    "name", ["Q Table", "W", "été", "d(loss)", "a, b + c", "x" * 64, "7th", "it's"]
)
def test_what_is_shown_is_known_to_the_folder_and_to_forks(
    store: Path, stranger: Drop, name: str
) -> None:
    stranger(train=SHOWS.replace("NAME", repr(name)))
    run = make(store)
    assert work(run) == 0
    assert (3, name) in run.artifacts()
    assert run.artifact(3, name) == Text("3")
    assert (3, name) in fork.fork(store, run, 20).artifacts()


@pytest.mark.parametrize(
    "name",
    ["a/b", "../up", ".hidden", "", " edge", "edge ", "x" * 65, "a\nb", "a\0", "𝒜" * 64, "a:b"],
)
def test_a_name_that_no_file_can_have_is_refused(store: Path, stranger: Drop, name: str) -> None:
    stranger(train=SHOWS.replace("NAME", repr(name)))
    run = make(store)
    assert work(run) == 1
    assert "cannot name a view; use letters" in run.status().error
    assert not run.artifacts()
    assert not [path for path in store.rglob("*.json") if "artifacts" in path.parts]


MEASURES = """
    from pathlib import Path

    class Place:
        def state_dict(self):
            return {}
        def load_state_dict(self, state):
            pass

    def measure():
        book = Path(__file__).with_name("book")
        with book.open("a") as file:
            file.write("x")
        return float(book.stat().st_size)

    def train(run):
        run.keep(place=Place())
        value = run.measured("speed", "small", measure)
        for step in run.steps():
            yield dict(loss=value)
    """


def test_what_was_measured_is_used_again(
    store: Path, stranger: Drop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the run, whatever the machine says by then; by its forks; by other runs on the machine."""
    stranger(train=MEASURES)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "one"))
    first, second = make(store, name="first"), make(store, name="second")
    assert work(first, {20: ask(first, "stop")}) == 0
    assert work(second) == 0
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "two"))  # another machine
    assert work(first) == 0
    child = fork.fork(store, first, 30)
    assert work(child) == 0
    for run in (first, second, child):
        assert {loss for _, loss in losses(run)} == {1.0}
        (told,) = [event for event in run.events() if event["event"] == "measured"]
        assert (told["name"], told["of"], told["value"]) == ("speed", "small", 1.0)
    other = make(store, name="other")
    assert work(other) == 0
    assert {loss for _, loss in losses(other)} == {2.0}


def test_a_machine_that_keeps_nothing_measures_each_time(
    store: Path, stranger: Drop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger(train=MEASURES)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    for value in (1.0, 2.0):
        run = make(store)
        assert work(run) == 0
        assert {loss for _, loss in losses(run)} == {value}


def test_a_run_that_was_stopped_from_elsewhere_does_not_say_that_it_is_finished(
    store: Path, stranger: Drop
) -> None:
    stranger()
    run = make(store, name="halted")

    class Out(io.StringIO):
        def write(self, text: str) -> int:
            if "step 16/40" in text:
                ask(run, "stop")()
            return super().write(text)

    out = Out()
    assert headless.run(run, out=out) == 0
    last = out.getvalue().splitlines()[-1]
    assert last == "stopped at step 17 of 40; go on with: zhtui run --resume halted --headless"
    assert "finished" not in out.getvalue()
    more = io.StringIO()
    assert headless.run(run, out=more) == 0
    assert "finished 40 steps" in more.getvalue()


def test_what_a_killed_worker_left_while_it_wrote_is_taken_away(
    store: Path, stranger: Drop, tmp_path: Path
) -> None:
    """All but what another may be writing, a link, and what nobody here has written."""
    stranger()
    run = make(store)
    work(run, {17: ask(run, "stop")})
    at, mark = run.path, "0123456789abcdef"
    (at / "step-000018").rename(at / ".step-000018.old")  # killed before the new one had its name
    for name in (".step-000100." + mark, ".step-000016.old", "artifacts"):
        (at / name).mkdir()
        (at / name / "state.json").write_text("{")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "kept").write_text("kept")
    (at / f".step-000200.{mark}").symlink_to(theirs)
    gone = [f".status.json.{mark}", f"..room.{mark}", f"artifacts/.000003-moves.json.{mark}"]
    stay = [f".note.txt.{mark}", f".run.json.{mark}", ".status.json.mine", ".step-000100.mine"]
    for name in gone + stay:
        (at / name).write_text("x")
    work(run)
    resumed = [event["step"] for event in run.events() if event["event"] == "resumed"]
    assert resumed == [18], "from the one that had made way"
    assert run.status().state == "finished"
    left = {str(path.relative_to(at)) for path in at.rglob(".*")}
    assert left == {*stay, f".step-000200.{mark}"}
    assert (theirs / "kept").exists()
