"""The run that a screen asks: which of its checkpoints, and how a live one gives a newer one."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message_pump import MessagePump

from zhtui.ask.client import Reply
from zhtui.draw.inks import FAINT, PLAIN, TITLE, YOURS
from zhtui.lesson.catalog import Entry
from zhtui.runs.folder import RunFolder, Status
from zhtui.tui import run_words
from zhtui.tui.keys.keyboard import keyboard_of
from zhtui.tui.reading.followed import Followed
from zhtui.tui.reading.watch import Growth
from zhtui.tui.session import Session
from zhtui.tui.widgets.lines import Part, words

NEWEST = "the newest checkpoint"


def subjects(session: Session, entry: Entry) -> list[RunFolder]:
    """The runs that a lesson's scenes can look at, those that have a checkpoint, newest first."""
    known = [seen.folder for seen in session.watch.runs]
    fitting = [folder for folder in known if folder.lesson in entry.card.subjects]
    return [folder for folder in fitting if folder.checkpoints()]


class AskedRun:
    """One run. `step` names the checkpoint: the newest one with at most so many steps behind it;
    None follows the newest of all, to which the habit `newest` goes back.
    """

    def __init__(
        self,
        session: Session,
        folder: RunFolder,
        target: MessagePump,
        step: int | None,
        newest: str,
    ) -> None:
        self.session, self.folder, self.step, self.newest = session, folder, step, newest
        self.followed = Followed(folder, session.watch, target)
        self.kept: Sequence[int] = ()
        self.fresh = False  # the worker was asked for a checkpoint that is not there yet
        self._asked_once = False

    @property
    def status(self) -> Status | None:
        """Its state as last read."""
        return self.followed.status

    @property
    def live(self) -> bool:
        """Whether a worker is at it."""
        return self.followed.live

    def follow(self) -> None:
        """Hears of what the run does."""
        self.followed.follow()

    def leave(self) -> None:
        """Hears no more."""
        self.followed.leave()

    def take(self) -> Growth | None:
        """What the run has written since; None while the terminal is busy."""
        return self.followed.grow() if self.session.link.free() else None

    def saved(self, growth: Growth) -> bool:
        """Whether a checkpoint has come; the one that was asked for then has."""
        came = any(event.get("event") == "checkpoint" for event in growth.events)
        came = came and not growth.loaded  # what was there already is no news
        self.fresh = self.fresh and not came
        return came

    def note(self, reply: Reply) -> None:
        """Takes note of which checkpoints there are; a live run that has none is asked for one."""
        self.kept = reply.steps or self.kept
        if reply.done and reply.error and self.live and not (self.kept or self._asked_once):
            self._asked_once = True
            self.ask_checkpoint()

    def ask_checkpoint(self) -> None:
        """Asks the live run for a checkpoint, which is then followed."""
        self.step, self.fresh = None, True
        self.session.ask(self.folder, "checkpoint")

    def turn(self, by: int) -> bool:
        """An older or a newer checkpoint; whether it is another one."""
        known = sorted(self.kept)
        if not known:
            return False
        here = known[-1] if self.step is None else self.step
        place = max((i for i, step in enumerate(known) if step <= here), default=0) + by
        before = self.step
        self.step = known[max(place, 0)] if place < len(known) - 1 else None
        return self.step != before

    def which(self, at: int | None) -> str:
        """Which checkpoint answers, the one of step `at`, in words."""
        if self.step is None:
            return "follows the newest checkpoint" if self.live else NEWEST
        if at is not None and at > self.step:
            return f"none was kept before step {self.step:,}"
        return NEWEST if at in self.kept[-1:] else "an older checkpoint"

    def parts(self, at: int | None, beside: str = "") -> list[Part]:
        """The run, whether it is live, the step of the checkpoint that answers, and which it is.
        `beside` is a lesson that is named already: its run gives way to what it answers.
        """
        lesson, name = self.folder.lesson, self.folder.name
        title = name if lesson == beside else f"{lesson} · {name}"
        parts = [words(title, TITLE, 60 if beside else 99)]
        if self.status is not None and self.live:
            parts.append(words(f"{run_words.sign(self.status.state)[0]} live", YOURS, 90))
        step, which = "step …" if at is None else f"step {at:,}", self.which(at)
        parts.append(words(step, PLAIN, 95))
        if self.step is None or which == NEWEST:
            parts.append(words(which, FAINT, 15))
        else:
            parts.append(words(which, YOURS, 20 if beside else 94))
            key = keyboard_of(self.session.app).first(self.newest)
            parts.append(words(f"{key} for the newest", FAINT, 15))
        if self.kept:
            parts.append(words(f"{len(self.kept)} kept, from {self.kept[0]:,}", FAINT, 10))
        return parts
