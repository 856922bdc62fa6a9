"""Who is asked what of the position in sight, and what they have said so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lessons.arena.screen.sitting import Sitting
from zhtui.lab import Thought
from zhtui.screen import Opened

FRESH = 3.0  # seconds between two checkpoints that a live run is asked for


class Thinking:
    """The thought of who is to move, and of others who were asked (a hint, a comparison).

    Agents think in the engine, never in the app; `heard` is called on its reader's thread.
    """

    def __init__(self, opened: Opened, heard: Callable[[], None]) -> None:
        self.opened, self.heard = opened, heard
        self.reply: Any = None  # of who is to move
        self.thought: Thought | None = None
        self.others: dict[str, Thought] = {}
        self._asked: dict[str, Any] = {}
        self.asked_for = 0.0  # when a live run was last asked for a checkpoint

    @property
    def busy(self) -> bool:
        """Whether who is to move is thinking."""
        return self.reply is not None

    @property
    def progress(self) -> str:
        """How far who is to move has come."""
        thought = self.thought
        return f"thinks {thought.done:,} / {thought.of:,}" if thought and thought.of else "thinks …"

    @property
    def asks(self) -> list[str]:
        """Who has not answered yet."""
        return list(self._asked)

    def mover(self, sitting: Sitting) -> None:
        """Asks who is to move."""
        self.thought, self.others = None, {}
        self._refresh(sitting.seats[sitting.mover])
        self.reply = self._ask(sitting, sitting.seats[sitting.mover])

    def _refresh(self, name: str) -> None:
        """A run that trains while it plays keeps what it knows by now: its next move has that."""
        now, session = time.monotonic(), self.opened.session
        if now - self.asked_for < FRESH:
            return
        for run in session.runs():
            if run.folder.name == name and run.status.live:
                self.asked_for = now
                session.ask(run.folder, "checkpoint")

    def other(self, sitting: Sitting, name: str) -> None:
        """Asks somebody else."""
        self._asked[name] = self._ask(sitting, name)

    def _ask(self, sitting: Sitting, name: str) -> Any:
        session = self.opened.session
        state = {**sitting.asked(name), "store": str(session.root)}
        return session.explorer.ask(
            "think", None, self.heard, lesson=self.opened.entry.name, game=sitting.game.name,
            state=state,
        )  # fmt: skip

    def take(self) -> tuple[bool, str]:
        """Takes what was said. Whether who is to move has done, and what kept somebody from it."""
        wrong = ""
        for name, reply in list(self._asked.items()):
            if reply.thoughts:
                self.others[name] = reply.thoughts[-1]
            if reply.done:
                del self._asked[name]
                wrong = f"{name}: {reply.error}" if reply.error else wrong
        reply = self.reply
        if reply is None:
            return False, wrong
        if reply.thoughts:
            self.thought = reply.thoughts[-1]
        if reply.done:
            self.reply = None
            return True, reply.error
        return False, wrong

    def stop(self) -> None:
        """Who is to move thinks no further; what it thought so far stays."""
        if self.reply is not None:
            self.opened.session.explorer.cancel(self.reply)
        self.reply = None

    def forget(self) -> None:
        """Nobody waits for a thought any more, and those that were are of another position."""
        self.cancel()
        self.thought, self.others = None, {}

    def cancel(self) -> None:
        """Nobody waits for a thought any more."""
        for reply in (self.reply, *self._asked.values()):
            if reply is not None:
                self.opened.session.explorer.cancel(reply)
        self.reply, self._asked = None, {}
