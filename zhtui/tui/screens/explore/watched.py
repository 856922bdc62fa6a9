"""The run that the scenes look at, where they look at one: which, at which step, live or not."""

from __future__ import annotations

from textual.message_pump import MessagePump

from zhtui.ask.client import Reply
from zhtui.draw.inks import FAINT
from zhtui.lesson.catalog import Entry
from zhtui.runs.folder import RunFolder
from zhtui.tui.asking.asked_run import AskedRun, subjects
from zhtui.tui.keys.keyboard import keyboard_of
from zhtui.tui.screens.explore.inquiry import TEXT
from zhtui.tui.screens.explore.parts import Exploring
from zhtui.tui.session import Session
from zhtui.tui.widgets.lines import Part, words


class Watched:
    """One of the runs that the lesson's card names as subjects; none where it names none."""

    def __init__(
        self,
        session: Session,
        entry: Entry,
        target: MessagePump,
        run: RunFolder | None,
        step: int | None,
    ) -> None:
        self.session, self.entry, self.target = session, entry, target
        self.lessons = tuple(entry.card.subjects)
        fits = run is not None and run.lesson in self.lessons
        chosen = run if fits else next(iter(self.runs()), None)
        self.subject: AskedRun | None = None
        self.spared = False  # there are runs, and none of them was chosen
        if chosen is not None:
            self._take(chosen, step if fits else None)

    def _take(self, run: RunFolder, step: int | None) -> None:
        self.subject = AskedRun(self.session, run, self.target, step, "explore.live")

    def runs(self) -> list[RunFolder]:
        """The runs that can be looked at, newest first."""
        return subjects(self.session, self.entry)

    @property
    def folder(self) -> RunFolder | None:
        """The run."""
        return None if self.subject is None else self.subject.folder

    @property
    def step(self) -> int | None:
        """The step that was chosen; None for the newest."""
        return None if self.subject is None else self.subject.step

    @property
    def waits(self) -> bool:
        """Whether a checkpoint was asked for that is not there yet."""
        return self.subject is not None and self.subject.fresh

    def follow(self) -> None:
        """Hears of what the run does."""
        if self.subject is not None:
            self.subject.follow()

    def leave(self) -> None:
        """Hears no more."""
        if self.subject is not None:
            self.subject.leave()

    def grew(self) -> bool:
        """Takes what the run has written; whether a newer checkpoint is to be looked at."""
        growth = None if self.subject is None else self.subject.take()
        if self.subject is None or growth is None:
            return False
        return self.subject.saved(growth) and self.subject.step is None

    def note(self, reply: Reply | None) -> None:
        """Takes note of the checkpoints that there are."""
        if self.subject is not None and reply is not None:
            self.subject.note(reply)

    def turn(self, by: int) -> bool:
        """An older or a newer checkpoint; whether it is another one."""
        return self.subject is not None and self.subject.turn(by)

    def newest(self) -> None:
        """Follows the newest checkpoint."""
        if self.subject is not None:
            self.subject.step = None

    def ask_checkpoint(self) -> None:
        """Asks a live run for a checkpoint; another one has its last."""
        if self.subject is not None and self.subject.live:
            self.subject.ask_checkpoint()
        else:
            self.session.app.notify(
                "there is no live run here; its last checkpoint is the newest there is"
            )

    def other(self, by: int, spare: bool) -> bool:
        """An older or a newer run, and with `spare` none beyond the oldest; whether there is such a
        one.
        """
        known = [*self.runs(), *([None] if spare or self.spared else [])]
        here = known.index(self.folder) if self.folder in known else -1
        if not 0 <= here + by < len(known):
            return False
        self.look_at(known[here + by])
        return True

    def look_at(self, run: RunFolder | None) -> None:
        """Another run, at its newest checkpoint, or none."""
        self.leave()
        self.subject, self.spared = None, run is None
        if run is not None:
            self._take(run, None)
        self.follow()

    def parts(self, at: int | None) -> list[Part]:
        """The run and its step, as parts of the line on top."""
        if self.subject is None:
            which = " or ".join(self.lessons)
            key = keyboard_of(self.session.app).first("explore.run_on")
            told = f"without a run; {key} looks at one" if self.spared else f"no run of {which} yet"
            return [words(told, FAINT, 10)] if which else []
        return self.subject.parts(at, self.entry.name)


class Looking(Exploring):
    """A screen that looks at a run: what its keys for another step or run call."""

    def action_step(self, by: int) -> None:
        """An older or a newer checkpoint of the run."""
        if self.watched.turn(by):
            self.ask()

    def action_newest(self) -> None:
        """The newest checkpoint, from now on."""
        self.watched.newest()
        self.ask()

    def action_fresh(self) -> None:
        """Asks a live run for a checkpoint, and looks at it."""
        self.watched.ask_checkpoint()
        self.tell()

    def action_console(self) -> None:
        """Lets the run's model write, after the text that the scene reads where it reads one."""
        folder = self.watched.folder
        entry = None if folder is None else self.session.entry(folder.lesson)
        if folder is None or entry is None or not entry.has("generate"):
            self.notify("there is no run here that writes")
            return
        text = str(self.inquiry.values.get(TEXT, ""))
        self.session.doors.console(folder, text, self.watched.step)

    def action_other(self, by: int) -> None:
        """An older or a newer run."""
        if self.watched.other(by, bool(self.inquiry.spare)):
            self.ask()
            self.knobs.refill()
