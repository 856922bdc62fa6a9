"""One daemon thread reads run folders and the device, and says when there is something to take.

Screens never read files; this thread never touches a screen. What it has read waits here until it
is taken, so nothing is lost when a screen is slow.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from textual.message_pump import MessagePump

from zhtui.errors import LabError
from zhtui.lesson.views import Text, View
from zhtui.runs import learner, store
from zhtui.runs.files import Tail, is_file
from zhtui.runs.folder import ARTIFACTS, EVENTS, METRICS, RunFolder, Status
from zhtui.runs.learner import Guess
from zhtui.tui.messages import DeviceRead, ReadingFailed, RunGrew, RunsChanged

if TYPE_CHECKING:
    from zhtui.tui.reading.columns import Points

ROWS_EVERY, RUNS_EVERY, DEVICE_EVERY = 0.1, 0.5, 0.5  # seconds
VIEW_EVERY = 0.25
QUIET_EVERY = 30.0  # seconds at least between two readings of a device that no run uses
SHARE, LONGEST = 50, 5.0  # a large store is looked at for 2 % of the time, but each 5 seconds
IDLE_EVERY = 0.5  # seconds between two looks at a run that is not live
BEHIND_EVERY = 0.15
SITTING = 0.1  # seconds of reading one run before the others have their turn


@dataclass(frozen=True)
class Seen:
    """A run in the list: its folder, its card, what it last said, what is noted and was guessed."""

    folder: RunFolder
    card: Mapping[str, Any]
    status: Status
    note: str = ""
    guess: Guess | None = None


@dataclass
class Growth:
    """What a run has written since the last take."""

    points: dict[str, list[Points]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    status: Status | None = None
    view: tuple[int, str, View] | None = None
    beside: tuple[int, str, View] | None = None  # the one that stands beside it
    loaded: bool = False  # everything that was there at first has been read

    def __bool__(self) -> bool:
        read = self.points or self.events or self.status or self.view or self.beside
        return bool(read or self.loaded)


class Follower:
    """Tails one run. `wanted` names the view whose newest picture is read, `beside` another one."""

    def __init__(self, folder: RunFolder, target: MessagePump) -> None:
        self.folder, self.target = folder, target
        self.wanted = self.beside = ""
        self.at: float | None = None  # the step whose views are wanted; None is the newest
        self.behind = False  # there is more to read at once
        self._rows, self._events = Tail(folder.path / METRICS), Tail(folder.path / EVENTS)
        self._status = Status()
        self._shown: dict[str, list[int]] = {}  # view -> its steps, rising
        self._have: dict[str, int] = {}  # view -> the step that was read of it
        self._next_look = self._next_view = self._next_told = 0.0
        self._lock = threading.Lock()
        self._growth = Growth()
        self._loaded = False

    @property
    def status(self) -> Status | None:
        """The status as last read; None before that."""
        return self._status if self._loaded else None

    def take(self) -> Growth:
        """What was read since the last take; called by the screen."""
        with self._lock:
            growth, self._growth = self._growth, Growth()
        return growth

    def look(self, now: float) -> bool:
        """Reads what is new; called by the thread. Whether something waits to be taken."""
        if now >= self._next_look:
            self._next_look = now + (ROWS_EVERY if self._status.live else IDLE_EVERY)
            from zhtui.runs import border  # deferred: not part of the first frame

            points = self._read_rows()
            events, status = self._events.read(border.event), self.folder.status()
            for event in events:
                if event["event"] == "shown":
                    steps = self._shown.setdefault(event["name"], [])
                    if event["step"] not in steps[-1:]:
                        insort(steps, event["step"])
            with self._lock:
                for part in points:
                    for name, pair in part.items():
                        self._growth.points.setdefault(name, []).append(pair)
                self._growth.events.extend(events)
                if status != self._status:
                    self._growth.status = self._status = status
                if not (self._loaded or self.behind):
                    self._growth.loaded = self._loaded = True
                    self._growth.status = status
        if now >= self._next_view:
            self._read_views(now)
        return bool(self._growth) and self._worth_telling()

    def _worth_telling(self) -> bool:
        """A long run is drawn seven times a second while it is read, not at each sitting."""
        now = time.monotonic()
        if self.behind and now < self._next_told:
            return False
        self._next_told = now + BEHIND_EVERY
        return True

    def _read_rows(self) -> list[dict[str, Points]]:
        """The new rows; of many, those of one sitting: the rest at the next look, at once."""
        from zhtui.tui.reading.columns import (
            columns,
        )  # deferred: numpy is not part of the first frame

        parts, until = [], time.monotonic() + SITTING
        for lines in self._rows.lines():
            parts.append(columns(lines))
            if time.monotonic() > until:
                self._next_look = 0.0
                break
        self.behind = not self._next_look
        return parts

    def turn(self, at: float | None) -> None:
        """Reads the views as they stood at a step; called by the screen."""
        self.at, self._next_view = at, 0.0

    def _read_views(self, now: float) -> None:
        first, second = self.wanted, self.beside
        self._have = {name: step for name, step in self._have.items() if name in (first, second)}
        read, other = self._read_view(first, now), self._read_view(second, now)
        with self._lock:
            self._growth.view = read or self._growth.view
            self._growth.beside = other or self._growth.beside

    def _read_view(self, name: str, now: float) -> tuple[int, str, View] | None:
        """A view as it stands at the moment; None where it was read, or cannot be."""
        steps = self._shown.get(name, [])
        place = len(steps) if self.at is None else bisect_right(steps, self.at)
        if not place:
            self._have.pop(name, None)
            return None
        step = steps[place - 1]
        if self._have.get(name) == step:
            return None
        self._next_view = now + VIEW_EVERY
        self._have[name] = step
        try:
            return step, name, self.folder.artifact(step, name)
        except LabError as error:
            if not is_file(self.folder.path / ARTIFACTS / f"{step:06d}-{name}.json"):
                return None  # deleted: the picture before it stays
            return step, name, Text(f"this view cannot be drawn: {error}")


class Reading(Protocol):
    """What the thread looks at in turn, for a screen."""

    target: MessagePump
    behind: bool

    def look(self, now: float) -> bool: ...


class Watch(threading.Thread):
    """The thread. `target` hears of runs and of the device; each follower has its own."""

    def __init__(
        self,
        root: Path,
        target: MessagePump,
        device: Callable[[], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(name="zhtui-watch", daemon=True)
        self.root, self.target, self.device, self.clock = root, target, device, clock
        self.runs: tuple[Seen, ...] = ()
        self.reading = ""
        self.looked_at = True  # since the device was read; a lab that nobody touches sends nothing
        self._followers: tuple[Reading, ...] = ()
        self._known: dict[Path, tuple[float, Seen]] = {}
        self._end, self._hurry = threading.Event(), threading.Event()
        self._next_runs, self._device_read = 0.0, -QUIET_EVERY
        self._said: set[str] = set()  # what went wrong, each once

    def follow(self, follower: Reading) -> None:
        """Begins to tail a run; once, however often it is asked."""
        self.drop(follower)
        self._followers = (*self._followers, follower)
        self._hurry.set()

    def drop(self, follower: Reading) -> None:
        """Tails a run no longer."""
        self._followers = tuple(each for each in self._followers if each is not follower)

    def hurry(self) -> None:
        """Looks at everything now: something was asked for."""
        self._next_runs = 0.0
        self._hurry.set()

    def wake(self) -> None:
        """Looks at what is followed now: another moment is wanted."""
        self._hurry.set()

    def end(self) -> None:
        """Lets the thread end."""
        self._end.set()
        self._hurry.set()

    def run(self) -> None:
        """Looks, tells, sleeps; until the app ends. What goes wrong in a round is said, and the
        next one begins.
        """
        while not self._end.is_set():
            with self._told("reading the runs"):
                self.look()
            self._hurry.wait(ROWS_EVERY)
            self._hurry.clear()

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Whatever goes wrong is said, once; the thread lives on."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a lab that is blind without a word is worse
            sentence = f"{what} failed ({type(error).__name__}: {error}); the rest goes on"[:500]
            if sentence not in self._said:
                self._said.add(sentence)
                self.target.post_message(ReadingFailed(sentence))

    def look(self) -> None:
        """One round over all that is due."""
        now = self.clock()
        for follower in self._followers:
            with self._told("reading the run that is shown"):
                if follower.look(now):
                    follower.target.post_message(RunGrew())
                if follower.behind:
                    self._hurry.set()
        if now >= self._next_runs:
            self._next_runs = now + RUNS_EVERY
            started = time.monotonic()
            self._look_at_runs()
            if self._next_runs:  # nobody is in a hurry
                spent = time.monotonic() - started
                self._next_runs += min(SHARE * spent, LONGEST)
        live = any(run.status.live for run in self.runs)
        due = now - self._device_read >= (DEVICE_EVERY if live else QUIET_EVERY)
        if due and (live or self.looked_at):
            self._device_read, self.looked_at = now, False
            reading = ""
            with self._told("reading the device"):
                reading = self.device()
            if reading != self.reading:
                self.reading = reading
                self.target.post_message(DeviceRead())

    def _look_at_runs(self) -> None:
        found = []
        for folder in store.runs(self.root):
            with self._told(f"reading {folder.lesson}/{folder.name}"):
                found.append(self._seen(folder))
        runs = tuple(filter(None, found))
        if runs != self.runs:
            self.runs = runs
            self.target.post_message(RunsChanged())

    def _seen(self, folder: RunFolder) -> Seen | None:
        """A run as it stands; one that has ended is read again only when something was moved into
        its folder.
        """
        try:
            changed = folder.path.stat().st_mtime
        except OSError:
            return None
        then, seen = self._known.get(folder.path, (-1.0, None))
        if seen is not None and then == changed and not seen.status.live:
            return seen
        try:
            status, note = folder.status(), folder.note()
            seen = Seen(folder, folder.card(), status, note, learner.read(folder))
        except LabError:
            return None
        self._known[folder.path] = (changed, seen)
        return seen
