"""The writing side of a run folder: one writer, who holds the lease. What stands behind a lesson's
`run`.
"""

from __future__ import annotations

import math
import os
import shutil
import socket
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from zhtui.data.noted import data_of, note, noted
from zhtui.errors import CheckpointError, LessonError
from zhtui.lesson.card import Lesson
from zhtui.lesson.views import Text, View
from zhtui.machine import measured
from zhtui.runs import checkpoint, view_files
from zhtui.runs.figures import beats
from zhtui.runs.files import Appender, replace_file, rewrite_json, write_json
from zhtui.runs.folder import (
    ARTIFACTS,
    CARD,
    EVENTS,
    METRICS,
    ROOM,
    STATUS,
    RunFolder,
    measured_of,
)
from zhtui.say import complain, say
from zhtui.wording import one_line, plain_number

STATUS_EVERY = 0.5  # seconds
RESERVE = 32 << 10  # bytes, so that a run on a full disk can say so
NAMED = 20  # damaged checkpoints, each by its name
SMALL = 4 << 20  # bytes; checkpoints up to this size stay for replay
Listener = Callable[[str, Mapping[str, Any]], None]


class Recorder:
    """Writes rows, events, views, status and checkpoints of one run, and tells the listeners.

    A listener is called with ("row" or "event" or "status", the object) after it was written.
    """

    def __init__(
        self, folder: RunFolder, lesson: Lesson, listeners: tuple[Listener, ...] = ()
    ) -> None:
        self.folder = folder
        self.lesson = lesson
        self.listeners = listeners
        self.card = folder.card()
        self.keys: set[str] | None = None  # in every row so far; a row with more is an evaluation
        self._room = folder.path / ROOM
        with suppress(OSError):  # a full disk: then there is nothing to keep
            replace_file(self._room, bytes(RESERVE))
        self._metrics = Appender(folder.path / METRICS)
        self._events = Appender(folder.path / EVENTS)
        self.best: float | None = None
        self.best_step = -1
        self.done = 0  # steps
        self.elapsed = 0.0  # seconds of training, over all sittings
        self._source: tuple[Path, dict[str, Any]] | None = None
        self._unfit: set[Path] = set()
        self._row: dict[str, Any] = {}
        self._told = 0.0

    def resume(self) -> int:
        """Chooses the newest sound checkpoint to restore from. Returns its step, or 0."""
        passed = 0
        for _step, path in reversed(self.folder.checkpoints()):
            if path in self._unfit:
                continue
            try:
                state = checkpoint.read(path)
            except CheckpointError as error:
                passed += 1
                if passed <= NAMED:
                    self.event("damaged", text=str(error))
                continue
            facts = state["facts"]
            self._source = (path, state)
            self.keys, self.elapsed = set(facts.get("keys", ())) or None, facts.get("elapsed", 0.0)
            self.best, self.best_step = facts.get("best"), facts.get("best_step", -1)
            self.done = int(state["step"])
            return self.done
        return 0

    def pass_over(self, error: CheckpointError) -> bool:
        """Names the checkpoint in hand as one that the lesson cannot take; whether there is an
        older one to go on from.
        """
        assert self._source is not None
        self._unfit.add(self._source[0])
        if all(path in self._unfit for _, path in self.folder.checkpoints()):
            return False
        self.event("damaged", text=str(error))
        return True

    def data(self, name: str, auto: tuple[str, ...]) -> Path:
        """A data set asked for; on a resume the very one that the run began with."""
        found = data_of(self.card, name, auto, self.lesson.data)
        known = noted(self.card)
        if name not in {row["asked"] for row in known.values()}:
            self.card["data"] = {**known, **note(name, found)}
            rewrite_json(self.folder.path / CARD, self.card)
            self.event("data", text=found.note, name=found.name, sha256=found.sha256)
        return found.path

    def restore(self, name: str, part: Any) -> None:
        """Gives a kept part the state of the checkpoint that the run resumes from."""
        if self._source is not None:
            checkpoint.restore(*self._source, name, part)
            if weight := checkpoint.broken(part):  # as older versions saved them
                why = f"{weight} of {name} is no finite number"
                what = "an older one is used where there is one, else start again with a lower lr"
                why = f"{self._source[0].name} is passed over ({why}); {what}"
                raise checkpoint.Unfit(why)

    def show(self, step: int, name: str, view: View) -> None:
        """Writes a view, and says so in the events (with its words, where it is plain text)."""
        view_files.write(self.folder.path / ARTIFACTS / f"{step:06d}-{name}.json", view)
        words = {}
        if isinstance(view, Text) and view.weights is None and not view.spans:
            words["text"] = view.text[:2000]
        self.event("shown", step=step, name=name, kind=type(view).__name__, **words)

    def say(self, step: int, text: str) -> None:
        """One line for the learner."""
        self.event("said", step=step, text=text)

    def measured(self, name: str, of: str, measure: Callable[[], float]) -> float:
        """What the run was told before, else this machine, else what is measured now."""
        before = measured_of(self.folder, name, of)
        if before is not None:
            return before
        known = measured.recall(f"{name}: {of}")
        value = round(measure(), 3) if known is None else known
        if known is None:
            measured.remember(f"{name}: {of}", value)
        self.event("measured", step=0, name=name, of=of, value=value, here=known is None)
        return value

    def event(self, event: str, /, **fields: Any) -> None:
        """Appends one event."""
        whole = {"event": event, "time": round(time.time(), 3), **fields}
        self._events.append(whole)
        self._tell("event", whole)

    def row(self, step: int, row: Mapping[str, Any], every: int) -> dict[str, Any] | None:
        """Reads and appends a row where it is due; reading is the only synchronisation.

        Due is every `every`th, and every evaluation: a row with a metric that not every row has.
        Raises `LessonError` where a value is not a number.
        """
        self.done = step + 1
        self.keys = set(row) if self.keys is None else self.keys & set(row)
        if step % every and set(row) == self.keys:
            return None
        values = {name: metric(name, step, value) for name, value in row.items()}
        whole = {"step": step, "time": round(self.elapsed, 4), **values}
        self._metrics.append(whole)
        self._row = values
        self._tell("row", whole)
        return whole

    def improved(self, step: int, row: Mapping[str, Any]) -> bool:
        """Whether the lesson's figure stands in the row and is the best so far."""
        value = row.get(self.lesson.figure)
        if value is None or math.isnan(value):
            return False
        if not beats(self.lesson, value, self.best):
            return False
        self.best, self.best_step = value, step
        return True

    def close(self) -> None:
        """Closes the files that are appended to."""
        self._metrics.close()
        self._events.close()
        self.make_room()

    def make_room(self) -> None:
        """Gives the room away that was kept for the last words of a run on a full disk."""
        self._room.unlink(missing_ok=True)

    def due(self) -> bool:
        """Whether it is time for another status."""
        return time.monotonic() - self._told >= STATUS_EVERY

    def status(self, state: str, *, force: bool = False, **fields: Any) -> None:
        """Replaces status.json, at most twice a second unless forced."""
        if not (force or self.due()):
            return
        now, tick = time.time(), time.monotonic()  # a wall clock may jump
        gap, self._told = tick - self._told if self._told else 1.0, tick
        status = {"state": state, "pid": os.getpid(), "host": socket.gethostname(), "time": now}
        status |= {
            "row": self._row,
            "best": self.best,
            "promise": now + max(10.0, 20 * gap),
            **fields,
        }
        write_json(self.folder.path / STATUS, status)
        self._tell("status", status)

    def checkpoint(self, done: int, parts: Mapping[str, Any], every: int) -> None:
        """Saves all parts after `done` steps and lets go of old ones. Raises `CheckpointError`."""
        facts: dict[str, Any] = {"elapsed": self.elapsed, "keys": sorted(self.keys or ())}
        facts |= {"best": self.best, "best_step": self.best_step}
        path = checkpoint.save(self.folder.path, done, parts, facts)
        self.event("checkpoint", step=done, best=self.best_step + 1 == done)
        self._let_go(every, sum(file.stat().st_size for file in path.iterdir()))

    def _let_go(self, every: int, size: int) -> None:
        """Keeps the best, the last two, and small ones on the cadence (for replay)."""
        *older, _, _ = [(0, Path()), (0, Path()), *self.folder.checkpoints()]
        for step, path in older:
            useful = step == self.best_step + 1 or (size <= SMALL and step % every == 0)
            if path.name and not useful:
                shutil.rmtree(path, ignore_errors=True)

    def _tell(self, kind: str, value: Mapping[str, Any]) -> None:
        for listener in self.listeners:
            listener(kind, value)


def metric(name: str, step: int, value: Any) -> float | int:
    """A metric as JSON holds it; reading a tensor waits for the device. Raises `LessonError`."""
    value = plain_number(value)
    try:
        number = float(value)
    except OverflowError as error:
        why = f"{name} at step {step} is larger than any float; yield a smaller number"
        raise LessonError(why) from error
    except (TypeError, ValueError, RuntimeError) as error:
        kind = type(value).__name__
        why = f"{name} at step {step} is of type {kind}, not one number; yield a float"
        raise LessonError(why) from error
    return int(value) if isinstance(value, int) else number


def log_sentence(text: str) -> None:
    """One line for the log."""
    complain(text)


def log_traceback(error: BaseException) -> None:
    """A traceback for the log; the user is shown one sentence.

    What an error says may be a stranger's words: it gets no line that begins as it likes.
    """
    for entry in traceback.format_exception(error):
        ours = entry.startswith("  File ")  # a frame: its lines are code
        first, *more = map(one_line, entry.rstrip("\n").split("\n"))
        lines = [first, *(line if ours else f"  | {line}" for line in more)]
        with suppress(OSError):
            say("\n".join(lines), to=sys.stderr)
