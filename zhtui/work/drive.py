"""The one loop: next step, record, obey, checkpoint. Worker, headless, tests and single-step use
it.
"""

from __future__ import annotations

import math
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any

from zhtui.errors import CheckpointError, LabError, LessonError, boundary
from zhtui.lesson import catalog, knobs
from zhtui.lesson.run import Run
from zhtui.machine import device
from zhtui.runs import border, lease, leftovers
from zhtui.runs.checkpoint import Broken, Unfit
from zhtui.runs.files import Tail, write_json
from zhtui.runs.folder import CONTROL, LEASE, STATUS, YOUTH, RunFolder
from zhtui.work.pace import Pace
from zhtui.work.record import Listener, Recorder, log_sentence, log_traceback, metric

NAP = 0.02  # seconds between two looks at the inbox while paused
MOST_THREADS = 256  # far more than help; torch falls over ten thousands of them
SAVE_EVERY = 60.0  # seconds; the most that a killed run has to do again
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
LOSSES = ("loss", "val")
CODES = {"finished": 0, "stopped": 0, "failed": 1}


@dataclass
class Asked:
    """What signals have asked for; the loop looks between two steps."""

    signal: int = 0


def work(
    folder: RunFolder,
    *,
    inbox: int | None = None,
    listeners: tuple[Listener, ...] = (),
    asked: Asked | None = None,
) -> int:
    """Runs or resumes a run to its end, in this process. Returns the exit code.

    0 finished or stopped on request, 1 failed, 128 + n interrupted by signal n with a checkpoint
    saved. `inbox` is the offset in control.jsonl from which requests are meant for this sitting.
    Raises `BusyError` where another worker holds the run.
    """
    card = folder.claim()
    entry = catalog.one(str(card["lesson"]))
    with lease.hold(folder.path / LEASE), _signals(asked or Asked()) as wish:
        leftovers.clear(folder.path)
        recorder = Recorder(folder, entry.card, listeners)
        try:
            _arrive(folder)
            state = _from_newest(card, entry, recorder, _inbox(folder, inbox), wish)
        except Exception as error:  # noqa: BLE001 - the run folder is told, whatever it was
            return _failed(recorder, error)
        finally:
            recorder.close()
    return 128 + wish.signal if wish.signal and state == "stopped" else CODES[state]


def _arrive(folder: RunFolder) -> None:
    """Says that a worker is here, so that its end is seen before torch is loaded, too."""
    was, now = folder.status(), time.time()
    known = {"step": was.step, "steps": was.steps, "pid": os.getpid(), "host": socket.gethostname()}
    known |= {"time": now, "promise": now + YOUTH}
    write_json(folder.path / STATUS, {"state": "starting", **known})


def _from_newest(
    card: Mapping[str, Any], entry: catalog.Entry, recorder: Recorder, inbox: Tail, wish: Asked
) -> str:
    """Drives a run from its newest checkpoint that the lesson can take; the state it ends in."""
    while True:
        run = _prepare(card, entry, recorder)
        try:
            return Drive(entry, run, recorder, inbox, wish).go()
        except Unfit as error:
            if not recorder.pass_over(error):
                raise


class Drive:
    """A run between its first and its last step."""

    def __init__(
        self, entry: catalog.Entry, run: Run, recorder: Recorder, inbox: Tail, asked: Asked
    ) -> None:
        self.entry, self.run, self.recorder = entry, run, recorder
        self.inbox, self.asked = inbox, asked
        self.pace = Pace(run)
        self.state = "running"
        self.steps_allowed = 0  # while paused
        self.knobs = _knobs_to_come(recorder.folder)
        self.saved = (run.step, time.monotonic())
        self.row: Mapping[str, Any] = {}  # the last one

    def go(self) -> str:
        """Drives the lesson's generator to its end, or to a stop. Returns the state it ends in."""
        train = self.entry.function("train", "train")
        first = self.run.step
        self._turn_knobs(first)
        about = {"threads": _threads(), "machine": device.describe(self.run.device)}
        self.recorder.event("resumed" if first else "started", step=first, **about)
        self._status("running", force=True)
        rows = train(self.run)
        try:
            return self._through(rows)
        finally:  # a lesson's own `with` ends now, and not when the generator is collected
            getattr(rows, "close", bool)()

    def _through(self, rows: Iterator[Mapping[str, Any]]) -> str:
        while (row := self._next(rows)) is not None:
            self._after(row)
            if self.state == "stopped":
                return self._end("stopped")
            self._turn_knobs(self.run.step + 1)
        return self._end("finished")

    def _next(self, rows: Iterator[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        with boundary(lambda: f"lesson {self.entry.name} at step {self.run.step}"):
            return next(rows, None)

    @property
    def done(self) -> int:
        """Steps done: up to the last row, or all of them. A step that was begun without a row, as
        where a lesson ends early, is none.
        """
        steps = int(self.run.config.steps)
        return steps if self.run.step >= steps else min(self.recorder.done, steps)

    def _after(self, row: Mapping[str, Any]) -> None:
        """One step was made: record it, save where due, obey."""
        steps, self.row = int(self.run.config.steps), row
        self.recorder.elapsed += self.pace.lap()
        recorded = self.recorder.row(self.run.step, row, max(1, steps // 2000))
        if recorded is not None:
            _finite(recorded, LOSSES, self.run)
        improved = recorded is not None and self.recorder.improved(self.run.step, recorded)
        self._save_where_due(improved, max(1, steps // 10), max(1, steps // 50))
        self._obey()
        self._status(self.state)

    def _save_where_due(self, better: bool, every: int, apart: int) -> None:
        step, at = self.saved
        long_ago = time.monotonic() - at > SAVE_EVERY
        due = self.done % every == 0 or long_ago or (better and self.done - step >= apart)
        if due and self.done != step:
            self._save()

    def _save(self) -> None:
        """Raises `LabError` where the last row or the weights are no numbers any more: a run could
        not go on from there, and the newest checkpoint stays the one to resume from.
        """
        if self.run.kept and self.saved[0] != self.done:
            weights = any(hasattr(part, "named_parameters") for part in self.run.kept.values())
            # of torch's weights a checkpoint sees more; a scaler of float16 skips such a step
            _finite(self.row, LOSSES if weights else (*LOSSES, "grad_norm"), self.run)
            every = max(1, int(self.run.config.steps) // 10)
            try:
                self.recorder.checkpoint(self.done, self.run.kept, every)
            except Broken as error:
                raise LabError(f"{error}, at step {self.run.step}; {_start(self.run)}") from error
        self.saved = (self.done, time.monotonic())

    def _obey(self) -> None:
        """Takes requests; while paused, waits for them here."""
        self.steps_allowed -= bool(self.steps_allowed)
        self._take_requests()
        while self.state == "paused" and not self.steps_allowed:
            if self.asked.signal:
                break
            time.sleep(NAP)
            self._take_requests()
            self._status("paused")
        if self.asked.signal:
            self.state = "stopped"
        self.pace.rest()

    def _take_requests(self) -> None:
        for request in self.inbox.read(border.request):
            action, about = str(request.get("action", "")), {"id": _id(request)}
            try:
                with boundary(f"the request {action!r}"):
                    self._do(action, request)
                self.recorder.event("obeyed", step=self.run.step, action=action, **about)
            except CheckpointError:
                raise
            except LabError as error:
                self.recorder.event("refused", action=action, error=str(error), **about)
            self._status(self.state, force=True)

    def _do(self, action: str, request: Mapping[str, Any]) -> None:
        if action == "pause":
            self.state = "paused"
        elif action == "resume":
            self.state, self.steps_allowed = "running", 0
        elif action == "step":
            self.state, self.steps_allowed = "paused", max(1, int(request.get("steps", 1)))
        elif action == "stop":
            self.state = "stopped"
        elif action == "checkpoint":
            self._save()
        elif action == "set":
            self._set(str(request.get("knob")), str(request.get("value")))
        elif action == "sample":
            self._sample(request)
        else:
            raise LabError(f"there is no request {action!r}; use pause, resume, step, stop or set")

    def _set(self, name: str, value: str) -> None:
        row = knobs.find(type(self.run.config), name)
        if not row.knob.live:
            how = "stop it, and resume it" if row.knob.resumes else "start a new run"
            raise LabError(f"{name} cannot change while a run goes on; {how} with it")
        self.run.config = knobs.parse(self.run.config, [f"{name}={value}"])
        self.knobs = [turn for turn in self.knobs if turn[1] != name]  # older wishes
        self.recorder.event("knob", step=self.done, knob=name, value=value)

    def _sample(self, request: Mapping[str, Any]) -> None:
        generate = self.entry.function("generate", "generate")
        sampling = self.entry.sampling(request)
        tokens = generate(self.run, str(request.get("prompt", "")), sampling)
        text = "".join(token.text for token in tokens)
        self.recorder.event("sample", step=self.run.step, id=_id(request), text=text)

    def _turn_knobs(self, step: int) -> None:
        """Live knobs that an earlier sitting changed by this step are changed again."""
        while self.knobs and self.knobs[0][0] <= step:
            _, name, value = self.knobs.pop(0)
            self.run.config = knobs.parse(self.run.config, [f"{name}={value}"])

    def _status(self, state: str, *, force: bool = False, **fields: Any) -> None:
        if not (force or self.recorder.due()):
            return
        now = {
            "step": self.done if self.pace.laps else self.run.step,
            **self.pace.reading(self.done),
        }
        steps, where = int(self.run.config.steps), self.run.device
        self.recorder.status(state, force=force, steps=steps, device=where, **now, **fields)

    def _end(self, state: str) -> str:
        try:
            self._save()
        except CheckpointError:
            raise
        except LabError as error:
            if state == "finished":
                raise
            self._unsaved(error)
        self.recorder.event(state, step=self.done)
        self._status(state, force=True)
        return state

    def _unsaved(self, error: LabError) -> None:
        """Tells of a stopped run that its last steps are not kept, and what it goes on from."""
        wrong, _, what = str(error).partition("; ")
        found = [step for step, _ in self.recorder.folder.checkpoints()]
        newest = f"the newest checkpoint is of step {found[-1]}" if found else "there is no other"
        self.recorder.say(self.done, f"{wrong}: nothing was saved, {newest}; {what}")


def _prepare(card: Mapping[str, Any], entry: catalog.Entry, recorder: Recorder) -> Run:
    """The run as it stands: its config, its device, and the step of its newest sound checkpoint."""
    where = device.choose(str(card.get("device", "auto")))
    entry.function(
        "train", "train"
    )  # loads torch, if the lesson needs it, before anything is drawn
    torch, threads = sys.modules.get("torch"), _threads_of(card, recorder.folder)
    if torch is not None and threads:
        torch.set_num_threads(threads)
    settings = knobs.from_json(entry.card.config, card.get("config", {}))
    run = Run(settings, seed=int(card.get("seed", 1337)), device=where, host=recorder)
    run.step = recorder.resume()
    return run


def _threads() -> int:
    """How many threads compute here; 0 in a lesson without torch."""
    torch = sys.modules.get("torch")
    return torch.get_num_threads() if torch is not None else 0


def _threads_of(card: Mapping[str, Any], folder: RunFolder) -> int:
    """As many as were asked for, else as the run began with: other sums would round otherwise."""
    begun = (e.get("threads") for e in folder.events() if e["event"] == "started")
    return min(int(card.get("threads") or next(begun, 0) or 0), MOST_THREADS)


def _inbox(folder: RunFolder, offset: int | None) -> Tail:
    path = folder.path / CONTROL
    if offset is None:
        offset = path.stat().st_size if path.exists() else 0
    return Tail(path, offset)


def _knobs_to_come(folder: RunFolder) -> list[tuple[int, str, str]]:
    """(step, knob, value) of each turn that still counts, rising; of one step as they were made.

    A run may have gone back to a checkpoint since: what was turned there later is the learner's
    newer wish, and an older one at that step or after it counts no more.
    """
    turns: dict[str, list[tuple[int, int, str, str]]] = {}
    for number, event in enumerate(folder.events()):
        if event["event"] == "knob":
            step, name = event["step"], event["knob"]
            rising = turns.setdefault(name, [])
            while rising and rising[-1][0] >= step:
                rising.pop()
            rising.append((step, number, name, str(event["value"])))
    every = sorted(turn for rising in turns.values() for turn in rising)
    return [(step, name, value) for step, _, name, value in every]


def _id(request: Mapping[str, Any]) -> str:
    """What a client calls its request: it waits for the answer of that name."""
    return str(request.get("id", ""))[:64]


def _finite(row: Mapping[str, Any], names: tuple[str, ...], run: Run) -> None:
    """Raises `LabError` where one of these is no number any more; nothing after it would be one."""
    for name in names:
        if math.isnan(metric(name, run.step, row.get(name, 0.0))):
            raise LabError(f"{name} became NaN at step {run.step}; {_start(run)}")


def _start(run: Run) -> str:
    lower = f" (now lr={run.config.lr:g})" if hasattr(run.config, "lr") else ""
    return f"start again with a lower lr{lower}"


def _failed(recorder: Recorder, error: Exception) -> int:
    """Tells the folder, as far as its disk lets it; the traceback of a fault goes to the log.

    Where memory ran out there is none: what to change is said, unless the lesson knew better: its
    own sentence stays.
    """
    own = isinstance(error, LabError) and not isinstance(error, LessonError)
    sentence = str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}"
    if isinstance(error, OSError):
        why = f"the run cannot be written ({error.strerror})"
        sentence = f"{why}; make room in {recorder.folder.path} and resume"
    cause = error.__cause__
    short = device.out_of_memory(error) or (cause is not None and device.out_of_memory(cause))
    if short and not own:
        sentence = device.OUT_OF_MEMORY
    fault = not isinstance(error, LabError) or (isinstance(error, LessonError) and cause)
    if fault and not short:
        log_traceback(error)
    recorder.make_room()
    at = {"step": recorder.done, "steps": recorder.folder.status().steps, "error": sentence}
    status = partial(recorder.status, "failed", force=True, **at)
    for tell in (status, partial(recorder.event, "failed", error=sentence)):
        try:
            tell()
        except OSError as full:
            why = f"the run folder could not be written ({full.strerror})"
            log_sentence(f"{why}; make room and resume")
    log_sentence(sentence)
    return 1


@contextmanager
def _signals(asked: Asked) -> Iterator[Asked]:
    """SIGTERM, Ctrl-C and a terminal that goes ask for a stop between two steps; a second one stops
    at once. A signal that is ignored stays so (`nohup`, a worker).
    """

    def handler(number: int, frame: FrameType | None) -> None:
        if asked.signal:
            raise KeyboardInterrupt
        asked.signal = number

    heeded = [each for each in STOPS if signal.getsignal(each) != signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heeded}
    try:
        yield asked
    finally:
        for number, old in before.items():
            signal.signal(number, old)
